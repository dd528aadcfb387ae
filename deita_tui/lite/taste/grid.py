"""Numbers on a grid, whose sums do not round.

A product of two multiples of 2**-a and 2**-b is a multiple of 2**-(a + b), and sums of such that
stay below 2**(53 - a - b) fit into a float64, in whatever order they are added. So the matrix
products here give the same bits with any number of threads, any library and any machine. Where the
numbers could grow larger the result is still right to float64, only no longer to the last bit.
"""

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

FEATURES = 12
"""Bits behind the point of what a model looks at: standardised, so within a few units."""
WEIGHTS = 26
"""Of a model's weights."""
CURVATURES = 16
"""Of p(1 - p), and of other weights of records."""
RESIDUALS = 24
"""Of p - y."""


def on_grid(values: Floats, bits: int) -> Floats:
    """The nearest multiples of ``2**-bits``."""
    scale = 2.0**bits
    found: Floats = np.rint(values * scale)
    found /= scale
    return found
