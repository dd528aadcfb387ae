"""What is decided before the walk down the ranking: pins, rejects, filters, what has no score."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection import result as outcome
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.ranking import Ranking


@dataclass(frozen=True, slots=True)
class Needs:
    """What a selector cannot do without: a record that lacks it is unscored."""

    score: bool = True
    vector: bool = False
    tags: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """Where the walk begins.

    Attributes:
        status: (n,) final but for the candidates, which are over budget until they are looked at.
        reason: (n,) likewise.
        pins: kept by the user, by score; those without a score last, by id.
        candidates: what may be chosen, best first; equal ones, and those without a score, by id.
    """

    status: NDArray[np.uint8]
    reason: NDArray[np.uint8]
    pins: NDArray[np.int32]
    candidates: NDArray[np.int32]


def start(
    pool: Pool, params: Params, ranking: Ranking, allowed: NDArray[np.bool_] | None, needs: Needs
) -> Start:
    """Sort the records of a pool: a reject is stronger than a pin, a pin stronger than the rest.

    ``allowed``, (n,), is what the filters let through, ``needs`` what the selector asks of a
    record.
    """
    status = np.full(pool.size, outcome.OVER_BUDGET, np.uint8)
    reason = np.zeros(pool.size, np.uint8)
    for lacking, why in _lacking(pool, ranking, needs):
        status[lacking] = outcome.UNSCORED
        reason[lacking] = why
    if pool.pending is not None:
        unscored = status == outcome.UNSCORED
        reason[pool.pending & (unscored | ~np.isnan(ranking.score))] = outcome.EDITED
    _cut_head(pool, params, ranking, status, reason)
    if allowed is not None:
        status[~allowed] = outcome.FILTERED
        reason[~allowed] = outcome.NO_REASON
    pinned = pool.pinned & ~pool.rejected
    status[pinned] = outcome.KEPT
    reason[pinned] = outcome.NO_REASON
    if pool.pending is not None:
        reason[pinned & pool.pending] = outcome.EDITED
    status[pool.rejected] = outcome.REJECTED
    reason[pool.rejected] = outcome.NO_REASON
    ordered = everything(ranking)
    of_order = status[ordered]
    return Start(
        status,
        reason,
        ordered[of_order == outcome.KEPT],
        ordered[of_order == outcome.OVER_BUDGET],
    )


def everything(ranking: Ranking) -> NDArray[np.int32]:
    """All records: the ranking, and behind it those without a score, by id."""
    if len(ranking.order) == len(ranking.score):
        return ranking.order
    rest = np.flatnonzero(np.isnan(ranking.score)).astype(np.int32)
    return np.concatenate([ranking.order, rest])


def _lacking(pool: Pool, ranking: Ranking, needs: Needs) -> Sequence[tuple[NDArray[np.bool_], int]]:
    """What is missing where; of several, the first of REASONS is named."""
    found: list[tuple[NDArray[np.bool_], int]] = []
    if needs.tags:
        tags = pool.tags if pool.tags is not None else [()] * pool.size
        found.append((np.array([len(each) == 0 for each in tags], np.bool_), outcome.NO_TAGS))
    if needs.vector:
        found.append((pool.row < 0, outcome.NOT_EMBEDDED))
    if needs.score:
        found.append((np.isnan(ranking.score), outcome.NO_SCORE))
    return found


def _cut_head(
    pool: Pool,
    params: Params,
    ranking: Ranking,
    status: NDArray[np.uint8],
    reason: NDArray[np.uint8],
) -> None:
    """Filter what is not among the best ``head`` of those that have a score."""
    if params.head >= 1:
        return
    below = np.ones(pool.size, np.bool_)
    below[ranking.order[: math.ceil(params.head * len(ranking.order) - 1e-9)]] = False
    below &= status == outcome.OVER_BUDGET
    status[below] = outcome.FILTERED
    reason[below] = outcome.BELOW_HEAD
