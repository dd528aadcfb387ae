"""Selecting in a large project: what reading it, selecting, storing and explaining cost.

    python -m tests.bench.project_select_bench [--records 300000] [--dimensions 256] [--project DIR]

Prints a Markdown table, with the time on the clock and that of the processors. A project given by
--project is made there, or used if it is there already.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import TypeVar

import numpy as np

from deita_store import freshness, marks, pool, selections, vectors
from deita_store.store import Store, is_project
from deita_store.vectors import Vector
from deita_store.view import View
from deita_tui.selection.explain import explain
from deita_tui.selection.params import Params
from deita_tui.selection.result import KEPT, OVER_BUDGET, TOO_SIMILAR
from deita_tui.steps import loading, roles
from deita_tui.steps.recomputing import recompute
from deita_tui.steps.selecting import Tuner
from tests.bench.pools import write_project
from tests.bench.vectors_made import chunks
from tests.bench.view_bench import machine

BUDGET = 6_000
ME = "project_select_bench"

Row = tuple[str, float, float, str]
Done = TypeVar("Done")


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure selecting in a large project.")
    parser.add_argument("--records", type=int, default=300_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--project", type=Path, help="where the project is, or is to be made")
    options = parser.parse_args()
    print(f"{machine()}, {date.today()}, {options.records:,} x {options.dimensions}.\n")
    with tempfile.TemporaryDirectory() as scratch:
        folder = options.project or Path(scratch) / "project"
        if not is_project(folder):
            write_project(folder, options.records, scored=True)
        embed(folder, options.dimensions)
        print("| what | time | processor time | of it |\n|---|---:|---:|---|")
        for what, seconds, used, told in measured(folder):
            print(f"| {what} | {seconds:.2f} s | {used:.2f} s | {told} |", flush=True)


def embed(folder: Path, dimensions: int) -> None:
    with Store.open(folder) as store:
        if vectors.embedders(store):
            return
        store.db.execute("pragma synchronous = off")
        ids = pool.members(store)
        embedder = vectors.ensure_embedder(store, "made", dimensions, {"name": "made"})
        at = 0
        for block in chunks(len(ids.ids), dimensions):
            keys = [number.to_bytes(16, "big") for number in range(at, at + len(block))]
            rows = [Vector(key, row.tobytes()) for key, row in zip(keys, block, strict=True)]
            with store.transaction():
                vectors.add(store, embedder, rows)
                vectors.link(store, embedder, zip(ids.versions[at:], keys, strict=False))
            at += len(block)


def measured(folder: Path) -> Iterator[Row]:
    params = Params(budget=BUDGET)
    with Store.open(folder) as store:
        yield from read(store, params)
        tuner = Tuner(store)
        seconds, used, _ = timed(lambda: tuner.pool(params))
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
        yield "all that a selection needs", seconds, used, f"peak {peak:.0f} MB so far"
        seconds, used, result = timed(lambda: tuner.exact(params))
        yield "exact selection", seconds, used, f"{BUDGET:,} kept of {result.examined:,}"
        marks.reject(store, result.pool.ids[result.kept[:1]].tolist(), ME)
        seconds, used, _ = timed(lambda: tuner.exact(params))
        yield "again after a decision", seconds, used, "marks read anew"
        seconds, used, _ = timed(lambda: tuner.save(tuner.exact(params), None, ME))
        told = store.db.execute("select count(*) from outcomes").fetchone()[0]
        yield "selected again and stored", seconds, used, f"{told:,} rows"
        chosen = selections.get(store)
        seconds, used, _ = timed(lambda: freshness.stale(store, chosen))
        yield "what is newer", seconds, used, ""
        seconds, used, _ = timed(lambda: recompute(store, chosen))
        yield "computed again from the start", seconds, used, ""
        yield from explained(tuner, params)
        seconds, used, view = timed(lambda: View(store, "", "-score"))
        yield "view of all by score", seconds, used, f"{len(view):,} records"


def read(store: Store, params: Params) -> Iterator[Row]:
    cast = roles.choose(store, params)
    seconds, used, arrays = timed(lambda: loading.read(store, cast))
    turns = int(arrays.turn_start[-1])
    yield "arrays out of SQL", seconds, used, f"{len(arrays.ids):,} records, {turns:,} turns"
    seconds, used, _ = timed(lambda: loading.vectors(store, cast))
    yield "vectors, first time", seconds, used, "written to cache/"
    seconds, used, _ = timed(lambda: loading.vectors(store, cast))
    yield "vectors, from then on", seconds, used, "memory-mapped"


def explained(tuner: Tuner, params: Params) -> Iterator[Row]:
    result = tuner.exact(params)
    case = tuner.case(result)
    for name, status in (
        ("kept", KEPT),
        ("too similar", TOO_SIMILAR),
        ("over budget", OVER_BUDGET),
    ):
        there = np.flatnonzero(result.status == status)
        place = int(there[np.argsort(result.position[there])[len(there) // 20]])
        seconds, used, about = timed(lambda place=place: explain(case, place))  # type: ignore[misc]
        yield f"explain one that is {name}", seconds, used, f"{len(about.ways)} what-ifs"


def timed(work: Callable[[], Done]) -> tuple[float, float, Done]:
    started, used = time.perf_counter(), time.process_time()
    found = work()
    return time.perf_counter() - started, time.process_time() - used, found


if __name__ == "__main__":
    main()
