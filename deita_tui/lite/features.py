"""A text, or a question with its answer, as numbers that a small model can learn from.

What the embedder makes of it, what shows on its surface, and how answer and question go together.
It costs about a tenth of a millisecond a text.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from deita_tui.embedding import lite
from deita_tui.lite.surface import NAMES_OF_TEXT, Surface

Floats = NDArray[np.float32]

VERSION = "1"
"""Counted up when a feature changes."""

TOGETHER = (
    "alike",
    "times as long",
    "of the question in the answer",
    "of the answer from the question",
    "answer is the question",
    "alphabets differ",
    "code for code",
    "list for list",
)
_AT = {name: place for place, name in enumerate(NAMES_OF_TEXT)}
_SURFACE = len(NAMES_OF_TEXT)


@lru_cache(maxsize=1)
def _embedder() -> lite.LiteEmbedder:
    return lite.open()


@lru_cache(maxsize=1)
def _surface() -> Surface:
    return Surface(_embedder().words)


@lru_cache(maxsize=1)
def identity() -> Mapping[str, str]:
    """What decides the numbers, apart from the text."""
    return {"version": VERSION, **{f"embedder {k}": v for k, v in _embedder().identity.items()}}


@lru_cache(maxsize=2)
def names(pair: bool) -> tuple[str, ...]:
    """What the columns of ``features`` are called.

    Args:
        pair: with responses, or without.
    """
    question = (*NAMES_OF_TEXT, *(f"axis {axis}" for axis in range(_embedder().dimensions)))
    if not pair:
        return question
    answer = (f"answer: {each}" for each in question)
    return (*(f"question: {each}" for each in question), *answer, *TOGETHER)


def features(
    instructions: Sequence[str], responses: Sequence[str] | None = None, meaning: bool = True
) -> Floats:
    """Numbers of n texts, or of n pairs.

    A row depends on its own text alone, to the last bit, and holds no NaN.

    Args:
        instructions: n texts.
        responses: n answers; None where only the instruction counts.
        meaning: with what the embedder makes of the texts; without, those columns are 0, and it
            takes two thirds of the time.

    Returns:
        (n, f); what its columns are says ``names``.
    """
    asked = _read(instructions, meaning)
    if responses is None:
        return asked.table
    said = _read(responses, meaning)
    return np.concatenate([asked.table, said.table, _together(asked, said)], axis=1)


@dataclass(frozen=True, slots=True)
class _Read:
    texts: Sequence[str]
    ids: list[NDArray[np.int64]]
    table: Floats
    """(n, surface and axes)"""


def _read(texts: Sequence[str], meaning: bool) -> _Read:
    embedder = _embedder()
    split = [lite.split(text) for text in texts]
    ids = [np.array(each, np.int64) for each, _ in embedder.words.of(split)]
    table = np.zeros((len(texts), _SURFACE + embedder.dimensions), np.float32)
    table[:, :_SURFACE] = _surface().of(texts, [words for words, _ in split], ids)
    if meaning:
        for row, tokens in enumerate(ids):
            if len(tokens):
                table[row, _SURFACE:] = _unit(embedder.mean(tokens))
    return _Read(texts, ids, table)


def _unit(vector: Floats) -> Floats:
    length = np.sqrt(np.add.reduce(vector * vector))
    return vector / length if length else vector


def _together(asked: _Read, said: _Read) -> Floats:
    """How each pair goes together, by ``TOGETHER``."""
    found = np.zeros((len(asked.texts), len(TOGETHER)), np.float32)
    question, answer = asked.table, said.table
    found[:, 0] = np.add.reduce(question[:, _SURFACE:] * answer[:, _SURFACE:], axis=1)
    found[:, 1] = answer[:, _AT["characters"]] - question[:, _AT["characters"]]
    for row, (one, other) in enumerate(zip(asked.ids, said.ids, strict=True)):
        first, second = set(one.tolist()), set(other.tolist())
        shared = len(first & second)
        found[row, 2] = shared / max(1, len(first))
        found[row, 3] = shared / max(1, len(second))
        found[row, 4] = asked.texts[row].strip() == said.texts[row].strip()
    found[:, 5] = np.abs(answer[:, _AT["beyond ASCII"]] - question[:, _AT["beyond ASCII"]])
    fenced = answer[:, _AT["fences"]] > 0
    listed = answer[:, _AT["bullets"]] + answer[:, _AT["numbered"]] > 0
    found[:, 6] = (question[:, _AT["words of code"]] > 0) & fenced
    found[:, 7] = (question[:, _AT["words of simple"]] > 0) & listed
    return found


def __getattr__(name: str) -> Mapping[str, str]:
    # Known only once the table is read, so made when it is asked for.
    if name == "IDENTITY":
        return identity()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
