"""A project in which a made teacher has scored a sample, and who would score the rest how."""

import gzip
import math
from collections.abc import Iterator
from functools import partial
from hashlib import blake2b
from pathlib import Path

from deita_store import scores
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui import demo
from deita_tui.lite import models
from deita_tui.project import Project
from deita_tui.steps import deriving, distilling
from deita_tui.steps.distilling_args import DistillArgs, DistillReport
from deita_tui.steps.progress import Progress
from deita_tui.steps.windows import texts

NAME = "teacher"
few_columns = partial(models.fit, columns=range(6))
"""The same kind of model over a part of the features, which is learned in an instant."""


def project(folder: Path, records: int) -> Store:
    """A project that holds the first so many records of the demo, with their turns."""
    file = folder.with_suffix(".jsonl")
    with gzip.open(demo.RECORDS, "rt", encoding="utf-8") as lines:
        file.write_text("".join(line for line, _ in zip(lines, range(records), strict=False)))
    with Project.create(folder) as made:
        made.import_(file)
    store = Store.open(folder)
    list(deriving.run(store))
    return store


def value(text: tuple[str, ...], noise: float = 0.4) -> float:
    """What the teacher gives a text: by its length, and by its whim, which is always the same."""
    whim = blake2b("\0".join(text).encode(), digest_size=4).digest()
    return math.log(len(text[-1])) + noise * (int.from_bytes(whim) / 2**31 - 1)


def teach(store: Store, measures: str, reads: str, limit: int | None = None) -> Scorer:
    """Have the teacher score a fair sample, or everything."""
    config = {"made": "by the tests", "measures": measures}
    id_ = scores.ensure_scorer(store, NAME, measures, reads, config)
    scorer = Scorer(id_, NAME, measures, reads, config)
    todo = scores.order(store, 0, limit=limit)
    found = texts(store, scorer, todo)
    with store.transaction():
        scores.add(store, id_, [Score(text, value(said)) for text, said in found.items()])
        scores.finish(store, scorer, todo)
    return scorer


def steps(store: Store, args: DistillArgs) -> Iterator[Progress]:
    """A run, to be stopped somewhere."""
    return distilling.run(store, args, fit=few_columns)


def run(store: Store, args: DistillArgs) -> DistillReport:
    """A run to the end."""
    work = distilling.run(store, args, fit=few_columns)
    while True:
        try:
            next(work)
        except StopIteration as end:
            report: DistillReport = end.value
            return report


def learned(store: Store) -> set[tuple[object, ...]]:
    """Every score that was learned."""
    return set(
        store.db.execute(
            "select identity, s.text, s.value, s.reason "
            "from scores s join scorers on id = scorer_id where json_extract(config, '$.draft')"
        ).fetchall()
    )


def ranking(store: Store, name: str) -> list[int]:
    """Records, best first."""
    return list(scores.best(store, name, 10**9))
