"""Where two texts differ, word by word."""

import re
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Literal

import msgspec

WORDS = 1_500
"""So many words of either text are compared: the time grows with their square."""

_WORD = re.compile(r"\s*(?:[^\W_]+|\S)", re.UNICODE)

Side = Literal["both", "first", "second"]


class Piece(msgspec.Struct, frozen=True):
    """A stretch of text, and which of the two has it."""

    side: Side
    text: str


class Diff(msgspec.Struct, frozen=True):
    """Two texts as one: what they share, and what only one of them has."""

    pieces: tuple[Piece, ...]
    """In order. Those of ``both`` and ``first`` make up the first text, and so on; white space is
    the first one's."""
    words: tuple[int, int]
    """How many words of either differ."""
    cut: bool
    """Whether only the first ``WORDS`` words of a longer text were compared."""


def differing(first: str, second: str) -> Diff:
    """Compare two texts by their words, in which a punctuation mark is a word of its own.

    Method: the longest matching blocks of Ratcliff and Obershelp, as ``difflib`` has them.
    """
    a, b = _WORD.findall(first), _WORD.findall(second)
    cut = max(len(a), len(b)) > WORDS
    a, b = a[:WORDS], b[:WORDS]
    matcher = SequenceMatcher(
        None, [word.strip() for word in a], [word.strip() for word in b], autojunk=False
    )
    pieces: list[Piece] = []
    only = [0, 0]
    for what, a0, a1, b0, b1 in matcher.get_opcodes():
        if what == "equal":
            pieces.append(Piece("both", "".join(a[a0:a1])))
            continue
        only[0] += a1 - a0
        only[1] += b1 - b0
        pieces += [Piece("first", "".join(a[a0:a1]))] if a1 > a0 else []
        pieces += [Piece("second", "".join(b[b0:b1]))] if b1 > b0 else []
    return Diff(tuple(pieces), (only[0], only[1]), cut)


def shortened(pieces: Sequence[Piece], around: int = 6) -> list[Piece]:
    """The same, with what both have cut to ``around`` words on either side of a difference."""
    found = []
    for place, piece in enumerate(pieces):
        words = _WORD.findall(piece.text)
        first, last = place == 0, place == len(pieces) - 1
        keep = (0 if first else around) + (0 if last else around)
        if piece.side != "both" or len(words) <= keep + 1:
            found.append(piece)
            continue
        head = "" if first else "".join(words[:around])
        tail = "" if last else "".join(words[-around:])
        found.append(Piece("both", f"{head} …{tail}"))
    return found
