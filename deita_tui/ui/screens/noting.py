"""A note on records: several lines, in a box."""

from deita_tui.ui.screens.writing import Lines, Writing


class NoteBox(Writing):
    """Write a note; what comes back is the text, empty where the note is to go.

    Args:
        text: the note that is there.
        about: whose it is, for the line above the box.
    """

    def __init__(self, text: str, about: str = "") -> None:
        hint = "An empty note is no note." if text else ""
        super().__init__(f"Note on {about}" if about else "Note", text, hint)

    def on_mount(self) -> None:
        """Go on where the note ends."""
        lines = self.query_one(Lines)
        lines.move_cursor(lines.document.end)
