"""Every action of the app, once: what keys, footer, palette, help and the test of parity read.

An action's id is what a keymap file names. ``command`` is what does the same without the app; it is
empty only for moving about on the screen. The rows are in ``tables``.
"""

from collections.abc import Iterator

from textual.binding import Binding

from deita_tui.ui.action import Action
from deita_tui.ui.tables.projects import PROJECTS
from deita_tui.ui.tables.records import RECORDS
from deita_tui.ui.tables.selections import SELECTIONS

__all__ = ["ACTIONS", "FOOTER", "Action", "bindings", "find", "here", "named", "of"]

ACTIONS: tuple[Action, ...] = (*PROJECTS, *RECORDS, *SELECTIONS)

FOOTER = 8
"""As many keys as a footer can show and a person can read."""


def of(*places: str) -> Iterator[Action]:
    """The actions of some screens, in the order of the table."""
    return (action for action in ACTIONS if action.where in places)


def here(*places: str) -> list[Action]:
    """What works on a screen with these places, its own actions first."""
    return [*of(*places), *of("app")]


def bindings(*places: str) -> list[Binding]:
    """The bindings of some screens."""
    return [action.binding for action in of(*places)]


def find(id_: str) -> Action | None:
    """The action of that id."""
    return next((action for action in ACTIONS if action.id == id_), None)


def named(id_: str) -> Action:
    """The action of that id, which is there."""
    found = find(id_)
    assert found is not None, id_
    return found
