"""The demo: real, permissively licensed records. README.md beside this file says whose."""

from pathlib import Path

RECORDS = Path(__file__).with_name("records.jsonl.gz")
