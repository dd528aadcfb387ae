"""Many states of a text's tokens into one vector: the one definition for every backend.

Every way but ``max`` is a weighted sum over the tokens, so it is given by its weights. Whoever
pools takes the real tokens of a text, and never what it was padded with.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Pool = Literal["last", "mean", "position_weighted", "cls", "max", "mean_sqrt_len"]
POOLS: tuple[Pool, ...] = get_args(Pool)
Choice = Literal["last", "mean", "position_weighted"]
CHOICES: tuple[Choice, ...] = get_args(Choice)
"""What a user may ask of any model; the others are what some sentence encoders are trained for."""


def weights(pool: Pool, lengths: Sequence[int], longest: int) -> "NDArray[np.float32]":
    """How much each token counts: (n, longest) float32, zero from each text's length on.

    ``last`` and ``cls`` take one token; ``mean`` is 1/L; ``mean_sqrt_len`` 1/sqrt(L), after
    sentence-transformers; ``position_weighted`` i / (1 + … + L) for token i from 1, after SGPT
    (arXiv 2202.08904) and RDS+ (arXiv 2503.01807, appendix G.2).

    Args:
        pool: any but ``max``, which no weights can say.
        lengths: real tokens of each of n texts, each at least 1.
        longest: tokens that each text is padded to, on the right.
    """
    import numpy as np

    places = np.arange(1, longest + 1, dtype=np.float64)
    ends = np.asarray(lengths, dtype=np.float64)[:, None]
    if pool == "last":
        found = np.broadcast_to(places, (len(lengths), longest)) == ends
    elif pool == "cls":
        found = np.broadcast_to(places == 1, (len(lengths), longest))
    elif pool == "position_weighted":
        found = places / (ends * (ends + 1) / 2)
    elif pool == "mean_sqrt_len":
        found = np.broadcast_to(1 / np.sqrt(ends), (len(lengths), longest))
    else:
        found = np.broadcast_to(1 / ends, (len(lengths), longest))
    return np.where(places <= ends, found, 0.0).astype(np.float32)


def pooled(states: "NDArray[np.float32]", pool: Pool) -> "NDArray[np.float32]":
    """One text's (L, d) states as one (d,) float32 vector."""
    import numpy as np

    if pool == "max":
        vector: NDArray[np.float32] = states.max(axis=0)
    else:
        share = weights(pool, [len(states)], len(states))[0]
        vector = (share.astype(np.float64) @ states).astype(np.float32)
    return vector
