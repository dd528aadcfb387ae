"""Import against ``sqlite-utils insert`` of the same JSONL, alternately, each a fresh process.

    python tests/bench/import_bench.py FILE_OR_FOLDER…      (or: DEITA_TUI_POOL=FOLDER)

The files (JSONL, plain, .gz or .zst) are joined into one. "usable" is the time until the records
can be listed; "all" is the time until turns and search index are there too. Memory is the
proportional set size of all processes at its peak.
"""

import argparse
import gzip
import os
import platform
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

OURS = """
import sys, time
began = time.time()
from pathlib import Path
from deita_store import jobs
from deita_store.store import Store
from deita_tui import jobs as running
from deita_tui.steps.lock import project_lock
folder = Path(sys.argv[1])
Store.create(folder).close()
with Store.open(folder) as store:
    job = jobs.enqueue(store, "import", {"path": sys.argv[2]})
done = running.run_in_process(folder, job, follow=False)
assert done.state == "done", done
print(time.time(), flush=True)
running.start(folder)
with Store.read(folder) as store:
    while any(each.state in ("queued", "running") for each in jobs.all(store)):
        time.sleep(0.01)
    assert all(each.state == "done" for each in jobs.all(store)), jobs.all(store)
print(time.time(), flush=True)
"""


class Round(NamedTuple):
    usable: float
    all: float
    memory: int


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    sources = options.files or [Path(os.environ["DEITA_TUI_POOL"])]
    with tempfile.TemporaryDirectory() as scratch:
        pool = Path(scratch) / "pool.jsonl"
        join(sources, pool)
        rows = sum(1 for _ in pool.open("rb"))
        peers, ours = [], []
        for _ in range(options.rounds):
            peers.append(peer(pool, Path(scratch)))
            ours.append(our(pool, Path(scratch)))
        report(rows, pool.stat().st_size, peers, ours)


def join(sources: list[Path], pool: Path) -> None:
    """Write the lines of all files into one."""
    with pool.open("wb") as joined:
        for source in sources:
            for path in sorted(source.glob("*.jsonl*")) if source.is_dir() else [source]:
                last = b"\n"
                with opened(path) as file:
                    while block := file.read(1 << 20):
                        joined.write(block)
                        last = block
                if not last.endswith(b"\n"):
                    joined.write(b"\n")


def opened(path: Path):  # type: ignore[no-untyped-def]
    if path.suffix == ".gz":
        return gzip.open(path, "rb")
    if path.suffix == ".zst":
        import zstandard

        return zstandard.open(path, "rb")
    return path.open("rb")


def peer(pool: Path, scratch: Path) -> Round:
    database = scratch / "peer.db"
    program = str(Path(sys.executable).with_name("sqlite-utils"))
    memory, _, seconds = measured([program, "insert", str(database), "pool", str(pool), "--nl"])
    database.unlink()
    return Round(seconds, seconds, memory)


def our(pool: Path, scratch: Path) -> Round:
    project = scratch / "project"
    began = time.time()
    memory, output, _ = measured([sys.executable, "-c", OURS, str(project), str(pool)])
    usable, done = (float(line) - began for line in output.split())
    shutil.rmtree(project)
    return Round(usable, done, memory)


def measured(command: list[str]) -> tuple[int, str, float]:
    """Peak memory of a command and its descendants, what it printed, and its seconds."""
    began = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    peak = 0

    def look() -> None:
        nonlocal peak
        while process.poll() is None:
            peak = max(peak, sum(proportional(pid) for pid in family(process.pid)))
            time.sleep(0.05)

    watcher = threading.Thread(target=look)
    watcher.start()
    output, _ = process.communicate()
    seconds = time.perf_counter() - began
    watcher.join()
    if process.returncode:
        raise SystemExit(f"{command[:3]} failed")
    return peak, output, seconds


def family(pid: int) -> list[int]:
    """A process and all that came from it."""
    found = [pid]
    try:
        for task in os.listdir(f"/proc/{pid}/task"):
            for child in Path(f"/proc/{pid}/task/{task}/children").read_text().split():
                found += family(int(child))
    except OSError:
        pass  # it has ended meanwhile
    return found


def proportional(pid: int) -> int:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) * 1024
    except OSError:
        pass
    return 0


def report(rows: int, size: int, peers: list[Round], ours: list[Round]) -> None:
    def median(values: list[float]) -> float:
        return statistics.median(values)

    usable = median([ours_.usable for ours_ in ours])
    everything = median([ours_.all for ours_ in ours])
    theirs = median([peer_.usable for peer_ in peers])
    ratios = [a.usable / b.usable for a, b in zip(peers, ours, strict=True)]
    print(f"{platform.platform()}, {os.cpu_count()} cores, Python {platform.python_version()}, ")
    print(f"{datetime.now(UTC):%Y-%m-%d}, {rows:,} rows, {size / 1e6:.0f} MB, ")
    print(f"median of {len(ours)} alternating rounds\n")
    print("| | seconds | rows/s | peak memory |")
    print("|---|---:|---:|---:|")
    for name, seconds, rounds in (
        ("sqlite-utils insert --nl", theirs, peers),
        ("deita-tui: records usable", usable, ours),
        ("deita-tui: with turns and search index", everything, ours),
    ):
        memory = max(round_.memory for round_ in rounds) / 1e6
        print(f"| {name} | {seconds:.2f} | {rows / seconds:,.0f} | {memory:.0f} MB |")
    print(f"\nusable: {theirs / usable:.2f}× the peer's speed ", end="")
    print(f"(rounds: {', '.join(f'{ratio:.2f}' for ratio in ratios)}); ", end="")
    print(f"all of it in {everything / theirs:.2f} of the peer's time")


if __name__ == "__main__":
    main()
