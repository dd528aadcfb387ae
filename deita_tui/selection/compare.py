"""Two selections side by side: who came, who went, who moved, and what that does to the mix."""

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

QUANTILES = (0.0, 0.1, 0.25, 0.5, 0.75, 0.9, 1.0)
_LONGEST_MIX = 8
"""Turns from here on are counted together."""


@dataclass(frozen=True, slots=True)
class Side:
    """What one selection keeps, by descending rank.

    Attributes:
        name: what it is called.
        ids: (k,) the records kept, in the order of their ranks.
        score: (k,) NaN where one has none.
        source: (k,) the names of their sources.
        turns: (k,) pairs of instruction and response.
        chars: (k,) characters.
    """

    name: str
    ids: NDArray[np.int64]
    score: NDArray[np.float64]
    source: tuple[str, ...]
    turns: NDArray[np.int64]
    chars: NDArray[np.int64]


class Spread(msgspec.Struct, frozen=True):
    """How values are spread; None where there is no value."""

    count: int
    mean: float | None
    quantiles: dict[str, float | None]
    """Smallest, 10 %, 25 %, 50 %, 75 %, 90 %, greatest."""


class Mix(msgspec.Struct, frozen=True):
    """What a selection is made of."""

    name: str
    kept: int
    sources: dict[str, int]
    """Kept records by source, the largest first."""
    turns: dict[str, int]
    """Kept records by their number of turns."""
    chars: Spread
    score: Spread


class Move(msgspec.Struct, frozen=True):
    """A record that both keep, at different places."""

    id: int
    before: int
    after: int


class Comparison(msgspec.Struct, frozen=True):
    """Two selections; ``first`` is what was, ``second`` what is."""

    first: Mix
    second: Mix
    both: int
    jaccard: float
    """Records that both keep, as a share of all that either keeps; 1 where neither keeps any."""
    entered: tuple[int, ...]
    """Ids that only the second keeps, by its rank."""
    left: tuple[int, ...]
    """Ids that only the first keeps, by its rank."""
    moved: tuple[Move, ...]
    """By how far, the farthest first."""


def compare(first: Side, second: Side) -> Comparison:
    """Compare what two selections keep."""
    entered = second.ids[~np.isin(second.ids, first.ids)]
    left = first.ids[~np.isin(first.ids, second.ids)]
    both = len(first.ids) - len(left)
    either = both + len(entered) + len(left)
    return Comparison(
        first=mix(first),
        second=mix(second),
        both=both,
        jaccard=both / either if either else 1.0,
        entered=tuple(entered.tolist()),
        left=tuple(left.tolist()),
        moved=_moved(first.ids, second.ids),
    )


def mix(side: Side) -> Mix:
    """What a selection is made of."""
    names, counts = np.unique(np.array(side.source, dtype=object), return_counts=True)
    sources = sorted(zip(names, counts.tolist(), strict=True), key=lambda pair: (-pair[1], pair[0]))
    turns = np.minimum(side.turns, _LONGEST_MIX)
    numbers, often = np.unique(turns, return_counts=True)
    told = {
        f"{number}+" if number == _LONGEST_MIX else str(number): count
        for number, count in zip(numbers.tolist(), often.tolist(), strict=True)
    }
    chars = spread(side.chars.astype(np.float64))
    return Mix(side.name, len(side.ids), dict(sources), told, chars, spread(side.score))


def spread(values: NDArray[np.float64]) -> Spread:
    """How values are spread; NaN is left out."""
    there = values[~np.isnan(values)]
    found: Mapping[float, float | None] = dict.fromkeys(QUANTILES)
    if len(there):
        found = dict(zip(QUANTILES, np.quantile(there, QUANTILES).tolist(), strict=True))
    mean = float(there.mean()) if len(there) else None
    return Spread(len(there), mean, {f"{share:.0%}": found[share] for share in QUANTILES})


def _moved(first: NDArray[np.int64], second: NDArray[np.int64]) -> tuple[Move, ...]:
    _, before, after = np.intersect1d(first, second, assume_unique=True, return_indices=True)
    far = np.flatnonzero(before != after)
    far = far[np.lexsort((after[far], -np.abs(after - before)[far]))]
    rows = zip(first[before[far]], before[far] + 1, after[far] + 1, strict=True)
    return tuple(Move(int(id_), int(was), int(is_)) for id_, was, is_ in rows)
