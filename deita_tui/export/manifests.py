"""The manifest of an export: where every byte of it comes from, and how to make it again."""

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from deita_tui.errors import InputError
from deita_tui.export.problems import Summary

MANIFEST = "manifest.json"
DECISIONS = "provenance/decisions.jsonl"
JOURNAL = "provenance/journal.jsonl"
CHANGES = "provenance/changes.jsonl"
FORMAT = "deita-tui export"
VERSION = 1
UNKNOWN = "unknown"


class Output(msgspec.Struct, frozen=True):
    """One file of the export."""

    path: str
    bytes: int
    sha256: str
    rows: int | None = None


class Input(msgspec.Struct, frozen=True):
    """One file that was imported into the project."""

    file: str
    sha256: str | None
    """None where the import broke off before its end."""
    bytes: int
    mapping: Any
    rows: int
    records: int
    duplicates: int
    refused: int
    removed: bool
    """Was it taken out of the project again?"""
    licence: str = UNKNOWN
    """What the card of a data set beside the file says."""


class Model(msgspec.Struct, frozen=True):
    """A scorer or an embedder."""

    name: str
    measures: str
    identity: str
    """The hash of ``config``: equal identity, equal numbers."""
    model: str
    config: Any
    licence: str = UNKNOWN


class Licence(msgspec.Struct, frozen=True):
    """Under which licence a source of records says that it is, as far as it says so."""

    source: str
    licence: str
    records: int


class Selection(msgspec.Struct, frozen=True):
    """What was exported: a selection, or all records."""

    name: str | None
    params: Any
    computed_from: Any
    kept: int
    last_record: int
    saved_at: str
    stale: tuple[str, ...] = ()
    """What was newer in the project when it was exported all the same."""


class Parent(msgspec.Struct, frozen=True):
    """The export that this one took the place of."""

    sha256: str
    at: str
    selection: str | None


class Made(msgspec.Struct, frozen=True):
    """What two exports of the same selection may differ in; nothing else may."""

    at: str
    parent: Parent | None = None
    index: Any = None
    """How neighbours are found here, with the measured recall; None without an index."""


class Manifest(msgspec.Struct, frozen=True):
    """The whole of it."""

    made: Made
    tool: str
    version: str
    project: str
    """The project's own id."""
    journal: int
    """The last act that the export knew of: notes and texts are as they stood then."""
    target: str
    request: Any
    """What was asked for, in the words of ``Project.export``."""
    selection: Selection | None
    inputs: tuple[Input, ...]
    scorers: tuple[Model, ...]
    embedder: Model | None
    decisions: Mapping[str, int]
    """Overrides: records kept, rejected and edited by hand."""
    outcomes: Mapping[str, int]
    """Records by what became of them."""
    records: Mapping[str, int]
    """Records written, by split, and those left out."""
    problems: tuple[Summary, ...]
    licences: tuple[Licence, ...]
    outputs: tuple[Output, ...]
    format: str = FORMAT
    format_version: int = VERSION
    complete: bool = True
    """False while the files of an older export are replaced."""
    digest: str = ""
    """SHA-256 of this manifest with an empty digest."""


def encode(manifest: Manifest) -> bytes:
    """The manifest as JSON, with its own digest in it."""
    bare = _json(msgspec.structs.replace(manifest, digest=""))
    return _json(msgspec.structs.replace(manifest, digest=sha256(bare).hexdigest()))


def read(folder: Path) -> Manifest:
    """The manifest of an export.

    Raises:
        InputError: there is none, or it was changed.
    """
    path = folder / MANIFEST
    try:
        text = path.read_bytes()
    except FileNotFoundError:
        if not folder.exists():
            raise InputError(f"{folder} does not exist.", "Check the path.") from None
        raise InputError(
            f"{folder} is no export: it has no {MANIFEST}.", "Name the folder that was exported to."
        ) from None
    except OSError as error:
        raise InputError(f"{path} cannot be read: {error.strerror}.") from error
    try:
        found = msgspec.json.decode(text, type=Manifest)
    except msgspec.DecodeError as error:
        raise InputError(f"{path} is no manifest of an export: {error}.") from error
    if found.format != FORMAT or found.format_version > VERSION:
        raise InputError(
            f"{path} was written by a newer deita-tui, or by something else.",
            "Update deita-tui: pip install --upgrade deita-tui",
        )
    return found


def is_untouched(folder: Path) -> bool:
    """Is the manifest byte for byte as it was written?"""
    return encode(read(folder)) == (folder / MANIFEST).read_bytes()


def comparable(manifest: Manifest) -> Any:
    """The manifest without what two exports of the same may differ in."""
    found = msgspec.to_builtins(manifest)
    return {key: value for key, value in found.items() if key not in ("made", "digest")}


def _json(manifest: Manifest) -> bytes:
    return (
        msgspec.json.format(msgspec.json.encode(manifest, order="deterministic"), indent=2) + b"\n"
    )
