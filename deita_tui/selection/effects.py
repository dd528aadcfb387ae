"""What an act of the user did to the selection: two results side by side, told in one line."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.result import KEPT, STATUSES, Result

_NAMED = 3
"""So many records are named in a sentence."""

_OUTCOMES = {
    "kept": "is kept",
    "too_similar": "is too similar to a kept one",
    "over_budget": "is over the budget",
    "rejected": "is rejected",
    "filtered": "is filtered out",
    "unscored": "has no score",
}


@dataclass(frozen=True, slots=True)
class Effect:
    """What changed between a selection and the next one, seen from the records acted upon."""

    acted: tuple[int, ...]
    """The records that the user acted upon, by id."""
    entered: NDArray[np.int64]
    """Ids of other records that are kept now and were not, in the order of keeping."""
    left: NDArray[np.int64]
    """Ids of other records that were kept and are not any more, in the order they had."""
    now: Mapping[int, str]
    """What became of the records acted upon; those that the selection does not know are left out.
    """
    was: Mapping[int, str]
    """What they were before."""
    kept: int
    """How many records are kept now."""
    budget: int
    """How many may be; 0: no limit."""
    overflow: int
    """What the pins take beyond the budget."""

    @property
    def is_nothing(self) -> bool:
        """Did every record, acted upon or not, stay in or out as it was?"""
        same = all((self.now[id_] == "kept") == (was == "kept") for id_, was in self.was.items())
        return same and not len(self.entered) and not len(self.left)


def effect(before: Result, after: Result, acted: Sequence[int]) -> Effect:
    """Compare two selections from one pool, or from two that share their ids.

    Args:
        before: the selection before the act.
        after: the one after it.
        acted: ids of the records that the act was about.
    """
    own = np.unique(np.asarray(list(acted), np.int64))
    entered = _kept_only_in(after, before)
    left = _kept_only_in(before, after)
    return Effect(
        acted=tuple(dict.fromkeys(acted)),
        entered=entered[~np.isin(entered, own)],
        left=left[~np.isin(left, own)],
        now=_statuses(after, own),
        was=_statuses(before, own),
        kept=len(after.kept),
        budget=after.params.budget,
        overflow=after.overflow,
    )


def told(effect: Effect, verb: str) -> str:
    """The line for a person: ``kept #412 · displaces 3 (#7, #9, …) · frees 1``.

    Args:
        effect: what changed.
        verb: what the user did, in the past tense: kept, rejected, cleared, swapped, …
    """
    parts = [f"{verb} {_named(effect.acted)}", *_fates(effect, verb)]
    if len(effect.left):
        parts.append(f"displaces {_counted(effect.left)}")
    if len(effect.entered):
        parts.append(f"frees {_counted(effect.entered)}")
    if len(parts) == 1 and effect.is_nothing:
        parts.append("nothing changes")
    if effect.overflow:
        parts.append(f"{effect.overflow:,} beyond the budget")
    return " · ".join(parts)


def _fates(effect: Effect, verb: str) -> list[str]:
    """What became of a single record whose fate the verb leaves open."""
    if len(effect.acted) != 1 or verb in ("kept", "rejected"):
        return []
    (id_,) = effect.acted
    now = effect.now.get(id_)
    return [] if now is None or now == effect.was.get(id_) else [_OUTCOMES[now]]


def _named(ids: Sequence[int]) -> str:
    return f"#{ids[0]}" if len(ids) == 1 else f"{len(ids):,} records"


def _counted(ids: NDArray[np.int64]) -> str:
    first = [f"#{id_}" for id_ in ids[:_NAMED].tolist()]
    more = ["…"] if len(ids) > _NAMED else []
    return f"{len(ids):,} ({', '.join([*first, *more])})"


def _kept_only_in(one: Result, other: Result) -> NDArray[np.int64]:
    """Ids that ``one`` keeps and ``other`` does not, in the order in which ``one`` keeps them."""
    ids: NDArray[np.int64] = one.pool.ids[one.kept]
    if one.pool.ids is other.pool.ids or np.array_equal(one.pool.ids, other.pool.ids):
        return np.asarray(ids[other.status[one.kept] != KEPT])
    return np.asarray(ids[~np.isin(ids, other.pool.ids[other.kept])])


def _statuses(result: Result, ids: NDArray[np.int64]) -> dict[int, str]:
    known = result.pool.ids
    if not len(known):
        return {}
    at = np.minimum(np.searchsorted(known, ids), len(known) - 1)
    there = known[at] == ids
    found = zip(ids[there].tolist(), result.status[at[there]].tolist(), strict=True)
    return {id_: STATUSES[status] for id_, status in found}
