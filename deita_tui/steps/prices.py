"""What each decision of the user costs: the selection without it, computed."""

from collections.abc import Generator
from dataclasses import dataclass, replace

import numpy as np

from deita_store import marks
from deita_store.store import Store
from deita_tui.selection.effects import Effect, effect
from deita_tui.selection.result import Result
from deita_tui.selection.select import select
from deita_tui.steps import again, loading, swapping
from deita_tui.steps.progress import Progress


@dataclass(frozen=True, slots=True)
class Price:
    """One decision, and what it does to the others."""

    record: int
    verb: str
    """``keep`` or ``reject``."""
    displaced: tuple[int, ...]
    """Other records that would be kept without it."""
    freed: tuple[int, ...]
    """Other records that would not."""
    matters: bool
    """Would the record itself be in where it is out now, or out where it is in?"""


def prices(
    store: Store, selection: str | None, limit: int
) -> Generator[Progress, None, list[Price]]:
    """The price of the decisions in force, the latest first.

    Args:
        store: the project.
        selection: whose parameters; None: the working one's, or those of the one saved last.
        limit: so many decisions at most.

    Raises:
        StoreError: nothing is selected.
        UsageError: no selector made the selection.
    """
    chosen = swapping.in_force(store, selection)
    tuner, now = yield from again.again(store, chosen)
    params, pool = now.params, now.pool
    allowed = tuner.allowed(params)
    decided = marks.decided(store, limit)
    found: list[Price] = []
    for done, (record, verb) in enumerate(decided):
        yield Progress(done, len(decided), "decisions", "selecting without each")
        at = int(loading.places(pool.ids, np.array([record]))[0])
        if at < 0:
            continue  # removed with its source
        if verb == "reject" and _is_beyond(now, at):
            found.append(Price(record, verb, (), (), False))
            continue
        pinned, rejected = pool.pinned.copy(), pool.rejected.copy()
        pinned[at] = rejected[at] = False
        without = replace(pool, pinned=pinned, rejected=rejected)
        other = select(without, params, allowed, previous=now, work=tuner.work)
        found.append(_price(record, verb, effect(other, now, [record])))
    return found


def _is_beyond(now: Result, at: int) -> bool:
    """Was the budget full before the walk came to that record? Then nobody missed it."""
    params, pool = now.params, now.pool
    if params.selector != "deita" or params.shares or params.budget_tokens:
        return False
    if not 0 < params.budget <= len(now.kept):
        return False
    walked = now.kept[~pool.pinned[now.kept]]
    return bool(now.position[at] > now.position[walked].max(initial=0))


def _price(record: int, verb: str, does: Effect) -> Price:
    """``does`` goes from the selection without the decision to the one with it."""
    return Price(
        record,
        verb,
        displaced=tuple(does.left.tolist()),
        freed=tuple(does.entered.tolist()),
        matters=(does.was.get(record) == "kept") != (does.now.get(record) == "kept"),
    )
