"""Doing a step's work here, to its end, for somebody who looks on."""

from collections.abc import Callable, Generator
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from deita_tui.steps.progress import Progress

Made = TypeVar("Made")


def followed(
    work: "Generator[Progress, None, Made]", progress: "Callable[[Progress], None] | None"
) -> Made:
    """Do all of ``work``, tell how far it is, and return what it comes to."""
    while True:
        try:
            step = next(work)
        except StopIteration as end:
            made: Made = end.value
            return made
        if progress is not None:
            progress(step)
