"""What the hub's cache on this disk holds of a repository, and whether that is all of a model.

Other programs fill this cache too, file by file as they need them, and may be cut short; so what
lies there is looked at, not believed. Loads no library.
"""

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from deita_tui.backends import notes, splits
from deita_tui.backends.references import Reference
from deita_tui.backends.weights import needed, shards
from deita_tui.errors import UsageError

_WHOLE = "whole"
_WEIGHTS = (".safetensors", ".bin", ".gguf")
_VOCABULARIES = ("tokenizer.json", "tokenizer.model", "vocab.json", "vocab.txt")
"""Any one of these makes a tokenizer."""


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One commit of a repository, as far as it is here."""

    folder: Path
    file: str
    """The ``.gguf`` that is meant, or empty."""
    lacks: tuple[str, ...]
    """What a model needs and is not here, in words; empty when it is whole."""

    @property
    def commit(self) -> str:
        """40 hex digits."""
        return self.folder.name

    @property
    def path(self) -> Path:
        """What to open: the folder, or the ``.gguf``."""
        return self.folder / self.file if self.file else self.folder

    @property
    def weights(self) -> list[Path]:
        """The files of its weights that are here."""
        taken = splits.names(self.file) if self.file else needed(_names(self.folder))
        files = (self.folder / name for name in taken)
        return [file for file in files if file.suffix in _WEIGHTS and file.exists()]


def cache() -> Path:
    """Where huggingface_hub keeps what it fetched."""
    if told := os.environ.get("HF_HUB_CACHE") or os.environ.get("HUGGINGFACE_HUB_CACHE"):
        return Path(told).expanduser()
    if told := os.environ.get("HF_HOME"):
        return Path(told).expanduser() / "hub"
    home = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(home).expanduser() / "huggingface" / "hub"


def find(reference: Reference) -> Snapshot | None:
    """The commit that ``reference`` means, as far as it is here; None where nothing of it is."""
    place = _place(reference)
    revision = reference.revision or "main"
    folder = place / "snapshots" / revision
    if not (reference.is_pinned and folder.is_dir()):
        note = place / "refs" / revision
        if not note.is_file():
            return None
        folder = place / "snapshots" / note.read_text().strip()
    return _looked_at(folder, reference.file) if folder.is_dir() else None


def newest(reference: Reference) -> Snapshot | None:
    """The newest commit here that is whole, whatever branches now say; None where none is."""
    commits = _place(reference) / "snapshots"
    if not commits.is_dir():
        return None
    by_age = sorted(commits.iterdir(), key=lambda each: each.stat().st_mtime, reverse=True)
    found = (_looked_at(folder, reference.file) for folder in by_age if folder.is_dir())
    return next((each for each in found if not each.lacks), None)


def note_whole(folder: Path, file: str, names: list[str]) -> None:
    """Remember what files a commit has of a model, as the hub itself listed them."""
    notes.write(_WHOLE, _key(folder, file), json.dumps(names))


def _looked_at(folder: Path, file: str) -> Snapshot:
    known = notes.read(_WHOLE, _key(folder, file))
    if known is not None:
        missing = [name for name in json.loads(known) if not (folder / name).exists()]
    else:
        missing = [*_missing(folder, file), *_cut_short(folder)]
    return Snapshot(folder, file, tuple(missing))


def _missing(folder: Path, file: str) -> Iterator[str]:
    """What cannot be left out; of what may be there or not, nobody can tell here."""
    there = _names(folder)
    taken = splits.names(file) if file else needed(there)
    if not taken:
        yield "its weights"
        return
    wanted = [name for name in taken if name.endswith(".gguf")]
    for index in (name for name in taken if name.endswith(".index.json")):
        try:
            wanted += shards(folder / index)
        except UsageError:
            yield f"a readable {index}"
    yield from (name for name in wanted if name not in there)
    if taken[0].endswith(".gguf"):
        return
    if "config.json" not in there:
        yield "config.json"
    if there.isdisjoint(_VOCABULARIES):
        yield "its tokenizer"


def _cut_short(folder: Path) -> Iterator[str]:
    """The trace of a download that ended before its time, later than all that is here.

    What it was to bring is not told; an older trace is of a download that was made good since.
    """
    blobs = folder.parents[1] / "blobs"
    there = [file.stat().st_mtime for file in folder.rglob("*") if file.is_file()]
    for trace in blobs.glob("*.incomplete"):
        came_whole = (blobs / trace.name.split(".")[0]).exists()
        if not came_whole and trace.stat().st_mtime > max(there, default=0.0):
            yield f"the rest of an unfinished download ({trace.name})"


def _place(reference: Reference) -> Path:
    return cache() / f"models--{reference.repository.replace('/', '--')}"


def _names(folder: Path) -> set[str]:
    """Files in ``folder`` and below it, without links that lead nowhere."""
    files = (file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix() for file in files}


def _key(folder: Path, file: str) -> str:
    return f"{folder.absolute()}\0{file}"
