"""A learned taste: what it looks at, its weights, and the chance of a keep that they give."""

import base64
from collections.abc import Sequence
from hashlib import sha256

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.taste.grid import FEATURES, WEIGHTS, Floats, on_grid
from deita_tui.lite.taste.logistic import sigmoid

FAR = 4.0
"""Standardised values are cut off here, so that no single odd record bends a model."""
_DIGITS = 6
_SLAB = 1 << 21  # numbers that are widened at a time


class Column(msgspec.Struct, frozen=True):
    """One number of a record, standardised; the square says how far from the usual it is."""

    name: str
    mean: float
    spread: float
    squared: bool = False
    middle: float = 0.0
    width: float = 1.0
    """Mean and spread of the squares."""

    def standardised(self, values: Floats) -> Floats:
        """On the grid; 0, which is the mean, where there is none."""
        found = np.clip((values - self.mean) / self.spread, -FAR, FAR)
        if self.squared:
            found = np.clip((found**2 - self.middle) / self.width, -FAR, FAR)
        return on_grid(np.nan_to_num(found, nan=0.0), FEATURES)


class Model(msgspec.Struct, frozen=True):
    """Weights, and how their sum becomes a chance."""

    columns: tuple[Column, ...]
    weights: tuple[float, ...]
    """One a column."""
    offset: float
    vector: str
    """A weight for each number of the vector: float64, in base 64; empty where it looks at none."""
    slope: float
    shift: float

    @property
    def digest(self) -> str:
        """sha256 of all of it."""
        return sha256(msgspec.json.encode(self)).hexdigest()

    def logits(
        self, columns: Sequence[Floats], vectors: NDArray[np.float16], rows: NDArray[np.int32]
    ) -> Floats:
        """What it makes of records, before calibration, (n,).

        Args:
            columns: (n,) each, in the order of ``self.columns``; NaN where there is none.
            vectors: (m, d); may be memory-mapped. Not looked at where the model looks at none.
            rows: (n,) which of ``vectors`` a record has; -1: none.
        """
        found = np.full(len(rows), self.offset)
        for column, weight, values in zip(self.columns, self.weights, columns, strict=True):
            found += column.standardised(values) * weight
        if self.vector:
            by_row = self._by_row(vectors, int(rows.max(initial=-1)) + 1)
            found += np.where(rows >= 0, by_row[rows], 0.0)  # 0: the mean of those judged
        return found

    def calibrated(self, logits: Floats) -> Floats:
        """The chance of a keep, above 0 and below 1, to six digits."""
        chance = np.round(sigmoid(self.slope * logits + self.shift), _DIGITS)
        return np.clip(chance, 10.0**-_DIGITS, 1 - 10.0**-_DIGITS)

    def _by_row(self, vectors: NDArray[np.float16], count: int) -> Floats:
        """What the vectors up to ``count`` add, beside what the mean of those judged would."""
        told = np.frombuffer(base64.b64decode(self.vector), "<f8")
        mean, weights = float(told[0]), told[1:]
        found = np.zeros(max(count, 1))
        step = max(1, _SLAB // len(weights))
        for start in range(0, count, step):
            slab = widened(vectors[start : start + step])
            found[start : start + len(slab)] = (slab @ weights)[: len(found) - start]
        return found - mean


def widened(rows: NDArray[np.float16]) -> Floats:
    """The same finite numbers as float64."""
    from deita_tui.neighbours import similarity

    return similarity.widened(rows).astype(np.float64)


def packed(weights: Floats, mean: Floats) -> str:
    """Weights of a vector, and what they make of the mean, for ``Model.vector``.

    On a grid on which the product with a stored vector does not round: those numbers are multiples
    of 2**-24, and by Cauchy and Schwarz no partial sum exceeds the lengths' product.
    """
    length = float(np.sqrt((weights**2).sum()))
    bits = min(WEIGHTS, 27 - max(0, int(np.ceil(np.log2(max(length, 1.0))))))
    found = on_grid(weights, bits)
    told = np.concatenate([[float((on_grid(mean, 24) * found).sum())], found])
    return base64.b64encode(told.astype("<f8").tobytes()).decode("ascii")
