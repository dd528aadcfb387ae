"""What the readers hand over: for each row of an input, its records or why it has none."""

from typing import Any

import msgspec

from deita_tui.records import Record

EXCERPT = 200
"""The most characters of a refused row that are shown and kept."""


class Found(msgspec.Struct, gc=False):
    """A record that was found in a row."""

    record: Record
    external_id: str | None
    """The file's own id; it need not be unique."""
    source: str | None
    """The row's own source column; None where the file has none."""
    extras: dict[str, Any]
    """Every column that the record did not use, as it was."""
    layout: dict[str, Any]
    """What an export needs beyond the mapping to restore the row's shape; mostly empty."""


class Refusal(msgspec.Struct, gc=False):
    """Why a row gave no record."""

    reason: str
    """A short code, listed in docs/formats.md."""
    message: str
    """A sentence for the user."""
    excerpt: str
    """The start of the row, made printable."""


class Row(msgspec.Struct, gc=False):
    """One row of an input: one or more records, or one refusal."""

    number: int
    """0-based among the rows of the input; blank lines are no rows."""
    place: str
    """Where a person finds it: "line 17", "item 3", "row 5"."""
    found: tuple[Found, ...] = ()
    refusal: Refusal | None = None


class RowError(Exception):
    """A row cannot be read; becomes its refusal.

    Args:
        reason: the code.
        message: the sentence.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason
        self.message = message


class BreakError(RowError):
    """The input breaks off here: nothing behind it can be read.

    Args:
        reason: the code.
        message: the sentence.
        rest: the start of what could not be read.
    """

    def __init__(self, reason: str, message: str, rest: bytes = b"") -> None:
        super().__init__(reason, message)
        self.rest = rest


def refusal(error: RowError, row: object) -> Refusal:
    """The refusal of ``row``, which is the row's bytes or its columns."""
    return Refusal(error.reason, printable(error.message), excerpt(row))


def excerpt(row: object) -> str:
    """The first characters of ``row``, with everything that would not print escaped."""
    if isinstance(row, bytes):
        text = row[: 4 * EXCERPT].decode("utf-8", "backslashreplace").strip()
    else:
        text = _shown(row)
    return printable(text[:EXCERPT])[:EXCERPT]


def printable(text: str) -> str:
    """``text`` with everything escaped that a terminal would not show as it is."""
    return text if text.isprintable() else "".join(map(_printable, text))


def _shown(row: object) -> str:
    # Long cells are cut first: a row may be far bigger than what is shown of it.
    if isinstance(row, dict):
        row = {
            str(key)[:EXCERPT]: value[:EXCERPT] if isinstance(value, str) else value
            for key, value in list(row.items())[:EXCERPT]
        }
    return str(row)


def _printable(character: str) -> str:
    if character.isprintable():
        return character
    return character.encode("unicode_escape", "surrogatepass").decode("ascii")
