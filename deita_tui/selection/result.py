"""What a selection comes to: an outcome for every record."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool

STATUSES = ("kept", "too_similar", "over_budget", "rejected", "filtered", "unscored")
KEPT, TOO_SIMILAR, OVER_BUDGET, REJECTED, FILTERED, UNSCORED = range(len(STATUSES))

REASONS = (
    "",
    "no score",
    "not embedded",
    "edited, pending",
    "the share of its source is full",
    "too similar to a record of the other set",
    "adds no new tag",
    "not among the best that are selected from",
    "no tags",
)
"""Sentences for ``Result.reason``."""
(
    NO_REASON,
    NO_SCORE,
    NOT_EMBEDDED,
    EDITED,
    SHARE_FULL,
    AGAINST,
    NO_NEW_TAG,
    BELOW_HEAD,
    NO_TAGS,
) = range(len(REASONS))


@dataclass(frozen=True, slots=True)
class Result:
    """The outcome of every record of a pool of n, by its place in the pool.

    Attributes:
        params: what was asked for.
        gear: ``exact`` or ``instant``.
        kept: (kept,) places in the pool in the order of keeping: the pins by score, then what
            the minimum shares took, then the walk down the ranking.
        status: (n,) number in STATUSES.
        reason: (n,) number in REASONS. An edited record that still has its old score and vector
            keeps its outcome and says EDITED.
        rank: (n,) place among the kept, from 1; 0 for the others.
        position: (n,) place in score order among all records with a score, from 1; 0 without.
        score: (n,) NaN where there is none.
        blocker: (n,) for a record that is too similar: the kept record that it is most similar to
            among those kept before it, the better placed one of equals; -1 for all others, and
            where it is a record of the other set. The instant gear names the most similar one
            that it knows.
        similarity: (n,) to that record; NaN where there is none.
        against: (n,) the row of the other set (``Pool.against``) where that is what blocks, or -1.
        examined: how many candidates were looked at before the budget was full.
        checked: by the instant gear: how many of them were compared with all kept ones, because
            their list of neighbours was cut off.
        overflow: records (or, under a budget in tokens alone, tokens) that the pins take beyond
            the budget.
        notes: sentences for the user.
        pool: what was selected from.
    """

    params: Params
    gear: str
    kept: NDArray[np.int32]
    status: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    rank: NDArray[np.int32]
    position: NDArray[np.int32]
    score: NDArray[np.float64]
    blocker: NDArray[np.int32]
    similarity: NDArray[np.float64]
    against: NDArray[np.int32]
    examined: int
    checked: int = 0
    overflow: int = 0
    notes: tuple[str, ...] = ()
    pool: Pool = field(repr=False, kw_only=True)

    def counts(self) -> dict[str, int]:
        """How many records have which status, by its name."""
        numbers = np.bincount(self.status, minlength=len(STATUSES))
        return {name: int(number) for name, number in zip(STATUSES, numbers, strict=True)}

    def same_as(self, other: "Result") -> bool:
        """Whether both give every record the same outcome, to the last byte."""
        return all(
            getattr(self, name).tobytes() == getattr(other, name).tobytes() for name in _ARRAYS
        )


_ARRAYS = (
    "kept",
    "status",
    "reason",
    "rank",
    "position",
    "score",
    "blocker",
    "similarity",
    "against",
)
