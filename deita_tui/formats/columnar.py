"""Parquet and Arrow, a few rows at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from deita_tui.errors import InputError
from deita_tui.formats.decoding import check_values
from deita_tui.formats.plans import Plan
from deita_tui.formats.rows import BreakError, RowError

_BATCH = 256

Place = tuple[str, dict[str, Any] | RowError]


def parquet(plan: Plan, skip: int) -> Iterator[Place]:
    """The rows of a Parquet file; row groups that are passed over are not read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(plan.files[0]) as file:
            for group in range(file.metadata.num_row_groups):
                size = file.metadata.row_group(group).num_rows
                if number + size <= skip:
                    number += size
                    continue
                for batch in file.iter_batches(batch_size=_BATCH, row_groups=[group]):
                    yield from _rows(batch, number, skip)
                    number += batch.num_rows
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _broken(error) from error


def arrow(plan: Plan, skip: int) -> Iterator[Place]:
    """The rows of Arrow files, one file after the other."""
    import pyarrow as pa

    number = 0
    for path in plan.files:
        try:
            # not a memory map: a file that is cut while it is mapped kills the process
            with pa.OSFile(str(path)) as source:
                for batch in _batches(source):
                    for start in range(0, batch.num_rows, _BATCH):
                        part = batch.slice(start, _BATCH)
                        if number + part.num_rows > skip:
                            yield from _rows(part, number, skip)
                        number += part.num_rows
        except (pa.ArrowException, OSError, ValueError) as error:
            raise _broken(error) from error


def check(path: Path, container: str) -> None:
    """Refuse a file whose frame is damaged: then nothing of it can be read.

    Raises:
        InputError: it is.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        if container == "parquet":
            pq.ParquetFile(path).close()
        else:
            with pa.OSFile(str(path)) as source:
                next(_batches(source), None)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise InputError(
            f"{path} is a damaged {container.capitalize()} file: {_first_line(error)}.",
            "Get the file again, or export it again.",
        ) from error


def _batches(source: Any) -> Iterator[Any]:
    """The batches of either kind of Arrow file."""
    import pyarrow as pa

    if bytes(source.read(6)) == b"ARROW1":
        file = pa.ipc.open_file(source)
        for number in range(file.num_record_batches):
            yield file.get_batch(number)
        return
    source.seek(0)
    yield from pa.ipc.open_stream(source)


def _rows(batch: Any, number: int, skip: int) -> Iterator[Place]:
    """The rows of a batch, from row ``skip`` of the file on; ``number`` is the batch's first."""
    try:
        # damaged offsets would be followed into foreign memory
        batch.validate(full=True)
        values = batch.to_pylist()
    except (ValueError, OverflowError):
        values = [_single(batch.slice(at, 1)) for at in range(batch.num_rows)]
    for at, row in enumerate(values[max(0, skip - number) :], max(number, skip) + 1):
        yield f"row {at}", _checked(row)


def _single(batch: Any) -> dict[str, Any] | RowError:
    """The row of a batch that has one."""
    try:
        batch.validate(full=True)
        (row,) = batch.to_pylist()
    except (ValueError, OverflowError) as error:
        if isinstance(error, UnicodeDecodeError) or "UTF8" in str(error):
            return RowError("bad-utf8", "The row holds a text that is not UTF-8.")
        return RowError("damaged", f"The row cannot be read: {_first_line(error)}.")
    return dict(row)


def _checked(row: dict[str, Any] | RowError) -> dict[str, Any] | RowError:
    if isinstance(row, RowError):
        return row
    try:
        plain = _plain(row)
        check_values(plain)
    except RowError as error:
        return error
    return dict(plain)


def _plain(value: Any) -> Any:
    """A value as JSON could have it; what has no such form as its text."""
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float):
        # tables write what is missing as NaN
        return value if value == value else None
    if isinstance(value, dict):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    if isinstance(value, bytes):
        from base64 import b64encode

        return b64encode(value).decode()
    return value.isoformat() if hasattr(value, "isoformat") else str(value)


def _broken(error: Exception) -> BreakError:
    return BreakError("damaged", f"The file breaks off here: {_first_line(error)}.")


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200].rstrip(".")
