"""Turns as one-shot demonstrations: what ICI and NUGGETS ask a model.

A *target* is a turn whose response is to be foreseen, by itself and behind a demonstration. It
takes half of the limit at most, so the demonstration has the other half and what is left. One that
is longer loses its end; the target never does, and the same tokens of its response are looked at
whatever stands before it. The published code cuts both from the right, does not find the response
any more, and takes that for a perfect demonstration.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass

from deita_tui.scoring.digits import Tokens
from deita_tui.scoring.ifd import LEAST, joined
from deita_tui.scoring.methods import Logprobs, Spoken

Turn = Sequence[str]
"""An instruction and a response."""

_CHARS = 64
"""No text has so many characters a token."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What stands before an instruction, and between it and its response."""

    before: str
    between: str

    def prompt(self, turn: Turn) -> str:
        """All that stands before the response."""
        return f"{self.before}{turn[0]}{self.between}"

    def whole(self, turn: Turn) -> str:
        """The turn as a demonstration."""
        return f"{self.prompt(turn)}{turn[1]}"


@dataclass(frozen=True, slots=True)
class Target:
    """A turn under one tokenizer."""

    text: str
    """All of it."""
    prompt: "array[int]"
    said: "array[int]"
    """The response."""
    kept: "array[int]"
    """As much of it as is looked at: its beginning."""
    starts: int
    """So many tokens the tokenizer puts before any text: 1 where there is a BOS."""

    @property
    def given(self) -> Spoken:
        """The response behind its instruction."""
        return Spoken(self.prompt, self.kept)

    @property
    def alone(self) -> Spoken:
        """The same tokens behind nothing; see ``target``."""
        opening = self.prompt[: self.starts] if self.starts else self.prompt[-1:]
        return Spoken(opening, self.kept)


def target(
    turn: Turn, layout: Layout, tokens: Tokens, limit: int, alone: bool = False
) -> Target | None:
    """A turn to be foreseen; None where too little of its response would be looked at.

    Args:
        turn: its texts.
        layout: of the prompt.
        tokens: the model's tokenizer.
        limit: the most tokens of a question.
        alone: it is to be foreseen behind nothing as well. Where the model has no BOS, the first
            token of the response is then left out everywhere: nothing could foretell it.
    """
    turn = _cut(turn, limit)
    whole, start = joined(tokens, layout.prompt(turn), turn[1])
    starts = len(tokens(""))
    if alone and not starts:
        start += 1
    said = whole[start:]
    kept = said[: max(limit // 2 - start, 0)]
    if len(kept) < LEAST or not start:
        return None
    return Target(layout.whole(turn), whole[:start], said, kept, starts)


def behind(
    turn: Turn, layout: Layout, target: Target, tokens: Tokens, limit: int, apart: bool
) -> tuple[Spoken, bool]:
    """A target behind a demonstration, and whether that had to be shortened.

    Args:
        turn: the demonstration.
        layout: of its prompt.
        target: what is to be foreseen.
        tokens: the model's tokenizer.
        limit: the most tokens of a question.
        apart: both are tokenized by themselves, as NUGGETS does; else as one text, as ICI does.
    """
    demonstration = layout.whole(_cut(turn, limit))
    if not apart:
        whole = array("i", tokens(demonstration + target.text))
        cut = len(whole) - len(target.said)
        # Where the seam has swallowed a part of the response, they are tokenized apart as well.
        if whole[cut:] == target.said and cut + len(target.kept) <= limit:
            return Spoken(whole[:cut], target.kept), False
    shown = array("i", tokens(demonstration))
    prompt = target.prompt[target.starts :]
    room = limit - len(prompt) - len(target.kept)
    return Spoken(shown[:room] + prompt, target.kept), len(shown) > room


def _cut(turn: Turn, limit: int) -> Turn:
    """A turn without what could not be looked at anyway: of 50 MB not all needs tokens."""
    return [text[: limit * _CHARS] for text in turn]


def loss(answer: Logprobs) -> float:
    """The mean negative log-probability of the tokens."""
    return -math.fsum(answer) / len(answer)
