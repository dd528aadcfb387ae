"""An embedder without a model: words hashed into a few numbers, and faults on request.

Texts that share words get similar vectors, so whatever works on vectors can be tried with it.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from zlib import crc32

from deita_tui.backends.embedders import END, Embedded


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """How it embeds, and what goes wrong when. Calls count from 1; 0 is never."""

    dimensions: int = 64
    limit: int = 4_096
    """The most words of a text."""
    pool: str = ""
    """Kept in its identity, and otherwise of no use to it."""
    zero_if: str = ""
    """A text that holds this gets a vector of zeros."""
    nan_if: str = ""
    """A text that holds this gets a vector of NaN."""
    seconds: float = 0.0
    """Each call takes so long."""
    raise_on: int = 0
    raise_if: str = ""
    """Raises whenever a text holds this."""
    hang_on: int = 0
    hang_seconds: float = 3_600.0
    die_on: int = 0
    """Takes the process with it, as an abort in native code does."""


class FakeEmbedder:
    """Deterministic and order-free: a vector depends on its own text alone."""

    reads_end = True

    def __init__(self, model: str, settings: FakeSettings) -> None:
        self.identity: Mapping[str, str] = {
            "backend": "fake",
            "weights": model,
            "precision": "exact",
            "pool": settings.pool,
            "limit": str(settings.limit),
            "faults": f"{settings.zero_if} {settings.nan_if}",
        }
        self.dimensions = settings.dimensions
        self.limit = settings.limit
        self.settings = settings
        self.calls = 0
        self.texts: list[str] = []
        """Everything it was ever asked."""
        self.closed = False

    def embed(self, texts: Sequence[str]) -> Embedded:
        """Counts of hashed words, each with a sign of its own; see ``Embedder``."""
        import numpy as np

        self.calls += 1
        self._fault(texts)
        self.texts += texts
        words = [text.lower().replace(END, " ").split() for text in texts]
        rows = [self._row(text, said) for text, said in zip(texts, words, strict=True)]
        return Embedded(
            np.array(rows, dtype=np.float32).reshape(len(texts), self.dimensions),
            np.array([len(said) > self.limit for said in words], dtype=bool),
        )

    def close(self) -> None:
        """Nothing to give back; it remembers being asked."""
        self.closed = True

    def _row(self, text: str, words: Sequence[str]) -> list[float]:
        row = [0.0] * self.dimensions
        if self.settings.nan_if and self.settings.nan_if in text:
            return [float("nan")] * self.dimensions
        if self.settings.zero_if and self.settings.zero_if in text:
            return row
        for word in words[: self.limit]:
            place = crc32(f"{self.identity['weights']} {word}".encode())
            row[place % self.dimensions] += 1.0 if place >> 31 else -1.0
        return row

    def _fault(self, texts: Sequence[str]) -> None:
        settings = self.settings
        if settings.seconds:
            time.sleep(settings.seconds)
        if self.calls == settings.die_on:
            os._exit(134)
        if self.calls == settings.hang_on:
            time.sleep(settings.hang_seconds)
        if self.calls == settings.raise_on:
            raise RuntimeError(f"fault at call {self.calls}")
        if settings.raise_if and any(settings.raise_if in text for text in texts):
            raise RuntimeError(f"fault at {settings.raise_if!r}")


def open(model: str, settings: FakeSettings = FakeSettings()) -> FakeEmbedder:  # noqa: A001
    """An embedder whose vectors depend on the name ``model``."""
    return FakeEmbedder(model, settings)
