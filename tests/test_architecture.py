"""The map names what is there, and the contracts hold."""

import re
import subprocess
import sys
from pathlib import Path

from tests.support import ROOT

MAP = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


def test_every_part_is_on_the_map() -> None:
    for path in (ROOT / "deita_tui").iterdir():
        name = path.stem
        if path.is_dir() and not (path / "__init__.py").exists():
            continue
        if name.startswith("__") or path.suffix not in ("", ".py"):
            continue
        assert f"`{name}`" in MAP, f"docs/architecture.md does not say what {name} is for"


def test_what_the_map_names_is_there() -> None:
    for name in re.findall(r"`((?:\w+/)+[\w.]+)`", MAP):
        roots = (ROOT, ROOT / "deita_tui")
        made_at_run_time = name.startswith("cache/")
        assert made_at_run_time or any((root / name).exists() for root in roots), name


def test_the_import_contracts_hold() -> None:
    linter = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run([linter], capture_output=True, text=True, cwd=ROOT, check=False)
    assert done.returncode == 0, done.stdout
