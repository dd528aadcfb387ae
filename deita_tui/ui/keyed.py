"""Sentences that name a command as the way out, for whoever has the app open: with its key."""

import re
from typing import TYPE_CHECKING

from deita_tui.ui import actions

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

_COMMAND = re.compile(
    # Up to where the sentence goes on, or ends: a folder may have spaces in its name.
    r"deita-tui (?P<name>[a-z]+)(?P<rest>(?:(?! does | makes | for |[;,…] |\.? ?$).)*)"
)
_DECISION = re.compile(r"--(keep|reject|clear)\b")
_OVERVIEW = {
    "import": "overview.import",
    "score": "overview.score",
    "embed": "overview.embed",
    "index": "overview.index",
    "select": "overview.tune",
    "taste": "overview.taste",
    "jobs": "overview.jobs",
}
"""What the overview has a key for; a command that is not here is told as it is."""


def keyed(text: str, app: "DeitaApp") -> str:
    """``text`` with the key of the screen that is shown, or of the overview, for each command."""
    return _COMMAND.sub(lambda found: _way(found, app) or found[0], text)


def _way(found: re.Match[str], app: "DeitaApp") -> str:
    places = getattr(app.screen, "PLACES", ())
    if found["name"] == "decide":
        return _deciding(found["rest"], places, app)
    action = actions.find(_OVERVIEW.get(found["name"], ""))
    if action is None or app.project is None:
        return ""
    key = _key(action, app)
    return key if action.where in places else f"{key} on the overview"


def _deciding(rest: str, places: tuple[str, ...], app: "DeitaApp") -> str:
    word = _DECISION.search(rest)
    known = [actions.find(f"{place}.{word[1]}") for place in places] if word else []
    return next((_key(action, app) for action in known if action is not None), "")


def _key(action: actions.Action, app: "DeitaApp") -> str:
    return app.keys_of(action).partition(" ")[0].rstrip(",")
