"""Which format a file has, from a sample of its rows; never by guessing between two that fit."""

from collections import Counter
from collections.abc import Sequence
from shlex import quote
from typing import Any

from deita_tui.errors import UnknownFormatError, UsageError
from deita_tui.formats import names
from deita_tui.formats.mapping import Mapping
from deita_tui.formats.rows import RowError, printable
from deita_tui.formats.shape import Columns, Format, Part

SAMPLE = 100
"""How many rows are looked at."""

_ASIDE = ("id", "source", "system", "tools")  # parts that do not carry the conversation
_ENOUGH = 0.5  # of a column's values must look like a part that a row can do without

_SIDES = ("chosen", "rejected")  # lists of messages that are no conversation of their own
_KEYS = {"messages": {"role", "content"}, "sharegpt": {"from", "value"}}

Rows = Sequence[dict[str, Any]]


class AmbiguousError(Exception):
    """Two columns could be the same part."""

    def __init__(self, part: str, columns: list[str]) -> None:
        super().__init__(printable(f"{' and '.join(columns)} could both be the {part}"))
        self.part = part
        self.columns = columns


def seen_columns(rows: Rows) -> tuple[str, ...]:
    """All columns of the sample, in the order they come."""
    return tuple(dict.fromkeys(str(column) for row in rows for column in row))


def detect(name: str, rows: Rows, mapping: Mapping) -> tuple[Format, Columns]:
    """The format of the sample ``rows``, and its columns.

    Args:
        name: the file's, for sentences.
        rows: the sample.
        mapping: what the user said; it is obeyed.

    Raises:
        UnknownFormatError: nothing fits, or two formats do; the hint is the --map to try.
        UsageError: the mapping names what is not there.
    """
    if mapping.format is not None or mapping.columns:
        return _told(name, rows, mapping)
    fitting: dict[str, Columns] = {}
    doubt: AmbiguousError | None = None
    for shape in names.FORMATS.values():
        try:
            columns = bind(shape, rows, {})
        except AmbiguousError as error:
            doubt = doubt or error
            continue
        if columns is not None and readable(shape, columns, rows)[0]:
            fitting[shape.name] = columns
    chosen = _decide(name, rows, fitting)
    if chosen is None:
        raise UnknownFormatError(
            f"{name} has no columns that are known together: {_listed(rows)}."
            + (f" {doubt}." if doubt else ""),
            suggestion(rows),
        )
    return names.get(chosen), fitting[chosen]


def bind(shape: Format, rows: Rows, said: Columns) -> Columns | None:
    """The columns of a format's parts; None if the sample lacks one that it needs.

    Raises:
        AmbiguousError: two columns could be one part.
    """
    columns = dict(said)
    seen = set(seen_columns(rows))
    for part in shape.parts:
        if part.name in columns or (part.name in shape.either and said.keys() & set(shape.either)):
            continue
        free = [each for each in part.columns if each in seen - set(columns.values())]
        # one row with all that is needed shows what a column is; the others are refused by name
        enough = 0 if part.required else _ENOUGH
        fits = [each for each in free if _share(part, rows, each) > enough]
        if part.required and len(fits) > 1 and not _take_turns(part, rows, fits):
            raise AmbiguousError(part.name, fits)
        if part.required and not fits:
            return None
        if fits:
            columns[part.name] = fits[0]
    return columns


def readable(shape: Format, columns: Columns, rows: Rows) -> tuple[int, str]:
    """How many rows the format reads, and why not the first one that it does not."""
    read = shape.reader(complete(shape, columns, rows))
    count, problem = 0, ""
    for row in rows:
        try:
            read(dict(row))
        except RowError as error:
            problem = problem or error.message
        else:
            count += 1
    return count, problem


def complete(shape: Format, columns: Columns, rows: Rows) -> Columns:
    """With the usual names of parts that the sample lacks: a later row may have them."""
    taken = {*columns.values(), *seen_columns(rows)}
    full = dict(columns)
    for part in shape.parts:
        if part.name in full or part.name in shape.either:
            continue
        usual = next((column for column in part.columns if column not in taken), None)
        if usual is not None:
            full[part.name] = usual
            taken.add(usual)
    return full


def suggestion(rows: Rows) -> str:
    """The --map to try: for messages if there are any, else for the longest texts."""
    if conversation := _conversation(rows):
        shape, column = conversation
        told = Mapping(None, (("messages", column),))
        return (
            f"{printable(column[:40])} looks like messages; to see what is wrong with them, "
            f"use: --format {shape} --map {quote(str(told))}"
        )
    sizes: Counter[str] = Counter()
    for row in rows:
        for column, value in row.items():
            sizes[column] += len(value) if isinstance(value, str) else 0
    order = seen_columns(rows)
    longest = [column for column, size in sizes.most_common(2) if size]
    if len(longest) < 2:
        return "Say what its columns are: --map instruction=COLUMN,response=COLUMN"
    first, second = sorted(longest, key=order.index)
    told = Mapping(None, (("instruction", first), ("response", second)))
    return f"If that is what they are, use: --map {quote(str(told))}"


def _conversation(rows: Rows) -> tuple[str, str] | None:
    """The format and the column of lists that look like messages, though none can be read."""
    for row in rows:
        for column, value in row.items():
            first = value[0] if isinstance(value, list) and value else None
            if not isinstance(first, dict) or column in _SIDES:
                continue
            for shape, keys in _KEYS.items():
                if not keys.isdisjoint(first):
                    return shape, column
    return None


def _decide(name: str, rows: Rows, fitting: dict[str, Columns]) -> str | None:
    """The one format that is meant."""
    decisive = [each for each in fitting if names.get(each).decisive]
    left = decisive[:1] or [
        each
        for each, columns in fitting.items()
        if not any(_main(columns) < _main(others) for others in fitting.values())
    ]
    if len(left) > 1:
        commands = " or ".join(f"--format {each}" for each in left)
        raise UnknownFormatError(
            f"{name} can be read in {len(left)} ways, as {' or '.join(left)}: {_listed(rows)}.",
            f"Choose with: {commands}",
        )
    return left[0] if left else None


def _main(columns: Columns) -> set[str]:
    """The columns that carry the conversation."""
    return {column for part, column in columns.items() if part not in _ASIDE}


def _told(name: str, rows: Rows, mapping: Mapping) -> tuple[Format, Columns]:
    seen = seen_columns(rows)
    for part, column in mapping.columns:
        if column not in seen and not part.endswith("_tag"):
            raise UsageError(
                f"{name} has no column {column!r}; it has {_listed(rows)}.",
                "Write --map part=column with one of these.",
            )
    doubts = []
    for shape in _meant(mapping):
        said = {_name(shape, word): column for word, column in mapping.columns}
        try:
            columns = bind(shape, rows, said)
        except AmbiguousError as error:
            doubts.append(f"{error}; choose with --map {error.part}={error.columns[0]}")
            continue
        if columns is None:
            continue
        count, problem = readable(shape, columns, rows)
        if count:
            return shape, columns
        doubts.append(f"The first row that does not fit: {problem}")
    wanted = mapping.format or "any format"
    raise UnknownFormatError(
        f"{name} cannot be read as {wanted} with these columns: it has {_listed(rows)}.",
        doubts[0] if doubts else suggestion(rows),
    )


def _meant(mapping: Mapping) -> list[Format]:
    """The formats that have all parts of a mapping, the one that uses its words first."""
    formats = names.family(mapping.format) if mapping.format else list(names.FORMATS.values())
    words = [word for word, _ in mapping.columns]
    known = [each for each in formats if all(each.part(word) for word in words)]
    if not known:
        parts = {part.name for each in formats for part in each.parts}
        raise UsageError(
            f"No format has the parts {', '.join(words)} together.",
            f"The parts of a mapping are: {', '.join(sorted(parts))}.",
        )

    def strangeness(shape: Format) -> tuple[int, int]:
        missing = sum(part.required and part.name not in words for part in shape.parts)
        foreign = sum(word not in {part.name for part in shape.parts} for word in words)
        return missing, foreign

    return sorted(known, key=strangeness)


def _name(shape: Format, word: str) -> str:
    """The name of the part that a mapping means by ``word``."""
    part = shape.part(word)
    return part.name if part else word


def _share(part: Part, rows: Rows, column: str) -> float:
    """Of the rows that have the column, how many does the part accept?"""
    values = [row[column] for row in rows if column in row]
    return sum(part.accepts(value) for value in values) / len(values) if values else 0.0


def _take_turns(part: Part, rows: Rows, columns: list[str]) -> bool:
    """Does no row have two of the columns?"""
    return all(sum(part.accepts(row.get(column)) for column in columns) <= 1 for row in rows)


def _listed(rows: Rows) -> str:
    columns = [printable(column[:40]) for column in seen_columns(rows)]
    shown = ", ".join(columns[:20])
    return f"{shown}, …" if len(columns) > 20 else shown or "no columns"
