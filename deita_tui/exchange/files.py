"""Writing and reading such files: JSON Lines, plain or compressed, and Parquet."""

import gzip
import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, Generic, TypeVar, cast

import msgspec

from deita_tui.errors import InputError, UsageError
from deita_tui.exchange.rows import Header, Kind, Refused, ScoreRow, VectorRow, checked

Row = TypeVar("Row", ScoreRow, VectorRow)
_TYPES: dict[Kind, Any] = {"scores": ScoreRow, "vectors": VectorRow}
_MARK = "deita-tui"
"""The header is a line, or a piece of a Parquet file's metadata, under this name."""
_BATCH = 2048


class _Head(msgspec.Struct):
    head: Header = msgspec.field(name=_MARK)


class Writer(AbstractContextManager["Writer[Row]"], Generic[Row]):
    """A file that appears under its name when it is whole.

    Args:
        path: ends in .jsonl, .jsonl.gz or .parquet.
        header: what stands before the rows.

    Raises:
        UsageError: the ending says nothing, or the file is there.
    """

    def __init__(self, path: Path, header: Header) -> None:
        if path.exists():
            raise UsageError(f"{path} is there already.", "Choose another name, or remove it.")
        if not path.absolute().parent.is_dir():
            raise UsageError(f"There is no folder {path.parent}.", "Make it first.")
        self._path = path
        self._beside = path.with_name(f"{path.name}.part")
        self._sink = (_Parquet if _is_parquet(path) else _Lines)(self._beside, path, header)

    def write(self, rows: Sequence[Row]) -> None:
        """Add rows."""
        self._sink.write(rows)

    def __exit__(self, kind: object, *_: object) -> None:
        self._sink.close()
        if kind is None:
            os.replace(self._beside, self._path)
        else:
            self._beside.unlink(missing_ok=True)


def read_scores(path: Path) -> tuple[Header | None, Iterator[ScoreRow | Refused]]:
    """The header of a file of scores, None where others made it, and its rows.

    Raises:
        InputError: it cannot be read, holds something else, or its header is wrong.
    """
    return _read(path, "scores")


def read_vectors(path: Path) -> tuple[Header | None, Iterator[VectorRow | Refused]]:
    """The same of a file of vectors."""
    return _read(path, "vectors")


def _read(path: Path, kind: Kind) -> tuple[Header | None, Iterator[Any]]:
    if not path.is_file():
        raise InputError(f"There is no file {path}.", "Give a .jsonl or .parquet file.")
    head, rows = (_read_parquet if _is_parquet(path) else _read_lines)(path, kind)
    return None if head is None else checked(head, kind, path.name), rows


def _is_parquet(path: Path) -> bool:
    if path.suffix == ".parquet":
        return True
    if path.name.endswith((".jsonl", ".jsonl.gz")):
        return False
    raise UsageError(
        f"{path.name} has no ending that says how to write it.",
        "Call it .jsonl, .jsonl.gz or .parquet.",
    )


class _Lines:
    def __init__(self, beside: Path, path: Path, header: Header) -> None:
        self._file: IO[bytes] = (
            # Without a time in it, the same rows are the same bytes.
            cast("IO[bytes]", gzip.GzipFile(beside, "wb", compresslevel=6, mtime=0))
            if path.suffix == ".gz"
            else beside.open("wb")
        )
        self._encoder = msgspec.json.Encoder()
        self._file.write(self._encoder.encode(_Head(header)) + b"\n")

    def write(self, rows: Sequence[Any]) -> None:
        self._file.writelines(self._encoder.encode(row) + b"\n" for row in rows)

    def close(self) -> None:
        self._file.close()


def _read_lines(path: Path, kind: Kind) -> tuple[Header | None, Iterator[Any]]:
    head: Header | None = None
    try:
        with _opened(path) as file:
            first = file.readline()
        if f'"{_MARK}"'.encode() in first[:64]:
            head = msgspec.json.decode(first, type=_Head).head
    except (msgspec.DecodeError, OSError, EOFError) as error:
        raise InputError(f"{path.name} cannot be read: {error}.", "Export it again.") from error
    return head, _lines(path, kind, skip=0 if head is None else 1)


def _lines(path: Path, kind: Kind, skip: int) -> Iterator[Any]:
    decoder = msgspec.json.Decoder(_TYPES[kind])
    number = 0
    try:
        with _opened(path) as file:
            for number, line in enumerate(file, 1):
                if number <= skip or not line.strip():
                    continue
                try:
                    yield decoder.decode(line)
                except msgspec.DecodeError as error:
                    yield Refused(f"line {number}", f"it is no row of {kind}: {error}")
    except (OSError, EOFError) as error:
        raise InputError(
            f"{path.name} ends in the middle, behind line {number:,}.",
            "What came before it was taken; fetch the file again and take the rest.",
        ) from error


def _opened(path: Path) -> IO[bytes]:
    return cast("IO[bytes]", gzip.open(path)) if path.suffix == ".gz" else path.open("rb")


class _Parquet:
    def __init__(self, beside: Path, path: Path, header: Header) -> None:
        import pyarrow.parquet as pq

        self._schema = _schema(header)
        self._writer = pq.ParquetWriter(beside, self._schema, compression="zstd")

    def write(self, rows: Sequence[Any]) -> None:
        import pyarrow as pa

        columns = {name: [getattr(row, name) for row in rows] for name in self._schema.names}
        if columns.get("vector") is not None:
            columns["vector"] = _halves(columns["vector"])
        self._writer.write_batch(pa.RecordBatch.from_pydict(columns, self._schema))

    def close(self) -> None:
        self._writer.close()


def _halves(vectors: list[Any]) -> list[Any]:
    import numpy as np

    return [None if each is None else np.array(each, np.float16) for each in vectors]


def _schema(header: Header) -> Any:
    import pyarrow as pa

    shared = [("uid", pa.string()), ("by", pa.int16()), ("text", pa.string())]
    own = {
        "scores": [
            ("turn", pa.int32()), ("value", pa.float64()), ("digits", pa.list_(pa.float64())),
            ("mass", pa.float64()), ("tokens", pa.int32()),
        ],
        "vectors": [("vector", pa.list_(pa.float16()))],
    }[header.kind]  # fmt: skip
    last = [("reason", pa.string()), ("shortened", pa.bool_())]
    told = {_MARK: msgspec.json.encode(header)}
    return pa.schema([*shared, *own, *last], metadata=told)


def _read_parquet(path: Path, kind: Kind) -> tuple[Header | None, Iterator[Any]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        file = pq.ParquetFile(path)
        told = (file.schema_arrow.metadata or {}).get(_MARK.encode())
        head = None if told is None else msgspec.json.decode(told, type=Header)
    except (pa.ArrowException, msgspec.DecodeError, OSError) as error:
        raise InputError(f"{path.name} cannot be read: {error}.", "Export it again.") from error
    return head, _parquet_rows(file, kind)


def _parquet_rows(file: Any, kind: Kind) -> Iterator[Any]:
    wanted = [name for name in _TYPES[kind].__struct_fields__ if name in file.schema_arrow.names]
    number = 0
    try:
        for batch in file.iter_batches(batch_size=_BATCH, columns=wanted):
            for row in batch.to_pylist():
                number += 1
                given = {name: value for name, value in row.items() if value is not None}
                try:
                    yield msgspec.convert(given, _TYPES[kind])
                except msgspec.ValidationError as error:
                    yield Refused(f"row {number}", f"it is no row of {kind}: {error}")
    finally:
        file.close()


def batches(rows: Iterable[Row | Refused], size: int = _BATCH) -> Iterator[list[Row | Refused]]:
    """Rows, so many at a time."""
    held: list[Row | Refused] = []
    for row in rows:
        held.append(row)
        if len(held) == size:
            yield held
            held = []
    if held:
        yield held
