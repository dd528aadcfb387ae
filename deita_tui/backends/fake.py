"""A judge without a model: its answers are a hash of what it reads, and it fails on request.

Tests and dry runs use it wherever a real one could stand. Its tokens are the text's UTF-8 bytes.
"""

import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deita_tui.backends import FloatArray, Item

BOS = 256
_DIGITS = frozenset(b"123456")


@dataclass(frozen=True, slots=True)
class FakeSettings:
    """How it answers, and what goes wrong when. Calls count from 1; 0 is never."""

    limit: int = 4_096
    """The most tokens in a prompt."""
    mass: float = 0.9
    """What the six digits hold of the whole vocabulary."""
    constant: bool = False
    """Answers every prompt alike, as a broken model does."""
    nan_share: float = 0.0
    """This share of all prompts is answered with NaN, always the same ones."""
    seconds: float = 0.0
    """Each call takes so long."""
    raise_on: int = 0
    raise_if: str = ""
    """Raises whenever a prompt holds this text."""
    hang_on: int = 0
    hang_seconds: float = 3_600.0
    die_on: int = 0
    """Takes the process with it, as an abort in native code does."""


class FakeJudge:
    """Deterministic and order-free: a row depends on its own tokens alone."""

    def __init__(self, model: str, settings: FakeSettings) -> None:
        self.identity: Mapping[str, str] = {
            "backend": "fake",
            "weights": model,
            "precision": "exact",
            "answers": f"{settings.mass} {settings.constant} {settings.nan_share}",
        }
        self.limit = settings.limit
        self.settings = settings
        self.calls = 0
        self.rows = 0
        """Prompts answered so far."""
        self.closed = False

    def tokens(self, text: str) -> list[int]:
        """BOS and the bytes of ``text``."""
        return [BOS, *text.encode()]

    def next_logprobs(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int = 0
    ) -> "FloatArray":
        """Numbers out of a hash; see ``Judge``."""
        import numpy as np

        self.calls += 1
        self._fault(prompts)
        rows = [self._row(prompt, choices, shared) for prompt in prompts]
        self.rows += len(rows)
        return np.array(rows, dtype=np.float64).reshape(len(prompts), len(choices))

    def logprobs(self, items: "Sequence[Item]") -> "list[FloatArray]":
        """Numbers out of a hash of all that stands before a token; see ``LogProbs``."""
        import numpy as np

        self.calls += 1
        rows = [[*prefix, *continuation] for prefix, continuation in items]
        self._fault(rows)
        found = []
        for (prefix, _), row in zip(items, rows, strict=True):
            if not 2 <= len(row) <= self.limit or not prefix:
                raise ValueError(f"{len(prefix)} tokens before the continuation, {len(row)} in all")
            key = self.identity["weights"].encode()[:64]
            state = blake2b(key=key, digest_size=8)
            said = []
            for place, token in enumerate(row):
                state.update(token.to_bytes(2))
                if place >= len(prefix):
                    digest = state.digest()
                    said.append(-1.0 if self.settings.constant else -digest[0] / 64 - 0.01)
            share = int.from_bytes(state.digest()[-4:]) / 2**32
            broken = share < self.settings.nan_share
            found.append(np.full(len(said), np.nan) if broken else np.array(said, np.float64))
        self.rows += len(rows)
        return found

    def close(self) -> None:
        """Nothing to give back; it remembers being asked."""
        self.closed = True

    def _fault(self, prompts: Sequence[Sequence[int]]) -> None:
        settings = self.settings
        if settings.seconds:
            time.sleep(settings.seconds)
        if self.calls == settings.die_on:
            os._exit(134)
        if self.calls == settings.hang_on:
            time.sleep(settings.hang_seconds)
        if self.calls == settings.raise_on:
            raise RuntimeError(f"fault at call {self.calls}")
        if settings.raise_if and any(settings.raise_if.encode() in _text(each) for each in prompts):
            raise RuntimeError(f"fault at {settings.raise_if!r}")

    def _row(self, prompt: Sequence[int], choices: Sequence[int], shared: int) -> list[float]:
        import math

        if not shared < len(prompt) <= self.limit:
            raise ValueError(f"a prompt of {len(prompt)} tokens, {shared} shared")
        text = b"" if self.settings.constant else _text(prompt)
        digest = blake2b(text, key=self.identity["weights"].encode()[:64]).digest()
        if int.from_bytes(digest[-4:]) < self.settings.nan_share * 2**32:
            return [math.nan] * len(choices)
        # Six weights for the digits; what is left is spread evenly over the other 251 tokens.
        weights = {49 + place: 0.02 + digest[place] / 255 for place in range(len(_DIGITS))}
        held = self.settings.mass / sum(weights.values())
        rest = max(1e-9, 1 - self.settings.mass) / 251
        return [math.log(weights[each] * held if each in weights else rest) for each in choices]


def open(model: str, settings: FakeSettings = FakeSettings()) -> FakeJudge:  # noqa: A001
    """A judge whose answers depend on the name ``model``."""
    return FakeJudge(model, settings)


def _text(prompt: Sequence[int]) -> bytes:
    return bytes(token for token in prompt if token != BOS)
