"""From judged records to a model, and to a statement of what it is worth.

The penalty is chosen by cross-validation, and what is stated is measured by another one around
that (nested), over folds that keep near twins together. A model that leaves out two folds serves
either of them, so five folds take 16 fits a penalty, and no more.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.taste import components, folds, logistic, measuring
from deita_tui.lite.taste.grid import FEATURES, Floats, on_grid
from deita_tui.lite.taste.measuring import Bin
from deita_tui.lite.taste.model import Column, Model, packed

PENALTIES = (1000.0, 300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.3, 0.1)
_VECTOR = "what it is about"
_WIDE = 1.0
"""The spread that the widest direction of the vectors is given, beside 1 for each column."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Judged:
    """What was judged, and what it looks like.

    Attributes:
        names: of the columns.
        columns: (n,) each; NaN where a record has none.
        squared: the columns whose distance from the usual is looked at as well.
        vectors: (n, d), zeros for a record without one; None: no vectors.
        keeps: (n,) what was said.
    """

    names: tuple[str, ...]
    columns: Sequence[Floats]
    squared: tuple[str, ...]
    vectors: NDArray[np.float16] | None
    keeps: Mask


@dataclass(frozen=True, slots=True)
class Leaning:
    """How much of what tells records apart comes from one thing, and which way."""

    name: str
    share: float
    """Of the spreads of all parts together."""
    weight: float
    """Log odds for one standard deviation more; 0 for the vector, which has no more or less."""
    bend: float
    """The same for the square: above 0 it is the unusual that is kept."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A model, and how it did on records that it had not seen."""

    model: Model
    guesses: Floats
    """(n,) what the judged records were given by models that had not seen them, calibrated."""
    auc: float
    low: float
    high: float
    penalty: float
    groups: tuple[int, int]
    """Among keeps and rejects: near twins count once."""
    alike: float
    """The similarity from which records were kept together."""
    calibration: tuple[Bin, ...]
    error: float
    """Expected calibration error."""
    brier: float
    brier_of_share: float
    """What saying the share of keeps of every record would have."""
    leanings: tuple[Leaning, ...]


@dataclass(frozen=True, slots=True)
class Grouped:
    """The judged records, near twins together."""

    members: NDArray[np.int64]
    alike: float
    keeps: int
    """Groups with a keep in them."""
    rejects: int


def grouped(vectors: NDArray[np.float16] | None, keeps: Mask) -> Grouped:
    """Near twins together, and how many groups of either kind there are."""
    found, alike = folds.groups(vectors, len(keeps))
    return Grouped(found, alike, len(np.unique(found[keeps])), len(np.unique(found[~keeps])))


def learn(judged: Judged, groups: Grouped) -> Learned:
    """Learn from ``judged``, which holds keeps and rejects in several groups of either."""
    seen = _Seen(judged)
    fold = folds.folds(groups.members, judged.keeps)
    weights, values, penalty = _validated(seen.features, judged.keeps, fold)
    area = measuring.auc(values, judged.keeps, fold)
    low, high = measuring.validated_interval(area, groups.keeps, groups.rejects)
    slope, shift = measuring.platt(values, judged.keeps)
    model = seen.model(weights, slope, shift)
    crossed = _crossed(values, judged.keeps, fold)
    found = measuring.bins(crossed, judged.keeps)
    share = np.full(len(crossed), judged.keeps.mean())
    return Learned(
        model,
        model.calibrated(values),
        area,
        low,
        high,
        penalty,
        (groups.keeps, groups.rejects),
        groups.alike,
        found,
        measuring.error(found),
        measuring.brier(crossed, judged.keeps),
        measuring.brier(share, judged.keeps),
        seen.leanings(weights),
    )


def _validated(
    features: Floats, keeps: Mask, fold: NDArray[np.int64]
) -> tuple[Floats, Floats, float]:
    """The weights of all, each record's logit by weights that had not seen it, the penalty."""
    among = range(folds.FOLDS)
    pairs = list(combinations(among, 2))
    left_out: list[tuple[int, ...]] = [(), *((one,) for one in among), *pairs]
    within = np.array([~np.isin(fold, out) for out in left_out])
    at = {out: place for place, out in enumerate(left_out)}
    inner = np.zeros((len(PENALTIES), len(among)))
    outer = np.zeros(len(PENALTIES))
    given, whole = np.zeros((len(PENALTIES), len(keeps))), []
    weights: Floats | None = None
    for number, penalty in enumerate(PENALTIES):
        weights = logistic.fit(features, keeps, within, penalty, weights)
        values = logistic.logits(features, weights)
        loss = logistic.losses(values, keeps[:, None])
        for one in among:
            given[number, fold == one] = values[fold == one, at[(one,)]]
            outer[number] += loss[fold == one, at[(one,)]].sum()
            for other in among:
                if other != one:
                    pair = at[(min(one, other), max(one, other))]
                    inner[number, one] += loss[fold == other, pair].sum()
        whole.append(weights[0])
    best = int(np.argmin(outer))
    chosen = np.argmin(inner, axis=0)
    return whole[best], given[chosen[fold], np.arange(len(keeps))], PENALTIES[best]


def _crossed(values: Floats, keeps: Mask, fold: NDArray[np.int64]) -> Floats:
    """Chances, each calibrated by the other folds."""
    found = np.empty(len(values))
    for one in np.unique(fold):
        here = fold == one
        slope, shift = measuring.platt(values[~here], keeps[~here])
        found[here] = logistic.sigmoid(slope * values[here] + shift)
    return found


class _Seen:
    """The judged records as numbers: ones, standardised columns, directions of the vectors."""

    def __init__(self, judged: Judged) -> None:
        self.columns: list[Column] = []
        self.places: list[int] = []
        parts = [np.ones(len(judged.keeps))]
        for place, (name, values) in enumerate(zip(judged.names, judged.columns, strict=True)):
            for squared in (False, True) if name in judged.squared else (False,):
                column = _column(name, values, squared)
                if column is not None:
                    self.columns.append(column)
                    self.places.append(place)
                    parts.append(column.standardised(values))
        self.scale, self.mean, self.directions = 0.0, np.zeros(0), np.zeros((0, 0))
        if judged.vectors is not None:
            parts += self._directions(judged.vectors)
        self.features = np.stack(parts, axis=1)

    def model(self, weights: Floats, slope: float, shift: float) -> Model:
        """The weights as they apply to any record."""
        count = 1 + len(self.columns)
        vector = ""
        if len(weights) > count:
            vector = packed(self.directions @ (weights[count:] * self.scale), self.mean)
        told = tuple(float(each) for each in weights[1:count])
        return Model(tuple(self.columns), told, float(weights[0]), vector, slope, shift)

    def leanings(self, weights: Floats) -> tuple[Leaning, ...]:
        """What the weights lean on, the most first."""
        count = 1 + len(self.columns)
        given = self.features * weights
        parts: dict[str, Floats] = {}
        told: dict[tuple[str, bool], float] = {}
        for at, column in enumerate(self.columns, start=1):
            parts[column.name] = parts.get(column.name, 0.0) + given[:, at]
            told[column.name, column.squared] = float(weights[at])
        if len(weights) > count:
            parts[_VECTOR] = given[:, count:].sum(axis=1)
        spread = {name: float(values.std()) for name, values in parts.items()}
        whole = sum(spread.values()) or 1.0
        found = [
            Leaning(n, s / whole, told.get((n, False), 0.0), told.get((n, True), 0.0))
            for n, s in spread.items()
        ]
        return tuple(sorted(found, key=lambda each: -each.share))

    def _directions(self, vectors: NDArray[np.float16]) -> list[Floats]:
        there = vectors.any(axis=1)
        if not there.any():
            return []
        self.mean, self.directions = components.principal(vectors[there], components.MOST)
        spread = (vectors.astype(np.float64) - self.mean) @ self.directions
        spread[~there] = 0.0  # as the model has it for such a record
        widest = float(np.sqrt((spread**2).mean(axis=0).max(initial=0.0)))
        if not widest:
            return []
        self.scale = _WIDE / widest
        return list(on_grid(spread * self.scale, FEATURES).T)


def _column(name: str, values: Floats, squared: bool) -> Column | None:
    """How a column is standardised; None where it tells records not apart."""
    there = values[~np.isnan(values)]
    if not len(there):
        return None
    mean, spread = float(there.mean()), float(there.std())
    if spread <= 1e-9 * max(1.0, abs(mean)):
        return None
    plain = Column(name, mean, spread)
    if not squared:
        return plain
    squares = plain.standardised(there) ** 2
    width = float(squares.std())
    return Column(name, mean, spread, True, float(squares.mean()), width) if width > 1e-6 else None
