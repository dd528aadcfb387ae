"""Backends by name. A backend's module, and the libraries it needs, load when it is first used."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, cast

from deita_tui.backends import http_address
from deita_tui.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from deita_tui.backends import Judge


@dataclass(frozen=True, slots=True)
class Backend:
    """Where a backend is, and what it needs."""

    module: str
    """Has ``open(model, settings) -> Judge``."""
    settings: str
    """The dataclass in it that ``open`` takes."""
    package: str
    """Import name of what it cannot do without."""
    extra: str
    purpose: str


BACKENDS: Mapping[str, Backend] = {
    "fake": Backend("deita_tui.backends.fake", "FakeSettings", "numpy", "hf", "score at all"),
    "hf": Backend("deita_tui.backends.hf", "HfSettings", "transformers", "hf", "run this model"),
    "llama": Backend(
        "deita_tui.backends.llama", "LlamaSettings", "llama_cpp", "llama", "run .gguf models"
    ),
    "http": Backend("deita_tui.backends.http", "HttpSettings", "aiohttp", "http", "ask a server"),
}
NAMES = ("auto", *BACKENDS)


def open_judge(backend: str, model: str, settings: Mapping[str, object]) -> "Judge":
    """Load ``model``.

    Args:
        backend: one of ``NAMES``.
        model: a hub id, a folder or a .gguf file, as the backend takes it.
        settings: fields of the backend's settings class, as JSON has them. A ``limit`` that a
            backend has no field for is left out: every judge says its own.

    Raises:
        UsageError: there is no such backend, or it has no such setting.
        MissingExtraError: its optional package is not installed.
    """
    name = pick(model) if backend == "auto" else backend
    entry = BACKENDS.get(name)
    if entry is None:
        raise UsageError(f"There is no backend {backend!r}.", f"There are: {', '.join(NAMES)}.")
    return cast("Judge", load(name, entry, model, settings))


def load(name: str, entry: Backend, model: str, settings: Mapping[str, object]) -> object:
    """Import a backend's module and have it open ``model``; see ``open_judge``."""
    installed(entry)
    return import_module(entry.module).open(model, chosen(name, entry, settings))


def chosen(name: str, entry: Backend, settings: Mapping[str, object]) -> object:
    """The backend's settings class, filled in; see ``open_judge``."""
    import msgspec

    kind = getattr(import_module(entry.module), entry.settings)
    known = {field.name for field in fields(kind)}
    given = {key: value for key, value in settings.items() if key in known or key != "limit"}
    if unknown := sorted(given.keys() - known):
        raise UsageError(
            f"The {name} backend has no setting {', '.join(unknown)}.",
            f"It has: {', '.join(sorted(known)) or 'none'}.",
        )
    try:
        return msgspec.convert(given, kind)
    except msgspec.ValidationError as error:
        raise UsageError(f"A setting of the {name} backend is wrong: {error}.") from error


def require(backend: str) -> None:
    """See that what a backend cannot do without is installed; loads nothing.

    Raises:
        MissingExtraError: it is not.
    """
    installed(BACKENDS[backend])


def installed(entry: Backend) -> None:
    """See that the package that a backend cannot do without is there; loads nothing.

    Raises:
        MissingExtraError: it is not.
    """
    if find_spec(entry.package) is None:
        raise MissingExtraError(entry.package, entry.extra, entry.purpose)


def pick(model: str) -> str:
    """The backend that reads ``model``: http for an address, llama for GGUF, else hf."""
    path = Path(model)
    if http_address.is_url(model):
        return "http"
    # Behind a hub id may stand @revision.
    if model.lower().endswith(".gguf") or model.partition("@")[0].lower().endswith(".gguf"):
        return "llama"
    if path.is_dir() and not (path / "config.json").exists() and any(path.glob("*.gguf")):
        return "llama"
    return "hf"
