"""Driving the app as a user does: keys in, the text of the screen out."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from textual.events import Paste
from textual.pilot import Pilot

from deita_tui.ui.app import DeitaApp

NAMES = {
    " ": "space", "/": "slash", ".": "full_stop", "-": "minus", "_": "underscore",
    "\\": "backslash", ">": "greater_than_sign", "<": "less_than_sign", ":": "colon",
    "=": "equals_sign", "#": "number_sign", ",": "comma", "*": "asterisk",
    "?": "question_mark", "'": "apostrophe",
}  # fmt: skip
"""What Textual calls the keys of some characters."""


class Driven:
    """An app under test."""

    def __init__(self, app: DeitaApp, pilot: Pilot[None]) -> None:
        self.app, self.pilot = app, pilot

    async def press(self, *keys: str) -> None:
        """Press keys, and wait until what they set off is done."""
        for key in keys:
            await self.pilot.press(NAMES.get(key, key))
        await self.settle()

    async def type(self, text: str) -> None:
        """Type a text."""
        await self.pilot.press(*(NAMES.get(key, key) for key in text))
        await self.settle()

    async def paste(self, text: object) -> None:
        """Paste a text into what has the focus."""
        focused = self.app.screen.focused
        assert focused is not None
        focused.post_message(Paste(str(text)))
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing is read beside the screen any more."""
        await self.pilot.pause()
        await self.until(lambda: not any(self._looks()))
        await self.pilot.pause()

    def _looks(self) -> Iterator[bool]:
        # Textual's own, such as that of a tree of files, run as long as they are shown.
        return (each.is_running for each in self.app.workers if each.group == "looks")

    async def until(self, holds: Callable[[], object], seconds: float = 30) -> None:
        """Wait until something holds."""
        deadline = monotonic() + seconds
        while not holds():
            assert monotonic() < deadline, self.text
            await self.pilot.pause(0.02)

    async def sees(self, *texts: str) -> None:
        """Wait until all of ``texts`` are on the screen."""
        await self.until(lambda: all(text in self.text for text in texts))

    @property
    def lines(self) -> list[str]:
        """The lines of the screen, with all dialogs on it."""
        return [strip.text for strip in self.app.screen._compositor.render_strips()]

    @property
    def text(self) -> str:
        """The same as one text, without what is blank at the ends."""
        return "\n".join(line.rstrip() for line in self.lines)

    @property
    def name(self) -> str:
        """What kind of screen it is."""
        return type(self.app.screen).__name__

    def one(self, kind: Any) -> Any:
        """The one widget of that kind."""
        return self.app.screen.query_one(kind)


@asynccontextmanager
async def driving(
    home: Path, folder: Path | None = None, size: tuple[int, int] = (100, 30)
) -> AsyncIterator[Driven]:
    """The app, on a terminal of that size, until the block ends."""
    app = DeitaApp(home, folder)
    async with app.run_test(size=size, notifications=True) as pilot:
        driven = Driven(app, pilot)
        await driven.settle()
        yield driven
