"""An input's rows, one after the other, each with its records or with the reason why not."""

from collections.abc import Iterator

from deita_tui.formats import names
from deita_tui.formats.compression import blocks
from deita_tui.formats.containers import CONTAINERS, Raw, place_after
from deita_tui.formats.decoding import UNREADABLE, decode, decode_row, suspicious
from deita_tui.formats.lines import lines
from deita_tui.formats.plans import Plan
from deita_tui.formats.rows import BreakError, Found, Refusal, Row, RowError, refusal
from deita_tui.formats.shape import MISS, RowReader

_MISS = (*UNREADABLE, *MISS)


def read(plan: Plan, skip: int = 0) -> Iterator[Row]:
    """The rows of a planned input, from row ``skip`` on; memory stays flat whatever its size.

    Nothing in the data makes it raise: what cannot be read is a row with a refusal, and an input
    that breaks off ends with one.
    """
    columns = dict(plan.binding)
    shape = names.get(plan.mapping.format or "")
    reader = shape.reader(columns)
    quick = shape.quick(columns) if shape.quick else None
    if plan.container == "jsonl" and quick is not None:
        return _jsonl(plan, skip, reader, quick)
    return _any(plan, skip, reader, quick)


def _jsonl(plan: Plan, skip: int, reader: RowReader, quick: RowReader) -> Iterator[Row]:
    """Most files are JSONL of plain rows: decode and read each with as little as can be."""
    number = line = 0
    try:
        for group, doubtful in lines(blocks(plan.files[0], plan.compression)):
            if number < skip:
                passed, rows = _pass_over(group, skip - number)
                group, line, number = group[passed:], line + passed, number + rows
            for raw in group:
                line += 1
                try:
                    if doubtful and suspicious(raw):
                        raise KeyError
                    found = quick(decode(raw))
                except _MISS:
                    if not raw or raw.isspace():
                        continue
                    yield _careful(number, f"line {line}", raw, reader)
                else:
                    yield Row(number, f"line {line}", found)
                number += 1
    except BreakError as error:
        if number >= skip:
            yield Row(number, f"line {line + 1}", (), _broken(error, number))


def _pass_over(group: list[bytes], rows: int) -> tuple[int, int]:
    """How many lines to leave out so that ``rows`` rows are; and how many rows that are."""
    passed = 0
    for at, raw in enumerate(group):
        if passed == rows:
            return at, passed
        passed += bool(raw) and not raw.isspace()
    return len(group), passed


def _any(plan: Plan, skip: int, reader: RowReader, quick: RowReader | None) -> Iterator[Row]:
    number = skip
    try:
        for place, raw in CONTAINERS[plan.container](plan, skip):
            try:
                found = _plain(raw, quick)
            except _MISS:
                yield _careful(number, place, raw, reader)
            else:
                yield Row(number, place, found)
            number += 1
    except BreakError as error:
        yield Row(number, place_after(plan, number), (), _broken(error, number))


def _plain(raw: Raw, quick: RowReader | None) -> tuple[Found, ...]:
    """One row that holds nothing unusual; misses on all others."""
    if quick is None or isinstance(raw, RowError):
        raise KeyError
    if isinstance(raw, bytes):
        if suspicious(raw):
            raise KeyError
        return quick(decode(raw))
    return quick(dict(raw))


def _careful(number: int, place: str, raw: Raw, reader: RowReader) -> Row:
    """One row, whatever it is."""
    try:
        if isinstance(raw, RowError):
            raise raw
        values = decode_row(raw) if isinstance(raw, bytes) else dict(raw)
        found = reader(values)
    except RowError as error:
        return Row(number, place, (), refusal(error, raw))
    return Row(number, place, found)


def _broken(error: BreakError, rows: int) -> Refusal:
    before = "nothing could be read" if rows == 0 else f"the {rows:,} rows before it were read"
    whole = RowError(error.reason, f"{error.message} ({before[0].upper()}{before[1:]}.)")
    return refusal(whole, error.rest)
