"""One line of facts: those that find no room are left out from the right."""

from collections.abc import Sequence

from rich.cells import cell_len
from textual.content import Content
from textual.reactive import reactive
from textual.widget import Widget

from deita_tui.printable import printable
from deita_tui.ui.literal import cut

_GAP = " · "


class StatusLine(Widget):
    """Facts beside one another; the first one, which says where one is, is lit."""

    DEFAULT_CSS = """
    StatusLine { height: 1; padding: 0 1; background: $surface; color: $foreground; }
    """

    parts: reactive[Sequence[str]] = reactive(())
    """The facts, the most important one first; empty ones do not count."""

    def render(self) -> Content:
        """Draw it."""
        room = self.content_size.width
        shown: list[str] = []
        for part in filter(None, map(printable, self.parts)):
            if shown and cell_len(_GAP.join([*shown, part])) > room:
                break
            shown.append(part)
        if not shown:
            return Content("")
        first, *others = shown
        rest = "".join(f"{_GAP}{other}" for other in others)
        return Content.styled(cut(first, min(cell_len(first), room)), "bold $primary") + rest
