"""A small model over features: ridge regression on standardised, bent columns. Needs numpy only.

It is what the draft scorers are, and what ``distill`` fits to scores that a project has.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from io import BytesIO
from typing import Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FORMAT = 1
REACH = 3.0
"""Columns are clipped so many standard deviations from their mean: no text is so odd as to leave
the range of what was learned from."""
KNOTS = (-1.0, 0.0, 1.0)
"""Where a column may bend, in standard deviations; most that shows has a point of enough."""
_STRENGTHS = tuple(10.0**power for power in np.arange(-1, 5.1, 0.5))
_SOFTNESS = (0.2, 1.0)


@dataclass(frozen=True, slots=True)
class Model:
    """A fitted model. Its numbers do not depend on what else is predicted with it."""

    columns: NDArray[np.int64]
    """(c,) of the features, those that are used."""
    centre: Floats
    """(c,)"""
    spread: Floats
    """(c,)"""
    bent: NDArray[np.int64]
    """(b,) of ``columns``, those that also bend at each knot."""
    weights: Floats
    """(c + 3 b,)"""
    bias: float
    points: Floats
    """(p,) what the sum is before it is calibrated, ascending; empty where it is not."""
    values: Floats
    """(p,) what it is after."""

    def predict(self, features: NDArray[np.float32]) -> Floats:
        """Scores (n,) of (n, f) features."""
        table = self.table(features)
        # Neither a matrix product nor columns first: how these add up depends on the rows beside.
        terms = np.ascontiguousarray(table * self.weights)
        found: Floats = np.add.reduce(terms, axis=1) + self.bias
        if len(self.points):
            found = np.interp(found, self.points, self.values)
        return found

    def table(self, features: NDArray[np.float32]) -> Floats:
        """(n, c + 3 b): the columns in standard deviations, and behind them the bends."""
        table = (features[:, self.columns].astype(np.float64) - self.centre) / self.spread
        return _bend(np.clip(table, -REACH, REACH), self.bent)

    def dump(self) -> bytes:
        """All of it as bytes, without pickle; equal models give equal bytes."""
        out = BytesIO()
        about = json.dumps({"format": FORMAT, "bias": self.bias})
        np.savez(
            out,
            allow_pickle=False,
            about=np.frombuffer(about.encode(), dtype=np.uint8),
            columns=self.columns,
            centre=self.centre,
            spread=self.spread,
            bent=self.bent,
            weights=self.weights,
            points=self.points,
            values=self.values,
        )
        return out.getvalue()

    @classmethod
    def load(cls, dumped: bytes) -> Self:
        """The model that ``dump`` gave.

        Raises:
            ValueError: it is of another format.
        """
        with np.load(BytesIO(dumped), allow_pickle=False) as held:
            about = json.loads(held["about"].tobytes())
            if about["format"] != FORMAT:
                raise ValueError(f"a model of format {about['format']}, not {FORMAT}")
            names = ("columns", "centre", "spread", "bent", "weights", "points", "values")
            arrays = {name: held[name] for name in names}
        return cls(bias=float(about["bias"]), **arrays)


def fit(
    features: NDArray[np.float32],
    y: Floats,
    weights: Floats | None = None,
    columns: Sequence[int] | None = None,
    straight: Sequence[int] | None = None,
) -> Model:
    """Learn ``y`` from features.

    How strongly the weights are held back, and how much more those of ``straight`` columns, is
    chosen by generalised cross-validation [Golub, Heath & Wahba 1979].

    Args:
        features: (n, f).
        y: (n,), finite.
        weights: (n,) how much each row counts; None: all the same.
        columns: the columns to use; None for all.
        straight: columns that do not bend; None: the embedding's, as ``features.names`` has them.

    Raises:
        ValueError: there are fewer than two rows, or not as many of each.
    """
    if len(features) != len(y) or len(y) < 2:
        raise ValueError(f"{len(features)} rows of features, {len(y)} values")
    chosen = np.arange(features.shape[1]) if columns is None else np.array(columns, np.int64)
    counts = np.ones(len(y)) if weights is None else weights * (len(y) / weights.sum())
    centre, spread = _moments(features, chosen, counts)
    told = spread > 1e-9
    chosen, centre, spread = chosen[told], centre[told], spread[told]
    flat = np.isin(chosen, _axes(features.shape[1]) if straight is None else np.array(straight))
    bent = np.flatnonzero(~flat)
    empty = np.zeros(0)
    model = Model(chosen, centre, spread, bent, empty, 0.0, empty, empty)
    table = model.table(features)
    mean = counts @ table / len(y)
    middle = float(counts @ y / len(y))
    root = np.sqrt(counts)
    found = _ridge((table - mean) * root[:, None], (y - middle) * root, flat, len(bent))
    bias = middle - float(mean @ found)
    return Model(chosen, centre, spread, bent, found, bias, empty, empty)


def _moments(
    features: NDArray[np.float32], columns: NDArray[np.int64], counts: Floats
) -> tuple[Floats, Floats]:
    table = features[:, columns].astype(np.float64)
    centre = counts @ table / len(table)
    spread = np.sqrt(counts @ (table - centre) ** 2 / len(table))
    return centre, spread


def _axes(width: int) -> NDArray[np.int64]:
    """The columns that the embedder made."""
    from deita_tui.lite.features import names

    for pair in (False, True):
        called = names(pair)
        if len(called) == width:
            return np.array([at for at, name in enumerate(called) if "axis " in name], np.int64)
    return np.zeros(0, np.int64)


def _bend(table: Floats, bent: NDArray[np.int64]) -> Floats:
    """The columns, and behind them what of the ``bent`` ones lies above each knot."""
    some = table[:, bent]
    return np.concatenate([table, *(np.maximum(some - knot, 0) for knot in KNOTS)], axis=1)


def _ridge(table: Floats, y: Floats, flat: NDArray[np.bool_], bent: int) -> Floats:
    """Weights (c + 3 b,) for centred columns, with the penalty that generalises best."""
    best: tuple[float, Floats] | None = None
    softened = np.concatenate([flat, np.zeros(len(KNOTS) * bent, np.bool_)])
    gram, moment = table.T @ table, table.T @ y
    total = float(y @ y)
    for softness in _SOFTNESS if flat.any() else (1.0,):
        scale = np.where(softened, softness, 1.0)
        values, axes = np.linalg.eigh(gram * scale * scale[:, None])
        values = np.maximum(values, 0)
        inside = axes.T @ (moment * scale)
        for strength in _STRENGTHS:
            shrunk = inside / (values + strength)
            error = total - 2 * shrunk @ inside + values @ shrunk**2
            freedom = 1 + float(np.sum(values / (values + strength)))
            if freedom < 0.9 * len(y):
                score = error / (1 - freedom / len(y)) ** 2
                if best is None or score < best[0]:
                    best = float(score), scale * (axes @ shrunk)
    return best[1] if best else np.zeros(table.shape[1])
