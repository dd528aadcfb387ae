"""How much room is left: the budget in records and in tokens, and the shares of sources."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.shares import Limit

_ENDLESS = 1 << 62


class Room:
    """What may still be kept. One object for all phases of a selection.

    Args:
        budget: records; 0: no limit.
        budget_tokens: tokens; 0: no limit.
        tokens: (n,) the tokens of each record; needed where tokens are counted.
        source: (n,) the source of each record.
        most: what sources may give at most.
        least: what they must give; counted down here, and filled by ``needed``.
    """

    def __init__(
        self,
        budget: int,
        budget_tokens: int,
        tokens: NDArray[np.int64] | None,
        source: NDArray[np.int32],
        most: Sequence[Limit] = (),
        least: Sequence[Limit] = (),
    ) -> None:
        self.records = budget or _ENDLESS
        self.tokens = budget_tokens or _ENDLESS
        self._tokens = tokens
        self._counts_tokens = bool(budget_tokens)
        self._source = source
        self._most = [(limit, limit.amount) for limit in most]
        self._least = [(limit, limit.amount) for limit in least]
        self.filling = False
        """Whether only what a minimum share still needs is let in."""
        self.overflow = 0
        """What the pins take beyond the budget: records, or tokens under one in tokens alone."""
        self.exceeded: list[str] = []
        """Maximum shares that the pins alone exceed."""

    @property
    def by_source(self) -> bool:
        """Whether the source of a record matters, so that one may be skipped."""
        return bool(self._most) or self.filling

    @property
    def full(self) -> bool:
        """Whether nothing more can be kept, or while filling, need be."""
        return self.records <= 0 or (self.filling and not self.missing)

    @property
    def missing(self) -> list[tuple[str, int, int]]:
        """Of each minimum that is not met: its name, what it has, what it needs."""
        return [
            (kind.name, kind.amount - left, kind.amount) for kind, left in self._least if left > 0
        ]

    def open_sources(self) -> NDArray[np.bool_]:
        """(sources,) whose records are not skipped."""
        limits = self._most + self._least
        member = np.ones(len(limits[0][0].member), np.bool_) if limits else np.ones(1, np.bool_)
        if self.filling:
            member[:] = False
            for limit, left in self._least:
                if left > 0:
                    member |= limit.member
        for limit, left in self._most:
            if left <= 0:
                member &= ~limit.member
        return member

    def open(self, records: NDArray[np.int32]) -> NDArray[np.bool_]:
        """Which of the records are not skipped because their source is full by now."""
        if not self.by_source:
            return np.ones(len(records), np.bool_)
        return self.open_sources()[self._source[records]]

    def admits(self, record: int) -> bool:
        """Whether this record is not skipped for its source."""
        source = self._source[record]
        if self.filling and not any(
            left > 0 and limit.member[source] for limit, left in self._least
        ):
            return False
        return all(self._within(limit, left, record) for limit, left in self._most)

    def _within(self, limit: Limit, left: int, record: int) -> bool:
        if not limit.member[self._source[record]]:
            return True
        if limit.tokens and self._tokens is not None:
            return bool(self._tokens[record] <= left)
        return left > 0

    def fitting(self, records: NDArray[np.int32]) -> int:
        """How many of the records, taken in order, fit into the budget.

        The first that does not ends it. Shares are not looked at.
        """
        count = min(len(records), max(0, self.records))
        if self._counts_tokens and self._tokens is not None:
            used = np.cumsum(self._tokens[records[:count]])
            count = int(np.searchsorted(used, self.tokens, side="right"))
        return count

    def pin(self, records: NDArray[np.int32]) -> None:
        """Count what the user keeps, whether it fits or not."""
        self.take(records)
        left = self.tokens if self._counts_tokens and self.records > _ENDLESS // 2 else self.records
        self.overflow = max(0, -left)
        self.exceeded = [limit.name for limit, left in self._most if left < 0]

    def take(self, records: NDArray[np.int32]) -> None:
        """Count records as kept."""
        self.records -= len(records)
        if self._counts_tokens and self._tokens is not None:
            self.tokens -= int(self._tokens[records].sum())
        self._most = [(limit, left - self._given(limit, records)) for limit, left in self._most]
        self._least = [(limit, left - self._given(limit, records)) for limit, left in self._least]

    def _given(self, limit: Limit, records: NDArray[np.int32]) -> int:
        member = limit.member[self._source[records]]
        if limit.tokens and self._tokens is not None:
            return int(self._tokens[records[member]].sum())
        return int(np.count_nonzero(member))
