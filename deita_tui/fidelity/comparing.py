"""How far two ways to run a model agree."""

import msgspec

from deita_tui import correlation
from deita_tui.fidelity.measuring import Measured

EXACT = 1e-3
"""In float32, two backends that run the same weights differ by less (on a scale from 1 to 6)."""


class Fidelity(msgspec.Struct, frozen=True):
    """Of the scores that both gave."""

    rows: int
    spearman: float | None
    """Rank correlation; None where one side said the same of everything."""
    mean_difference: float
    """Mean of the absolute differences, on the scale from 1 to 6."""
    largest_difference: float


def compare(measured: Measured, reference: Measured) -> Fidelity:
    """How ``measured`` differs from ``reference``, which scored the same sample.

    Raises:
        ValueError: there is no score that both have.
    """
    import numpy as np

    both = [
        (mine, its)
        for mine, its in zip(measured.scores, reference.scores, strict=True)
        if mine is not None and its is not None
    ]
    if not both:
        raise ValueError("there is no text that both scored")
    mine, its = np.array(both).T
    differences = np.abs(mine - its)
    return Fidelity(
        rows=len(both),
        spearman=correlation.spearman(mine, its),
        mean_difference=float(differences.mean()),
        largest_difference=float(differences.max()),
    )
