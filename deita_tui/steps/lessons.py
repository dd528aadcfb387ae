"""What there is to learn from: the texts that scorers have scored, their values and features."""

import re
from array import array
from collections.abc import Generator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from deita_store import scores
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.lite import distilling
from deita_tui.lite.features import features
from deita_tui.steps.windows import Fields, texts

_CHUNK = 512
_DIGITS = re.compile(r"\d+")
_OTHER = re.compile(r"\W+")

Key = tuple[bytes, ...]
"""One turn: for each teacher, the hash of the text that it read."""


@dataclass(slots=True)
class Lesson:
    """What one teacher said, text by text."""

    teacher: Scorer
    texts: list[bytes] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    features: list[NDArray[np.float32]] = field(default_factory=list)
    """Pieces, to be stacked."""
    record: list[int] = field(default_factory=list)
    """Of each text, the place of the record that it was first met in."""

    @property
    def digest(self) -> str:
        """Stands for the texts and what was said of them, in whatever order they came."""
        total = sha256()
        for text, value in sorted(zip(self.texts, self.values, strict=True)):
            total.update(text + np.float64(value).tobytes())
        return total.hexdigest()


@dataclass(slots=True)
class Lessons:
    """What several teachers said of the same records."""

    by_teacher: list[Lesson]
    conversations: Sequence[int]
    """The records' versions in force, in the order of the sample."""
    turns: list[list[Key]] = field(default_factory=list)
    """Of each record, its turns."""
    whole: list[bool] = field(default_factory=list)
    """Does every turn of the record have a value by every teacher?"""
    prompts: list[set[str]] = field(default_factory=list)
    """Of each record, its instructions, but for what is no difference between prompts."""

    def alike(self) -> NDArray[np.int64]:
        """(records,) The group of each record: those that share a prompt belong together."""
        return distilling.groups(self.prompts)

    def shared(self, place: int) -> NDArray[np.int64]:
        """(records,) The same, of those that share a text of the teacher at ``place``."""
        return distilling.groups([{turn[place] for turn in turns} for turns in self.turns])


def read(
    store: Store, teachers: Sequence[Scorer], conversations: Sequence[int]
) -> Generator[int, None, Lessons]:
    """Read what the teachers said of ``conversations``; yields how many are read.

    Args:
        store: the project.
        teachers: scorers that have dealt with all of them.
        conversations: versions of records.
    """
    found = Lessons([Lesson(teacher) for teacher in teachers], conversations)
    known: list[set[bytes]] = [set() for _ in teachers]
    for start in range(0, len(conversations), _CHUNK):
        chunk = conversations[start : start + _CHUNK]
        for lesson, seen in zip(found.by_teacher, known, strict=True):
            _add(store, lesson, seen, chunk, start)
        _add_turns(store, teachers, found, chunk)
        yield start + len(chunk)
    return found


def finished(store: Store, teachers: Sequence[Scorer], ordered: Sequence[int]) -> "array[int]":
    """Those of the conversations ``ordered`` that all teachers have dealt with, in their order."""
    waiting = {each for teacher in teachers for each in scores.pending(store, teacher.id, ordered)}
    return array("q", (each for each in ordered if each not in waiting))


def prompt(instruction: str) -> str:
    """An instruction without what makes no other prompt of it: case, numbers, signs, spaces."""
    return _OTHER.sub(" ", _DIGITS.sub("0", instruction.lower())).strip()


def _add(store: Store, lesson: Lesson, seen: set[bytes], chunk: Sequence[int], start: int) -> None:
    """Add the texts of ``chunk`` that the teacher gave a value."""
    place = {conversation: start + offset for offset, conversation in enumerate(chunk)}
    values = {each.text: each.value for each in scores.given(store, lesson.teacher, chunk)}
    first: dict[bytes, int] = {}
    for turn in scores.turns(store, lesson.teacher, chunk):
        if turn.text not in seen and values.get(turn.text) is not None:
            first.setdefault(turn.text, place[turn.conversation_id])
    if not first:
        return
    fields = texts(store, lesson.teacher, chunk)
    seen |= first.keys()
    lesson.texts += first
    lesson.values += (float(values[text] or 0.0) for text in first)
    lesson.record += first.values()
    lesson.features.append(looked_at([fields[text] for text in first]))


def looked_at(fields: Sequence[Fields]) -> NDArray[np.float32]:
    """(n, f) The features of texts, of which each is an instruction, or it and its response."""
    responses = [each[1] for each in fields] if len(fields[0]) > 1 else None
    return features([each[0] for each in fields], responses)


def _add_turns(
    store: Store, teachers: Sequence[Scorer], found: Lessons, chunk: Sequence[int]
) -> None:
    keys: dict[int, list[Key]] = {conversation: [] for conversation in chunk}
    incomplete = set()
    valued = [
        {each.text for each in scores.given(store, teacher, chunk) if each.value is not None}
        for teacher in teachers
    ]
    by_teacher = [scores.turns(store, teacher, chunk) for teacher in teachers]
    for turns in zip(*by_teacher, strict=True):
        conversation, key = turns[0].conversation_id, tuple(turn.text for turn in turns)
        keys[conversation].append(key)
        if turns[0].problem or any(t not in v for t, v in zip(key, valued, strict=True)):
            incomplete.add(conversation)
    prompts = _prompts(store, chunk)
    for conversation in chunk:
        found.turns.append(keys[conversation])
        found.whole.append(bool(keys[conversation]) and conversation not in incomplete)
        found.prompts.append(prompts[conversation])


def _prompts(store: Store, chunk: Sequence[int]) -> dict[int, set[str]]:
    from deita_tui import records

    return {
        conversation: {
            prompt(turn.instruction) for turn in records.pairs(records.from_body(body).messages)
        }
        for conversation, body in scores.bodies(store, chunk).items()
    }
