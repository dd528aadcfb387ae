"""What holds the rows of a file: seen from its first bytes, with its name as a witness."""

import re
from dataclasses import replace
from itertools import islice
from pathlib import Path

from deita_tui.errors import InputError
from deita_tui.formats import columnar, tables
from deita_tui.formats.compression import blocks, compression, refuse_strange
from deita_tui.formats.decoding import UNREADABLE, decode
from deita_tui.formats.mapping import Mapping
from deita_tui.formats.plans import Plan
from deita_tui.formats.rows import BreakError, RowError

PACKED = (".gz", ".zst", ".bz2", ".xz")
_HEAD = 1 << 20
_BOM = b"\xef\xbb\xbf"
_LINES = (".jsonl", ".ndjson")
_TABLES = (".csv", ".tsv")
_COLUMNAR = {b"PAR1": "parquet", b"ARROW1": "arrow", b"\xff\xff\xff\xff": "arrow"}
# objects that wrap a whole file, too big to be looked at whole
_WRAPPER = re.compile(
    rb'\{\s*"(data|train|rows|examples|records|items|samples|conversations)"\s*:\s*\[\s*\{'
)


def draft(path: Path, container: str, packed: str | None = None) -> Plan:
    """A plan that knows no more than what holds the rows."""
    return Plan((path,), container, packed, Mapping(), (), (), ())


def bare_name(path: Path) -> str:
    """A file's name without .gz and the like."""
    name = path.name
    for packed in PACKED:
        if name.lower().endswith(packed):
            return name[: -len(packed)]
    return name


def suffix(path: Path) -> str:
    """The suffix that tells the kind of a file: ".jsonl" of both a.jsonl and a.jsonl.gz."""
    return Path(bare_name(path).lower()).suffix


def sniff(path: Path, mapping: Mapping) -> Plan:
    """What holds the rows of ``path``.

    Raises:
        InputError: nothing that is known does.
    """
    packed = compression(path)
    head = _head(path, packed)
    refuse_strange(path, head)
    kind = suffix(path)
    if columnar_kind := _columnar(head):
        return _sniff_columnar(path, columnar_kind, packed)
    text = head.removeprefix(_BOM).lstrip()
    if not text:
        raise InputError(f"{path} is empty.")
    if kind in _TABLES:
        return _sniff_table(path, head, kind, packed, mapping)
    if kind in _LINES:
        whole = text[:1] == b"[" and not _is_line_of_lines(text)
        return draft(path, "json-array" if whole else "jsonl", packed)
    if text[:1] == b"[":
        return draft(path, "json-array", packed)
    if text[:1] == b"{":
        return _sniff_objects(path, text, packed)
    if kind != ".json" and _is_text(head):
        plan = _sniff_table(path, head, kind, packed, mapping)
        if len(_first_cells(plan)) > 1:
            return plan
    raise InputError(
        f"{path} holds neither JSON nor a table.",
        "Convert it to UTF-8 JSON, JSONL, CSV or Parquet first.",
    )


def _head(path: Path, packed: str | None) -> bytes:
    """The first megabyte of a file."""
    head = b""
    try:
        for block in blocks(path, packed):
            head += block
            if len(head) >= _HEAD:
                break
    except BreakError as error:
        if not head:
            raise InputError(f"{path} cannot be read: {error.message}") from error
    return head


def _columnar(head: bytes) -> str | None:
    return next((kind for magic, kind in _COLUMNAR.items() if head.startswith(magic)), None)


def _sniff_columnar(path: Path, kind: str, packed: str | None) -> Plan:
    if packed:
        raise InputError(
            f"{path} is a {packed} file with {kind.capitalize()} in it.",
            f"Unpack it first: {kind.capitalize()} is compressed as it is.",
        )
    columnar.check(path, kind)
    return draft(path, kind)


def _sniff_objects(path: Path, text: bytes, packed: str | None) -> Plan:
    """Objects: one a line, one after the other, or one that wraps a list."""
    line, ended, _ = text.partition(b"\n")
    whole = len(text) < _HEAD
    if not whole and (wrapper := _WRAPPER.match(text)) and not (ended and _is_json(line)):
        return replace(draft(path, "json-members", packed), members=(wrapper[1].decode(),))
    if _is_json(line) or (not ended and not whole):
        return draft(path, "jsonl", packed)
    # a first line that is damaged does not make the others anything else
    second = text[len(line) + 1 :].lstrip().partition(b"\n")[0]
    if ended and second[:1] == b"{" and _is_json(second):
        return draft(path, "jsonl", packed)
    return draft(path, "json-objects", packed)


def _is_json(line: bytes) -> bool:
    try:
        decode(line)
    except UNREADABLE:
        return False
    return True


def _is_line_of_lines(text: bytes) -> bool:
    """JSONL whose rows are arrays: to be refused row by row, not taken for one array."""
    line, _, rest = text.partition(b"\n")
    return rest.lstrip()[:1] == b"[" and line.rstrip()[-1:] == b"]"


def _is_text(head: bytes) -> bool:
    return b"\0" not in head


def _sniff_table(path: Path, head: bytes, kind: str, packed: str | None, mapping: Mapping) -> Plan:
    """A table's delimiter, whether it quotes, and whether it names its columns."""
    if not _is_text(head[:4096]) and not _is_utf8(head[:4096]):
        raise InputError(f"{path} is a binary file, no table.")
    first = head.removeprefix(_BOM).partition(b"\n")[0]
    delimiter = "\t" if kind == ".tsv" else max(",\t;", key=lambda each: first.count(each.encode()))
    quoting = delimiter != "\t" or _quotes_tabs(head)
    plan = replace(draft(path, "csv", packed), delimiter=delimiter, quoting=quoting)
    cells = _first_cells(plan)
    if not cells:
        raise InputError(f"{path} has no first row that can be read as a table.")
    numbers = any(column.isdigit() and column not in cells for _, column in mapping.columns)
    return replace(plan, header=tables.is_header(cells) and not numbers)


def _first_cells(plan: Plan) -> list[str]:
    try:
        stream = blocks(plan.files[0], plan.compression)
        for cells in islice(tables.cells_of(stream, plan.delimiter, plan.quoting), 1):
            return [] if isinstance(cells, RowError) else cells
    except BreakError:
        pass
    return []


def _quotes_tabs(head: bytes) -> bool:
    """Are cells with a leading quote quoted? Only if all rows then have as many cells."""
    if b'\t"' not in head and not head.startswith(b'"') and b'\n"' not in head:
        return False
    whole = head[: head.rfind(b"\n") + 1] or head
    counts = set()
    for cells in tables.cells_of([whole], "\t", True):
        counts.add(0 if isinstance(cells, RowError) else len(cells))
    return len(counts) == 1 and 0 not in counts


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error.start > len(data) - 4
    return True
