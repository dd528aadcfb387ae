"""How a run makes its lists: by products, through the index, or out of the lists that are there."""

from collections.abc import Generator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deita_store import jobs
from deita_store.store import Store
from deita_tui.backends import products
from deita_tui.errors import JobError
from deita_tui.neighbours import building, exact, files, lists
from deita_tui.neighbours.certificate import Certificate, extended, sample
from deita_tui.neighbours.equals import Equals
from deita_tui.neighbours.files import ListsPart, Stamp
from deita_tui.steps.indexing_args import IndexArgs
from deita_tui.steps.progress import Progress

_CHEAP = 2e11
"""Multiplications that are not worth an index: a few seconds on two processors."""
_FEW = 0.05
"""Up to this share of new rows, lists are extended by products; beyond, all are looked up anew."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a run works with."""

    store: Store
    args: IndexArgs
    job: int | None
    folder: Path
    stamp: Stamp
    ids: NDArray[np.int64]
    rows: NDArray[np.float16]

    def advance(self, done: int, total: int, stage: str) -> Progress:
        """Note how far the run is. What it makes are files, which no transaction holds."""
        progress = Progress(done, total, "vectors", stage)
        with self.store.transaction():
            jobs.advance(self.store, self.job, done, total, progress.unit, stage)
        return progress


@dataclass(frozen=True, slots=True)
class Lists:
    """New lists, in files that no stamp names yet."""

    neighbours: NDArray[np.int32]
    similarities: NDArray[np.float32]
    paths: tuple[Path, Path]
    exact: bool
    extended: bool = False
    """New rows were compared with every row, and entered the lists that were there."""


def made(work: Work, kinds: Equals, there: ListsPart | None) -> Generator[Progress, None, Lists]:
    """The lists of all rows, by what costs least.

    Args:
        work: the run.
        kinds: which rows are equal.
        there: lists of the first rows, if there are any.
    """
    count, dimensions = work.rows.shape
    new = count - (0 if there is None else there.rows)
    few = new <= _FEW * count or float(new) * count * dimensions <= _CHEAP
    if there is not None and (few or work.args.exact):
        return (yield from _extended(work, there))
    if work.args.exact or float(len(kinds.unique)) ** 2 * dimensions <= _CHEAP:
        return (yield from _compared(work, kinds))
    return (yield from _looked_up(work, kinds))


def measured(
    work: Work, made: Lists, there: ListsPart | None
) -> Generator[Progress, None, Certificate]:
    """What the lists are worth.

    Lists that were made of every pair need no second look. Where lists were extended, the sample
    is, too: what was found out about the old rows need only be compared with the new ones.
    """
    count, k = made.similarities.shape
    last = files.last_of(made.similarities)
    if made.exact:
        rows = sample(count, work.args.sample, work.args.seed)
        held = np.array(made.similarities[rows])
        return Certificate(rows, held, held, last, True)
    if made.extended and there is not None:
        old = files.sampled(work.folder, there)
        if old is not None:
            rows, true = extended(work.rows, there.rows, *old, made.similarities, work.args.seed)
            return Certificate(rows, true, np.array(made.similarities[rows]), last)
    rows = sample(count, work.args.sample, work.args.seed)
    true = np.empty((len(rows), k), np.float32)
    done = 0
    for own, _, values in exact.nearest(work.rows, k, rows):
        true[done : done + len(own)] = values
        done += len(own)
        yield work.advance(done, len(rows), "measuring recall")
    return Certificate(rows, true, np.array(made.similarities[rows]), last)


def published(work: Work, made: Lists, certificate: Certificate) -> ListsPart:
    """Have the lists count from now on."""
    for array in (made.neighbours, made.similarities):
        if isinstance(array, np.memmap):
            array.flush()
    path = files.named(work.folder, "sample", "npz")
    with path.open("xb") as file:
        np.savez(file, rows=certificate.rows, true=certificate.true, held=certificate.held)
    checksum = files.checksum(*made.paths, path)
    part = ListsPart(
        rows=len(work.rows),
        k=work.args.k,
        exact=made.exact,
        neighbours=files.finish(made.paths[0]),
        similarities=files.finish(made.paths[1]),
        sample=files.finish(path),
        sampled=len(certificate.rows),
        seed=work.args.seed,
        checksum=checksum,
        recall=certificate.grid(),
    )
    if files.amend(work.folder, work.stamp.rows, lists=part) is None:
        raise JobError("The vectors were taken away meanwhile.", "Index again.")
    return part


def _extended(work: Work, there: ListsPart) -> Generator[Progress, None, Lists]:
    found = _blank(work, there.exact, extended=True)
    shape = (there.rows, there.k)
    old = (
        files.mapped(work.folder / there.neighbours, np.int32, shape),
        files.mapped(work.folder / there.similarities, np.float32, shape),
    )
    assert old[0] is not None
    assert old[1] is not None
    found.neighbours[: there.rows], found.similarities[: there.rows] = old[0], old[1]
    new = len(work.rows) - there.rows
    multiply = products.product(float(new) * work.rows.size)
    steps = exact.extend(work.rows, there.rows, found.neighbours, found.similarities, multiply)
    yield from _told(work, steps, new, "adding vectors")
    return found


def _compared(work: Work, kinds: Equals) -> Generator[Progress, None, Lists]:
    found = _blank(work, True)
    multiply = products.product(float(len(kinds.unique)) ** 2 * work.rows.shape[1])
    steps = lists.by_products(work.rows, kinds, found.neighbours, found.similarities, multiply)
    yield from _told(work, steps, len(kinds.unique), "comparing vectors")
    return found


def _looked_up(work: Work, kinds: Equals) -> Generator[Progress, None, Lists]:
    total, stamp = len(kinds.unique), work.stamp
    steps = building.built(work.folder, stamp.rows, stamp.index, work.args.graph, work.rows, kinds)
    index = yield from _told(work, steps, total, "building the index")
    found = _blank(work, False)
    looked = lists.by_index(index, work.rows, kinds, found.neighbours, found.similarities)
    yield from _told(work, looked, total, "finding neighbours")
    return found


def _blank(work: Work, exact: bool, extended: bool = False) -> Lists:
    paths = (
        files.named(work.folder, "neighbours", "i32"),
        files.named(work.folder, "similarities", "f32"),
    )
    shape = (len(work.rows), work.args.k)
    neighbours = files.made(paths[0], np.int32, shape)
    similarities = files.made(paths[1], np.float32, shape)
    neighbours[:], similarities[:] = -1, -np.inf
    return Lists(neighbours, similarities, paths, exact, extended)


Made = TypeVar("Made")


def _told(
    work: Work, steps: Generator[int, None, Made], total: int, stage: str
) -> Generator[Progress, None, Made]:
    """The steps of something long, as progress."""
    with closing(steps):
        while True:
            try:
                done = next(steps)
            except StopIteration as end:
                found: Made = end.value
                return found
            yield work.advance(done, total, stage)
