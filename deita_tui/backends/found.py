"""Models that are on this disk already, found by looking at folders; nothing is loaded."""

import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from deita_tui.backends import snapshots, splits
from deita_tui.backends.references import Reference


@dataclass(frozen=True, slots=True)
class Model:
    """A model on this disk."""

    name: str
    """As it can be given on the command line: a hub id, or a path."""
    size: int
    """Bytes of its weights."""
    path: Path


def cached(text: str) -> Model | None:
    """What was fetched before of a hub id, the newest commit; None if none is whole."""
    there = snapshots.newest(Reference.parse(text))
    if there is None:
        return None
    return Model(text.partition("@")[0], _size(there.weights), there.path)


def models() -> Iterator[Model]:
    """Language models in the hub's cache, and .gguf files where programs keep them."""
    cache = snapshots.cache()
    if cache.is_dir():
        for folder in sorted(cache.glob("models--*")):
            repository = folder.name.removeprefix("models--").replace("--", "/", 1)
            if "/" in repository:
                yield from _of_repository(folder, repository)
    for place in _gguf_folders():
        if place.is_dir():
            yield from (Model(str(parts[0]), _size(parts), parts[0]) for parts in _ggufs(place))


def _of_repository(folder: Path, repository: str) -> Iterator[Model]:
    found = cached(repository)
    if found is not None and found.path.is_dir() and (found.path / "config.json").exists():
        yield found
    for commit in sorted(folder.glob("snapshots/*")):
        for parts in _ggufs(commit):
            inside = parts[0].relative_to(commit).as_posix()
            yield Model(f"{repository}/{inside}", _size(parts), parts[0])


def _ggufs(folder: Path) -> Iterator[list[Path]]:
    """The GGUF models in ``folder`` and below it that are whole, each with its parts."""
    names = (file.relative_to(folder).as_posix() for file in folder.rglob("*.gguf"))
    for model in splits.models(names):
        parts = [folder / name for name in model]
        if all(part.is_file() for part in parts):
            yield parts


def _gguf_folders() -> Iterator[Path]:
    yield Path(os.environ.get("LLAMA_CACHE") or "~/.cache/llama.cpp").expanduser()
    yield Path("~/.lmstudio/models").expanduser()


def _size(files: Iterable[Path]) -> int:
    return sum(file.stat().st_size for file in files)
