"""CSV and TSV, with or without names of columns."""

import codecs
import csv
import re
from collections.abc import Iterable, Iterator
from typing import Any

from deita_tui.formats import decoding
from deita_tui.formats.compression import blocks
from deita_tui.formats.decoding import check_text
from deita_tui.formats.plans import Plan
from deita_tui.formats.rows import EXCERPT, BreakError, RowError

_NAME = re.compile(r"[^\W\d][\w .\-/()]{0,63}")


def rows(plan: Plan, skip: int) -> Iterator[tuple[str, dict[str, Any] | RowError]]:
    """The rows of a table as columns, all of them text."""
    names: list[str] | None = None
    number = 0
    for cells in cells_of(blocks(plan.files[0], plan.compression), plan.delimiter, plan.quoting):
        if names is None:
            if isinstance(cells, RowError):
                names = []
            else:
                names = header(cells) if plan.header else numbered(len(cells))
                if plan.header:
                    continue
        number += 1
        if number > skip:
            yield f"row {number}", _row(cells, names)


def cells_of(
    stream: Iterable[bytes], delimiter: str, quoting: bool
) -> Iterator[list[str] | RowError]:
    """The cells of each row; a row that is no CSV as its error."""
    csv.field_size_limit(decoding.LIMIT)
    reader = csv.reader(
        _text_lines(stream),
        delimiter=delimiter,
        quoting=csv.QUOTE_MINIMAL if quoting else csv.QUOTE_NONE,
        strict=True,
    )
    while True:
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            yield _wrong(str(error))
        else:
            if cells:
                yield cells


def header(cells: list[str]) -> list[str]:
    """Names of columns; one that is empty or there before gets its number."""
    names: list[str] = []
    for number, cell in enumerate(cells, 1):
        name = cell.strip()
        names.append(name if name and name not in names else str(number))
    return names


def numbered(count: int) -> list[str]:
    """Names of columns that have none: their numbers, from "1"."""
    return [str(number) for number in range(1, count + 1)]


def is_header(cells: list[str]) -> bool:
    """Do the cells look like names, rather than like data?"""
    names = [cell.strip() for cell in cells]
    return len(set(names)) == len(names) and all(map(_NAME.fullmatch, names))


def _row(cells: list[str] | RowError, names: list[str]) -> dict[str, Any] | RowError:
    if isinstance(cells, RowError):
        return cells
    if len(cells) != len(names):
        return RowError(
            "ragged", f"The row has {len(cells)} cells where the table has {len(names)} columns."
        )
    for cell in cells:
        try:
            check_text(cell)
        except RowError as error:
            if error.reason != "surrogate":
                return error
            # bytes that are no UTF-8 were read as lone surrogates
            return RowError("bad-utf8", "The row is not UTF-8.")
    return dict(zip(names, cells, strict=True))


def _wrong(message: str) -> RowError:
    if "unexpected end of data" in message:
        return RowError("truncated", "A quote that opens in this row is never closed.")
    if "field larger" in message:
        return RowError("too-long", f"A cell is longer than {decoding.LIMIT >> 20} MB.")
    return RowError("not-csv", f"The row is no CSV: {message}.")


def _text_lines(stream: Iterable[bytes]) -> Iterator[str]:
    decoder = codecs.getincrementaldecoder("utf-8-sig")("surrogateescape")
    tail: list[str] = []
    size = 0
    try:
        for block in stream:
            *whole, rest = decoder.decode(block).split("\n")
            for line in whole:
                yield "".join((*tail, line, "\n")) if tail else line + "\n"
                tail, size = [], 0
            if rest:
                tail.append(rest)
                size += len(rest)
            if size > decoding.LIMIT:
                raise BreakError("too-long", f"A line is longer than {decoding.LIMIT >> 20} MB.")
    except BreakError as error:
        error.rest = "".join(tail)[:EXCERPT].encode("utf-8", "surrogateescape")
        raise
    if last := "".join(tail) + decoder.decode(b"", True):
        yield last
