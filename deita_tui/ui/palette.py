"""The command palette: every action that works on the screen below, with its key beside it."""

from collections.abc import Awaitable, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, cast

from textual.command import DiscoveryHit, Hit, Hits, Provider
from textual.content import Content

from deita_tui.ui import actions

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_OF_WIDGETS = ("table", "slider", "shares", "panes", "listing")
_POINTLESS = ("app.palette", "app.back")


class Commands(Provider):
    """The actions of the one table; plain text, since a key such as [ would be taken for markup."""

    async def discover(self) -> Hits:
        """What is offered before anything is typed."""
        for action, title in self._known():
            run = self._runner(action)
            yield DiscoveryHit(Content(title), run, text=title, help=_plain(action.help))

    async def search(self, query: str) -> Hits:
        """What fits to what is typed."""
        matcher = self.matcher(query)
        for action, title in self._known():
            if (score := matcher.match(f"{title} {action.help}")) > 0:
                lit = matcher.highlight(title)
                yield Hit(score, lit, self._runner(action), text=title, help=_plain(action.help))

    def _known(self) -> Iterator[tuple[actions.Action, str]]:
        app = cast("DeitaApp", self.app)
        for action in actions.here(*getattr(self.screen, "PLACES", ())):
            if action.id not in _POINTLESS:
                yield action, f"{action.title.capitalize()}  ({app.keys_of(action)})"

    def _runner(self, action: actions.Action) -> Callable[[], Awaitable[object]]:
        # A key of a widget, such as a table's, works where that widget has the focus.
        place = self.screen.focused if action.where in _OF_WIDGETS else None
        return partial((place or self.screen).run_action, action.binding.action)


def _plain(text: str) -> str:
    return text.replace("[", r"\[")
