"""Vectors as they are stored: of length 1, in little-endian float16; and none where there is none.

A vector of zeros has no direction, and one with a NaN passes every comparison: both would slip
through a diversity filter unseen.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ZERO = "the model gave it a vector of zeros, which has no direction"
NOT_A_NUMBER = "the model gave it a vector that is not of numbers"


def normalised(
    vectors: "NDArray[np.float32]", trouble: str = ""
) -> "tuple[NDArray[np.float16], dict[int, str]]":
    """Divide each row by its length, and round.

    Args:
        vectors: (n, d), of any length; a NaN marks a row that failed.
        trouble: what is known of such rows.

    Returns:
        (n, d) little-endian float16, and for the rows that are no vectors the reason.
    """
    import numpy as np

    # In float64: the square of a large state overflows, that of a small one vanishes.
    lengths = np.sqrt(np.einsum("nd,nd->n", vectors, vectors, dtype=np.float64))
    known = np.isfinite(lengths)
    good = known & (lengths > 0)
    unit = np.divide(vectors, lengths[:, None], where=good[:, None], out=np.zeros_like(vectors))
    reasons = {
        int(row): ZERO if known[row] else trouble or NOT_A_NUMBER for row in np.flatnonzero(~good)
    }
    return unit.astype("<f2"), reasons
