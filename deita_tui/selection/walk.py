"""What a selector found out about the candidates."""

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.kept import Closest

Records = NDArray[np.int32]


@dataclass(slots=True)
class Walk:
    """What became of the candidates, in pieces, in the order of the walk.

    Attributes:
        kept: in order.
        similar: left out as too similar, with what ``closest`` says of each.
        closest: one for each of ``similar``.
        skipped: left out because the share of their source is full.
        redundant: left out without a single record to blame, with the number of the reason.
        examined: how many candidates were looked at.
        checked: how many of them were compared with all kept ones.
    """

    kept: list[Records] = field(default_factory=list)
    similar: list[Records] = field(default_factory=list)
    closest: list[Closest] = field(default_factory=list)
    skipped: list[Records] = field(default_factory=list)
    redundant: list[tuple[Records, int]] = field(default_factory=list)
    examined: int = 0
    checked: int = 0

    def records(self) -> Records:
        """All that was kept."""
        return np.concatenate([*self.kept, np.empty(0, np.int32)])
