"""What an earlier exact selection still proves about the next one.

A record that was looked at then was compared with all that was kept before it. As long as vectors
and ranking are the same, only what is newly kept needs to be compared with it: if it was kept,
nothing of then is above that threshold; if it was too similar, nothing of then is more similar than
its blocker, which blocks it again if it is kept again.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.kept import Closest
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.ranking import Ranking
from deita_tui.selection.result import KEPT, TOO_SIMILAR, Result


@dataclass(frozen=True, slots=True)
class Witnesses:
    """What holds of an earlier result at another threshold.

    Attributes:
        clear: (n,) nothing that was kept before it then is above the new threshold.
        blocker: (n,) what was most similar to it then, where that is above the new threshold; -1.
        similarity: (n,) to that.
        kept: (n,) kept then.
        pinned: (n,) pinned then.
    """

    clear: NDArray[np.bool_]
    blocker: NDArray[np.int32]
    similarity: NDArray[np.float64]
    kept: NDArray[np.bool_]
    pinned: NDArray[np.bool_]

    def new(self, records: NDArray[np.int64], *, pins: bool) -> NDArray[np.bool_]:
        """Which of the records, kept now, a record behind them was not compared with then."""
        return ~(self.pinned if pins else self.kept)[records]

    def known(
        self, records: NDArray[np.int64], kept: NDArray[np.bool_], place: NDArray[np.int64]
    ) -> tuple[NDArray[np.bool_], Closest]:
        """Which records need no comparison but with what is new, and what blocks those.

        Args:
            records: places in the pool.
            kept: (n,) what is kept so far.
            place: (n,) what orders equals.
        """
        blocker = self.blocker[records].astype(np.int64)
        blocked = (blocker >= 0) & kept[blocker]
        closest = Closest.none(len(records))
        closest.similarity[blocked] = self.similarity[records[blocked]]
        closest.record[blocked] = blocker[blocked]
        closest.place[blocked] = place[blocker[blocked]]
        return self.clear[records] | blocked, closest


def witnesses(
    previous: Result | None, pool: Pool, params: Params, ranking: Ranking
) -> Witnesses | None:
    """What a previous result proves for these parameters; None: nothing."""
    if previous is None or not _comparable(previous, pool, params, ranking):
        return None
    kept = previous.status == KEPT
    pinned = kept & previous.pool.pinned
    similar = previous.status == TOO_SIMILAR
    above = similar & (previous.similarity > params.threshold)
    clear = similar & ~above
    if previous.params.threshold <= params.threshold:
        clear |= kept & ~pinned
    blocker = np.where(above, previous.blocker, -1).astype(np.int32)
    return Witnesses(clear, blocker, previous.similarity, kept, pinned)


def _comparable(previous: Result, pool: Pool, params: Params, ranking: Ranking) -> bool:
    then = previous.pool
    return (
        previous.gear == "exact"
        and previous.params.selector == params.selector == "deita"
        and previous.params.threshold < 1
        and not previous.params.shares
        and not params.shares
        and all(getattr(then, name) is getattr(pool, name) for name in ("vectors", "row"))
        and then.against is pool.against
        and len(previous.score) == len(ranking.score)
        and np.array_equal(previous.score, ranking.score, equal_nan=True)
    )
