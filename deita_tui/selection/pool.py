"""What a selection is made from: one pool of records as plain arrays."""

from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Tags = Sequence[Set[str] | Sequence[str]]


@dataclass(frozen=True, slots=True)
class Pool:
    """The n live records of a project, in the order of their ids.

    Everything is an array, and none is written to, so they may be memory-mapped. To change a
    decision, ``dataclasses.replace`` the two masks: what is derived from scores and vectors is
    kept as long as those very arrays stay.

    Attributes:
        ids: (n,) ascending.
        source: (n,) which of ``sources`` a record comes from.
        turn_start: (n + 1,) the turns of record i are ``turn_start[i]`` up to
            ``turn_start[i + 1]`` of the score arrays.
        scores: one value a turn (t,) by name: ``c`` and ``q``, and any other scorer by its own.
            NaN where there is none, or where scoring failed.
        row: (n,) the record's row in ``vectors``; -1 where it is not embedded. Records with the
            same text share a row.
        vectors: (m, d) float16, rows of about unit length.
        neighbours: (m, k) rows by descending similarity, padded with -1, without the row itself.
        similarities: (m, k) float32, of the same pairs; -inf where padded.
        pinned: (n,) kept by the user.
        rejected: (n,) rejected by the user; stronger than ``pinned``.
        tokens: (n,) how long a record is, for a budget in tokens.
        tags: the tags of each record, for the selectors that go by them.
        pending: (n,) edited, and its new scores or its new vector are not there yet.
        against: (a, d) float16, what is there already: it counts as kept and is not chosen from.
        targets: (b, d) float16, examples of what is wanted, for the selector ``rds``.
        target_groups: (b,) the task that each target belongs to; None: each stands for itself.
    """

    ids: NDArray[np.int64]
    source: NDArray[np.int32]
    sources: tuple[str, ...]
    turn_start: NDArray[np.int64]
    scores: Mapping[str, NDArray[np.float64]]
    row: NDArray[np.int32]
    vectors: NDArray[np.float16]
    neighbours: NDArray[np.int32] | None
    similarities: NDArray[np.float32] | None
    pinned: NDArray[np.bool_]
    rejected: NDArray[np.bool_]
    tokens: NDArray[np.int64] | None = None
    tags: Tags | None = None
    pending: NDArray[np.bool_] | None = None
    against: NDArray[np.float16] | None = None
    targets: NDArray[np.float16] | None = None
    target_groups: NDArray[np.int32] | None = None

    def __post_init__(self) -> None:
        """Refuse arrays that do not belong together: a mistake of the caller, not of the user."""
        n = len(self.ids)
        for name in ("source", "row", "pinned", "rejected", "tokens", "tags", "pending"):
            array = getattr(self, name)
            if array is not None and len(array) != n:
                raise ValueError(f"{name} has {len(array)} rows for {n} records.")
        if len(self.turn_start) != n + 1:
            raise ValueError(f"turn_start has {len(self.turn_start)} entries for {n} records.")
        turns = int(self.turn_start[-1])
        for name, values in self.scores.items():
            if len(values) != turns:
                raise ValueError(f"The scores {name!r} have {len(values)} values, not {turns}.")
        if n > 1 and not bool((np.diff(self.ids) > 0).all()):
            raise ValueError("The ids of a pool ascend.")

    @property
    def size(self) -> int:
        """The number of records."""
        return len(self.ids)
