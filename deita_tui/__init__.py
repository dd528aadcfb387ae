"""Curate instruction-tuning data with the DEITA method, offline, on one machine.

>>> from deita_tui import Project

The public names load when they are first used, so that importing the package costs nothing.
"""

from typing import TYPE_CHECKING, Any

__version__ = "0.1.0"
__all__ = ["DeitaError", "Project", "__version__"]

if TYPE_CHECKING:
    from deita_tui.errors import DeitaError
    from deita_tui.project import Project

_HOMES = {"Project": "deita_tui.project", "DeitaError": "deita_tui.errors"}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
