"""A selection together with all that it takes to make it again, a little otherwise."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import Result

Mask = NDArray[np.bool_]
Select = Callable[[Pool, Params, Mask | None], Result]
"""The engine in its exact gear: pool, parameters, and which records may be chosen at all."""


@dataclass(frozen=True, slots=True)
class Case:
    """A selection, and all that it takes to do it again."""

    pool: Pool
    params: Params
    allowed: Mask | None
    result: Result
    select: Select

    def again(
        self, params: Params | None = None, allowed: Mask | None = None, **masks: Any
    ) -> Result:
        """The selection with other parameters, decisions or filters."""
        pool = replace(self.pool, **masks) if masks else self.pool
        return self.select(
            pool, params or self.params, self.allowed if allowed is None else allowed
        )
