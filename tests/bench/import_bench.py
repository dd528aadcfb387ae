"""Import against ``sqlite-utils insert`` of the same JSONL, alternately, each a fresh process.

    python tests/bench/import_bench.py FILE_OR_FOLDER…      (or: DEITA_TUI_POOL=FOLDER)

The files (JSONL, plain, .gz or .zst) are joined into one. "usable" is the time that
``deita-tui import`` takes, process start included, until it returns and the records can be listed;
"all" is the time until turns and search index are there too. Memory is the proportional set size
of all processes at its peak.
"""

import argparse
import contextlib
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
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple, Self

from deita_store import counts, jobs
from deita_store.store import Store

MARK = "DEITA_TUI_BENCH"
"""Set for everything that a round starts: its processes are found whoever their parent is."""


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
    with Watch(scratch) as watch:
        watch.run("sqlite-utils", "insert", str(database), "pool", str(pool), "--nl")
        seconds = watch.seconds
    database.unlink()
    return Round(seconds, seconds, watch.peak)


def our(pool: Path, scratch: Path) -> Round:
    project = scratch / "project"
    with Watch(scratch) as watch:
        watch.run("deita-tui", "new", str(project))
    with Watch(scratch) as watch:
        watch.run("deita-tui", "import", str(project), str(pool))
        usable = watch.seconds
        with Store.read(project) as store:
            while any(job.state in ("queued", "running") for job in jobs.all(store)):
                time.sleep(0.01)
            assert all(job.state == "done" for job in jobs.all(store)), jobs.all(store)
        everything = watch.seconds
    with Store.read(project) as store:
        assert counts.read(store).records > 0
    while jobs.worker_alive(project):
        time.sleep(0.01)
    shutil.rmtree(project)
    return Round(usable, everything, watch.peak)


class Watch:
    """Time and peak memory of what runs inside the block."""

    def __init__(self, scratch: Path) -> None:
        self.peak = 0
        self._mark = f"{MARK}={scratch}".encode()
        self._environment = {**os.environ, MARK: str(scratch), "DEITA_TUI_HOME": str(scratch)}
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        self._began = time.perf_counter()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    @property
    def seconds(self) -> float:
        return time.perf_counter() - self._began

    def run(self, program: str, *arguments: str) -> None:
        path = Path(sys.executable).with_name(program)
        subprocess.run(
            [str(path), *arguments], env=self._environment, check=True, capture_output=True
        )

    def _look(self) -> None:
        while not self._over.wait(0.1):
            self.peak = max(self.peak, sum(proportional(pid) for pid in self._family()))

    def _family(self) -> Iterator[int]:
        for entry in Path("/proc").iterdir():
            with contextlib.suppress(OSError):
                if entry.name.isdigit() and self._mark in (entry / "environ").read_bytes():
                    yield int(entry.name)


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
