"""Cutting work into batches: longest first, bounded by tokens, each a few seconds long."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

T = TypeVar("T")

_LONG_SECONDS = 4.0
_SHORT_SECONDS = 1.0
_FIRST_TOKENS = 2_048
_MOST_ROWS = 1_024


class Pace:
    """How many tokens a batch may hold, so that a commit comes every few seconds.

    A batch is what a kill can lose and what a pause waits for, so a slow machine gets small ones;
    a fast one gets large ones, which its backend divides as its memory allows.

    Args:
        most: tokens that no batch exceeds, unless a single prompt does.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self.tokens = min(_FIRST_TOKENS, most)

    def took(self, seconds: float) -> None:
        """Learn from the batch just done."""
        if seconds > _LONG_SECONDS:
            self.tokens = max(1, self.tokens // 2)
        elif seconds < _SHORT_SECONDS:
            self.tokens = min(self._most, self.tokens * 2)


def batches(rows: Sequence[T], length: Callable[[T], int], pace: Pace) -> Iterator[list[T]]:
    """Each of ``rows`` once, longest first, so that what does not fit into memory shows at once.

    A batch counts every row as long as its longest, as a padded one is.
    """
    ordered = sorted(rows, key=length, reverse=True)
    start = 0
    while start < len(ordered):
        size = pace.tokens // max(1, length(ordered[start]))
        size = min(max(1, size), _MOST_ROWS)
        yield ordered[start : start + size]
        start += size
