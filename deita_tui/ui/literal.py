"""Text of the data set on a screen: as it is written, harmless, and as wide as it may be.

Widths are in terminal cells: a Chinese character or an emoji takes two, a combining accent none.
"""

import re
from bisect import bisect_right
from collections.abc import Iterator
from functools import lru_cache
from itertools import accumulate

from rich.cells import cell_len, get_character_cell_size, set_cell_size

from deita_tui.printable import printable

_TAB = "    "
_STRETCH = 4_096
"""Characters whose widths are looked up together."""
_NARROW = re.compile(
    "[\x20-\x7e\xa1-\xac\xae-\u02ff\u0370-\u0482\u048a-\u0556\u2010-\u2027\u2030-\u205e]*"
)
"""Characters that take one cell, wherever there is no doubt."""


def cut(text: str, width: int, *, right: bool = False) -> str:
    """``text`` on one line of exactly ``width`` cells; what is too long ends in ``…``.

    Args:
        text: anything, also of a data set.
        width: in cells; 0 gives nothing.
        right: keep it at the right edge, as numbers are.
    """
    if width <= 0:
        return ""
    # What is far beyond the edge need not be looked at.
    line = printable(text[: 4 * width + 16])
    if len(line) <= width and line.isascii():
        return line.rjust(width) if right else line.ljust(width)
    size = cell_len(line)
    if size <= width:
        return " " * (width - size) + line if right else line + " " * (width - size)
    return set_cell_size(line, width - 1) + "…"


def wrap(text: str, width: int) -> list[str]:
    """``text`` as lines of at most ``width`` cells, broken between words where there is room.

    Each line is harmless. A megabyte takes some tens of milliseconds where every character takes a
    cell, and a tenth of a second else.
    """
    return list(broken(text, width))


def broken(text: str, width: int) -> Iterator[str]:
    """The same one by one: no line costs more than its own paragraph's share."""
    for paragraph in _paragraphs(text):
        yield from _broken(paragraph, max(width, 1))


def _paragraphs(text: str) -> Iterator[str]:
    # Only what a terminal takes for the end of a line: other separators are shown as what they are.
    for paragraph in text.replace("\r\n", "\n").split("\n"):
        yield printable(paragraph.replace("\t", _TAB))


@lru_cache(maxsize=8)
def _pattern(width: int) -> re.Pattern[str]:
    # As much as fits and ends before a space or the end; else as much as fits.
    return re.compile(rf"(.{{1,{width}}}(?=\s|$)|.{{1,{width}}}) ?")


def _is_narrow(text: str) -> bool:
    """Does every character take one cell, as Latin, Greek, Cyrillic and common signs do?"""
    return text.isascii() or _NARROW.fullmatch(text) is not None


def _broken(paragraph: str, width: int) -> Iterator[str]:
    if _is_narrow(paragraph):
        if len(paragraph) <= width:
            yield paragraph
        else:
            yield from (match.group(1) for match in _pattern(width).finditer(paragraph))
    elif len(paragraph) <= width and cell_len(paragraph) <= width:
        yield paragraph
    else:
        yield from _broken_by_cells(paragraph, width)


def _broken_by_cells(paragraph: str, width: int) -> Iterator[str]:
    start, count = 0, len(paragraph)
    # Where a line begins, so many cells lie before each of the next characters.
    first, before = 0, [0]
    while start < count:
        if len(before) - 1 + first < count and before[-1] - before[start - first] <= width:
            first, before = start, _cells(paragraph[start : start + _STRETCH + 2 * width])
        end = first + bisect_right(before, before[start - first] + width) - 1
        if end >= count:
            yield paragraph[start:]
            return
        # A character wider than the line stands alone: it is cut when it is drawn.
        end = max(end, start + 1)
        space = paragraph.rfind(" ", start + 1, end + 1)
        if space > start:
            yield paragraph[start:space]
            start = space + 1
        else:
            yield paragraph[start:end]
            start = end


def _cells(text: str) -> list[int]:
    """How many cells lie before each character, and behind the last one."""
    return list(accumulate(map(get_character_cell_size, text), initial=0))
