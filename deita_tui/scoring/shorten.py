"""Fitting a prompt into the judge's limit without touching the template.

The reference cuts nothing and lets the model fail; cutting at the right would take away the very
question. Here what is judged loses characters from its middle: its beginning says what it is, its
end how it came out. Shortened rows are marked, so that they can be told from the others.
"""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from deita_tui.scoring.deita import Template
from deita_tui.scoring.digits import Tokens

POLICY = "middle/2"
"""Stands for this module in a scorer's identity."""

MARK = " … "
"""Stands for what was left out."""

_FLOOR = 200
_CHARS_A_TOKEN = 16
"""So many are looked at first. Most text has four; more are taken as long as that may matter."""
_SEAMS = 256
"""Where a text is cut, what stands there may be other tokens than in the whole: far fewer than so
many. A cut text that is longer than the limit by more is the proof that the whole is too long."""


class Answers(Protocol):
    """What comes right behind a template: the six digits of a judge, or the answers of a scale."""

    def prompt(self, tokens: Tokens, text: str) -> "array[int] | None":
        """What the model reads of ``text``; None if an answer is not what it is elsewhere."""
        ...


@dataclass(frozen=True, slots=True)
class Prompt:
    """What the judge reads, or why it cannot."""

    tokens: "array[int]"
    shortened: bool = False
    problem: str | None = None


def shortened(text: str, chars: int) -> str:
    """``text`` with its middle left out, keeping ``chars`` characters of it."""
    if chars >= len(text):
        return text
    start = (chars + 1) // 2
    return text[:start] + MARK + text[len(text) - (chars - start) :]


def fit(
    template: Template, fields: Sequence[str], digits: Answers, tokens: Tokens, limit: int
) -> Prompt:
    """The prompt for ``fields`` in at most ``limit`` tokens.

    The last field (the response) is shortened first, to 200 characters if need be, then the
    instruction to as many, then both to nothing. Deterministic: the same texts, the same tokens.

    What fits is never shortened, however long its tokens are; yet of a row of 50 MB, which would
    take minutes, only as much is tokenized as shows that it does not fit.
    """
    kept = [_looked_at(template, fields, place, tokens, limit) for place in range(len(fields))]

    def attempt() -> "array[int] | None":
        texts = [shortened(field, chars) for field, chars in zip(fields, kept, strict=True)]
        return digits.prompt(tokens, template.render(texts))

    best = attempt()
    if best is None:
        return Prompt(array("i"), problem="its end merges with the digits in this tokenizer")
    if len(best) <= limit and kept == [len(field) for field in fields]:
        return Prompt(best)
    for floor in (_FLOOR, 0):
        for place in reversed(range(len(fields))):
            high = kept[place]
            low = kept[place] = min(floor, high)
            found = attempt()
            if found is None or len(found) > limit:
                continue
            # The most characters that fit; tokens grow with characters closely enough.
            while high - low > 1:
                kept[place] = (low + high) // 2
                longer = attempt()
                if longer is not None and len(longer) <= limit:
                    low, found = kept[place], longer
                else:
                    high = kept[place]
            return Prompt(found, shortened=True)
    return Prompt(array("i"), problem=f"the template alone is longer than {limit} tokens")


def _looked_at(
    template: Template, fields: Sequence[str], place: int, tokens: Tokens, limit: int
) -> int:
    """How many characters of a field there are to look at.

    All of it; or so many that it is too long even with nothing in the other fields.
    """
    field = fields[place]
    chars = limit * _CHARS_A_TOKEN
    while chars < len(field):
        alone = ["" if other != place else shortened(field, chars) for other in range(len(fields))]
        if len(tokens(template.render(alone))) > limit + _SEAMS:
            return chars
        chars *= 2
    return len(field)
