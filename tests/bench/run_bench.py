"""`deita-tui run` over real records with what ships with the program: seconds by stage, memory.

    python -m tests.bench.run_bench FILE_OR_FOLDER… [--records 100000] [--budget 6000]

The files (JSONL, plain, .gz or .zst) are joined into one, and cut after so many records. "done" is
the time until the command returns, process start included; "all" is until the full-text index is
there too. Then the same command again with twice the budget. Memory is the proportional set size of
all processes at its peak.
"""

import argparse
import json
import os
import platform
import tempfile
import time
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path

from deita_store import jobs
from deita_store.store import Store
from tests.bench.import_bench import Watch, join


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="+", type=Path)
    parser.add_argument("--records", type=int, default=100_000)
    parser.add_argument("--budget", type=int, default=6_000)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        pool, out = Path(scratch) / "pool.jsonl", Path(scratch) / "out"
        everything = Path(scratch) / "everything.jsonl"
        join(options.files, everything)
        with everything.open("rb") as lines, pool.open("wb") as file:
            file.writelines(islice(lines, options.records))
        everything.unlink()
        print(
            f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, "
        )
        print(f"{datetime.now(UTC):%Y-%m-%d}, {pool.stat().st_size / 1e6:.0f} MB\n")
        first(Path(scratch), pool, out, options.budget)
        again(Path(scratch), pool, out, 2 * options.budget)


def first(scratch: Path, pool: Path, out: Path, budget: int) -> None:
    with Watch(scratch) as watch:
        watch.run("deita-tui", "run", str(pool), "--budget", str(budget), "-o", str(out))
        done = watch.seconds
        with Store.read(out / "project") as store:
            while jobs.waiting(store) or jobs.worker_alive(out / "project"):
                time.sleep(0.05)
            known = jobs.all(store)
        everything = watch.seconds
    print("| | seconds |")
    print("|---|---:|")
    for job in known:
        print(f"| {job.kind} | {seconds(job.started_at, job.finished_at):.1f} |")
    print(f"| done | {done:.1f} |")
    print(f"| all | {everything:.1f} |")
    print(f"\npeak memory {watch.peak / 1e6:.0f} MB; {kept(out)} rows exported")


def again(scratch: Path, pool: Path, out: Path, budget: int) -> None:
    with Watch(scratch) as watch:
        watch.run("deita-tui", "run", str(pool), "--budget", str(budget), "-o", str(out))
        done = watch.seconds
    print(f"another budget: {done:.1f} s, {watch.peak / 1e6:.0f} MB; {kept(out)} rows exported")


def seconds(began: str | None, ended: str | None) -> float:
    if began is None or ended is None:
        return float("nan")
    return (datetime.fromisoformat(ended) - datetime.fromisoformat(began)).total_seconds()


def kept(out: Path) -> int:
    return int(json.loads((out / "manifest.json").read_text())["records"]["train"])


if __name__ == "__main__":
    main()
