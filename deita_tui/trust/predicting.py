"""What an expensive score will be, by what is known without it: a middle, a spread, a shape.

The middle is a ridge regression on features. How far it is off is learned from errors on records
that it had not seen (cross-fitting): the spread as a second regression of their size, since errors
may be larger here than there, and the shape as those very errors, divided by their spread. So no
distribution is assumed: the shape is what was seen.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite import models

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 5
FEWEST = 60
"""Fewer known scores than this teach nothing."""
_GROUPS = 8
"""So many shapes at most."""
_ALIKE = 150
"""Known scores that a shape is made of, at least."""
_NARROW = 0.05
"""No spread is taken to be less than this share of the overall one."""
_ROWS = 8192


@dataclass(frozen=True, slots=True)
class Features:
    """What is known of n records without the expensive scorer.

    Attributes:
        table: (n, f) float32, finite.
        straight: the columns whose effect is a straight line, such as those of a vector.
    """

    table: NDArray[np.float32]
    straight: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Prediction:
    """The expensive score of n records, as far as it can be told.

    Attributes:
        centre: (n,) for a record that was learned from, as said by a model that had not seen it.
        spread: (n,) how large an error is, about.
        group: (n,) records that are predicted alike share a shape.
        shapes: of each group, the errors of what is known of it, in units of their spread,
            ascending.
    """

    centre: Floats
    spread: Floats
    group: Ints
    shapes: tuple[Floats, ...]

    def exceeding(self, limit: float) -> Floats:
        """(n,) How probable it is that a record's score is ``limit`` or more.

        One error more than was seen, of all groups together, is thought to be that large: nothing
        is ever said to be impossible.
        """
        wanted = (limit - self.centre) / self.spread
        unseen = 0.5 / sum(map(len, self.shapes))
        found = np.empty(len(wanted))
        for each, shape in enumerate(self.shapes):
            mine = self.group == each
            below = np.searchsorted(shape, wanted[mine], side="left")
            found[mine] = 1 - below / len(shape)
        return np.asarray(found * (1 - 2 * unseen) + unseen, np.float64)

    def drawn(self, draw: np.random.Generator) -> Floats:
        """(n,) Scores as they may turn out to be.

        The shapes are only what was seen, so each draw weighs them anew: Rubin's Bayesian bootstrap
        (The Annals of Statistics 9, 1981).
        """
        errors = np.empty(len(self.centre))
        for each, shape in enumerate(self.shapes):
            mine = self.group == each
            weights = draw.standard_exponential(len(shape))
            errors[mine] = draw.choice(shape, size=int(mine.sum()), p=weights / weights.sum())
        return np.asarray(self.centre + self.spread * errors, np.float64)


def predict(features: Features, known: Ints, values: Floats, seed: int = 0) -> Prediction:
    """Learn from the ``known`` places, whose scores are ``values``, what all others will be.

    Args:
        features: of all n records.
        known: (k,) places.
        values: (k,) finite.
        seed: of the folds.

    Raises:
        ValueError: fewer than ``FEWEST`` are known.
    """
    if len(known) < FEWEST:
        raise ValueError(f"{len(known)} known scores; {FEWEST} at least")
    fold = np.random.default_rng(seed).permutation(len(known)) % FOLDS
    unseen = np.empty(len(known))
    for each in range(FOLDS):
        inside = fold == each
        model = _fit(features, known[~inside], values[~inside])
        unseen[inside] = model.predict(features.table[known[inside]])
    centre = _predicted(_fit(features, known, values), features.table)
    centre[known] = unseen
    errors = values - unseen
    spread = _spread(features, centre, known, errors)
    count = max(1, min(_GROUPS, len(known) // _ALIKE))
    edges = np.quantile(unseen, np.arange(1, count) / count)
    group = np.searchsorted(edges, centre, side="right")
    shapes = [(errors / spread[known])[group[known] == each] for each in range(count)]
    if not all(map(len, shapes)):  # most are predicted to be the same
        group, shapes = np.zeros(len(centre), np.int64), [errors / spread[known]]
    return Prediction(centre, spread, group, tuple(np.sort(each) for each in shapes))


def _fit(features: Features, places: Ints, values: Floats) -> models.Model:
    return models.fit(features.table[places], values, straight=features.straight)


def _spread(features: Features, centre: Floats, known: Ints, errors: Floats) -> Floats:
    """(n,) The size of an error by the predicted score and what is not a vector."""
    bent = np.setdiff1d(np.arange(features.table.shape[1]), np.array(features.straight, np.int64))
    table = np.column_stack([centre.astype(np.float32), features.table[:, bent]])
    sizes = np.abs(errors)
    overall = float(sizes.mean())
    if not overall:
        return np.full(len(centre), np.finfo(np.float64).eps)
    found = _predicted(models.fit(table[known], sizes, straight=()), table)
    return np.asarray(np.maximum(found, _NARROW * overall), np.float64)


def _predicted(model: models.Model, table: NDArray[np.float32]) -> Floats:
    pieces = [model.predict(table[at : at + _ROWS]) for at in range(0, len(table), _ROWS)]
    return np.concatenate([*pieces, np.zeros(0)])
