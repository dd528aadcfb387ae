"""From the scores of turns to a ranking of records.

The formula is evaluated per turn, and a record's score is the sum over its turns (DEITA §3.1), or
their mean, their maximum or the last one. Sums run from the first turn to the last in float64, one
addition after the other, and equal scores are ordered by id: the same input gives the same bytes.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.formula import evaluate
from deita_tui.selection.params import Missing, Params, Turns
from deita_tui.selection.pool import Pool


@dataclass(frozen=True, slots=True)
class Ranking:
    """Scores and the order they give.

    Attributes:
        score: (n,) float64, NaN for a record without one.
        order: (scored,) int32, places in the pool, best first.
        position: (n,) int32, place in that order, from 1; 0 without a score.
    """

    score: NDArray[np.float64]
    order: NDArray[np.int32]
    position: NDArray[np.int32]


def score(pool: Pool, params: Params) -> NDArray[np.float64]:
    """The score of each record, (n,) float64; NaN: unscored.

    Raises:
        UsageError: the formula names a scorer that the pool does not have.
    """
    return scores(params.formula, pool.scores, pool.turn_start, params.turns, params.missing)


def order(pool: Pool, params: Params) -> NDArray[np.int32]:
    """The records that have a score, best first; equal ones by id."""
    return descending(score(pool, params))


def rank(pool: Pool, params: Params) -> Ranking:
    """Score and order in one."""
    found = score(pool, params)
    ordered = descending(found)
    position = np.zeros(len(found), np.int32)
    position[ordered] = np.arange(1, len(ordered) + 1, dtype=np.int32)
    return Ranking(found, ordered, position)


def scores(
    formula: str,
    of_turns: Mapping[str, NDArray[np.float64]],
    turn_start: NDArray[np.int64],
    turns: Turns,
    missing: Missing,
) -> NDArray[np.float64]:
    """As ``score``, of bare arrays."""
    values = evaluate(formula, of_turns)
    sizes = np.diff(turn_start)
    there = ~np.isnan(values)
    found = np.full(len(sizes), np.nan)
    if not len(values):
        return found
    single = len(values) == len(sizes) and bool((sizes == 1).all())
    if single:  # whatever the rule, the turn is the record
        return values
    record = np.repeat(np.arange(len(sizes)), sizes)[there]
    present = np.bincount(record, minlength=len(sizes))
    some = (present > 0) if missing == "skip" else (present == sizes) & (sizes > 0)
    if turns in ("sum", "mean"):
        # bincount adds one value after the other, in the order of the turns.
        total = np.bincount(record, weights=values[there], minlength=len(sizes))
        found[some] = total[some] / present[some] if turns == "mean" else total[some]
    else:
        chosen = np.full(len(sizes), np.nan)
        chosen[sizes > 0] = _one_of_each(values, there, turn_start[:-1][sizes > 0], turns)
        found[some] = chosen[some]
    return np.where(np.isfinite(found), found, np.nan)


def _one_of_each(
    values: NDArray[np.float64], there: NDArray[np.bool_], starts: NDArray[np.int64], turns: Turns
) -> NDArray[np.float64]:
    """The highest or the last value of each stretch; NaN is skipped where there is another."""
    if turns == "max":
        return np.asarray(np.fmax.reduceat(values, starts), np.float64)
    places = np.where(there, np.arange(len(values)), starts[0])
    return values[np.asarray(np.maximum.reduceat(places, starts), np.int64)]


def descending(values: NDArray[np.float64]) -> NDArray[np.int32]:
    """The places of all numbers (not of NaN), highest first, equal ones in their own order.

    The same as a stable sort, which takes eight times as long: an unstable one, and then the
    places inside each run of equal values.
    """
    places = np.flatnonzero(~np.isnan(values)).astype(np.int32)
    keys = -values[places]
    found = np.argsort(keys)
    keys = keys[found]
    if len(keys) < 2 or bool((keys[1:] != keys[:-1]).all()):
        return places[found]
    shift = len(keys).bit_length()
    run = np.zeros(len(keys), np.int64)
    np.cumsum(keys[1:] != keys[:-1], out=run[1:])
    found = np.sort((run << shift) | found) & ((1 << shift) - 1)
    return places[found]
