"""What of a record is embedded, as one text; and the hash that names it.

Turns come from ``records.pairs``, as they do for the scorers: the reference's embedder and scorer
disagree about them, ours cannot.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Literal, get_args

from deita_tui.backends.embedders import END, END_TEXT
from deita_tui.records import Turn

What = Literal["conversation", "instruction", "response"]
WHATS: tuple[What, ...] = get_args(What)
Rendering = Literal["plain", "vicuna_v1.1"]

VICUNA = (
    "A chat between a curious user and an artificial intelligence assistant. "
    "The assistant gives helpful, detailed, and polite answers to the user's questions. "
)
"""What the vicuna v1.1 template begins with."""

NO_TURN = "it has no turn: nobody asks, or nobody answers"
EMPTY = "there is nothing to embed: its text is empty"


def render(turns: Sequence[Turn], what: What, rendering: Rendering = "plain") -> str:
    """The text that is embedded; empty for a record without turns.

    ``plain`` is the texts alone, one under another and without roles: encoders are trained on
    prose, have room for a few hundred tokens, and whatever all texts share makes them all alike.
    Responses joined by a newline are what the reference calls ``only_answer``.

    ``vicuna_v1.1`` is the template that the reference renders a whole conversation with. Where
    ``</s>`` stands in it, ``END`` stands here: the reference's tokenizer reads it as the end token,
    and only the template's own shall become one. It has no bearing on a part of a conversation.
    """
    if what == "instruction":
        return "\n".join(turn.instruction for turn in turns)
    if what == "response":
        return "\n".join(turn.response for turn in turns)
    if rendering == "plain":
        return "\n".join([text for turn in turns for text in (turn.instruction, turn.response)])
    if not turns:
        return ""
    return VICUNA + "".join(map(_vicuna, turns))


def shown(text: str) -> str:
    """A rendered text as the template spells it."""
    return text.replace(END, END_TEXT)


def key(text: str) -> bytes:
    """16 bytes that name a rendered text."""
    return blake2b(text.encode(), digest_size=16, person=b"embedded").digest()


def _vicuna(turn: Turn) -> str:
    # The template writes nothing behind a role that says nothing.
    asked = f"USER: {turn.instruction} " if turn.instruction else "USER:"
    answered = f"ASSISTANT: {turn.response}{END}" if turn.response else "ASSISTANT:"
    return asked + answered
