"""Which model an embedding run really opens: found and fetched once, then kept to (D12).

The commit that a hub id stood for and the precision that ``auto`` took decide the numbers, so they
are stored with the project under what was asked for, and the same request gets the same answer.
"""

from collections.abc import Callable, Generator, Mapping
from pathlib import Path

import msgspec

from deita_store import settings
from deita_store.store import Store
from deita_tui.backends import embedders
from deita_tui.backends.embedders import Embedder
from deita_tui.errors import UsageError
from deita_tui.steps.aside import Aside, Tell
from deita_tui.steps.choosing import Advance, fetched
from deita_tui.steps.embedding_args import EmbedArgs
from deita_tui.steps.progress import Progress

Opener = Callable[[str, str, Mapping[str, object]], Embedder]


class Model(msgspec.Struct, frozen=True):
    """What a request turned out to mean."""

    backend: str
    model: str
    """A path, or a hub id with the commit."""
    settings: dict[str, object]
    notes: tuple[str, ...] = ()
    """What else a user should know; sentences."""


def choose(store: Store, args: EmbedArgs, advance: Advance) -> Generator[Progress, None, Model]:
    """Find out what ``args`` mean: once for a project, and then the same again.

    Args:
        store: the project.
        args: of the run.
        advance: makes progress of a stage and, where bytes come, how many of how many.

    Raises:
        UsageError: there is no such model, or its preset is not for it.
    """
    backend = embedders.pick(args.embedder) if args.backend == "auto" else args.backend
    if backend in ("fake", embedders.LITE):
        return _checked(args, Model(backend, args.embedder, args.given))
    kept = None if args.again else _remembered(store, args)
    model = kept.model if kept else args.embedder

    def fetch(tell: Tell) -> tuple[str, str, tuple[str, ...]]:
        if (Path(model) / "modules.json").exists():
            return "sentence", model, ()  # its weights may lie one folder down
        found, place, notes = fetched(model, args.offline, tell)
        return natural(found.kind, found.path), place, notes

    short = args.embedder.partition("@")[0].rstrip("/").rsplit("/", 1)[-1]
    fitting, place, notes = yield from Aside(fetch).follow(
        lambda bytes_: advance(f"fetching {short}" if bytes_ else f"looking for {short}", bytes_)
    )
    if kept is not None:
        return kept
    # What had to be fetched is here by now.
    backend = fitting if args.backend == "auto" else args.backend
    given = {**fitted(backend, args.given), "offline": True}
    return _checked(args, Model(backend, place, given, notes))


def fitted(backend: str, asked: Mapping[str, object]) -> dict[str, object]:
    """Settings in a backend's own terms: llama.cpp knows layers on a GPU, and no devices."""
    if backend != "llama":
        return dict(asked)
    rest = {name: value for name, value in asked.items() if name != "device"}
    return {**rest, **({"gpu_layers": 0} if asked.get("device") == "cpu" else {})}


def remember(store: Store, args: EmbedArgs, model: Model, embedder: Embedder) -> None:
    """Keep what was chosen, with the precision that it came to."""
    if model.backend in ("fake", embedders.LITE):
        return
    precision = embedder.identity.get("precision")
    if model.backend in ("hf", "sentence") and precision:
        known = {**model.settings, "dtype": precision}
        model = msgspec.structs.replace(model, settings=known)
    settings.put(store, _key(args), msgspec.to_builtins(model))


def natural(kind: str, path: Path) -> str:
    """The backend that a model's files are for."""
    if kind == "gguf":
        return "llama"
    return "sentence" if (path / "modules.json").exists() else "hf"


def _checked(args: EmbedArgs, model: Model) -> Model:
    if args.way and model.backend not in args.way.backends:
        raise UsageError(
            f"The preset {args.preset} takes the states of a language model, and "
            f"{args.embedder} runs on {model.backend}.",
            "Name a language model with --embedder, or leave the preset out.",
        )
    return model


def _remembered(store: Store, args: EmbedArgs) -> Model | None:
    known = settings.get(store, _key(args))
    return None if known is None else msgspec.convert(known, Model)


def _key(args: EmbedArgs) -> str:
    return f"pick:embed:{args.key}"
