"""Minimum and maximum shares of sources, as limits that can be counted."""

import math
from dataclasses import dataclass
from fnmatch import fnmatchcase

import numpy as np
from numpy.typing import NDArray

from deita_tui.errors import UsageError
from deita_tui.selection.params import Params, Share
from deita_tui.selection.pool import Pool


@dataclass(frozen=True, slots=True)
class Limit:
    """What some sources together may give at most, or must give at least.

    Attributes:
        name: the source or pattern, as the user wrote it.
        member: (sources,) whose records count.
        amount: records, or tokens.
        tokens: whether tokens are counted.
    """

    name: str
    member: NDArray[np.bool_]
    amount: int
    tokens: bool = False

    def weight(self, pool: Pool) -> NDArray[np.int64]:
        """What each record of the pool adds, (n,)."""
        member = self.member[pool.source].astype(np.int64)
        return member * pool.tokens if self.tokens and pool.tokens is not None else member


@dataclass(frozen=True, slots=True)
class Limits:
    """All limits of a selection."""

    least: tuple[Limit, ...] = ()
    most: tuple[Limit, ...] = ()


def limits(pool: Pool, params: Params, available: NDArray[np.bool_]) -> Limits:
    """The shares of ``params`` in numbers.

    ``available``, (n,), marks the records that are pinned or may be chosen.

    Raises:
        UsageError: a source is not there, or the shares cannot be met, whatever is chosen.
    """
    least: list[Limit] = []
    most: list[Limit] = []
    for share in params.shares:
        member = _members(share, pool.sources)
        for amount, found, up in ((share.least, least, True), (share.most, most, False)):
            if amount is not None:
                counted, tokens = _counted(share, amount, params, up=up)
                found.append(Limit(share.source, member, counted, tokens))
    made = Limits(tuple(least), tuple(most))
    _require_possible(pool, params, available, made)
    return made


def _members(share: Share, sources: tuple[str, ...]) -> NDArray[np.bool_]:
    member = np.array([name == share.source for name in sources], np.bool_)
    if not member.any():
        member = np.array([fnmatchcase(name, share.source) for name in sources], np.bool_)
    if not member.any():
        there = ", ".join(sources[:20]) + (", …" if len(sources) > 20 else "") or "none"
        raise UsageError(f"There is no source {share.source!r}.", f"There are: {there}.")
    return member


def _counted(share: Share, amount: int | float, params: Params, *, up: bool) -> tuple[int, bool]:
    """A share in records, or in tokens where the budget is one in tokens alone."""
    if isinstance(amount, int):
        return amount, False
    whole = params.budget or params.budget_tokens
    if not whole:
        raise UsageError(
            f"The share of {share.source!r} is a part of the budget, and there is no budget.",
            "Give a budget, or a number of records instead of the share.",
        )
    # 0.3 * 10 is a little less than 3, and 0.1 * 30 a little more.
    exact = amount * whole
    rounded = math.ceil(exact - 1e-9) if up else math.floor(exact + 1e-9)
    return rounded, not params.budget


def _require_possible(
    pool: Pool, params: Params, available: NDArray[np.bool_], made: Limits
) -> None:
    for limit in made.least:
        there = int(limit.weight(pool)[available].sum())
        unit = "tokens" if limit.tokens else "records"
        if there < limit.amount:
            raise UsageError(
                f"{limit.name!r} must give at least {limit.amount:,} {unit} and has {there:,}.",
                "Lower the share, or let in more with the filters.",
            )
        for other in made.most:
            inside = not (limit.member & ~other.member).any() and limit.tokens == other.tokens
            if inside and other.amount < limit.amount:
                raise UsageError(
                    f"{limit.name!r} must give at least {limit.amount:,} {unit}, and "
                    f"{other.name!r} may give {other.amount:,} at most.",
                )
    _require_room(params, made.least)


def _require_room(params: Params, least: tuple[Limit, ...]) -> None:
    for tokens, budget in ((False, params.budget), (True, params.budget_tokens)):
        counted = [limit for limit in least if limit.tokens == tokens]
        if not budget or not counted:
            continue
        # Where patterns overlap, a record counts for both: only what is disjoint adds up.
        total, taken = 0, np.zeros(len(counted[0].member), np.bool_)
        for limit in sorted(counted, key=lambda limit: -limit.amount):
            if not (limit.member & taken).any():
                total, taken = total + limit.amount, taken | limit.member
        if total > budget:
            raise UsageError(
                f"The minimum shares add up to {total:,}, more than the budget of {budget:,}.",
                "Lower a share, or raise the budget.",
            )
