"""The screens by name; each module is loaded when it is first shown."""

from dataclasses import dataclass
from importlib import import_module
from typing import Any

from textual.screen import Screen


@dataclass(frozen=True, slots=True)
class Known:
    """A screen that can be gone to."""

    place: str
    """Module and class."""
    title: str
    key: str = ""
    """Behind ``g``."""


SCREENS = {
    "home": Known("home:Home", "projects", "h"),
    "overview": Known("overview:Overview", "overview", "o"),
    "browse": Known("browse:Browse", "browse", "b"),
    "review": Known("review:Review", "review", "v"),
    "tune": Known("tune:Tune", "tune", "t"),
    "taste": Known("tasting:Taste", "your taste", "y"),
    "journal": Known("journal:Journal", "journal", "j"),
    "export": Known("export:Export", "export", "e"),
    "compare": Known("compare:Compare", "compare", "c"),
}


def make(name: str) -> Screen[Any]:
    """A new screen of that name."""
    module, _, kind = SCREENS[name].place.partition(":")
    screen: Screen[Any] = getattr(import_module(f"{__name__}.{module}"), kind)(name=name)
    return screen
