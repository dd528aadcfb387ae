"""How far two rankings agree."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


def ranks(values: "Floats") -> "Floats":
    """Places from 1 in ascending order; equals share the mean of theirs. (n,) to (n,)."""
    import numpy as np

    _, which, counts = np.unique(values, return_inverse=True, return_counts=True)
    last = np.cumsum(counts)
    mean: Floats = last - (counts - 1) / 2
    return mean[which]


def spearman(one: "Floats", other: "Floats") -> float | None:
    """Spearman's rank correlation of two (n,) arrays without NaN.

    None where it says nothing: fewer than two values, or all of one side are equal.
    """
    import numpy as np

    if len(one) < 2:
        return None
    first, second = ranks(one), ranks(other)
    first, second = first - first.mean(), second - second.mean()
    scale = float(np.sqrt((first @ first) * (second @ second)))
    return float(first @ second) / scale if scale else None
