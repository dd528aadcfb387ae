"""The line on top: which program, which project, which screen, and what runs."""

from typing import ClassVar

from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from deita_tui.printable import printable


class TopBar(Widget):
    """One line; the parts are plain text, never markup.

    Args:
        title: what the screen is called.
        project: what the project is called.
    """

    DEFAULT_CSS = """
    TopBar { dock: top; height: 1; background: $panel; color: $foreground; }
    TopBar > .topbar--title { text-style: bold; color: $primary; }
    TopBar > .topbar--right { color: $foreground-muted; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {"topbar--title", "topbar--right"}

    right: reactive[str] = reactive("")
    """What stands at the right edge."""

    def __init__(self, title: str, project: str = "") -> None:
        super().__init__()
        self._title = title
        self._project = project

    def render(self) -> Content:
        """Draw it."""
        left = printable(" › ".join(filter(None, ("deita-tui", self._project))))
        title = Content.styled(f" {left} › {self._title}", self._style("topbar--title"))
        right = Content.styled(f"{printable(self.right)} ", self._style("topbar--right"))
        room = self.size.width - title.cell_length - right.cell_length
        return Content.assemble(title, " " * max(room, 1), right)

    def _style(self, name: str) -> str:
        color = self.get_component_styles(name)
        return f"{color.color.hex} {'bold' if name.endswith('title') else ''}"
