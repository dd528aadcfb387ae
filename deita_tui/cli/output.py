"""What leaves the command line: stdout is data, stderr is narration.

Everything that came out of a data set goes through ``printable`` first. On a terminal a table is
drawn and cut to its width; in a pipe the same table is tab-separated and whole.
"""

import json
import os
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from deita_tui.errors import DeitaError, FilterError
from deita_tui.figures import duration, number, plural, size
from deita_tui.printable import printable, printable_json

__all__ = [
    "Column", "data", "duration", "emit", "emit_line", "has_terminal", "is_a_person", "note",
    "number", "pairs", "plural", "prepare", "read_answer", "reasons", "say", "size", "table",
    "tell",
]  # fmt: skip

PROGRAM = "deita-tui"

_REASONS = 4
"""So many reasons are told on a line."""


@dataclass(frozen=True, slots=True)
class Column:
    """How one column of a table is drawn."""

    title: str
    number: bool = False
    """Aligned to the right, and never cut."""
    long: bool = False
    """Text that takes the room which the others leave, and is cut with … there."""


def prepare() -> None:
    """Make stdout and stderr able to carry any text, whatever the locale."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            encoding = None if stream.isatty() else "utf-8"
            stream.reconfigure(encoding=encoding, errors="backslashreplace")


def say(text: str = "") -> None:
    """One line of narration."""
    _write(sys.stderr, text)


def note(text: str, indent: int = 2) -> None:
    """A line of narration that belongs to the one above; broken between words on a terminal."""
    if not sys.stderr.isatty():
        say(" " * indent + text)
        return
    from shutil import get_terminal_size
    from textwrap import fill

    lead = " " * indent
    room = max(get_terminal_size().columns, 40)
    say(fill(text, room, initial_indent=lead, subsequent_indent=lead, break_on_hyphens=False))


def data(text: str) -> None:
    """One line of data."""
    _write(sys.stdout, text)


def emit(value: object) -> None:
    """One JSON document, indented for people."""
    data(printable_json(json.dumps(value, ensure_ascii=False, indent=2, default=str)))


def emit_line(value: object) -> None:
    """One JSON document on one line."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"), default=str)
    data(printable_json(text))


def tell(error: DeitaError) -> None:
    """An error, in its own words: what is wrong, where, and what to do."""
    say(f"{PROGRAM}: error: {printable(error.message)}")
    if isinstance(error, FilterError):
        for line in _caret(error):
            say(f"  {line}")
    if error.hint:
        say(f"  {printable(error.hint)}")


def table(columns: Sequence[Column], rows: Iterable[Sequence[object]]) -> None:
    """Rows as a table: drawn on a terminal, tab-separated in a pipe."""
    cells = ([_cell(value) for value in row] for row in rows)
    if not sys.stdout.isatty():
        data("\t".join(column.title for column in columns))
        for row in cells:
            data("\t".join(row))
        return
    _draw(columns, cells)


def pairs(lines: Iterable[tuple[str, object]]) -> None:
    """Names and values, one a line, the values aligned."""
    known = [(name, _cell(value)) for name, value in lines]
    width = max((len(name) for name, _ in known), default=0)
    for name, value in known:
        for line in _wrapped(f"{name:<{width}}  {value}".rstrip(), width + 2):
            data(line)


def _cell(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else ""
    if isinstance(value, int):
        return f"{value:,}" if sys.stdout.isatty() else str(value)
    if isinstance(value, float):
        return number(value) if sys.stdout.isatty() else repr(value)
    if isinstance(value, (list, tuple)):
        return ", ".join(_cell(item) or "–" for item in value)
    return printable(str(value))


def _wrapped(line: str, indent: int) -> list[str]:
    """A line for a terminal, broken between words, its value under its value."""
    if not sys.stdout.isatty():
        return [line]
    from shutil import get_terminal_size
    from textwrap import wrap

    room = max(get_terminal_size().columns, indent + 20)
    return wrap(
        line,
        room,
        subsequent_indent=" " * indent,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
    ) or [""]


def _caret(error: FilterError) -> list[str]:
    # Made printable piece by piece, so that the caret still stands under the mistake.
    from unicodedata import east_asian_width

    def cells(text: str) -> int:
        return sum(2 if east_asian_width(c) in "WF" else 1 for c in text)

    before = printable(error.text[: error.start])
    wrong = printable(error.text[error.start : error.end])
    after = printable(error.text[max(error.start, error.end) :])
    return [before + wrong + after, " " * cells(before) + "^" * max(1, cells(wrong))]


def _draw(columns: Sequence[Column], rows: Iterable[Sequence[str]]) -> None:
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    drawn = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="bold")
    for column in columns:
        drawn.add_column(
            column.title,
            justify="right" if column.number else "left",
            no_wrap=True,
            overflow="ellipsis",
            ratio=1 if column.long else None,
            min_width=12 if column.long else None,
        )
    for row in rows:
        drawn.add_row(*(Text(cell) for cell in row))
    drawn.expand = any(column.long for column in columns)
    Console(markup=False, highlight=False, emoji=False).print(drawn)


def _write(stream: TextIO, text: str) -> None:
    stream.write(text + "\n")
    stream.flush()


def is_a_person(stream: TextIO) -> bool:
    """Is somebody looking at this stream, on a terminal that can redraw a line?"""
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def has_terminal() -> bool:
    """Is there a terminal that the app could be drawn on?"""
    # It is drawn on stderr, and looks at stdout for the size.
    return is_a_person(sys.stdout) and is_a_person(sys.stderr) and sys.stdin.isatty()


def read_answer(question: str) -> bool:
    """Ask yes or no on the terminal; anything but y or yes is no."""
    sys.stderr.write(f"{question} [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in ("y", "yes")


def reasons(counted: Mapping[str, int]) -> str:
    """The first reasons; how many have which, where there are several."""
    first = list(counted.items())[:_REASONS]
    told = [f"{reason}: {count:,}" if len(counted) > 1 else reason for reason, count in first]
    return printable("; ".join([*told, "…"] if len(counted) > _REASONS else told))
