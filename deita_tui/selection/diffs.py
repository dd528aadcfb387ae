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

    @property
    def lengths(self) -> tuple[int, int]:
        """How many words of either were compared."""
        count = {"both": 0, "first": 0, "second": 0}
        for piece in self.pieces:
            count[piece.side] += len(_WORD.findall(piece.text))
        return count["both"] + count["first"], count["both"] + count["second"]

    @property
    def unlike(self) -> bool:
        """Whether the shorter text shares less than half of its words: a diff is then noise."""
        (alone, _), (here, there) = self.words, self.lengths
        return (here - alone) * 2 < min(here, there)


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


def brief(pieces: Sequence[Piece], words: int = 120, each: int = 12) -> tuple[list[Piece], int]:
    """The first differences, for two texts that differ much.

    Args:
        pieces: of a ``Diff``.
        words: no difference begins after so many words.
        each: no side of a difference has more words than this.

    Returns:
        What to show, with what both have shortened as in ``shortened``; and how many differences
        are not shown.
    """
    found: list[Piece] = []
    shown = left = 0
    before: Side = "both"
    for piece in shortened(pieces):
        begins = piece.side != "both" and before == "both"
        before = piece.side
        if left or (begins and shown >= words):
            left += begins
            continue
        said = _WORD.findall(piece.text)
        if piece.side != "both" and len(said) > each + 1:
            piece = Piece(piece.side, "".join(said[:each]) + " …")
        shown += min(len(said), each)
        found.append(piece)
    return found, left


def beginning(pieces: Sequence[Piece], side: Side, words: int = 40) -> str:
    """How one of the two texts begins."""
    said = _WORD.findall("".join(piece.text for piece in pieces if piece.side in ("both", side)))
    return "".join(said[:words]).strip() + (" …" if len(said) > words else "")
