"""A project at a glance: how complexity, quality and their product are spread, source by source.

Of each record the mean over its scored turns counts, and the product of the two means.
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

_BINS = 40
_COLUMNS, _ROWS = 72, 32
_TAIL = 0.001
"""Share of the records at either end that goes into the outermost bins, and stretches nothing."""


class Row(msgspec.Struct, frozen=True):
    """One source, or all of them."""

    label: str
    counts: tuple[int, ...]
    """In bins of equal width."""
    mean: float


class Spread(msgspec.Struct, frozen=True):
    """How one number is spread."""

    low: float
    high: float
    rows: tuple[Row, ...]
    """All records first, then the largest sources; the smallest together as the last."""
    missing: int
    """Records without a value."""


class Cloud(msgspec.Struct, frozen=True):
    """Complexity against quality: counts on a grid, quality from low to high line by line."""

    low: tuple[float, float]
    high: tuple[float, float]
    pool: tuple[tuple[int, ...], ...]
    kept: tuple[tuple[int, ...], ...]


class Portrait(msgspec.Struct, frozen=True):
    """What an overview draws; a part is None where nothing of it is scored."""

    complexity: Spread | None
    quality: Spread | None
    product: Spread | None
    cloud: Cloud | None


def portrait(
    source: NDArray[np.int32],
    sources: tuple[str, ...],
    complexity: Floats,
    quality: Floats,
    kept: NDArray[np.bool_],
    shown: int = 5,
) -> Portrait:
    """Draw it up.

    Args:
        source: (n,) which of ``sources`` each record comes from.
        sources: their names.
        complexity: (n,) NaN where there is none.
        quality: (n,) the same.
        kept: (n,) what the selection keeps.
        shown: how many sources have a row of their own.
    """
    group, labels = _groups(source, sources, shown)
    return Portrait(
        complexity=_spread(complexity, group, labels),
        quality=_spread(quality, group, labels),
        product=_spread(complexity * quality, group, labels),
        cloud=_cloud(complexity, quality, kept),
    )


def _groups(
    source: NDArray[np.int32], sources: tuple[str, ...], shown: int
) -> tuple[NDArray[np.int64], list[str]]:
    """The row that each record counts in, and the names of the rows."""
    sizes = np.bincount(source, minlength=len(sources))
    order = [each for each in np.argsort(-sizes, kind="stable").tolist() if sizes[each]]
    named = order if len(order) <= shown else order[: shown - 1]
    row = np.full(max(len(sources), 1), len(named), np.int64)
    row[named] = np.arange(len(named))
    labels = [sources[each] for each in named]
    if len(named) < len(order):
        labels.append(f"{len(order) - len(named)} others")
    return row[source], labels


def _spread(values: Floats, group: NDArray[np.int64], labels: list[str]) -> Spread | None:
    there = ~np.isnan(values)
    if not there.any():
        return None
    found, rows = values[there], group[there]
    low, high = _range(found)
    place = rows * _BINS + _places(found, low, high, _BINS)
    counts = np.bincount(place, minlength=len(labels) * _BINS).reshape(len(labels), _BINS)
    sums = np.bincount(rows, weights=found, minlength=len(labels))
    sizes = counts.sum(axis=1)
    told = [Row("all", _ints(counts.sum(axis=0)), float(found.mean()))]
    if len(labels) > 1:
        told += [
            Row(label, _ints(counts[at]), float(sums[at] / sizes[at]))
            for at, label in enumerate(labels)
            if sizes[at]
        ]
    return Spread(low, high, tuple(told), int(len(values) - len(found)))


def _cloud(complexity: Floats, quality: Floats, kept: NDArray[np.bool_]) -> Cloud | None:
    there = ~(np.isnan(complexity) | np.isnan(quality))
    if not there.any():
        return None
    c, q, lit = complexity[there], quality[there], kept[there]
    (left, right), (bottom, top) = _range(c), _range(q)
    place = _places(q, bottom, top, _ROWS) * _COLUMNS + _places(c, left, right, _COLUMNS)
    pool = np.bincount(place, minlength=_ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS)
    inside = np.bincount(place[lit], minlength=_ROWS * _COLUMNS).reshape(_ROWS, _COLUMNS)
    return Cloud((left, bottom), (right, top), tuple(map(_ints, pool)), tuple(map(_ints, inside)))


def _range(values: Floats) -> tuple[float, float]:
    low, high = (float(each) for each in np.quantile(values, (_TAIL, 1 - _TAIL)))
    return (low, high) if high > low else (low - 0.5, low + 0.5)


def _places(values: Floats, low: float, high: float, bins: int) -> NDArray[np.int64]:
    return np.clip(((values - low) / (high - low) * bins).astype(np.int64), 0, bins - 1)


def _ints(counts: NDArray[np.int64]) -> tuple[int, ...]:
    return tuple(counts.tolist())
