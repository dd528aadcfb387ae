"""What a learned scorer is worth: the overlap that `distill` states, and the one that is found.

    python -m tests.bench.distill_bench PROJECT SCORER [N ...]

PROJECT has been scored by SCORER, a real model, for as many records as there was patience for. In
a copy of it all others are put out of sight; for each N, `distill` learns from N of those that are
left and guesses all, and the best 6 % by guessed and by true scores are compared.
"""

import json
import sys
from itertools import takewhile
from pathlib import Path
from tempfile import TemporaryDirectory

from deita_store import scores
from deita_store.store import Store
from deita_tui.project import Project


def true_and_guessed(store: Store, teacher: str, student: str) -> list[tuple[float, float]]:
    """For each record both have finished: the sum over its turns of the products, by either."""

    def totals(name: str) -> dict[int, float]:
        found = scores.scorers(store, name)
        joins = " ".join(
            f"join scores s{each.id} on s{each.id}.scorer_id = {each.id} and s{each.id}.text ="
            f" t.{each.reads} and s{each.id}.value is not null"
            for each in found
        )
        product = " * ".join(f"s{each.id}.value" for each in found)
        return dict(
            store.db.execute(
                f"select r.id, sum({product}) from records r join turns t"
                f" on t.conversation_id = r.conversation_id {joins} where r.live > 0"
                " group by r.id having count(*) = r.turns"
            ).fetchall()
        )

    true, guessed = totals(teacher), totals(student)
    return [(true[id_], guessed[id_]) for id_ in sorted(true.keys() & guessed.keys())]


def overlap(pairs: list[tuple[float, float]], count: int) -> float:
    def best(side: int) -> set[int]:
        order = sorted(range(len(pairs)), key=lambda each: (-pairs[each][side], each))
        return set(order[:count])

    return len(best(0) & best(1)) / count


def narrow(folder: Path, teacher: str) -> int:
    """Keep in sight what the teacher has finished, up to the first record that it has not.

    A run that was broken off has the longest of its last window done first: they are no fair part.
    """
    with Store.open(folder) as store:
        found = scores.scorers(store, teacher)
        order = scores.order(store, 0)
        pending = {each for scorer in found for each in scores.pending(store, scorer.id, order)}
        keep = list(takewhile(lambda each: each not in pending, order))
        with store.transaction() as db:
            db.execute(
                "update records set live = 0 where conversation_id not in"
                " (select value from json_each(?))",
                (json.dumps(keep),),
            )
        return len(keep)


def main() -> None:
    project, teacher = Path(sys.argv[1]), sys.argv[2]
    counts = [int(word) for word in sys.argv[3:]] or [500, 1_000, 2_000]
    with TemporaryDirectory() as scratch:
        packed = Path(scratch) / "copy.deita"
        with Project.open(project, read_only=True) as source:
            source.pack(packed)
        for count in counts:
            folder = Path(scratch) / f"from-{count}"
            Project.unpack(packed, folder).close()
            records = narrow(folder, teacher)
            budget = max(round(records * 0.06), 1)
            with Project.open(folder) as copy:
                report = copy.distill(teacher, limit=count, budget=budget)
                pairs = true_and_guessed(copy.store, teacher, report.name)
            stated = report.overlap
            print(
                f"{count:,} of {records:,} records learned from: best {budget:,}, "
                f"stated {stated.expected:.0%} ({stated.low:.0%} to {stated.high:.0%}), "
                f"found {overlap(pairs, budget):.0%}, by chance {budget / records:.0%}"
            )


if __name__ == "__main__":
    main()
