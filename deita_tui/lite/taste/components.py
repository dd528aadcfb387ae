"""The few directions in which the judged records' vectors differ most.

Principal components by subspace iteration (Halko, Martinsson, Tropp, 2011, algorithm 4.4), on a
grid; see ``grid``. No decision enters them, so they may be computed before cross-validation.
"""

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.taste.grid import Floats, on_grid

MOST = 48
"""Directions at most."""
_ITERATIONS = 8
_SPARE = 8
_VECTORS, _BASIS = 14, 18


def principal(vectors: NDArray[np.float16], count: int) -> tuple[Floats, Floats]:
    """The mean (d,) and ``count`` orthonormal directions (d, count), the widest spread first.

    Args:
        vectors: (n, d), of about unit length.
        count: no more than the vectors span is given.
    """
    wide = vectors.astype(np.float64)
    mean = on_grid(wide.mean(axis=0), _VECTORS)
    centred = on_grid(wide - mean, _VECTORS)
    size = min(count + _SPARE, *centred.shape)
    draw = np.random.Generator(np.random.PCG64(7))
    basis = orthonormal(draw.integers(-(2**10), 2**10, (vectors.shape[1], size)) / 2.0**10)
    for _ in range(_ITERATIONS):
        spread = on_grid(centred @ on_grid(basis, _BASIS), _BASIS)
        basis = orthonormal(centred.T @ spread)
    spread = centred @ on_grid(basis, _BASIS)
    order = np.argsort(-(spread**2).sum(axis=0), kind="stable")
    return mean, basis[:, order[: min(count, basis.shape[1])]]


def orthonormal(columns: Floats) -> Floats:
    """Gram and Schmidt, twice over; columns that the others span are left out."""
    found: list[Floats] = []
    for column in columns.T:
        length = np.sqrt((column**2).sum())
        rest = column.copy()
        for _ in range(2):
            for other in found:
                rest -= (rest * other).sum() * other
        left = np.sqrt((rest**2).sum())
        if left > 1e-7 * length:
            found.append(rest / left)
    return np.array(found).reshape(len(found), len(columns)).T
