"""A chart that is drawn when it is seen, in whatever room there is for it then."""

from collections.abc import Callable

from textual.content import Content
from textual.widget import Widget

Draw = Callable[[int, int], Content]
"""Draws into so many columns and lines."""


class Chart(Widget):
    """Draws what it was last told to, anew whenever its size changes."""

    DEFAULT_CSS = "Chart { height: 1fr; }"

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._draw: Draw | None = None

    def show(self, draw: Draw) -> None:
        """Show another chart."""
        self._draw = draw
        self.refresh()

    def render(self) -> Content:
        """Draw it."""
        width, height = self.content_size
        if self._draw is None or not width or not height:
            return Content("")
        return self._draw(width, height)
