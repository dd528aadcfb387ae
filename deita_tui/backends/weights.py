"""Where a model lies, what it is made of, and the digest that identifies it.

A model is named by a hub id (``org/name``, ``org/name@revision``, ``org/name/file.gguf``), a folder
as transformers writes it, or a ``.gguf`` file.
"""

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from deita_tui.backends import notes, splits
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
_LAYOUT = ("modules.json", "sentence_bert_config.json", "config_sentence_transformers.json")
"""What a sentence encoder says of itself, beside a config.json for each of its parts."""
_PART = re.compile(r"\d+_\w+/config\.json")
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
    """All that decides its numbers: weights, config.json, tokenizer files; all parts of a GGUF."""
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
        if self.kind == "gguf":
            return parts_digest(self.files)
        whole = hashlib.sha256()
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

    Safetensors if there are any, else ``.bin``, else a sole ``.gguf`` with all its parts; and
    beside the first two config.json, the tokenizer's files, and how a sentence encoder is laid out.

    Returns:
        Their names, weights first; empty when there are no weights. A part of a split ``.gguf`` is
        named also where it is not there.
    """
    there = set(names)
    # config.json comes last: a download that was cut short is known by its absence.
    parts = sorted(filter(_PART.fullmatch, there)) if _LAYOUT[0] in there else []
    beside = [name for name in (*_TOKENIZER, *_LAYOUT, *parts, "config.json") if name in there]
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
    ggufs = splits.models(there)
    return ggufs[0] if len(ggufs) == 1 else []


def shards(index: Path) -> list[str]:
    """The files of weights that an index names.

    Raises:
        UsageError: it cannot be read.
    """
    try:
        return sorted(set(json.loads(index.read_text(encoding="utf-8"))["weight_map"].values()))
    except (ValueError, LookupError, TypeError, AttributeError) as error:
        raise UsageError(f"{index} is damaged.", "Fetch the model again.") from error


def file_digest(path: Path) -> str:
    """sha256 of a file's content, in hex; remembered while path, size and time stay the same."""
    path = path.resolve()
    stat = path.stat()
    key = f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}"
    known = notes.read("digests", key)
    if known is not None and len(known) == 64:
        return known
    digest = hashlib.sha256()
    with path.open("rb") as content:
        while chunk := content.read(_CHUNK):
            digest.update(chunk)
    notes.write("digests", key, digest.hexdigest())
    return digest.hexdigest()


def parts_digest(files: Sequence[Path]) -> str:
    """What identifies a GGUF: the digest of its file, or of the digests of all its parts."""
    digests = [file_digest(file) for file in files]
    if len(digests) == 1:
        return digests[0]
    return hashlib.sha256("\n".join(digests).encode()).hexdigest()


def _gguf(path: Path, name: str, revision: str = "") -> Weights:
    files = tuple(splits.parts(path))
    return Weights(name, path, "gguf", files, sum(file.stat().st_size for file in files), revision)


def _folder(path: Path, name: str, revision: str = "") -> Weights:
    if (path / "adapter_config.json").exists():
        # transformers would lay it over the weights, unseen by their digest.
        raise UsageError(
            f"{path} holds an adapter, not a whole model.",
            "Merge the adapter into its base model, and name the folder of the result.",
        )
    taken = needed(file.name for file in path.iterdir())
    if taken and taken[0].endswith(".gguf"):
        if not (path / taken[0]).exists():
            raise UsageError(
                f"{path} is incomplete: {taken[0]} is missing.", "Fetch the model again."
            )
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
        parts = shards(path / index)
        missing = [part for part in parts if part not in taken]
        if missing:
            raise UsageError(
                f"{path} is incomplete: {missing[0]} is missing ({len(missing)} of {len(parts)}).",
                "Fetch the model again.",
            )
