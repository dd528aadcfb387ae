"""How close the embedder comes to the encoder that it was distilled from.

Measured on records of sources that it was not fitted to; the card has the figures.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

PAIRS = 200_000
NEAREST = 10


@dataclass(frozen=True, slots=True)
class Likeness:
    """How alike two embedders are."""

    correlation: float
    """Spearman's, of the similarities of random pairs of records."""
    within: float
    """The same, of pairs from one source."""
    overlap: float
    """Share of a record's ten nearest that are the encoder's ten nearest."""
    first: float
    """Share of records whose nearest, by the encoder, is among these ten."""
    records: int


def likeness(
    ours: NDArray[np.float32], theirs: NDArray[np.float32], sources: Sequence[str], seed: int = 0
) -> Likeness:
    """Compare vectors (n, d) and (n, e) of the same n records; rows with a NaN are left out."""
    from scipy.stats import spearmanr  # type: ignore[import-untyped]

    usable = ~np.isnan(ours).any(axis=1)
    one, other = _unit(ours[usable]), _unit(theirs[usable])
    kinds = np.array(sources)[usable]
    random = np.random.default_rng(seed)
    left, right = random.integers(0, len(one), (2, PAIRS))
    left, right = left[left != right], right[left != right]
    same = kinds[left] == kinds[right]
    by_one = np.einsum("ij,ij->i", one[left], one[right])
    by_other = np.einsum("ij,ij->i", other[left], other[right])
    near, true = _nearest(one), _nearest(other)
    shared = [len(set(a) & set(b)) / NEAREST for a, b in zip(near, true, strict=True)]
    return Likeness(
        correlation=float(spearmanr(by_one, by_other).statistic),
        within=float(spearmanr(by_one[same], by_other[same]).statistic),
        overlap=float(np.mean(shared)),
        first=float(np.mean([b[0] in a for a, b in zip(near, true, strict=True)])),
        records=len(one),
    )


def _unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def _nearest(vectors: NDArray[np.float32]) -> list[list[int]]:
    products = vectors @ vectors.T
    np.fill_diagonal(products, -2)
    found: list[list[int]] = np.argsort(-products, axis=1)[:, :NEAREST].tolist()
    return found
