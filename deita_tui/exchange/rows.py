"""What is in such a file: its header and its rows."""

import json
from collections.abc import Mapping
from hashlib import sha256
from typing import Literal

import msgspec

from deita_tui.errors import InputError

Kind = Literal["scores", "vectors"]
VERSION = 1


class Maker(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who made the numbers: a scorer or an embedder."""

    identity: str
    """sha256 of ``config`` as canonical JSON, in hex."""
    name: str
    config: dict[str, object]
    measures: str = ""
    """Of a scorer: complexity, quality, …"""
    reads: Literal["", "instruction", "pair"] = ""
    """Of a scorer: which text of a turn."""
    dimensions: int = 0
    """Of an embedder."""


class Header(msgspec.Struct, frozen=True):
    """What stands before the rows."""

    kind: Kind
    makers: tuple[Maker, ...]
    version: int = VERSION


class ScoreRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """What one scorer said of one turn."""

    uid: str
    turn: int = 0
    """From 0."""
    by: int = 0
    """Which of the header's makers."""
    text: str = ""
    """Hex of the hash of what the scorer read; empty in a file that others made."""
    value: float | None = None
    reason: str | None = None
    """Why there is no value."""
    digits: tuple[float, ...] | None = None
    """Probabilities of the digits 1 to 6."""
    mass: float | None = None
    tokens: int | None = None
    shortened: bool = False


class VectorRow(msgspec.Struct, frozen=True, omit_defaults=True):
    """The vector of one record."""

    uid: str
    by: int = 0
    text: str = ""
    """Hex of the hash of what was embedded; empty in a file that others made."""
    vector: tuple[float, ...] | None = None
    """As float16 numbers, which are exact as decimal ones."""
    reason: str | None = None
    shortened: bool = False


class Refused(msgspec.Struct, frozen=True):
    """A row that cannot be taken, and why."""

    place: str
    """'line 17', 'row 5'"""
    message: str


def identity(config: Mapping[str, object]) -> str:
    """What numbers made under ``config`` are keyed by; as the project computes it."""
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return sha256(canonical.encode()).hexdigest()


def checked(header: Header, kind: Kind, name: str) -> Header:
    """``header``, after looking whether it can be believed.

    Raises:
        InputError: it is of another kind or version, or an identity is not that of its config.
    """
    if header.version != VERSION:
        raise InputError(
            f"{name} is of version {header.version}; this program reads version {VERSION}.",
            "Update deita-tui on this machine.",
        )
    if header.kind != kind:
        raise InputError(
            f"{name} holds {header.kind}, not {kind}.",
            f"Take them with: deita-tui {header.kind} import",
        )
    for maker in header.makers:
        if identity(maker.config) != maker.identity:
            raise InputError(
                f"{name} says that its {kind} are those of {maker.name} "
                f"({maker.identity[:12]}), and what it says of that scorer is something else."
                if kind == "scores"
                else f"{name} says that its vectors are those of {maker.name} "
                f"({maker.identity[:12]}), and what it says of that embedder is something else.",
                "The file was changed; export it again.",
            )
    return header
