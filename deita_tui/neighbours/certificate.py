"""What the lists are worth: measured on a random sample of rows against every pair.

Recall at a threshold is the share of the true nearest above it that the lists hold: of each row
at most k, since a list has no more room. Rows miss together, so the interval counts rows and not
pairs: the variance of the ratio over the sampled rows (Cochran, Sampling Techniques, 1977, §6.4)
gives the number of independent pairs that would be as uncertain, and Wilson's interval is taken
at that number (Korn and Graubard, Survey Methodology 24, 1998). Where few rows
or none missed anything, that number is taken towards what it is if a row misses all or nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.neighbours.exact import nearest_to

GRID = (0.80, 0.85, 0.90, 0.925, 0.95, 0.97, 0.98, 0.99)
SAMPLE = 2000
_Z = 1.959963984540054  # of 95 %
_TELLING = 30  # rows that miss something, from which on their variance is believed


class Recall(msgspec.Struct, frozen=True):
    """How good the lists are at one threshold."""

    threshold: float
    recall: float | None
    """Share of the true min(k, degree) nearest above the threshold that the lists hold; None where
    the sampled rows have none."""
    low: float | None
    """The 95 % interval of ``recall``."""
    high: float | None
    needed: int
    """Neighbours that the sampled rows' lists should hold."""
    found: int
    truncated: float
    """Share of all rows whose list is full above the threshold: more neighbours may follow."""


@dataclass(frozen=True, slots=True)
class Certificate:
    """The sample, and what follows from it at any threshold."""

    rows: NDArray[np.int32]
    """(m,) the sampled rows, ascending."""
    true: NDArray[np.float32]
    """(m, k) the similarities of their k nearest, descending; -inf pads."""
    held: NDArray[np.float32]
    """(m, k) those that their lists hold."""
    last: NDArray[np.float32]
    """(n,) the last similarity of every list; -inf where a list holds all there are."""
    complete: bool = False
    """Every pair was looked at: there is no doubt about the rows that were not sampled."""

    def at(self, threshold: float) -> Recall:
        """Recall above ``threshold``, with its interval, and the share of truncated lists."""
        needed = (self.true > threshold).sum(axis=1)
        found = _found(self.true, self.held, needed)
        truncated = float((self.last > threshold).mean()) if len(self.last) else 0.0
        total, got = int(needed.sum()), int(found.sum())
        if not total:
            return Recall(threshold, None, None, None, 0, 0, truncated)
        share = got / total
        low, high = (share, share) if self.complete else interval(needed, found, len(self.last))
        return Recall(threshold, share, low, high, total, got, truncated)

    def grid(self, thresholds: Sequence[float] = GRID) -> tuple[Recall, ...]:
        """``at`` for each of ``thresholds``."""
        return tuple(self.at(threshold) for threshold in thresholds)


def sample(count: int, size: int, seed: int) -> NDArray[np.int32]:
    """``size`` of ``count`` rows by chance, ascending; all of them where there are no more."""
    if size >= count:
        return np.arange(count, dtype=np.int32)
    drawn = np.random.default_rng(seed).choice(count, size, replace=False)
    return np.sort(drawn).astype(np.int32)


def extended(
    vectors: NDArray[np.float16],
    old: int,
    rows: NDArray[np.int32],
    true: NDArray[np.float32],
    held: NDArray[np.float32],
    seed: int,
) -> tuple[NDArray[np.int32], NDArray[np.float32]]:
    """A sample of old rows becomes one of all rows, at the price of comparing it with the new ones.

    Args:
        vectors: (n, d), the new rows last.
        old: how many rows there were.
        rows: (m,) the sample among them.
        true: (m, k) the similarities of their nearest among the old rows.
        held: (n, k) the lists as they are now; those of the new rows are the true ones.
        seed: which new rows are drawn.

    Returns:
        The rows of the new sample, and the similarities of their nearest among all rows.
    """
    new, k = len(vectors) - old, true.shape[1]
    _, near = nearest_to(vectors[old:], k, vectors[rows])
    merged = -np.sort(-np.concatenate([true, near], axis=1), axis=1)[:, :k]
    # As many as leave every row, old or new, with the same chance to be in; always rounding up
    # would fill the sample with new rows, if they come one by one.
    expected = len(rows) * new / old if old else float(new)
    up = np.random.default_rng((seed, old)).random() < expected % 1
    drawn = old + sample(new, int(expected) + up, seed + old)
    return np.concatenate([rows, drawn]), np.concatenate([merged, held[drawn]])


def interval(
    needed: NDArray[np.integer], found: NDArray[np.integer], population: int
) -> tuple[float, float]:
    """The 95 % interval of sum(found) / sum(needed), over a sample of rows.

    Args:
        needed: (m,) what each sampled row should have; their sum is not 0.
        found: (m,) what it has.
        population: rows that the sample was drawn from. All of them leave no doubt.
    """
    total = float(needed.sum())
    share = float(found.sum()) / total
    rows = len(needed)
    unseen = 1 - rows / population
    if unseen <= 0 or rows < 2:
        return (share, share) if unseen <= 0 else (0.0, 1.0)
    rest = found - share * needed
    variance = rows / (rows - 1) * float(rest @ rest) / total**2
    # So many trials would be as uncertain if the neighbours of a row stood or fell together.
    apart = total**2 / float(needed @ needed)
    trials = apart
    if variance > 0:
        trials = share * (1 - share) / variance
        # A variance that only a few rows tell of is easily too small.
        believed = min(1.0, float((found < needed).sum()) / _TELLING)
        trials = min(trials, apart + max(0.0, trials - apart) * believed)
    return _wilson(share, min(trials, total) / unseen)


def _wilson(share: float, trials: float) -> tuple[float, float]:
    square = _Z * _Z / trials
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * float(np.sqrt(share * (1 - share) / trials + square / trials / 4))
    # At the ends the formula gives them exactly, but for rounding.
    low = 0.0 if share == 0 else max(0.0, middle - half)
    return low, 1.0 if share == 1 else min(1.0, middle + half)


def _found(
    true: NDArray[np.float32], held: NDArray[np.float32], needed: NDArray[np.integer]
) -> NDArray[np.int64]:
    """How many of the first ``needed`` of each row are held; ties count whichever is held."""
    if not true.shape[1]:
        return np.zeros(len(true), np.int64)
    edge = true[np.arange(len(true)), np.maximum(needed, 1) - 1]
    found: NDArray[np.int64] = np.minimum((held >= edge[:, None]).sum(axis=1), needed)
    return found
