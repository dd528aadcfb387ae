"""A project of a million records: what `status`, a filtered and sorted view, and its pages cost.

    python -m tests.bench.view_bench [--records 1000000] [--project DIR]

Prints a Markdown table. A project given by --project is made there, or used if it is there already.
"""

import argparse
import os
import platform
import random
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from itertools import islice
from pathlib import Path

from deita_store import counts, search, selections
from deita_store.selections import Basis, Outcome
from deita_store.store import Store, is_project
from deita_store.view import PAGE, View
from tests.bench.pools import write_project

PAGES = 200
"""Random pages read of each view."""

VIEWS = (
    ("", "id"),
    ("", "-chars"),
    ("", "source"),
    ("", "-c"),
    ("", "-score"),
    ("source:alpaca turns>=1", "-chars"),
    ("c>3.5 turns:2..5", "-q"),
    ("is:kept", "rank"),
    ("is:undecided source:sharegpt,ultrachat", "-score"),
    ("score>3.5 source:ultrachat turns>=2 is:undecided", "-score"),
    ("external:dolly-1*", "id"),
    ("tree* -is:kept", "-chars"),
    ('"the of"', "id"),
    ("学习", "id"),
)

Row = tuple[str, str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure looking at a large project.")
    parser.add_argument("--records", type=int, default=1_000_000)
    parser.add_argument("--project", type=Path, help="where the project is, or is to be made")
    options = parser.parse_args()
    print(f"{machine()}, {date.today()}, {options.records:,} records of the made-up pool.\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.project or Path(scratch) / "project"
        print("| what | result | of it |\n|---|---:|---|")
        for row in (*made(folder, options.records), *looked_at(folder)):
            print("| " + " | ".join(row) + " |", flush=True)


def machine() -> str:
    cpu = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            cpu = line.split(":", 1)[1].strip()
            break
    load = os.getloadavg()[0]
    return f"{os.cpu_count()} × {cpu}, Python {platform.python_version()}, load {load:.1f}"


def made(folder: Path, records: int) -> Iterator[Row]:
    if is_project(folder):
        return
    seconds = timed(lambda: write_project(folder, records, scored=True))
    size = (folder / "project.db").stat().st_size
    yield "writing the project, with scores", f"{seconds:.1f} s", f"{size / 1e9:.2f} GB"
    with Store.open(folder) as store:
        seconds = timed(lambda: choose(store))
        yield "saving a selection", f"{seconds:.1f} s", "6,000 kept, 4,000 too similar"
        seconds = timed(lambda: list(search.update(store)))
    size = (folder / "cache" / "search.db").stat().st_size
    yield "full-text index", f"{seconds:.1f} s", f"{size / 1e9:.2f} GB"


def choose(store: Store) -> None:
    best = View(store, "", "-c")
    outcomes = [
        Outcome(row.id, "kept", rank=n, position=n, score=float(10_000 - n))
        if n <= 6_000
        else Outcome(row.id, "too_similar", None, n, float(10_000 - n), best.ids[0], 0.95)
        for n, row in enumerate(islice(best, 10_000), start=1)
    ]
    basis = Basis(best.context.complexity.id, best.context.quality.id)  # type: ignore[union-attr]
    selections.save(store, "main", {}, {}, outcomes, "view_bench", basis)


def looked_at(folder: Path) -> Iterator[Row]:
    command = [sys.executable, "-m", "deita_tui", "status", str(folder)]
    whole = [
        timed(lambda: subprocess.run(command, check=True, stdout=subprocess.DEVNULL))
        for _ in range(5)
    ]
    yield "`deita-tui status`, best of 5", f"{min(whole) * 1e3:.0f} ms", "process start to end"
    with Store.read(folder) as store:
        counted = [timed(lambda: counts.read(store)) for _ in range(5)]
        yield "counts, best of 5", f"{min(counted) * 1e3:.0f} ms", ""
        for filter_, sort in VIEWS:
            yield from viewed(store, filter_, sort)


def viewed(store: Store, filter_: str, sort: str) -> Iterator[Row]:
    started = time.perf_counter()
    view = View(store, filter_, sort)
    built = time.perf_counter() - started
    pages = -(-len(view) // PAGE)
    picked = random.Random(0).choices(range(pages), k=PAGES) if pages else []
    reads = sorted(timed(lambda n=n: read(view, n)) * 1e3 for n in picked)  # type: ignore[misc]
    label = f"`{filter_ or 'all'}` by `{sort}`"
    size = len(view) * view.ids.itemsize / 1e6
    yield f"{label}: ids", f"{built * 1e3:.0f} ms", f"{len(view):,} records, {size:.1f} MB"
    if reads:
        middle, slow = statistics.median(reads), reads[int(0.95 * len(reads))]
        yield (
            f"{label}: a page",
            f"{middle:.1f} ms",
            f"95 %: {slow:.1f} ms, worst {reads[-1]:.1f} ms",
        )


def read(view: View, number: int) -> None:
    view.forget()
    view.page(number)


def timed(work: Callable[[], object]) -> float:
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


if __name__ == "__main__":
    main()
