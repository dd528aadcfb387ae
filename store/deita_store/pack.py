"""A project as one file, and back.

The file is a zip that any program can look into: ``manifest.json`` and ``project.db``. What is
derived (cache/) and what is only told (logs/) stays behind. Copying project.db by hand would lose
every commit that still lies in its log; this takes a consistent copy, also beside a running worker.
"""

import errno
import hashlib
import json
import os
import shutil
import sqlite3
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from deita_store import migrations
from deita_store.disks import require
from deita_store.errors import DamagedError, NewerProjectError, StoreError, WrongArgumentError
from deita_store.sentences import told, told_of_files
from deita_store.store import CACHE, DATABASE, LOGS, Store, has_log, is_frozen, now

MANIFEST = "manifest.json"
_PROGRAM = "deita-tui"
_CHUNK = 1 << 20
# Tried on 200 MB of a real project: 1.6 s and 65 MB; level 6 takes 4.9 s for 57 MB.
_LEVEL = 1
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    ValueError,
    sqlite3.DatabaseError,
    KeyError,
    TypeError,
    struct.error,
)
"""What reading an altered zip or manifest raises."""


@dataclass(frozen=True, slots=True)
class Packed:
    """What a packed project says of itself."""

    project: str
    """The id of the project that was packed."""
    format: int
    packed_at: str
    size: int
    """Bytes of project.db, unpacked."""
    sha256: str


def pack(folder: Path | str, file: Path | str, *, overwrite: bool = False) -> Packed:
    """Write the project in ``folder`` to one file.

    Raises:
        StoreError: the file exists and ``overwrite`` is false, or lies inside the project.
        NoSpaceError: there is no room for the copy and the file.
    """
    folder, file = Path(folder), Path(file)
    if file.exists() and not overwrite:
        raise StoreError(f"{file} exists already.", "Choose another name, or ask to overwrite it.")
    if file.resolve().is_relative_to(folder.resolve()):
        raise WrongArgumentError(f"{file} lies inside the project.", "Pack it to another folder.")
    if not file.absolute().parent.is_dir():
        raise WrongArgumentError(f"There is no folder {file.parent} to write {file.name} to.")
    partial = file.with_name(f".{file.name}.{os.getpid()}.partial")
    copy = partial.with_suffix(".db")
    try:
        with told_of_files(file):
            _copy(folder, copy)
            packed = _describe(copy)
            _zip(copy, partial, packed)
            os.replace(partial, file)
    finally:
        for path in (partial, copy):
            path.unlink(missing_ok=True)
    return packed


def unpack(file: Path | str, folder: Path | str) -> None:
    """Make a project in ``folder`` from a packed one; the folder appears whole, or not at all.

    Raises:
        StoreError: the folder exists and is not empty.
        DamagedError: the file is no packed project, was cut short or was altered.
        NewerProjectError: a newer version of the program packed it.
        NoSpaceError: there is no room for it.
    """
    file, folder = Path(file), Path(folder)
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise StoreError(f"{folder} exists and is not empty.", "Choose another folder.")
    if not file.is_file():
        raise WrongArgumentError(f"There is no file {file}.")
    beside = folder.absolute().with_name(f".{folder.name}.{os.getpid()}.unpacking")
    try:
        with told_of_files(folder), _damaged(file):
            _unpack(file, beside)
            os.replace(beside, folder)
    finally:
        shutil.rmtree(beside, ignore_errors=True)


def _copy(folder: Path, copy: Path) -> None:
    """A consistent copy of the database, without its free pages."""
    if is_frozen(folder) and has_log(folder):
        _copy_frozen(folder, copy)
        return
    with Store.read(folder) as store:
        _require_space(store.db, copy)
        _vacuum_into(store.db, copy)


def _copy_frozen(folder: Path, copy: Path) -> None:
    """The same where nothing can be written, and the newest changes lie in the log still."""
    thawed = copy.with_suffix(".thawed")
    thawed.mkdir()
    try:
        require(thawed, 3 * (folder / DATABASE).stat().st_size, "Packing")
        for name in (DATABASE, f"{DATABASE}-wal"):
            shutil.copyfile(folder / name, thawed / name)
        with Store.read(thawed) as store:
            _vacuum_into(store.db, copy)
    finally:
        shutil.rmtree(thawed)


def _require_space(db: sqlite3.Connection, copy: Path) -> None:
    (pages,) = db.execute("pragma page_count").fetchone()
    (page_size,) = db.execute("pragma page_size").fetchone()
    require(copy.parent, 2 * pages * page_size, "Packing")


def _vacuum_into(db: sqlite3.Connection, copy: Path) -> None:
    # It writes to another file only, which query_only cannot tell.
    db.execute("pragma query_only = off")
    with told(copy.parent):
        db.execute("vacuum into ?", (str(copy),))


def _describe(copy: Path) -> Packed:
    with closing(sqlite3.connect(f"{copy.absolute().as_uri()}?mode=ro", uri=True)) as db:
        (version,) = db.execute("pragma user_version").fetchone()
        (project,) = db.execute("select value from settings where key = 'project'").fetchone()
    with copy.open("rb") as source:
        sha256 = hashlib.file_digest(source, "sha256").hexdigest()
    return Packed(json.loads(project), version, now(), copy.stat().st_size, sha256)


def _zip(copy: Path, partial: Path, packed: Packed) -> None:
    manifest = {
        "made_by": _PROGRAM,
        "format": packed.format,
        "project": packed.project,
        "packed_at": packed.packed_at,
        "files": {DATABASE: {"size": packed.size, "sha256": packed.sha256}},
    }
    with partial.open("wb") as target:
        with zipfile.ZipFile(
            target, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL, strict_timestamps=False
        ) as archive:
            archive.writestr(MANIFEST, json.dumps(manifest, indent=1))
            archive.write(copy, DATABASE)
        target.flush()
        os.fsync(target.fileno())


def _unpack(file: Path, beside: Path) -> None:
    with zipfile.ZipFile(file) as archive:
        if sorted(archive.namelist()) != [MANIFEST, DATABASE]:
            raise ValueError(f"it must hold {MANIFEST} and {DATABASE}, and nothing else")
        packed = _manifest(archive, file)
        for part in (beside, beside / CACHE, beside / LOGS):
            part.mkdir(parents=True)
        require(beside, 2 * packed.size, f"Unpacking {file}")
        _extract(archive, packed, beside / DATABASE)
    _check(beside / DATABASE, packed)


@contextmanager
def _damaged(file: Path) -> Iterator[None]:
    try:
        yield
    except (*_BROKEN, OSError) as error:
        # An altered zip may point to before its own beginning, which the system calls invalid.
        if isinstance(error, OSError) and error.errno != errno.EINVAL:
            raise
        raise DamagedError(
            f"{file} is no packed project, or it was cut short or altered ({error}).",
            f"Get it again from where it was made, with {_PROGRAM} pack.",
        ) from error


def _manifest(archive: zipfile.ZipFile, file: Path) -> Packed:
    if archive.getinfo(MANIFEST).file_size > _CHUNK:
        raise ValueError("the manifest is too long")
    told = json.loads(archive.read(MANIFEST))
    if told["made_by"] != _PROGRAM:
        raise ValueError("it was made by another program")
    database = told["files"][DATABASE]
    packed = Packed(
        str(told["project"]), int(told["format"]), str(told["packed_at"]),
        int(database["size"]), str(database["sha256"]),
    )  # fmt: skip
    if packed.format > migrations.VERSION:
        raise NewerProjectError(
            f"{file} was packed by a newer {_PROGRAM} "
            f"(format {packed.format}; this one knows {migrations.VERSION}).",
            f"Update {_PROGRAM}: pip install --upgrade {_PROGRAM}",
        )
    return packed


def _extract(archive: zipfile.ZipFile, packed: Packed, path: Path) -> None:
    digest = hashlib.sha256()
    with archive.open(DATABASE) as source, path.open("wb") as target:
        left = packed.size
        # Never more than was announced: the space was checked for that.
        while chunk := source.read(min(_CHUNK, left + 1)):
            left -= len(chunk)
            if left < 0:
                raise ValueError(f"{DATABASE} is longer than the manifest says")
            digest.update(chunk)
            target.write(chunk)
        _flush(target)
    if left or digest.hexdigest() != packed.sha256:
        raise ValueError(f"{DATABASE} fails its checksum")


def _flush(target: BinaryIO) -> None:
    target.flush()
    os.fsync(target.fileno())


def _check(path: Path, packed: Packed) -> None:
    """See that it is a sound project: the checksum says only that it is what was packed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as db:
        (application,) = db.execute("pragma application_id").fetchone()
        (version,) = db.execute("pragma user_version").fetchone()
        (sound,) = db.execute("pragma quick_check(1)").fetchone()
        if application != migrations.APPLICATION_ID or version != packed.format or sound != "ok":
            raise ValueError(f"{DATABASE} is no sound project")
        db.execute("pragma journal_mode = wal")
