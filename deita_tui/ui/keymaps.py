"""Keys that differ from those of the table: a preset that ships, and the user's TOML file over it.

``keymap.toml`` beside ``config.toml``::

    preset = "prodigy"

    [keys]
    "browse.filter" = "backslash,f4"
    "app.undo" = "u,backspace"
"""

import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from textual.binding import Binding

from deita_tui import config
from deita_tui.errors import UsageError
from deita_tui.ui import actions, presets

if TYPE_CHECKING:
    from textual.app import App

NAME = "keymap.toml"


def file() -> Path:
    """Where the user's keymap is, or would be."""
    return config.user_file().with_name(NAME)


def load(preset: str = "") -> dict[str, str]:
    """The keys that differ from those of the table, by action id.

    Args:
        preset: what was chosen in the app; what the user's file names goes before it.

    Raises:
        UsageError: the file is no TOML, or names an action or a preset that is not there.
    """
    told = _told()
    name = told.get("preset", preset or presets.DEFAULT)
    if name not in presets.NAMES:
        known = ", ".join(presets.NAMES)
        raise UsageError(f"{file()} names a preset {name!r}, and there is none.", f"Known: {known}")
    return {**_shipped(name)["keys"], **_own(told)}


def named_in_file() -> str:
    """The preset that the user's file names; empty where it names none.

    Raises:
        UsageError: the file is no TOML.
    """
    return str(_told().get("preset", ""))


def title(preset: str) -> str:
    """What a preset is, in a few words."""
    return str(_shipped(preset)["title"])


def shown(app: "App[Any]", keys: str) -> str:
    """Keys as a person reads them."""
    return " ".join(app.get_key_display(Binding(key.strip(), "")) for key in keys.split(","))


def _told() -> Mapping[str, Any]:
    """What the user's file says; nothing where there is none."""
    path = file()
    if not path.is_file():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise UsageError(f"{path} cannot be read as a keymap: {error}.") from error


def _own(told: Mapping[str, Any]) -> dict[str, str]:
    """The keys of the user's file, after they were checked."""
    path, keys = file(), told.get("keys", {})
    if not isinstance(keys, dict):
        raise UsageError(f"{path}: [keys] must be a table of actions and keys.")
    for id_, chosen in keys.items():
        if actions.find(id_) is None:
            raise UsageError(
                f"{path} names an action {id_!r}, and there is none.",
                "The screen of keys (?) in the app shows each action's id.",
            )
        if not isinstance(chosen, str) or not chosen:
            raise UsageError(f'{path}: the keys of {id_!r} must be text, like "f4,ctrl+f".')
    return keys


def _shipped(preset: str) -> dict[str, Any]:
    shipped = Path(presets.__file__).with_name(f"{preset}.toml")
    return tomllib.loads(shipped.read_text(encoding="utf-8"))
