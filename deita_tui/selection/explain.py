"""Why a record is in a selection or out of it, and what would change that."""

import msgspec
import numpy as np

from deita_tui.selection.case import Case
from deita_tui.selection.near import Neighbour, kept_above, nearest
from deita_tui.selection.result import KEPT, REASONS, STATUSES, TOO_SIMILAR
from deita_tui.selection.ways import Way, ways


class Explanation(msgspec.Struct, frozen=True):
    """What became of one record, and why."""

    id: int
    status: str
    reason: str
    rank: int | None
    position: int | None
    score: float | None
    kept: int
    """Records that the selection keeps."""
    scored: int
    """Records that have a place in the order."""
    pinned: bool
    blocked_by: int | None
    similarity: float | None
    also_blocked_by: tuple[int, ...]
    """Other kept records that are more similar to it than the threshold allows."""
    blocks: tuple[int, ...]
    """Of a kept one: the records that are out because of it, by their place."""
    ways: tuple[Way, ...]
    neighbours: tuple[Neighbour, ...]


def explain(case: Case, place: int, near: int = 8) -> Explanation:
    """Explain the record at ``place`` in the pool.

    Args:
        case: the selection.
        place: the record.
        near: how many of the records that resemble it most are told.
    """
    result, ids = case.result, case.pool.ids
    status = int(result.status[place])
    blocker = int(result.blocker[place])
    others = kept_above(case, place) if status == TOO_SIMILAR else []
    blocked = np.flatnonzero(result.blocker == place) if status == KEPT else np.zeros(0, np.int64)
    blocked = blocked[np.argsort(result.position[blocked], kind="stable")]
    return Explanation(
        id=int(ids[place]),
        status=STATUSES[status],
        reason=REASONS[result.reason[place]],
        rank=int(result.rank[place]) or None,
        position=int(result.position[place]) or None,
        score=_number(result.score[place]),
        kept=len(result.kept),
        scored=int((result.position > 0).sum()),
        pinned=bool(case.pool.pinned[place]),
        blocked_by=int(ids[blocker]) if blocker >= 0 else None,
        similarity=_number(result.similarity[place]),
        also_blocked_by=tuple(int(ids[each]) for each in others if each != blocker),
        blocks=tuple(ids[blocked].tolist()),
        ways=tuple(ways(case, place)),
        neighbours=tuple(nearest(case, place, near)),
    )


def _number(value: float) -> float | None:
    return None if np.isnan(value) else float(value)
