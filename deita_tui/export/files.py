"""Files of rows: written row by row, whatever their size; hashed as they lie on the disk."""

import csv
import io
from collections.abc import Callable, Sequence
from hashlib import sha256
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

import msgspec

from deita_tui.export.items import Needs, Row

_SEPARATORS = [(each.encode(), f"\\u{ord(each):04x}".encode()) for each in "\u2028\u2029\x85"]
_GROUP = 10_000
_CHUNK = 1 << 20
_END = "\r\n"
"""csv quotes what holds a sign of its line end."""


class RowFile:
    """A file that takes rows; a context manager that completes it."""

    def __init__(self, path: Path, needs: Needs, fields: Sequence[str]) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self.rows = 0
        self.needs = needs
        self.fields = fields
        self.file: IO[bytes] = open(path, "xb")  # noqa: SIM115 - closed in __exit__

    def add(self, row: Row) -> None:
        """Write one row."""
        self.write(row)
        self.rows += 1

    def write(self, row: Row) -> None:
        """What the format does with a row."""
        raise NotImplementedError

    def finish(self) -> None:
        """What comes behind the last row."""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self.finish()
        finally:
            self.file.close()


class Lines(RowFile):
    """JSON, an object a line."""

    def write(self, row: Row) -> None:
        """Write the row as JSON; non-ASCII stays as it is."""
        self.file.write(_encoded(row) + b"\n")


class Array(RowFile):
    """A JSON array, a row a line."""

    def write(self, row: Row) -> None:
        """Write the row behind a bracket or a comma."""
        self.file.write((b",\n" if self.rows else b"[\n") + _encoded(row))

    def finish(self) -> None:
        """Close the array."""
        self.file.write(b"\n]\n" if self.rows else b"[]\n")


class Table(RowFile):
    """CSV with a header."""

    def write(self, row: Row) -> None:
        """Write the row; a column that it lacks is an empty cell."""
        columns = ["id", "instruction", "input", "output"]
        columns += ["system"] if self.needs.system else []
        columns += ["history"] if self.needs.history else []
        columns += self.fields
        if not self.rows:
            self.file.write(_line(columns))
        self.file.write(_line([_cell(row.get(name)) for name in columns]))


class Columns(RowFile):
    """Parquet."""

    def __init__(self, path: Path, needs: Needs, fields: Sequence[str]) -> None:
        super().__init__(path, needs, fields)
        self._waiting: list[Row] = []
        self._writer: Any = None
        self._schema: Any = None

    def write(self, row: Row) -> None:
        """Keep the row until a row group is full."""
        self._schema = self._schema or _schema(row, self.needs, self.fields)
        self._waiting.append(row)
        if len(self._waiting) >= _GROUP:
            self._flush()

    def finish(self) -> None:
        """Write what is left, and the footer."""
        self._schema = self._schema or _schema({"id": "", "messages": []}, self.needs, self.fields)
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        table = pa.Table.from_pylist(self._waiting, self._schema)
        self._writer = self._writer or pq.ParquetWriter(self.file, self._schema)
        self._writer.write_table(table)
        self._waiting = []


WRITERS: dict[str, Callable[[Path, Needs, Sequence[str]], RowFile]] = {
    "jsonl": Lines,
    "json": Array,
    "csv": Table,
    "parquet": Columns,
}


def digest(path: Path) -> str:
    """The SHA-256 of a file, in hex."""
    found = sha256()
    with open(path, "rb") as file:
        while part := file.read(_CHUNK):
            found.update(part)
    return found.hexdigest()


def _encoded(row: Row) -> bytes:
    """The row as JSON on one line, also for those who take U+2028 and its like for line ends."""
    text = msgspec.json.encode(row)
    for separator, written in _SEPARATORS:
        text = text.replace(separator, written)
    return text


def _line(cells: Sequence[object]) -> bytes:
    """A row of CSV. A cell is quoted for a lone carriage return too: readers end a row at it."""
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=_END).writerow(cells)
    return text.getvalue().removesuffix(_END).encode() + b"\n"


def _cell(value: object) -> object:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "" if value is None else value


def _schema(row: Row, needs: Needs, fields: Sequence[str]) -> Any:
    """The columns of the set: as its rows have them between them, not as its first row does."""
    import pyarrow as pa

    text = pa.string()
    function = pa.struct([("name", text), ("arguments", text)])
    kinds = {
        "tool_calls": pa.list_(pa.struct([("id", text), ("type", text), ("function", function)])),
        "weight": pa.int64(),
    }
    known = ("reasoning_content", "tool_calls", "tool_call_id", "name", "weight")
    optional = [(key, kinds.get(key, text)) for key in known if key in needs.keys]
    messages = pa.list_(pa.struct([("role", text), ("content", text), *optional]))
    lists = ("messages", "prompt", "completion", "chosen", "rejected")
    columns = [("id", text), *((name, messages) for name in lists if name in row)]
    columns += [("label", pa.bool_())] if "label" in row else []
    columns += [("tools", text)] if needs.tools else []
    columns += [(name, pa.list_(text)) for name in sorted(needs.media)]
    numbers = {"number": pa.float64(), "integer": pa.int64(), "boolean": pa.bool_()}
    columns += [(name, numbers.get(needs.kinds.get(name, "text"), text)) for name in fields]
    return pa.schema(columns)
