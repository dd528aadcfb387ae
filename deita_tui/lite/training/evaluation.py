"""How well a scorer ranks sets that it has not seen, next to length and to chance."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.correlation import spearman
from deita_tui.lite.training.labels import LabelSet

Floats = NDArray[np.float64]

REPLICATES = 300
FEW = 20
"""Fewer groups than this say nothing of pairs."""
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Found:
    """A figure, and where it lies when other prompts are drawn."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} [{self.low:.2f}, {self.high:.2f}]"


def correlation(guess: Floats, labelled: LabelSet, seed: int = 0) -> Found:
    """Spearman's rank correlation with the labels."""
    return _bootstrapped(labelled, seed, lambda at: _spearman(guess[at], labelled.labels[at]))


def gain(guess: Floats, other: Floats, labelled: LabelSet, seed: int = 0) -> Found:
    """By how much the correlation of ``guess`` is above that of ``other``."""
    y = labelled.labels
    return _bootstrapped(
        labelled, seed, lambda at: _spearman(guess[at], y[at]) - _spearman(other[at], y[at])
    )


def ordered(guess: Floats, labelled: LabelSet) -> float | None:
    """Share of pairs within a group that it puts in the right order; None for a few groups.

    A tie in the guess is half right. Every group counts the same.
    """
    shares = []
    for rows in _by(labelled.groups):
        y, x = labelled.labels[rows], guess[rows]
        above = y[:, None] > y[None, :]
        if above.any():
            right = (x[:, None] > x[None, :]) + 0.5 * (x[:, None] == x[None, :])
            shares.append(float(right[above].mean()))
    return float(np.mean(shares)) if len(shares) >= FEW else None


def _bootstrapped(
    labelled: LabelSet, seed: int, figure: Callable[[NDArray[np.int64]], float]
) -> Found:
    """Of whole prompts, since answers to one question go together."""
    groups = _by(labelled.prompts)
    random = np.random.default_rng(seed)
    drawn = [
        figure(np.concatenate([groups[at] for at in random.integers(0, len(groups), len(groups))]))
        for _ in range(REPLICATES)
    ]
    tail = (1 - LEVEL) / 2
    low, high = np.nanquantile(drawn, [tail, 1 - tail])
    return Found(figure(np.arange(len(labelled.labels))), float(low), float(high))


def _by(keys: NDArray[np.str_]) -> list[NDArray[np.int64]]:
    order = np.argsort(keys, kind="stable")
    _, first = np.unique(keys[order], return_index=True)
    return np.split(order, first[1:])


def _spearman(guess: Floats, labels: Floats) -> float:
    found = spearman(guess, labels)
    return float("nan") if found is None else found
