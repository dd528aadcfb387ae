"""One thing that a key can do."""

from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a key can do."""

    id: str
    """``screen.action``; the screen is ``app`` for what works everywhere."""
    keys: str
    """Names as Textual has them, with commas between."""
    title: str
    """Two words at most: the footer has little room."""
    help: str
    command: str = ""
    footer: bool = False
    does: str = ""
    """The action as Textual calls it; by default the part of the id behind the dot."""

    @property
    def where(self) -> str:
        """The screen that it belongs to."""
        return self.id.partition(".")[0]

    @property
    def binding(self) -> Binding:
        """It as Textual wants it."""
        return Binding(
            self.keys,
            self.does or self.id.partition(".")[2].replace("-", "_"),
            self.title,
            show=self.footer,
            tooltip=self.help,
            id=self.id,
        )
