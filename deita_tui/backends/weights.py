"""Where a model lies, what it is made of, and the digest that identifies it.

A model is named by a hub id (``org/name``, ``org/name@revision``, ``org/name/file.gguf``), a folder
as transformers writes it, or a ``.gguf`` file.
"""

import hashlib
import json
import os
import re
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deita_tui.errors import UsageError

Progress = Callable[[int, int, str], None]
"""Called with bytes done, bytes in all (of every file wanted) and the file's name."""

_SHARD = re.compile(r"(model|pytorch_model)-\d+-of-\d+\.(safetensors|bin)")
_TOKENIZER = (
    "added_tokens.json",
    "merges.txt",
    "special_tokens_map.json",
    "tokenizer.json",
    "tokenizer.model",
    "tokenizer_config.json",
    "vocab.json",
    "vocab.txt",
)
_HUB_ID = re.compile(r"[\w.-]+/[\w.-]+(/[\w./-]+\.gguf)?(@[\w./-]+)?")
_CHUNK = 1 << 22


@dataclass(frozen=True, slots=True)
class Weights:
    """A model on this disk."""

    name: str
    """What a person calls it: the hub id, or the folder's or file's own name. Never a path."""
    path: Path
    """The folder, or the ``.gguf`` file."""
    kind: Literal["folder", "gguf"]
    files: tuple[Path, ...]
    """All that decides its numbers: weights, config.json, tokenizer files."""
    size: int
    """Bytes of the weights."""
    revision: str = ""
    """The hub's commit; empty for a model that came from this disk."""

    @property
    def pickled(self) -> bool:
        """Are the weights pickled ``.bin`` files, because there are no safetensors?"""
        return any(file.suffix == ".bin" for file in self.files)

    @property
    def architecture(self) -> str:
        """The model type in config.json, as ``llama``; empty for a ``.gguf``."""
        return str(self.config().get("model_type", ""))

    def config(self) -> dict[str, object]:
        """config.json; empty for a ``.gguf``."""
        path = self.path / "config.json"
        if self.kind == "gguf" or not path.exists():
            return {}
        try:
            content = json.loads(path.read_text(encoding="utf-8"))
        except ValueError as error:
            raise UsageError(
                f"{path} is not readable as JSON ({error}).", "Fetch the model again."
            ) from error
        return content if isinstance(content, dict) else {}

    def digest(self) -> str:
        """sha256 over the names and contents of ``files``, in hex.

        A file is read once: its digest is kept in the user's cache by path, size and time.
        """
        whole = hashlib.sha256()
        if self.kind == "gguf":
            return file_digest(self.path)
        for file in sorted(self.files):
            whole.update(f"{file.name}\0{file_digest(file)}\n".encode())
        return whole.hexdigest()


def resolve(
    model: str | Path, *, offline: bool = False, progress: Progress | None = None
) -> Weights:
    """Find ``model`` on this disk, or fetch it from the hub.

    Args:
        model: a folder, a ``.gguf`` file or a hub id.
        offline: take a hub id from the local cache only.
        progress: told of a download.

    Raises:
        UsageError: there is no such model, or it has no weights that can be read.
    """
    text = str(model)
    path = Path(text).expanduser()
    if path.is_file() and path.suffix == ".gguf":
        return _gguf(path, path.name)
    if path.is_dir():
        return _folder(path, path.resolve().name)
    if isinstance(model, Path) or not is_hub_id(text) or text.startswith("."):
        raise UsageError(
            f"There is no model at {text}.",
            "A model is a folder with config.json, a .gguf file, or a hub id such as org/name.",
        )
    from deita_tui.backends import hub

    fetched = hub.fetch(text, offline=offline, progress=progress)
    if fetched.path.suffix == ".gguf":
        return _gguf(fetched.path, fetched.name, fetched.revision)
    return _folder(fetched.path, fetched.name, fetched.revision)


def is_hub_id(text: str) -> bool:
    """Does ``text`` have the form of a hub id? It may still be nobody's."""
    return _HUB_ID.fullmatch(text) is not None


def needed(names: Iterable[str]) -> list[str]:
    """Which of a folder's or repository's files to take.

    Safetensors if there are any, else ``.bin``, else a sole ``.gguf``; and beside the first two
    config.json and the tokenizer's files.

    Returns:
        Their names, weights first; empty when there are no weights.
    """
    there = set(names)
    # config.json comes last: a download that was cut short is known by its absence.
    beside = [name for name in (*_TOKENIZER, "config.json") if name in there]
    for whole, index in (
        ("model.safetensors", "model.safetensors.index.json"),
        ("pytorch_model.bin", "pytorch_model.bin.index.json"),
    ):
        if whole in there:
            return [whole, *beside]
        if index in there:
            suffix = whole.rsplit(".", 1)[1]
            shards = [name for name in there if _SHARD.fullmatch(name) and name.endswith(suffix)]
            return [*sorted(shards), index, *beside]
    ggufs = [name for name in there if name.endswith(".gguf")]
    return ggufs if len(ggufs) == 1 else []


def file_digest(path: Path) -> str:
    """sha256 of a file's content, in hex; remembered while path, size and time stay the same."""
    path = path.resolve()
    stat = path.stat()
    key = hashlib.sha256(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}".encode()).hexdigest()
    known = _cache() / "digests" / key
    if known.exists():
        found = known.read_text().strip()
        if len(found) == 64:
            return found
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    _remember(known, digest.hexdigest())
    return digest.hexdigest()


def _remember(path: Path, text: str) -> None:
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    # A cache that cannot be written costs a second reading, and nothing else.
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text)
        aside.replace(path)


def _cache() -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("deita-tui")


def _gguf(path: Path, name: str, revision: str = "") -> Weights:
    return Weights(name, path, "gguf", (path,), path.stat().st_size, revision)


def _folder(path: Path, name: str, revision: str = "") -> Weights:
    if (path / "adapter_config.json").exists():
        # transformers would lay it over the weights, unseen by their digest.
        raise UsageError(
            f"{path} holds an adapter, not a whole model.",
            "Merge the adapter into its base model, and name the folder of the result.",
        )
    taken = needed(file.name for file in path.iterdir())
    if len(taken) == 1 and taken[0].endswith(".gguf"):
        return _gguf(path / taken[0], name, revision)
    if not taken or "config.json" not in taken:
        raise UsageError(
            f"{path} holds no model: it needs config.json beside model.safetensors.",
            "Where a folder holds several .gguf files, name the one to use.",
        )
    files = tuple(path / file for file in taken)
    _check_shards(path, taken)
    size = sum(file.stat().st_size for file in files if file.suffix in (".safetensors", ".bin"))
    return Weights(name, path, "folder", files, size, revision)


def _check_shards(path: Path, taken: list[str]) -> None:
    """Every part that the index names must be there."""
    for index in (file for file in taken if file.endswith(".index.json")):
        parts = set(json.loads((path / index).read_text())["weight_map"].values())
        missing = sorted(parts - set(taken))
        if missing:
            raise UsageError(
                f"{path} is incomplete: {missing[0]} is missing ({len(missing)} of {len(parts)}).",
                "Fetch the model again.",
            )
