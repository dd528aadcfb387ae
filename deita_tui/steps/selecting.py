"""Selecting in a project: what it takes is read once, and then selections cost what they compute.

``Tuner`` is what the command line, ``Project`` and the screens select with. It keeps the arrays of
the project as they were when it read them; decisions it reads anew whenever the journal has moved.
"""

from collections.abc import Generator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deita_store import freshness
from deita_store.freshness import stale
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.neighbours.certificate import Certificate
from deita_tui.selection.case import Case
from deita_tui.selection.params import Params, Reference
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import Result
from deita_tui.selection.select import select
from deita_tui.selection.task import Gear
from deita_tui.selection.work import Work
from deita_tui.steps import counting, examples, loading, roles, saving
from deita_tui.steps.loading import Arrays, Said
from deita_tui.steps.progress import Progress
from deita_tui.steps.recomputing import recompute
from deita_tui.steps.roles import Roles

__all__ = ["Tuner", "load", "recompute", "stale"]

Mask = NDArray[np.bool_]
Loading = Generator[Progress, None, None]


class Tuner:
    """A project, ready to be selected from as often as it takes.

    It belongs to the thread that its store belongs to. ``prepare`` does what takes long and tells
    how far it is; ``exact`` and ``instant`` do it themselves where it was not done before.
    """

    roles: Roles
    arrays: Arrays
    _said: Said
    _pool: Pool

    def __init__(self, store: Store) -> None:
        self.store = store
        self.tokenizer: Reference | None = None
        self.tags = ""
        self.previous: Result | None = None
        """The last exact selection; the next one reuses what it found out."""
        self.certificate: Certificate | None = None
        """How good the lists of neighbours are; None without any."""
        self._tokenizer_file: Path | None = None
        self._shipped: Reference | None = None
        self._notes: tuple[str, ...] = ()
        self.work = Work()
        """What one selection hands on to the next."""
        self._key: tuple[object, ...] | None = None
        self._allowed: dict[tuple[str, str, int], Mask | None] = {}
        self._examples: tuple[Reference | None, Reference | None] = (None, None)

    # What it needs ------------------------------------------------------------------------------

    def count_with(self, tokenizer: Path) -> None:
        """Count a budget in tokens with this tokenizer: its file, or a folder that holds it."""
        self._tokenizer_file = counting.find(tokenizer)
        self._forget_tokens()

    def count_as(self, tokenizer: Reference | None) -> None:
        """Count it as it was counted before, by a tokenizer whose file need not be there."""
        self._tokenizer_file, self.tokenizer = None, tokenizer
        self._forget_tokens()

    def tag_by(self, column: str) -> None:
        """Take tags from a column of the files instead of from the user."""
        self.tags = column
        self._key = None

    def example(self, file: Path, params: Params) -> Generator[Progress, None, Reference]:
        """Embed the records of a file as the pool is embedded: for ``--against``, ``--targets``."""
        cast = roles.choose(self.store, params)
        if cast.embedder is None or not roles.needs_vectors(params):
            raise UsageError(
                f"{file} is compared with the pool by vectors, and this selection looks at none.",
                "Give a threshold below 1, or another selector.",
            )
        return (yield from examples.embed(self.store, cast.embedder, file))

    def prepare(self, params: Params) -> Loading:
        """Read what a selection with ``params`` needs and is not there yet."""
        cast = roles.choose(self.store, params)
        if cast.key != self._key:
            yield Progress(0, None, "records", "reading scores")
            arrays = loading.read(self.store, cast)
            yield Progress(len(arrays.ids), None, "records", "reading vectors")
            self._begin(cast, arrays)
        elif self._said.journal != freshness.head(self.store):
            self._listen()
        if params.budget_tokens and self._pool.tokens is None:
            yield from self._count_tokens()
        if (params.against, params.targets) != self._examples:
            self._read_examples(params)

    def reload(self, params: Params) -> Loading:
        """Read everything anew: records, scores and vectors that came since."""
        self._key = None
        yield from self.prepare(params)

    # What it answers ----------------------------------------------------------------------------

    def exact(self, params: Params) -> Result:
        """The selection, proven: the same bytes for the same project and parameters."""
        self.previous = self._select(params, "exact")
        return self.previous

    def instant(self, params: Params) -> Result:
        """The selection as the lists of neighbours have it; the exact one where there are none."""
        self._ready(params)
        if self._pool.neighbours is None:
            return self.exact(params)
        return self._select(params, "instant")

    def pool(self, params: Params) -> Pool:
        """The arrays that a selection with ``params`` is made from."""
        self._ready(params)
        return self._pool

    def allowed(self, params: Params) -> Mask | None:
        """What the filters let through; None without any."""
        asks = freshness.asks_for_marks(f"{params.require} {params.exclude}")
        key = (params.require, params.exclude, self._said.journal if asks else -1)
        if key not in self._allowed:
            self._allowed = {key: self._filtered(params)}
        return self._allowed[key]

    def case(self, result: Result) -> Case:
        """The selection as ``selection.explain`` takes it."""

        def again(pool: Pool, params: Params, allowed: Mask | None) -> Result:
            return select(pool, params, allowed, previous=self.previous, work=self.work)

        return Case(self._pool, result.params, self.allowed(result.params), result, again)

    def save(self, result: Result, name: str | None, actor: str) -> int:
        """Keep an exact result: as the working selection, or under a name. Returns its id.

        Raises:
            StoreError: there is a selection of that name.
        """
        if result.gear != "exact":
            raise ValueError("What is saved comes from the exact gear.")
        made = saving.Made(
            self.roles,
            self.arrays,
            self._pool,
            self.allowed(result.params),
            self._said,
            self.tokenizer,
            self.tags,
        )
        return saving.save(self.store, made, result, name, actor)

    # How it reads -------------------------------------------------------------------------------

    def _ready(self, params: Params) -> None:
        for _ in self.prepare(params):
            pass

    def _select(self, params: Params, gear: Gear) -> Result:
        self._ready(params)
        found = select(self._pool, params, self.allowed(params), gear, self.previous, self.work)
        counted = counting.NOTE if params.budget_tokens and self.tokenizer == self._shipped else ""
        notes = (*self.roles.notes, *self._notes, counted, *found.notes)
        return replace(found, notes=tuple(filter(None, notes)))

    def _begin(self, cast: Roles, arrays: Arrays) -> None:
        """Start over with these arrays and the embedder's vectors."""
        from deita_tui.steps import indexing

        found = cast.embedder and indexing.open(self.store, cast.embedder.id)
        if found:
            matrix = found.vector_ids, found.vectors
            lists = found.neighbours, found.similarities
            self.certificate = found.certificate
        else:
            matrix, lists = loading.vectors(self.store, cast), None
            self.certificate = None
        self._said = loading.said(self.store)
        self._pool = loading.pool(
            arrays, self._said.decisions, *matrix, lists, tags=self._tags(arrays)
        )
        self.roles, self.arrays, self._key = cast, arrays, cast.key
        self._allowed = {}
        self._examples, self.previous = (None, None), None

    def _listen(self) -> None:
        """Hear what the user has said of records since."""
        self._said = loading.said(self.store)
        self._pool = replace(
            self._pool,
            pinned=loading.mask(self.arrays.ids, self._said.decisions.kept),
            rejected=loading.mask(self.arrays.ids, self._said.decisions.rejected),
            tags=self._tags(self.arrays),
        )

    def _forget_tokens(self) -> None:
        if self._key is not None:
            self._pool = replace(self._pool, tokens=None)

    def _count_tokens(self) -> Loading:
        versions = self.arrays.versions
        if self._tokenizer_file is None and self.tokenizer is not None:
            tokens = counting.known(self.store, self.tokenizer, versions)
        else:
            file = self._tokenizer_file or counting.shipped()
            self.tokenizer, tokens = yield from counting.counts(self.store, file, versions)
            self._shipped = None if self._tokenizer_file else self.tokenizer
        self._pool = replace(self._pool, tokens=tokens)

    def _read_examples(self, params: Params) -> None:
        more, self._notes = examples.of(self.store, self.roles.embedder, params)
        self._pool = replace(self._pool, against=more.get("against"), targets=more.get("targets"))
        self._examples, self.previous = (params.against, params.targets), None

    def _tags(self, arrays: Arrays) -> list[tuple[str, ...]] | None:
        return loading.tags(self.store, arrays.ids, self.tags)

    def _filtered(self, params: Params) -> Mask | None:
        from deita_store.view import View

        ids = self.arrays.ids
        found: Mask | None = None
        if params.require:
            found = loading.mask(ids, View(self.store, params.require).ids)
        if params.exclude:
            out = loading.mask(ids, View(self.store, params.exclude).ids)
            found = ~out if found is None else found & ~out
        return found


def load(store: Store, params: Params) -> Generator[Progress, None, Tuner]:
    """A ``Tuner`` that is ready for ``params``."""
    made = Tuner(store)
    yield from made.prepare(params)
    return made
