"""Text of the data set on a screen: as it is written, harmless, and as wide as it may be.

Widths are in terminal cells: a Chinese character or an emoji takes two, a combining accent none.
"""

import re
from collections.abc import Iterator
from functools import lru_cache

from rich.cells import cell_len, get_character_cell_size, set_cell_size

from deita_tui.printable import printable

_TAB = "    "


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

    Each line is harmless. A megabyte takes some tens of milliseconds where it is plain ASCII.
    """
    return [line for paragraph in _paragraphs(text) for line in _broken(paragraph, max(width, 1))]


def _paragraphs(text: str) -> Iterator[str]:
    # Only what a terminal takes for the end of a line: other separators are shown as what they are.
    for paragraph in text.replace("\r\n", "\n").split("\n"):
        yield printable(paragraph.replace("\t", _TAB))


@lru_cache(maxsize=8)
def _pattern(width: int) -> re.Pattern[str]:
    # As much as fits and ends before a space or the end; else as much as fits.
    return re.compile(rf"(.{{1,{width}}}(?=\s|$)|.{{1,{width}}}) ?")


def _broken(paragraph: str, width: int) -> list[str]:
    if len(paragraph) <= width and (paragraph.isascii() or cell_len(paragraph) <= width):
        return [paragraph]
    if paragraph.isascii():
        return [match.group(1) for match in _pattern(width).finditer(paragraph)]
    return list(_broken_by_cells(paragraph, width))


def _broken_by_cells(paragraph: str, width: int) -> Iterator[str]:
    start = used = 0
    space = -1
    for index, character in enumerate(paragraph):
        size = get_character_cell_size(character)
        if used + size > width:
            # A break at the last space, unless that would leave nothing.
            end = space if space > start else index
            yield paragraph[start:end]
            start = end + 1 if end == space else end
            used = sum(map(get_character_cell_size, paragraph[start:index]))
            space = -1
        if character == " ":
            space = index
        used += size
    yield paragraph[start:]
