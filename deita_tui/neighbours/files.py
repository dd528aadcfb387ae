"""What is kept of the neighbours between runs: files that a stamp names, and nothing else counts.

Files have names of their own and are on the disk before a new ``stamp.json`` replaces the old one,
so a reader sees all of one state or all of another. The rows only ever grow at their end, behind
what any stamp speaks of. What no stamp names was left by somebody who died, and is swept away.
"""

import fcntl
import os
import secrets
import zlib
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import DTypeLike, NDArray

from deita_tui.neighbours.certificate import Certificate, Recall
from deita_tui.neighbours.hnsw import Graph
from deita_tui.neighbours.merging import NOBODY
from deita_tui.neighbours.similarity import exact_lists

FORMAT = 1
_STAMP = "stamp.json"
_LOCK = "lock"
_PART = ".part"
_READ = 1 << 24
_PROBES = 64  # lists that are computed again before any is believed


class RowsPart(msgspec.Struct, frozen=True):
    """The vectors, by ascending id."""

    count: int
    dimensions: int
    ids: str
    """File of (count,) int64."""
    vectors: str
    """File of (count, dimensions) float16."""
    checksum: int
    """CRC-32 of the vectors."""


class IndexPart(msgspec.Struct, frozen=True):
    """An HNSW index; it may be behind the rows."""

    file: str
    rows: int
    """It holds the first of each kind of equal rows among so many."""
    graph: Graph
    library: str
    checksum: int


class ListsPart(msgspec.Struct, frozen=True):
    """The lists; they may be behind the rows."""

    rows: int
    k: int
    exact: bool
    neighbours: str
    """File of (rows, k) int32."""
    similarities: str
    """File of (rows, k) float32."""
    sample: str
    """File of the certificate: (m, 2 k + 1) float32, its rows as their bits in the last column."""
    sampled: int
    seed: int
    checksum: int
    """CRC-32 of neighbours, similarities and sample, one behind another."""
    recall: tuple[Recall, ...]

    @property
    def files(self) -> tuple[str, str, str]:
        """The names of its files, in the order of the checksum."""
        return self.neighbours, self.similarities, self.sample


class Stamp(msgspec.Struct, frozen=True):
    """What the files were made of."""

    format: int
    project: str
    embedder: str
    """The identity of the embedder."""
    purged: int
    """The project's last purge, when the rows were read first."""
    rows: RowsPart
    index: IndexPart | None = None
    lists: ListsPart | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Rows and their lists; memory-mapped, and for reading only."""

    vector_ids: NDArray[np.int64]
    """(n,) ascending."""
    vectors: NDArray[np.float16]
    """(n, d), as they are stored."""
    neighbours: NDArray[np.int32]
    """(n, k) rows by descending similarity, ties by row, the row itself left out; -1 pads."""
    similarities: NDArray[np.float32]
    """(n, k); -inf pads."""
    complete: bool
    """The lists hold the true k nearest: every pair was looked at. Otherwise an index found them,
    and ``certificate`` says how well."""
    certificate: Certificate

    def rows_of(self, vector_ids: NDArray[np.integer]) -> NDArray[np.int32]:
        """The rows of vectors that are named by id; -1 where there is none."""
        return rows_of(self.vector_ids, vector_ids)


def rows_of(known: NDArray[np.int64], vector_ids: NDArray[np.integer]) -> NDArray[np.int32]:
    """Where ``vector_ids`` stand among the ascending ``known``; -1 where they do not."""
    if not len(known):
        return np.full(len(vector_ids), -1, np.int32)
    at = np.minimum(np.searchsorted(known, vector_ids), len(known) - 1)
    return np.where(known[at] == vector_ids, at, -1).astype(np.int32)


# Stamps -----------------------------------------------------------------------------------------


def read(folder: Path) -> Stamp | None:
    """The stamp in a folder; None where there is none that this version can read."""
    try:
        stamp = msgspec.json.decode((folder / _STAMP).read_bytes(), type=Stamp)
    except (OSError, msgspec.DecodeError):
        return None
    return stamp if stamp.format == FORMAT else None


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Be the only one who writes files and stamps in a folder; the dead hold nobody up."""
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o666)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def publish(folder: Path, stamp: Stamp) -> None:
    """Make ``stamp`` the one that counts; every file it names is on the disk. Inside ``writing``.

    Files that it does not name are deleted; who reads them still may go on.
    """
    path = folder / (_STAMP + _PART)
    path.write_bytes(msgspec.json.encode(stamp))
    _flush(path)
    os.replace(path, folder / _STAMP)
    _flush(folder)
    for other in folder.iterdir():
        if other.name not in _named(stamp) and other.suffix != _PART:
            other.unlink(missing_ok=True)


def amend(folder: Path, rows: RowsPart, **parts: IndexPart | ListsPart) -> Stamp | None:
    """Publish new parts beside the rows that they were made of.

    Returns:
        The new stamp; None where those rows do not count any more: then nothing was changed.
    """
    with writing(folder):
        stamp = read(folder)
        if stamp is None or stamp.rows.vectors != rows.vectors:
            return None
        stamp = msgspec.structs.replace(stamp, **parts)
        publish(folder, stamp)
    return stamp


def discard(folder: Path) -> None:
    """Let nothing in a folder count any more."""
    with writing(folder):
        (folder / _STAMP).unlink(missing_ok=True)


def sweep(folder: Path) -> None:
    """Delete what somebody who died was writing. Nobody else may be at it."""
    for path in folder.glob(f"*{_PART}"):
        path.unlink(missing_ok=True)


def _named(stamp: Stamp) -> set[str]:
    names = {_STAMP, _LOCK, stamp.rows.ids, stamp.rows.vectors}
    if stamp.index is not None:
        names.add(stamp.index.file)
    if stamp.lists is not None:
        names.update(stamp.lists.files)
    return names


# Rows -------------------------------------------------------------------------------------------


def grow(
    folder: Path, rows: RowsPart | None, dimensions: int, chunks: Iterable[tuple[Any, Any]]
) -> RowsPart:
    """Write vectors behind those that are there, or the first ones. Inside ``writing``.

    Args:
        folder: where.
        rows: what is there.
        dimensions: of a vector.
        chunks: ids, (b,) int64, and vectors, (b, d) float16, ascending and behind the last one.
    """
    if rows is None:
        token = secrets.token_hex(4)
        rows = RowsPart(0, dimensions, f"ids-{token}.i64", f"vectors-{token}.f16", 0)
        try:
            return grow(folder, rows, dimensions, chunks)
        except BaseException:  # a full disk, above all, is not to hold what nobody will name
            for name in (rows.ids, rows.vectors):
                (folder / name).unlink(missing_ok=True)
            raise
    count, checksum = rows.count, rows.checksum
    ids, vectors = folder / rows.ids, folder / rows.vectors
    with _appending(ids, count * 8) as id_file, _appending(vectors, count * dimensions * 2) as file:
        for some, block in chunks:
            id_file.write(np.ascontiguousarray(some, "<i8"))
            data = np.ascontiguousarray(block, "<f2").tobytes()
            file.write(data)
            count, checksum = count + len(some), zlib.crc32(data, checksum)
    return msgspec.structs.replace(rows, count=count, checksum=checksum)


def rows(folder: Path, part: RowsPart) -> tuple[NDArray[np.int64], NDArray[np.float16]] | None:
    """The ids and the vectors, memory-mapped; None where the files are not as they should be."""
    ids = mapped(folder / part.ids, np.int64, (part.count,))
    vectors = mapped(folder / part.vectors, np.float16, (part.count, part.dimensions))
    if ids is None or vectors is None or not (np.diff(ids) > 0).all():
        return None
    return ids, vectors


Number = TypeVar("Number", bound=np.generic)


def mapped(path: Path, kind: type[Number], shape: tuple[int, ...]) -> NDArray[Number] | None:
    """The beginning of a file as an array; None where it is too short or gone."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    try:
        if path.stat().st_size < size:
            return None
        if size == 0:
            return np.empty(shape, kind)
        found = np.memmap(path, np.dtype(kind).newbyteorder("<"), "r", shape=shape)
    except OSError:
        return None
    return np.asarray(found)


# Lists ------------------------------------------------------------------------------------------


def lists(
    folder: Path, part: ListsPart, vectors: NDArray[np.float16]
) -> tuple[NDArray[np.int32], NDArray[np.float32], Certificate] | None:
    """The lists, memory-mapped, with their certificate; None where they are not as they should be.

    Some of them are computed again: an accident would show.
    """
    shape = (part.rows, part.k)
    neighbours = mapped(folder / part.neighbours, np.int32, shape)
    held = mapped(folder / part.similarities, np.float32, shape)
    if neighbours is None or held is None or not _agree(neighbours, held, vectors):
        return None
    sample = _sample(folder, part)
    if sample is None:
        return None
    return neighbours, held, Certificate(*sample, last_of(held), part.exact)


def sampled(folder: Path, part: ListsPart) -> tuple[NDArray[np.int32], NDArray[np.float32]] | None:
    """The rows of the certificate and their true similarities; None where they cannot be read."""
    found = _sample(folder, part)
    return None if found is None else (found[0], found[1])


def last_of(held: NDArray[np.float32]) -> NDArray[np.float32]:
    """The last similarity of every list; -inf where a list holds everybody else."""
    count, k = held.shape
    if k == 0 or k >= count - 1:
        return np.full(count, -np.inf, np.float32)
    return np.array(held[:, -1])


def _sample(
    folder: Path, part: ListsPart
) -> tuple[NDArray[np.int32], NDArray[np.float32], NDArray[np.float32]] | None:
    try:
        with (folder / part.sample).open("rb") as file, np.load(file) as sample:
            return sample["rows"], sample["true"], sample["held"]
    except (OSError, EOFError, ValueError, KeyError, BadZipFile):
        return None


def _agree(
    neighbours: NDArray[np.int32], held: NDArray[np.float32], vectors: NDArray[np.float16]
) -> bool:
    some = np.unique(np.linspace(0, len(held) - 1, min(_PROBES, len(held))).astype(np.int64))
    rows, values = neighbours[some], held[some]
    there = rows != NOBODY
    if rows.size and not -1 <= rows.min() <= rows.max() < len(vectors):
        return False
    truth = exact_lists(vectors[some], vectors, np.maximum(rows, 0)).astype(np.float32)
    truth[~there] = -np.inf
    return np.array_equal(truth, values)


# Files ------------------------------------------------------------------------------------------


def named(folder: Path, stem: str, suffix: str) -> Path:
    """A new file's name while it is being written; ``finish`` takes the last suffix off."""
    return folder / f"{stem}-{secrets.token_hex(4)}.{suffix}{_PART}"


def finish(path: Path) -> str:
    """A written file goes to the disk and gets the name that a stamp may name: returned."""
    _flush(path)
    done = path.with_suffix("")
    os.replace(path, done)
    return done.name


def made(path: Path, kind: DTypeLike, shape: tuple[int, ...]) -> NDArray[Any]:
    """A new array that lives in a file, so that it needs no memory that cannot be given back."""
    size = int(np.prod(shape)) * np.dtype(kind).itemsize
    with path.open("xb") as file:
        if size == 0:
            return np.empty(shape, kind)
        # A full disk is an error here, and would be the end of the process at a page's first use.
        os.posix_fallocate(file.fileno(), 0, size)
    return np.memmap(path, np.dtype(kind).newbyteorder("<"), "r+", shape=shape)


def checksum(*paths: Path) -> int:
    """CRC-32 of files, one behind another."""
    found = 0
    for path in paths:
        with path.open("rb") as file:
            while data := file.read(_READ):
                found = zlib.crc32(data, found)
    return found


def intact(folder: Path, expected: int, *names: str) -> bool:
    """Are the files what they were when they were written?"""
    try:
        return checksum(*(folder / name for name in names)) == expected
    except OSError:
        return False


@contextmanager
def _appending(path: Path, size: int) -> Iterator[Any]:
    """A file open for writing behind its first ``size`` bytes; what follows them is dropped."""
    with path.open("r+b" if path.exists() else "x+b") as file:
        file.truncate(size)
        file.seek(size)
        yield file
        file.flush()
        os.fsync(file.fileno())


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
