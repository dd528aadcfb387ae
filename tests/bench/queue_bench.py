"""Queues in a large project: what each costs to build, the first time and the next.

    python -m tests.bench.queue_bench [--records 300000] [--project DIR]

Prints a Markdown table, with the time on the clock and that of the processors. A project given by
--project is made there, or used if it is there already.
"""

import argparse
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import date
from functools import partial
from pathlib import Path

from deita_store.store import Store, is_project
from deita_tui.project import Project
from deita_tui.steps.auditing import Side
from tests.bench.pools import write_project
from tests.bench.project_select_bench import embed
from tests.bench.view_bench import machine

_DIGITS = (0.05, 0.05, 0.1, 0.3, 0.3, 0.2)


def main() -> None:
    parser = argparse.ArgumentParser(description="Measure queues in a large project.")
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
            _enrich(folder)
            with Project.open(folder) as project:
                project.select(budget=6_000, scorer=("pool-complexity", "pool-quality"), save="one")
        print("| what | records | first | processors | again | processors |")
        print("|---|---:|---:|---:|---:|---:|")
        with Project.open(folder) as project:
            for row in _measured(project):
                print(row, flush=True)


def _measured(project: Project) -> Iterator[str]:
    for kind in project.queues():
        if kind.available:
            times = [_timed(partial(_size, project, kind.name)) for _ in range(2)]
            yield _row(kind.name, times)
    yield _row("the list of queues", [_timed(lambda: len(project.queues())) for _ in range(2)])
    sides: tuple[Side, ...] = ("kept", "dropped")
    for side in sides:
        told = [_timed(partial(_lot, project, side)) for _ in range(2)]
        yield _row(f"agreement, {side}", told)
    yield _row("remember", [_timed(partial(project.remember, "edge", id_)) for id_ in (1, 2)])


def _size(project: Project, name: str) -> int:
    return len(project.queue(name))


def _lot(project: Project, side: Side) -> int:
    return project.audit(side).lot


def _timed(work: Callable[[], int | None]) -> tuple[int | None, float, float]:
    started, used = time.perf_counter(), time.process_time()
    found = work()
    return found, time.perf_counter() - started, time.process_time() - used


def _row(what: str, times: list[tuple[int | None, float, float]]) -> str:
    count = "" if times[0][0] is None else f"{times[0][0]:,}"
    told = " | ".join(f"{clock:.3f} s | {used:.3f} s" for _, clock, used in times)
    return f"| {what} | {count} | {told} |"


def _enrich(folder: Path) -> None:
    """Digits and masses, texts that were shortened, and other scorers of the same."""
    with Store.open(folder) as store:
        store.db.execute("pragma synchronous = off")
        with store.transaction() as db:
            db.execute(
                "update scores set mass = 0.5 + 0.1 * value, p1 = ?, p2 = ?, p3 = ?, p4 = ?,"
                " p5 = ?, p6 = ?, shortened = substr(hex(text), 1, 2) = '00'",
                _DIGITS,
            )
            for id_, measures, reads in db.execute(
                "select id, measures, reads from scorers"
            ).fetchall():
                (other,) = db.execute(
                    "insert into scorers (identity, name, measures, reads, config, created_at)"
                    " values (?, 'other', ?, ?, '{}', '') returning id",
                    (f"other-{measures}", measures, reads),
                ).fetchone()
                db.execute(
                    "insert into scores (scorer_id, text, value)"
                    " select ?, text, value * value from scores where scorer_id = ? order by text",
                    (other, id_),
                )
                db.execute(
                    "insert into record_scores select ?, conversation_id, scored, failed,"
                    " mean * mean + conversation_id % 7 from record_scores where scorer_id = ?",
                    (other, id_),
                )


if __name__ == "__main__":
    main()
