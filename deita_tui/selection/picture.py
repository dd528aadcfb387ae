"""A selection at a glance: what is kept against what there is, in a few numbers a panel."""

from itertools import pairwise

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.pool import Pool
from deita_tui.selection.result import KEPT, Result

_LENGTHS = (0, 250, 500, 1_000, 2_000, 4_000, 8_000, 16_000)
"""Characters at which the bins of lengths begin; about four make a token."""
_TURNS = ("1", "2", "3", "4", "5-8", "9+")
_TURN_EDGES = (1, 2, 3, 4, 5, 9)


class Bar(msgspec.Struct, frozen=True):
    """One class of records: how many there are, and how many of them are kept."""

    label: str
    pool: int
    kept: int


class Histogram(msgspec.Struct, frozen=True):
    """Counts in bins of equal width; both lists are as long as there are bins."""

    low: float
    high: float
    pool: tuple[int, ...]
    kept: tuple[int, ...]


class Picture(msgspec.Struct, frozen=True):
    """What a screen shows of one selection."""

    gear: str
    statuses: dict[str, int]
    examined: int
    checked: int
    overflow: int
    tokens: int | None
    """Of the kept records, where they were counted."""
    sources: tuple[Bar, ...]
    """The largest first."""
    turns: tuple[Bar, ...]
    lengths: tuple[Bar, ...]
    score: Histogram
    entered: tuple[int, ...]
    """Ids that this selection keeps and the other one does not, the best first; the first so many.
    """
    left: tuple[int, ...]
    entered_count: int
    left_count: int
    jaccard: float | None
    """With the other selection; None without one."""
    notes: tuple[str, ...]


def picture(
    result: Result,
    chars: NDArray[np.int64],
    other: NDArray[np.int64] | None = None,
    shown: int = 50,
    bins: int = 40,
) -> Picture:
    """Draw it up.

    Args:
        result: a selection from a pool of n records.
        chars: (n,) the length of each record.
        other: (m,) ids of the records that another selection keeps, by its rank.
        shown: how many that enter or leave are named.
        bins: of the histogram.
    """
    pool = result.pool
    kept = result.status == KEPT
    turns = np.diff(pool.turn_start)
    entered, left, jaccard = _against(pool, result, other)
    return Picture(
        gear=result.gear,
        statuses=result.counts(),
        examined=result.examined,
        checked=result.checked,
        overflow=result.overflow,
        tokens=None if pool.tokens is None else int(pool.tokens[kept].sum()),
        sources=_sources(pool, kept),
        turns=_bars(_TURNS, _TURN_EDGES, turns, kept),
        lengths=_bars(_length_names(), _LENGTHS, chars, kept),
        score=histogram(result.score, kept, bins),
        entered=tuple(entered[:shown].tolist()),
        left=tuple(left[:shown].tolist()),
        entered_count=len(entered),
        left_count=len(left),
        jaccard=jaccard,
        notes=result.notes,
    )


def histogram(values: NDArray[np.float64], kept: NDArray[np.bool_], bins: int) -> Histogram:
    """How values are spread over all records and over the kept ones; NaN is left out.

    The range is that of all but the most extreme hundredth above, so that one giant does not
    press all others into a bin; what is beyond is in the last bin.
    """
    there = ~np.isnan(values)
    if not there.any():
        return Histogram(0.0, 1.0, (0,) * bins, (0,) * bins)
    found = values[there]
    low, high = float(found.min()), float(np.quantile(found, 0.99))
    if high <= low:
        high = low + 1.0
    place = np.clip(((found - low) / (high - low) * bins).astype(np.int64), 0, bins - 1)
    count = np.bincount(place, minlength=bins)
    inside = np.bincount(place[kept[there]], minlength=bins)
    return Histogram(low, high, tuple(count.tolist()), tuple(inside.tolist()))


def differs(first: Result, second: Result) -> int:
    """How many records two selections from one pool do not both keep."""
    return int(((first.status == KEPT) != (second.status == KEPT)).sum())


def _against(
    pool: Pool, result: Result, other: NDArray[np.int64] | None
) -> tuple[NDArray[np.int64], NDArray[np.int64], float | None]:
    ids = pool.ids[result.kept]
    if other is None:
        none = np.empty(0, np.int64)
        return none, none, None
    entered = ids[~np.isin(ids, other)]
    left = other[~np.isin(other, ids)]
    both = len(ids) - len(entered)
    either = both + len(entered) + len(left)
    return entered, left, both / either if either else 1.0


def _sources(pool: Pool, kept: NDArray[np.bool_]) -> tuple[Bar, ...]:
    count = len(pool.sources)
    all_ = np.bincount(pool.source, minlength=count)
    inside = np.bincount(pool.source[kept], minlength=count)
    order = sorted(range(count), key=lambda each: (-all_[each], pool.sources[each]))
    return tuple(
        Bar(pool.sources[each], int(all_[each]), int(inside[each])) for each in order if all_[each]
    )


def _bars(
    labels: tuple[str, ...],
    edges: tuple[int, ...],
    values: NDArray[np.int64],
    kept: NDArray[np.bool_],
) -> tuple[Bar, ...]:
    place = np.clip(np.searchsorted(np.array(edges), values, side="right") - 1, 0, None)
    all_ = np.bincount(place, minlength=len(edges))
    inside = np.bincount(place[kept], minlength=len(edges))
    return tuple(
        Bar(label, int(count), int(some))
        for label, count, some in zip(labels, all_, inside, strict=True)
    )


def _length_names() -> tuple[str, ...]:
    def short(count: int) -> str:
        return f"{count / 1000:g}k" if count >= 1_000 else str(count)

    bins = (f"{short(low)}-{short(high)}" for low, high in pairwise(_LENGTHS))
    return (*bins, f"{short(_LENGTHS[-1])}+")
