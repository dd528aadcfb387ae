"""From a path to a plan: what holds the rows, which format they have."""

from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from deita_tui.errors import DeitaError, InputError, UnknownFormatError, UsageError
from deita_tui.formats import dataset_info, detect, folders
from deita_tui.formats.containers import CONTAINERS, Raw
from deita_tui.formats.decoding import decode_row
from deita_tui.formats.mapping import Mapping
from deita_tui.formats.plans import Plan
from deita_tui.formats.rows import BreakError, RowError
from deita_tui.formats.shape import Columns, Format
from deita_tui.formats.sniff import draft, sniff

_SAMPLE_BYTES = 64 << 20

Rows = list[dict[str, Any]]


def plan(path: Path, mapping: Mapping | None = None) -> Plan:
    """How ``path`` will be read.

    Args:
        path: a file, or the folder of a saved dataset.
        mapping: what the user says about it; the rest is detected.

    Raises:
        InputError: it cannot be opened, or holds no rows.
        UnknownFormatError: its format is not known; the hint is the --map to try.
        UsageError: the mapping does not fit it.
    """
    path = Path(path)
    mapping = mapping or Mapping()
    planned = _container(path, mapping)
    rows, problem = _sample(planned)
    if not rows:
        raise InputError(f"{path} holds no rows that can be read{problem}.")
    try:
        found, columns, notes = _understood(path, rows, mapping)
    except (UnknownFormatError, UsageError) as error:
        inner = _members(planned, rows)
        if inner is None:
            raise _numbered(error, planned, rows) from None
        planned = inner
        rows, _ = _sample(planned)
        try:
            found, columns, notes = _understood(path, rows, mapping)
        except DeitaError:
            raise error from None
    return _complete(planned, rows, found, columns, (*planned.notes, *notes))


def _complete(
    planned: Plan, rows: Rows, found: Format, columns: Columns, notes: tuple[str, ...]
) -> Plan:
    seen = detect.seen_columns(rows)
    count, stumble = detect.readable(found, columns, rows)
    if count < len(rows):
        few = f"{len(rows) - count} of the first {len(rows)} rows do not fit, the first because: "
        notes = (*notes, few + stumble)
    used = {column for part, column in columns.items() if part != "tools"}
    return replace(
        planned,
        mapping=Mapping(found.name, tuple(sorted(columns.items()))),
        binding=tuple(sorted(detect.complete(found, columns, rows).items())),
        columns=seen,
        extras=tuple(column for column in seen if column not in used),
        notes=notes,
    )


def _container(path: Path, mapping: Mapping) -> Plan:
    if path.name in folders.INDEX_FILES:
        raise InputError(
            f"{path} only describes other files.", f"Import its folder instead: {path.parent}"
        )
    if not path.is_dir():
        return sniff(path, mapping)
    if not folders.is_saved_dataset(path):
        raise InputError(f"{path} is a folder, but no saved dataset.", "Import the files in it.")
    from deita_tui.formats import columnar

    files = folders.data_files(path)
    for file in files:
        columnar.check(file, "arrow")
    return replace(draft(path, "arrow"), files=files)


def _understood(
    path: Path, rows: Rows, mapping: Mapping
) -> tuple[Format, Columns, tuple[str, ...]]:
    """The format, by what the user said, else by an index file beside it, else by its columns."""
    if mapping == Mapping() and (told := dataset_info.mapping_for(path)):
        seen = detect.seen_columns(rows)
        there = tuple(
            (part, column)
            for part, column in told.columns
            if column in seen or part.endswith("_tag") or part in dataset_info.NEEDED
        )
        try:
            found, columns = detect.detect(path.name, rows, Mapping(told.format, there))
        except DeitaError as error:
            note = f"{dataset_info.NAME} does not fit the file and is not used: {error.message}"
            return *detect.detect(path.name, rows, mapping), (note,)
        return found, columns, (f"columns as {dataset_info.NAME} beside it says",)
    return *detect.detect(path.name, rows, mapping), ()


def _members(planned: Plan, rows: Rows) -> Plan | None:
    """A file that is one object around lists of rows, planned as those."""
    if planned.container not in ("jsonl", "json-objects") or len(rows) != 1:
        return None
    names = tuple(
        name
        for name, value in rows[0].items()
        if isinstance(value, list) and value and isinstance(value[0], dict)
    )
    if not names:
        return None
    others = ", ".join(str(name)[:40] for name in rows[0] if name not in names)
    notes = (f"rows are the items of {', '.join(names)}",)
    if others:
        notes = (f"{notes[0]}; left out: {others}",)
    return replace(planned, container="json-members", members=names, notes=notes)


def _numbered(error: DeitaError, planned: Plan, rows: Rows) -> DeitaError:
    """For a table without a header, show what its columns hold."""
    if planned.header or not isinstance(error, UnknownFormatError):
        return error
    shown = ", ".join(f"{column} {value[:30]!r}" for column, value in list(rows[0].items())[:12])
    return UnknownFormatError(
        f"{planned.files[0].name} has no names of columns; its first row is: {shown}.", error.hint
    )


def _sample(planned: Plan) -> tuple[Rows, str]:
    """The first rows that can be decoded, and why the first of the others cannot."""
    rows: Rows = []
    problem = ""
    size = 0
    try:
        for place, raw in islice(CONTAINERS[planned.container](planned, 0), detect.SAMPLE):
            size += len(raw) if isinstance(raw, bytes) else 0
            try:
                rows.append(_columns(raw))
            except RowError as error:
                problem = problem or f" ({place}: {_inside(error)})"
            if size > _SAMPLE_BYTES:
                break
    except BreakError as error:
        problem = problem or f" ({_inside(error)})"
    return rows, problem


def _inside(error: RowError) -> str:
    """A sentence, to stand within another."""
    return error.message[0].lower() + error.message[1:].rstrip(".")


def _columns(raw: Raw) -> dict[str, Any]:
    if isinstance(raw, RowError):
        raise raw
    return decode_row(raw) if isinstance(raw, bytes) else raw
