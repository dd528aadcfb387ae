"""The one door to all selectors: a pool and parameters in, an outcome for every record out."""

import numpy as np
from numpy.typing import NDArray

from deita_tui.errors import UsageError
from deita_tui.selection import result as outcome
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.ranking import Ranking
from deita_tui.selection.result import Result
from deita_tui.selection.room import Room
from deita_tui.selection.selectors import BY_NAME, Choose
from deita_tui.selection.shares import limits
from deita_tui.selection.start import Start, start
from deita_tui.selection.task import Gear, Task
from deita_tui.selection.walk import Walk
from deita_tui.selection.work import Work


def select(
    pool: Pool,
    params: Params,
    allowed: NDArray[np.bool_] | None = None,
    gear: Gear = "exact",
    previous: Result | None = None,
    work: Work | None = None,
) -> Result:
    """Select from a pool.

    Args:
        pool: the records.
        params: what is asked for.
        allowed: (n,) what the filters of ``params`` let through; None: everything.
        gear: ``exact`` proves every kept record against all kept before it; ``instant`` trusts
            lists of neighbours that are not cut off. Only ``deita`` has two gears.
        previous: an earlier result of the exact gear. What still holds of it saves time, and
            changes nothing.
        work: what is kept from one selection to the next.

    Raises:
        UsageError: the parameters ask for what the pool does not have, or for the impossible.
    """
    if params.budget_tokens and pool.tokens is None:
        raise UsageError("A budget in tokens needs the length of each record in tokens.")
    selector = BY_NAME[params.selector]
    work = work or Work()
    ranking = _ranking(pool, params, work, needed=selector.needs.score)
    begun = start(pool, params, ranking, allowed, selector.needs)
    room, notes = _room(pool, params, begun)
    gear = _gear(pool, params, gear)
    task = Task(pool, params, ranking, begun, room, work, gear, previous)
    walks = _phases(task, selector.choose())
    return _finish(task, walks, notes)


def _gear(pool: Pool, params: Params, gear: Gear) -> Gear:
    """The gear that is used: shares, and all selectors but one, know only the exact one."""
    if gear == "exact" or params.selector != "deita" or params.shares:
        return "exact"
    if pool.neighbours is None:
        raise UsageError(
            "An instant selection needs the lists of neighbours.", "deita-tui index makes them."
        )
    return "instant"


def _ranking(pool: Pool, params: Params, work: Work, *, needed: bool) -> Ranking:
    """The ranking; a selector that needs no score does without where the formula has none."""
    if not needed and not pool.scores:
        nothing = np.full(pool.size, np.nan)
        return Ranking(nothing, np.empty(0, np.int32), np.zeros(pool.size, np.int32))
    return work.ranking(pool, params)


def _room(pool: Pool, params: Params, begun: Start) -> tuple[Room, list[str]]:
    available = np.zeros(pool.size, np.bool_)
    available[begun.pins] = available[begun.candidates] = True
    shares = limits(pool, params, available)
    room = Room(
        params.budget, params.budget_tokens, pool.tokens, pool.source, shares.most, shares.least
    )
    room.pin(begun.pins)
    notes = [f"The kept pins give more than {share!r} may." for share in room.exceeded]
    there = int(available.sum())
    if params.budget > there:
        notes.append(
            f"The budget of {params.budget:,} exceeds the pool of {there:,}: "
            "nothing is left out for it."
        )
    return room, notes


def _phases(task: Task, choose: Choose) -> list[Walk]:
    """First what the minimum shares need, in rank order, then the walk proper."""
    candidates, already, walks = task.start.candidates, task.start.pins, []
    if task.room.missing:
        task.room.filling = True
        filled = choose(task, candidates, already)
        task.room.filling = False
        walks.append(Walk(kept=filled.kept))
        kept = filled.records()
        candidates = candidates[~np.isin(candidates, kept)]
        already = np.concatenate([already, kept])
    return [*walks, choose(task, candidates, already)]


def _finish(task: Task, walks: list[Walk], notes: list[str]) -> Result:
    """Write down what became of each record."""
    begun, size = task.start, task.pool.size
    kept = np.concatenate([begun.pins, *(walk.records() for walk in walks)])
    status, reason = begun.status, begun.reason
    status[kept] = outcome.KEPT
    rank = np.zeros(size, np.int32)
    rank[kept] = np.arange(1, len(kept) + 1, dtype=np.int32)
    blocker, other = np.full(size, -1, np.int32), np.full(size, -1, np.int32)
    similarity = np.full(size, np.nan)
    for walk in walks:
        for records, closest in zip(walk.similar, walk.closest, strict=True):
            status[records] = outcome.TOO_SIMILAR
            blocker[records] = np.where(closest.record >= 0, closest.record, -1)
            other[records] = np.where(closest.record < -1, -2 - closest.record, -1)
            similarity[records] = closest.similarity
        for records, why in walk.redundant:
            status[records] = outcome.TOO_SIMILAR
            reason[records] = why
        for records in walk.skipped:
            reason[records] = outcome.SHARE_FULL
    reason[other >= 0] = outcome.AGAINST
    return Result(
        params=task.params,
        gear=task.gear,
        kept=kept,
        status=status,
        reason=reason,
        rank=rank,
        position=task.ranking.position,
        score=task.ranking.score,
        blocker=blocker,
        similarity=similarity,
        against=other,
        examined=walks[-1].examined,
        checked=walks[-1].checked,
        overflow=task.room.overflow,
        notes=(*notes, *_unmet(task.room)),
        pool=task.pool,
    )


def _unmet(room: Room) -> list[str]:
    return [
        f"{name!r} gives {has:,} of the {needs:,} that it must: "
        "the rest of it is too similar, or does not fit."
        for name, has, needs in room.missing
    ]
