"""Models that are on this disk already, found by looking at folders; nothing is loaded."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deita_tui.backends.weights import needed

_WEIGHTS = (".safetensors", ".bin", ".gguf")


@dataclass(frozen=True, slots=True)
class Model:
    """A model on this disk."""

    name: str
    """As it can be given on the command line: a hub id, or a path."""
    size: int
    """Bytes of its weights."""
    path: Path


def hub_cache() -> Path:
    """Where huggingface_hub keeps what it fetched."""
    if told := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(told).expanduser()
    if told := os.environ.get("HF_HOME"):
        return Path(told).expanduser() / "hub"
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "huggingface" / "hub"


def cached(repository: str) -> Model | None:
    """The model of a repository that was fetched before, the newest commit; None if not whole."""
    folder = hub_cache() / f"models--{repository.replace('/', '--')}" / "snapshots"
    if not folder.is_dir():
        return None
    for commit in sorted(folder.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True):
        if size := _size(commit):
            return Model(repository, size, commit)
    return None


def models() -> Iterator[Model]:
    """Language models in the hub's cache, and .gguf files where programs keep them."""
    cache = hub_cache()
    if cache.is_dir():
        for folder in sorted(cache.glob("models--*")):
            repository = folder.name.removeprefix("models--").replace("--", "/", 1)
            if found := cached(repository):
                yield found
            for file in sorted(folder.glob("snapshots/*/**/*.gguf")):
                inside = file.relative_to(folder / "snapshots").parts[1:]
                yield Model("/".join((repository, *inside)), file.stat().st_size, file)
    for place in _gguf_folders():
        if place.is_dir():
            for file in sorted(place.rglob("*.gguf")):
                yield Model(str(file), file.stat().st_size, file)


def _gguf_folders() -> Iterator[Path]:
    yield Path(os.environ.get("LLAMA_CACHE") or "~/.cache/llama.cpp").expanduser()
    yield Path("~/.lmstudio/models").expanduser()


def _size(folder: Path) -> int:
    names = {file.name: file for file in folder.iterdir()} if folder.is_dir() else {}
    taken = needed(names) if "config.json" in names else []
    weights = [names[name] for name in taken if name.endswith(_WEIGHTS)]
    return sum(file.stat().st_size for file in weights if file.exists())
