"""Lengths, which every other method must beat: DEITA's baselines (arXiv 2312.15685, §2.3, §2.4).

Tokens are those of the tokenizer that ships with the embedded embedder, a WordPiece of English: no
model is needed, and every project counts alike.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from typing import Any


@dataclass(frozen=True, slots=True)
class Length:
    """The length of one side of a turn."""

    name: str
    unit: str
    field: int

    def config(self) -> dict[str, object]:
        """See ``methods.TextMethod``."""
        told: dict[str, object] = {"method": f"{self.name}/1", "unit": self.unit}
        return told | ({"tokenizer": _digest()} if self.unit == "tokens" else {})

    def measure(self, fields: Sequence[str]) -> float:
        """How long it is."""
        text = fields[self.field]
        return float(len(text) if self.unit == "characters" else _count(text))


@cache
def _tokenizer() -> tuple[bytes, Any]:
    from importlib.resources import files

    from tokenizers import Tokenizer

    content = (files("deita_tui") / "lite" / "embedder.tokenizer.json").read_bytes()
    return content, Tokenizer.from_buffer(content)


def _count(text: str) -> int:
    _, tokenizer = _tokenizer()
    return len(tokenizer.encode(text, add_special_tokens=False).ids)


def _digest() -> str:
    content, _ = _tokenizer()
    return sha256(content).hexdigest()


def make(name: str) -> Length:
    """One of the four."""
    side, unit = name.split("_")
    return Length(name, "characters" if unit == "chars" else "tokens", int(side == "response"))
