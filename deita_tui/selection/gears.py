"""How the instant preview differed from the exact selection that follows it."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.result import Result


@dataclass(frozen=True, slots=True)
class Difference:
    """Places in the pool, in the order of keeping.

    Attributes:
        missed: (a,) kept by the exact gear alone.
        extra: (b,) kept by the instant one alone.
        agreement: the share of what the exact gear keeps that the instant one keeps too.
    """

    missed: NDArray[np.int32]
    extra: NDArray[np.int32]
    agreement: float

    def sentence(self) -> str:
        """For the user."""
        if not len(self.missed) and not len(self.extra):
            return "The preview was exact."
        return (
            f"The preview had {len(self.extra):,} others and lacked {len(self.missed):,} "
            f"({self.agreement:.2%} of the kept agree)."
        )


def difference(exact: Result, instant: Result) -> Difference:
    """Compare the two results of one pool and the same parameters."""
    missed = exact.kept[instant.rank[exact.kept] == 0]
    extra = instant.kept[exact.rank[instant.kept] == 0]
    return Difference(missed, extra, 1 - len(missed) / max(1, len(exact.kept)))
