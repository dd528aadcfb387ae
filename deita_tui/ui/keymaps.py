"""Keys that a user changed: a TOML file of action ids and keys, over what is shipped.

``keymap.toml`` beside ``config.toml``::

    [keys]
    "browse.filter" = "backslash,f4"
    "app.undo" = "u,backspace"
"""

import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from deita_tui import config
from deita_tui.errors import UsageError
from deita_tui.ui import actions

if TYPE_CHECKING:
    from textual.app import App

NAME = "keymap.toml"


def file() -> Path:
    """Where the user's keymap is, or would be."""
    return config.user_file().with_name(NAME)


def load() -> dict[str, str]:
    """The keys that the user's file changes, by action id.

    Raises:
        UsageError: the file is no TOML, or names an action that is not there.
    """
    path = file()
    if not path.is_file():
        return {}
    try:
        told = tomllib.loads(path.read_text(encoding="utf-8")).get("keys", {})
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path} cannot be read as a keymap: {error}.") from error
    if not isinstance(told, dict):
        raise UsageError(f"{path}: [keys] must be a table of actions and keys.")
    for id_, keys in told.items():
        if actions.find(id_) is None:
            raise UsageError(
                f"{path} names an action {id_!r}, and there is none.",
                "The screen of keys (?) in the app shows each action's id.",
            )
        if not isinstance(keys, str) or not keys:
            raise UsageError(f'{path}: the keys of {id_!r} must be text, like "f4,ctrl+f".')
    return dict(told)


def shown(app: "App[Any]", keys: str) -> str:
    """Keys as a person reads them."""
    return " ".join(app.get_key_display(Binding(key.strip(), "")) for key in keys.split(","))
