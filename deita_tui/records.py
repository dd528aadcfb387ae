"""A conversation as the program knows it, and the one definition of its turns.

Everything that scores, embeds, counts or exports asks this module what a turn is (design D1),
so that no two stages can disagree. Nothing here knows files, the store or a model.
"""

from collections.abc import Iterable, Iterator, Sequence
from hashlib import blake2b
from typing import Literal, get_args

import msgspec

Role = Literal["system", "user", "assistant", "tool"]
ROLES: tuple[Role, ...] = get_args(Role)
Pairing = Literal["deita-tui", "reference"]


class Call(msgspec.Struct, frozen=True, omit_defaults=True):
    """A tool call; ``arguments`` is JSON text, as its model wrote it."""

    name: str
    arguments: str
    id: str | None = None


class Message(msgspec.Struct, frozen=True, omit_defaults=True):
    """One message. ``content`` is never normalised."""

    role: Role
    content: str = ""
    reasoning: str | None = None
    """What the assistant thought before it answered, where the file keeps that apart."""
    calls: tuple[Call, ...] | None = None
    call_id: str | None = None
    """On a tool message: the call that it answers."""
    name: str | None = None
    media: tuple[str, ...] | None = None
    """Opaque references to images, audio or video: kept, exported, never opened."""


class Record(msgspec.Struct, frozen=True, omit_defaults=True):
    """What identifies a record (D3): its messages, its rejected side, its KTO label."""

    messages: tuple[Message, ...]
    rejected: tuple[Message, ...] | None = None
    """The side of a preference pair that was not chosen, in place of the last answer."""
    label: bool | None = None
    """The KTO label: was this answer wanted?"""


class Turn(msgspec.Struct, frozen=True):
    """An (instruction, response) pair, as both scorers see it."""

    instruction: str
    response: str

    @property
    def problem(self) -> str | None:
        """Why this turn cannot be scored (D2); None when it can."""
        if not self.instruction.strip():
            return "empty instruction"
        if not self.response.strip():
            return "empty response"
        return None


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Record)


def body(record: Record) -> bytes:
    """The canonical JSON of a record: what the store keeps and what ``uid`` is the hash of."""
    return _encoder.encode(record)


def from_body(text: str | bytes) -> Record:
    """The record whose canonical JSON is ``text``."""
    return _decoder.decode(text)


def uid(body: bytes) -> str:
    """The content hash of a canonical body: 16 hex digits of BLAKE2b-64 (D3)."""
    return blake2b(body, digest_size=8).hexdigest()


def spoken(message: Message) -> str:
    """A message's text as a scorer reads it; a tool call stands there as compact JSON."""
    if not message.calls:
        return message.content
    calls = (_compact(call) for call in message.calls)
    return "\n".join(part for part in (message.content, *calls) if part)


def pairs(messages: Iterable[Message], pairing: Pairing = "deita-tui") -> list[Turn]:
    """The (instruction, response) turns of a conversation (D1).

    System and tool messages never open a turn; user messages in a row join with a newline; the
    response is all assistant text up to the next user message; assistant messages before the first
    user message are context; a trailing user message is no turn. ``"reference"`` pairs messages
    two by two whatever their roles, as hkust-nlp/deita does, and answers a trailing one with "".
    """
    if pairing == "reference":
        return list(_reference_pairs([spoken(message) for message in messages]))
    turns: list[Turn] = []
    asked: list[str] = []
    answered: list[str] = []
    for message in messages:
        if message.role == "user":
            if answered:
                turns.append(Turn("\n".join(asked), "\n".join(answered)))
                asked, answered = [], []
            asked.append(message.content)
        elif message.role == "assistant" and asked:
            answered.append(spoken(message))
    if answered:
        turns.append(Turn("\n".join(asked), "\n".join(answered)))
    return turns


def count_turns(messages: Iterable[Message]) -> int:
    """``len(pairs(messages))`` without building the texts: imports count millions of them."""
    turns = 0
    asked = False
    for message in messages:
        if message.role == "user":
            asked = True
        elif message.role == "assistant" and asked:
            turns += 1
            asked = False
    return turns


def instruction_key(instruction: str) -> bytes:
    """16 bytes that name the text a complexity scorer reads."""
    return blake2b(instruction.encode(), digest_size=16, person=b"instruction").digest()


def pair_key(turn: Turn) -> bytes:
    """16 bytes that name the two texts a quality scorer reads."""
    # NUL never occurs in a record (D18), so the two texts cannot run into each other.
    text = f"{turn.instruction}\0{turn.response}".encode()
    return blake2b(text, digest_size=16, person=b"pair").digest()


def _reference_pairs(texts: Sequence[str]) -> Iterator[Turn]:
    for start in range(0, len(texts), 2):
        yield Turn(texts[start], texts[start + 1] if start + 1 < len(texts) else "")


def _compact(call: Call) -> str:
    name = _encoder.encode(call.name).decode()
    try:
        arguments = msgspec.json.format(call.arguments, indent=-1)
    except msgspec.DecodeError:
        arguments = _encoder.encode(call.arguments).decode()
    return f'{{"name":{name},"arguments":{arguments}}}'
