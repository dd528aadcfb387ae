"""A text as it can be edited on a screen, and back, to the character.

A box of lines would draw control characters as they are, and take some of them for the end of a
line. They are written as marks instead, ``⟦1b⟧`` for an escape, which are characters again in what
comes back.
"""

import re
from dataclasses import dataclass
from unicodedata import category

_JOINERS = "\u200c\u200d"
"""Invisible, but harmless, and part of words."""


@dataclass(frozen=True, slots=True)
class Editable:
    """A text, ready to be edited."""

    shown: str
    """What the box begins with: nothing in it acts on a terminal, and its lines end in newlines."""
    marks: tuple[tuple[str, str], ...]
    """What stands for what: (mark, character)."""
    newline: str
    """What a line ended with in the text as it was."""

    def back(self, written: str) -> str:
        """What was written, as text."""
        known = dict(self.marks)
        if known:
            any_mark = "|".join(map(re.escape, known))
            written = re.sub(any_mark, lambda match: known[match.group()], written)
        return written.replace("\n", self.newline)


def editable(text: str) -> Editable:
    """Make a text ready to be edited."""
    newline = "\n"
    if text.count("\r\n") == text.count("\n") == text.count("\r") > 0:
        newline, text = "\r\n", text.replace("\r\n", "\n")
    left, right = "⟦", "⟧"
    # A mark must mean nothing else in this text.
    while re.search(f"{left}[0-9a-f]+{right}", text):
        left, right = left + "⟦", right + "⟧"
    acting = sorted({each for each in text if not _is_harmless(each)})
    marks = tuple((f"{left}{ord(each):02x}{right}", each) for each in acting)
    table = str.maketrans({character: mark for mark, character in marks})
    return Editable(text.translate(table), marks, newline)


def harmless(text: str) -> str:
    """A piece of a line without what acts on a terminal; it takes as many cells as before."""
    if text.isprintable():
        return text
    return "".join(each for each in text if each != "\n" and _is_harmless(each))


def _is_harmless(character: str) -> bool:
    if character.isprintable() or character in "\n\t" or character in _JOINERS:
        return True
    return category(character) == "Zs"
