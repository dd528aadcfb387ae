"""What a selector is given."""

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.ranking import Ranking
from deita_tui.selection.result import Result
from deita_tui.selection.room import Room
from deita_tui.selection.start import Start
from deita_tui.selection.work import Work

Gear = Literal["exact", "instant"]


@dataclass(frozen=True, slots=True)
class Task:
    """One selection while it is made."""

    pool: Pool
    params: Params
    ranking: Ranking
    start: Start
    room: Room
    work: Work
    gear: Gear = "exact"
    previous: Result | None = None

    def place(self) -> NDArray[np.int64]:
        """(n,) what orders equals: the place in score order, and behind it the id."""
        position = self.ranking.position.astype(np.int64)
        unscored = position == 0
        position[unscored] = len(position) + 1 + np.flatnonzero(unscored)
        return position
