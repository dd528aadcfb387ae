"""Matrix products for those who compare every pair: NumPy's, or a GPU's where that is worth it."""

from collections.abc import Callable
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from deita_tui.backends import gpus

Matrix = NDArray[np.float32]
Product = Callable[[Matrix, Matrix], Matrix]
"""The products of all rows of (b, d) with all rows of (m, d), in float32: (b, m)."""

_WORTH_LOADING = 1e12
"""Multiplications that take a CPU longer than torch takes to load."""


def on_cpu(a: Matrix, b: Matrix) -> Matrix:
    """NumPy's product."""
    found: Matrix = a @ b.T
    return found


def product(multiplications: float) -> Product:
    """What makes so many multiplications soonest on this machine."""
    cards = [card for card in gpus.cards() if card.name.startswith("cuda")]
    if multiplications < _WORTH_LOADING or not cards or find_spec("torch") is None:
        return on_cpu
    return on_device(cards[0].name)


def on_device(device: str) -> Product:
    """The product on a device as torch calls it; NumPy's where torch has no use of it."""
    import torch

    if device.startswith("cuda") and not torch.cuda.is_available():
        return on_cpu

    def multiply(a: Matrix, b: Matrix) -> Matrix:
        # float32 in full: a caller may rely on its errors. torch takes TF32 only if it is told to.
        left, right = (torch.from_numpy(each).to(device) for each in (a, b))
        found: Matrix = (left @ right.T).cpu().numpy()
        return found

    return multiply
