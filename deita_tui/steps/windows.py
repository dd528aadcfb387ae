"""The texts that a scorer still has to read, a window at a time, so that memory stays flat."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import cast

from deita_store import scores, settings
from deita_store.scores import Scorer, Turn
from deita_store.store import Store
from deita_tui import records
from deita_tui.records import Pairing

SIZE = 4096
"""Conversations, or texts if these come to more first."""

_CHUNK = 256

Fields = tuple[str, ...]


@dataclass(slots=True)
class Window:
    """Some conversations and their texts without a score, each once."""

    texts: dict[bytes, Fields] = field(default_factory=dict)
    waiting: dict[int, set[bytes]] = field(default_factory=dict)
    """For each conversation the texts that it lacks."""
    reused: int = 0
    """Turns whose text was scored before, here or elsewhere in the project."""
    _readers: dict[bytes, list[int]] = field(default_factory=dict)

    def lack(self, conversation: int, text: bytes) -> None:
        """Note that a conversation waits for a text."""
        self.waiting[conversation].add(text)
        self._readers.setdefault(text, []).append(conversation)

    def complete(self) -> list[int]:
        """The conversations that lack nothing; each is returned once."""
        return self._drop([each for each, lacking in self.waiting.items() if not lacking])

    def deal_with(self, texts: Sequence[bytes]) -> list[int]:
        """Take ``texts`` as done; return the conversations that lack nothing more."""
        touched: dict[int, None] = {}
        for text in texts:
            for conversation in self._readers.pop(text, ()):
                self.waiting[conversation].discard(text)
                touched[conversation] = None
        return self._drop([each for each in touched if not self.waiting[each]])

    def _drop(self, conversations: list[int]) -> list[int]:
        for each in conversations:
            del self.waiting[each]
        return conversations


def windows(store: Store, scorer: Scorer, conversations: Sequence[int]) -> Iterator[Window]:
    """Cut ``conversations``, in their order, into windows of what the scorer has not read."""
    pairing = _pairing(store)
    window = Window()
    for start in range(0, len(conversations), _CHUNK):
        chunk = conversations[start : start + _CHUNK]
        window.waiting.update((conversation, set()) for conversation in chunk)
        lacking = []
        for turn in scores.turns(store, scorer, chunk):
            if turn.known:
                window.reused += 1
            elif turn.problem is None:
                window.lack(turn.conversation_id, turn.text)
                if turn.text not in window.texts:
                    lacking.append(turn)
        window.texts |= _read(store, scorer, lacking, pairing)
        if len(window.texts) >= SIZE or len(window.waiting) >= SIZE:
            yield window
            window = Window()
    if window.waiting:
        yield window


def texts(store: Store, scorer: Scorer, conversations: Sequence[int]) -> dict[bytes, Fields]:
    """What the scorer reads, or has read, in ``conversations``."""
    turns = scores.turns(store, scorer, conversations)
    scorable = [turn for turn in turns if turn.problem is None]
    return _read(store, scorer, scorable, _pairing(store))


def _read(
    store: Store, scorer: Scorer, turns: Sequence[Turn], pairing: Pairing
) -> dict[bytes, Fields]:
    wanted: dict[int, list[Turn]] = {}
    for turn in turns:
        wanted.setdefault(turn.conversation_id, []).append(turn)
    found: dict[bytes, Fields] = {}
    for conversation, body in scores.bodies(store, wanted).items():
        said = records.pairs(records.from_body(body).messages, pairing)
        for turn in wanted[conversation]:
            read = (said[turn.turn].instruction, said[turn.turn].response)
            found[turn.text] = read if scorer.reads == "pair" else read[:1]
    return found


def _pairing(store: Store) -> Pairing:
    return cast("Pairing", settings.get(store, "pairing", "deita-tui"))
