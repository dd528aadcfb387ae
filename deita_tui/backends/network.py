"""Whether this process may ask the hub: a worker may not, except for a download asked for.

huggingface_hub reads HF_HUB_OFFLINE when it is imported, and every library that fetches models goes
through it. So the variable is set before anything is imported, and lifted in the library itself
while the program does fetch something. What the user says with the same variable stands.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module
from typing import Any

_VARIABLE = "HF_HUB_OFFLINE"
_OURS = "DEITA_TUI_SET_HF_HUB_OFFLINE"
"""Tells, to the processes of a worker too, that the user has not said it."""


def forbid() -> None:
    """Let no library of this process, or of those it starts, ask the hub or tell it anything."""
    silence()
    if not is_offline():
        os.environ[_VARIABLE] = os.environ[_OURS] = "1"


def silence() -> None:
    """Send no telemetry, unless the user has said something of it."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")


def is_offline() -> bool:
    """Has the user said that nothing is to be fetched?"""
    said = os.environ.get(_VARIABLE) or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return said.upper() in ("1", "ON", "YES", "TRUE") and _OURS not in os.environ


@contextmanager
def allowed() -> Iterator[None]:
    """Let the hub be asked while the block runs, where the user has not forbidden it."""
    constants: Any = import_module("huggingface_hub.constants")
    before = constants.HF_HUB_OFFLINE
    constants.HF_HUB_OFFLINE = is_offline()
    try:
        yield
    finally:
        constants.HF_HUB_OFFLINE = before
