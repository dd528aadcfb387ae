"""The records of a cascade as arrays: what is known of them, and the selection they are for."""

from array import array
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from typing import Self

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store import pool as tables
from deita_store import scores
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.selection import formula, ranking
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import KEPT, OVER_BUDGET, TOO_SIMILAR
from deita_tui.selection.select import select
from deita_tui.selection.task import Gear
from deita_tui.selection.work import Work
from deita_tui.steps import loading
from deita_tui.steps.roles import MEASURES, Roles
from deita_tui.steps.selecting import Tuner
from deita_tui.trust.predicting import Features

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

_X = "x"
"""The one score that a record has here: what the formula makes of its turns."""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The records that could be selected if they had a score, by their place among each other."""

    places: Ints
    """(n,) in the pool."""
    versions: Ints
    """(n,)"""
    cheap: Floats
    """(n,) what the cheap scores make of the formula; NaN where one failed."""
    features: Features
    order: Ints
    """(n,) places among the candidates, in the order in which a fair sample is scored."""
    pool: Pool
    params: Params
    allowed: NDArray[np.bool_] | None
    work: Work

    @classmethod
    def read(cls, store: Store, tuner: Tuner, params: Params, seed: int) -> Self:
        """What a tuner that is ready for ``params`` knows.

        Args:
            store: the project.
            tuner: with the cheap scorers in their parts.
            params: of the selection, by the cheap scorers.
            seed: of the order.
        """
        pool, allowed = tuner.pool(params), tuner.allowed(params)
        cheap = ranking.score(pool, params)
        bare = msgspec.structs.replace(params, formula=_X, turns="sum", missing="drop")
        one = replace(pool, scores={_X: np.zeros(pool.size)}, turn_start=np.arange(pool.size + 1))
        status = select(one, bare, allowed).status
        could = np.isin(status, (KEPT, TOO_SIMILAR, OVER_BUDGET)) & ~pool.pinned
        places = np.flatnonzero(could)
        if missing := _unscored(store, tuner.roles.scorers, tuner.arrays.versions[places]):
            raise UsageError(
                f"{missing} has not scored all records, and the cascade goes by its scores.",
                f"Score them first: deita-tui score {store.folder} --scorer {missing}",
            )
        versions = tuner.arrays.versions[places]
        known = {int(version): place for place, version in enumerate(versions)}
        ordered = (known.get(each, -1) for each in scores.order(store, seed))
        order = np.fromiter((each for each in ordered if each >= 0), np.int64)
        rest = np.setdiff1d(np.arange(len(places)), order)  # older versions of edited records
        features = _features(store, pool, places, cheap[places])
        return cls(
            places, versions, cheap[places], features, np.concatenate([order, rest]), one, bare,
            allowed, Work(),
        )  # fmt: skip

    @property
    def digest(self) -> str:
        """Stands for the records and for what is known of them without the expensive scorer."""
        found = sha256(self.params.canonical())
        for part in (self.versions, self.order, self.features.table, self.pool.pinned):
            found.update(np.ascontiguousarray(part).data.cast("B"))
        return found.hexdigest()

    def choose(self, values: Floats) -> Ints:
        """The selection by these (n,) scores: places among the candidates."""
        given = np.full(self.pool.size, np.nan)
        given[self.places] = values
        pool = replace(self.pool, scores={_X: given})
        instant = pool.neighbours is not None and self.params.selector == "deita"
        gear: Gear = "instant" if instant and not self.params.shares else "exact"
        kept = select(pool, self.params, self.allowed, gear, work=self.work).kept
        found = loading.places(self.places, kept.astype(np.int64))
        return found[found >= 0].astype(np.int64)

    def done(self, store: Store, scorer_ids: "list[int]") -> NDArray[np.bool_]:
        """(n,) Which of them all these scorers have dealt with."""
        if not scorer_ids:
            return np.zeros(len(self.versions), np.bool_)
        every = array("q", self.versions.tolist())
        lacking = {each for id_ in scorer_ids for each in scores.pending(store, id_, every)}
        return ~np.isin(self.versions, np.array(sorted(lacking), np.int64))

    def values(self, store: Store, params: Params, cast: Roles) -> Floats:
        """(n,) What the expensive scores make of the formula, where they are there."""
        count = len(self.versions)
        ids = self.pool.ids[self.places]
        members = tables.Members(
            array("q", ids.tolist()), array("q", self.versions.tolist()),
            array("q", bytes(8 * count)), {0: ""},
        )  # fmt: skip
        arrays = loading.read_as(store, members, {}, (), replace(cast, embedder=None))
        return ranking.scores(
            params.formula, arrays.scores, arrays.turn_start, params.turns, params.missing
        )


def played(params: Params, measures: "set[str]") -> list[str]:
    """The parts of the formula that scorers of ``measures`` play.

    Raises:
        UsageError: none, or the formula ranks one of them: the rank of a score changes with what
            else is scored.
    """
    factors = formula.parse(params.formula)
    mine = [each for each in factors if MEASURES.get(each.name, each.name) in measures]
    if not mine:
        told = " and ".join(sorted(measures))
        raise UsageError(
            f"The formula {params.formula} does not ask for {told}, which is to be scored.",
            "Name a formula that does, with --formula.",
        )
    if any(each.ranked for each in mine):
        raise UsageError(
            f"The formula {params.formula} takes the rank of a score that only part of the "
            "records will have, and so it would change with every record that is scored.",
            "Leave rank() away from it.",
        )
    return [each.name for each in mine]


def _unscored(store: Store, cast: Mapping[str, Scorer], versions: Ints) -> str:
    """The name of a scorer that has not dealt with all of them; empty where there is none."""
    every = array("q", versions.tolist())
    lacking = (each.name for each in cast.values() if scores.pending(store, each.id, every))
    return next(lacking, "")


def _features(store: Store, pool: Pool, places: Ints, cheap: Floats) -> Features:
    """What may tell the expensive score: the cheap ones, lengths, and the vector."""
    sizes = np.diff(pool.turn_start)
    record = np.repeat(np.arange(pool.size), sizes)
    columns = [
        cheap,
        np.sign(cheap) * np.log1p(np.abs(cheap)),
        formula.ranks(cheap),
        np.log1p(sizes)[places],
    ]
    for values in pool.scores.values():
        there = ~np.isnan(values)
        total = np.bincount(record[there], values[there], pool.size)
        count = np.bincount(record[there], minlength=pool.size)
        columns.append((total / np.maximum(count, 1))[places])
    _, chars = tables.sizes(store, pool.ids[places].tolist())
    columns.append(np.log1p(np.frombuffer(chars, np.int64)))
    table = np.column_stack([_whole(each) for each in columns]).astype(np.float32)
    row = pool.row[places]
    if pool.vectors.shape[1] < 2 or not (row >= 0).any():
        return Features(table)
    vectors = np.where(row[:, None] >= 0, pool.vectors[np.maximum(row, 0)], np.float16(0))
    first = table.shape[1]
    both = np.concatenate([table, vectors.astype(np.float32)], axis=1)
    return Features(both, tuple(range(first, both.shape[1])))


def _whole(values: Floats) -> Floats:
    """With the median where there is nothing."""
    there = np.isfinite(values)
    middle = float(np.median(values[there])) if there.any() else 0.0
    return np.where(there, values, middle)


def cheaply(store: Store, params: Params, by: str, measures: "set[str]") -> Params:
    """The same selection by the cheap scorers.

    Where these measure the same they play the same parts; otherwise, as IFD would, they stand in
    for all of the parts together.

    Raises:
        UsageError: nobody is called so.
    """
    known = [each for each in scores.scorers(store) if each.name.lower() == by.lower()]
    if not known:
        names = ", ".join(sorted({each.name for each in scores.scorers(store)}))
        raise UsageError(
            f"No scorer called {by!r} has scored this project.",
            f"There are: {names}." if names else "The cheap one comes first: score --scorer lite.",
        )
    if measures <= {each.measures for each in known} & set(MEASURES.values()):
        return msgspec.structs.replace(params, **dict.fromkeys(measures, by))
    mine = set(played(params, measures))
    rest = [each for each in formula.parse(params.formula) if each.name not in mine]
    told = [f'"{by}"', *(_told(each) for each in rest)]
    return msgspec.structs.replace(params, formula="*".join(told))


def _told(factor: formula.Factor) -> str:
    name = f'rank("{factor.name}")' if factor.ranked else f'"{factor.name}"'
    return f"{name}^{factor.power!r}"
