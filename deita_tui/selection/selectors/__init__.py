"""The selectors by name. Each chooses among candidates until the room is full."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.start import Needs
from deita_tui.selection.task import Task
from deita_tui.selection.walk import Walk

Choose = Callable[[Task, NDArray[np.int32], NDArray[np.int32]], Walk]
"""Of a task: the candidates, best first, and what is kept already."""


@dataclass(frozen=True, slots=True)
class Selector:
    """A selector: where it is, and what a record must have for it."""

    module: str
    function: str
    needs: Needs

    def choose(self) -> Choose:
        """The function, whose module is loaded now."""
        module = import_module(f"deita_tui.selection.selectors.{self.module}")
        found: Choose = getattr(module, self.function)
        return found


BY_NAME = {
    "deita": Selector("deita", "choose", Needs(score=True, vector=True)),
    "topk": Selector("plain", "topk", Needs(score=True)),
    "random": Selector("plain", "random", Needs(score=False)),
    "balanced": Selector("plain", "balanced", Needs(score=False)),
    "kcenter": Selector("kcenter", "choose", Needs(score=False, vector=True)),
    "facility": Selector("facility", "choose", Needs(score=False, vector=True)),
    "tags": Selector("tags", "growth", Needs(score=True, tags=True)),
    "tags-sweep": Selector("tags", "sweeps", Needs(score=False, tags=True)),
    "rds": Selector("rds", "choose", Needs(score=False, vector=True)),
}
