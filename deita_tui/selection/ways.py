"""What would turn a record's fate in a selection.

Each answer comes from the selection engine: the change is made, the selection is done again, and
what is told is what came out. Nothing is extrapolated.
"""

from collections.abc import Sequence
from math import ceil
from typing import Any, Literal

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.case import Case, Mask
from deita_tui.selection.params import Params
from deita_tui.selection.result import (
    FILTERED,
    KEPT,
    OVER_BUDGET,
    REJECTED,
    STATUSES,
    TOO_SIMILAR,
    Result,
)

DIGITS = 4
"""A threshold is told with so many, rounded up: it must not fall below the similarity."""

REACH = 20_000
"""A budget is only worked out for a record that stands above this place; see ``_walk``."""

_BLOCKERS = 5
"""So many blockers are taken away one after the other, to see whether a record comes back."""

Kind = Literal["threshold", "budget", "reject", "pin", "clear", "unfilter"]


class Way(msgspec.Struct, frozen=True, omit_defaults=True):
    """One change, and what the selection would be with it."""

    kind: Kind
    works: bool
    """Does it turn the record's fate: back in, or out for one that is kept?"""
    threshold: float | None = None
    budget: int | None = None
    budget_tokens: int | None = None
    records: tuple[int, ...] = ()
    """The records that it is done to; the one in question is not named."""
    entered: tuple[int, ...] = ()
    """Others that would come in."""
    left: tuple[int, ...] = ()
    """Others that would go out."""
    then: str = ""
    """The record's status with the change."""
    blocked_by: int | None = None
    """What would block it then."""
    similarity: float | None = None
    """How similar it is to that."""


def ways(case: Case, place: int) -> list[Way]:
    """What would turn the fate of the record at ``place``."""
    status = int(case.result.status[place])
    if status == KEPT:
        return [_cleared(case, place)] if case.pool.pinned[place] else [_dropped(case, place)]
    found: list[Way] = []
    if status == TOO_SIMILAR:
        found += [each for each in (_threshold(case, place), _rejecting(case, place)) if each]
    elif status == OVER_BUDGET:
        found += [each for each in (_budget(case, place),) if each]
    elif status == REJECTED:
        found.append(_cleared(case, place))
    elif status == FILTERED and case.allowed is not None:
        found.append(_unfiltered(case, place))
    return [*found, _pinned(case, place)]


def _budget(case: Case, place: int) -> Way | None:
    """The least budget with which the record at ``place`` is kept; None where that is not known.

    The budget is a prefix of the walk, so it is found by walking without one as far as the record
    itself. With shares it is no prefix, and from far down the walk is long: neither is answered.
    """
    walked = _walk(case, place, case.params)
    if walked is None:
        return None
    needed = _needed(case, place, walked)
    if needed is None:  # it is too similar to one that comes before it: no budget reaches it
        found = _way(case, place, "budget", walked, False)
        return msgspec.structs.replace(found, budget=None, entered=(), left=())
    # With that budget the walk ends at the record, so it is the walk that was done.
    return _way(case, place, "budget", walked, True, params=needed)


def rounded_up(similarity: float) -> float:
    """The least threshold of ``DIGITS`` digits that such a similarity does not exceed."""
    scale = float(10**DIGITS)
    found = ceil(similarity * scale) / scale
    # Division rounds: the next one up where it came out below.
    return found if found >= similarity else (ceil(similarity * scale) + 1) / scale


def _threshold(case: Case, place: int) -> Way | None:
    """The least threshold that lets the record in, with a greater budget where it needs one."""
    params = case.params
    similarity = float(case.result.similarity[place])
    while True:
        params = msgspec.structs.replace(params, threshold=rounded_up(similarity))
        result = case.again(params)
        if result.status[place] != TOO_SIMILAR or params.threshold >= 1:
            break
        similarity = float(result.similarity[place])
    if result.status[place] == OVER_BUDGET:
        walked = _walk(case, place, params)
        needed = None if walked is None else _needed(case, place, walked, params)
        if needed is not None and walked is not None:
            params, result = needed, walked
    return _way(case, place, "threshold", result, result.status[place] == KEPT, params=params)


def _rejecting(case: Case, place: int) -> Way | None:
    """Taking away what blocks it, and what blocks it then, and so on."""
    rejected = case.pool.rejected.copy()
    taken: list[int] = []
    result = case.result
    while len(taken) < _BLOCKERS and result.status[place] == TOO_SIMILAR:
        blocker = int(result.blocker[place])
        if blocker < 0:  # a record of the other set, which nobody can reject
            break
        taken.append(blocker)
        rejected[blocker] = True
        result = case.again(rejected=rejected.copy())
    if not taken:
        return None
    return _way(case, place, "reject", result, result.status[place] == KEPT, taken)


def _pinned(case: Case, place: int) -> Way:
    pinned, rejected = case.pool.pinned.copy(), case.pool.rejected.copy()
    pinned[place], rejected[place] = True, False
    result = case.again(pinned=pinned, rejected=rejected)
    return _way(case, place, "pin", result, result.status[place] == KEPT)


def _dropped(case: Case, place: int) -> Way:
    rejected = case.pool.rejected.copy()
    rejected[place] = True
    result = case.again(rejected=rejected)
    return _way(case, place, "reject", result, result.status[place] != KEPT)


def _cleared(case: Case, place: int) -> Way:
    """Without the user's own word on it."""
    pinned, rejected = case.pool.pinned.copy(), case.pool.rejected.copy()
    pinned[place] = rejected[place] = False
    result = case.again(pinned=pinned, rejected=rejected)
    turned = (result.status[place] == KEPT) != (case.result.status[place] == KEPT)
    return _way(case, place, "clear", result, turned)


def _unfiltered(case: Case, place: int) -> Way:
    assert case.allowed is not None
    allowed = case.allowed.copy()
    allowed[place] = True
    result = case.again(allowed=allowed)
    return _way(case, place, "unfilter", result, result.status[place] == KEPT)


def _way(
    case: Case,
    place: int,
    kind: Kind,
    result: Result,
    works: bool,
    taken: Sequence[int] = (),
    params: Params | None = None,
) -> Way:
    ids = case.pool.ids
    was, now = case.result.status == KEPT, result.status == KEPT
    named = [place, *taken]
    entered, left = now & ~was, was & ~now
    entered[named] = left[named] = False
    changed = params or case.params
    blocker = int(result.blocker[place])
    return Way(
        kind=kind,
        works=bool(works),
        threshold=_changed(changed.threshold, case.params.threshold),
        budget=_changed(changed.budget, case.params.budget),
        budget_tokens=_changed(changed.budget_tokens, case.params.budget_tokens),
        records=tuple(int(ids[each]) for each in taken),
        entered=_ids(case, entered, result.rank),
        left=_ids(case, left, case.result.rank),
        then=STATUSES[result.status[place]],
        blocked_by=int(ids[blocker]) if blocker >= 0 else None,
        similarity=None if blocker < 0 else float(result.similarity[place]),
    )


def _ids(case: Case, mask: Mask, rank: NDArray[np.int32]) -> tuple[int, ...]:
    at = np.flatnonzero(mask)
    return tuple(case.pool.ids[at[np.argsort(rank[at], kind="stable")]].tolist())


def _walk(case: Case, place: int, params: Params) -> Result | None:
    """The walk without a budget, down to the record itself."""
    position = case.result.position
    if params.shares or params.selector not in ("deita", "topk") or position[place] > REACH:
        return None
    within = ((position > 0) & (position <= position[place])) | case.pool.pinned
    if case.allowed is not None:
        within &= case.allowed | case.pool.pinned
    endless = msgspec.structs.replace(params, budget=0, budget_tokens=0)
    return case.again(endless, within)


def _needed(case: Case, place: int, walked: Result, params: Params | None = None) -> Params | None:
    """The parameters with the budget that reaches the record; None where none does."""
    if walked.status[place] != KEPT:
        return None
    params = params or case.params
    rank = int(walked.rank[place])
    changes: dict[str, int] = {}
    if params.budget and rank > params.budget:
        changes["budget"] = rank
    if params.budget_tokens and case.pool.tokens is not None:
        tokens = int(case.pool.tokens[walked.kept[:rank]].sum())
        if tokens > params.budget_tokens:
            changes["budget_tokens"] = tokens
    return msgspec.structs.replace(params, **changes)


def _changed(new: Any, old: Any) -> Any:
    return new if new != old else None
