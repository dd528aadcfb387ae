"""The texts that an embedder still has to read, a window at a time, so that memory stays flat."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from deita_store import settings, vectors
from deita_store.store import Store
from deita_tui import records
from deita_tui.embedding import rendering
from deita_tui.embedding.rendering import Rendering, What
from deita_tui.records import Pairing

SIZE = 4096
"""Conversations, unless their texts are long."""
_CHARS = 1 << 26
_CHUNK = 512


@dataclass(slots=True)
class Window:
    """Some conversations, and those of their texts that were not embedded yet, each once."""

    texts: dict[bytes, str] = field(default_factory=dict)
    waiting: dict[bytes, list[int]] = field(default_factory=dict)
    """The conversations of each text in ``texts``."""
    known: list[tuple[int, bytes]] = field(default_factory=list)
    """Conversations whose text was embedded before, with its hash."""
    hopeless: list[tuple[int, bytes, str]] = field(default_factory=list)
    """Conversations without anything to embed, and why."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How records become texts."""

    what: What
    rendering: Rendering
    pairing: Pairing

    def text(self, body: str) -> tuple[str, str]:
        """The text of a version, and why there is none to embed; one of the two is empty."""
        turns = records.pairs(records.from_body(body).messages, self.pairing)
        if not turns:
            return "", rendering.NO_TURN
        text = rendering.render(turns, self.what, self.rendering)
        if not text or text.isspace():
            return "", rendering.EMPTY
        return text, ""


def reading(store: Store, what: What, how: Rendering) -> Reading:
    """How this project's records become texts."""
    return Reading(what, how, cast("Pairing", settings.get(store, "pairing", "deita-tui")))


def windows(
    store: Store, embedder_id: int, conversations: Sequence[int], how: Reading
) -> Iterator[Window]:
    """Cut ``conversations``, in their order, into windows of what was not embedded.

    What the caller still holds of an earlier window and has not stored is in a later one again.
    """
    window, size, chars = Window(), 0, 0
    for start in range(0, len(conversations), _CHUNK):
        chunk = conversations[start : start + _CHUNK]
        for conversation, body in vectors.bodies(store, chunk):
            text, problem = how.text(body)
            if problem:
                # Texts that are not there at all are told apart by why.
                window.hopeless.append((conversation, rendering.key(problem), problem))
                continue
            key = rendering.key(text)
            if key in window.waiting:
                window.waiting[key].append(conversation)
                continue
            window.texts[key] = text
            window.waiting[key] = [conversation]
            chars += len(text)
        size += len(chunk)
        if size >= SIZE or chars >= _CHARS:
            yield _sorted_out(store, embedder_id, window)
            window, size, chars = Window(), 0, 0
    if size:
        yield _sorted_out(store, embedder_id, window)


def _sorted_out(store: Store, embedder_id: int, window: Window) -> Window:
    """Set aside what the project knows already."""
    for key in vectors.known(store, embedder_id, window.texts):
        del window.texts[key]
        window.known += [(each, key) for each in window.waiting.pop(key)]
    return window
