"""Which file is it, and did it come in before? (D5)."""

import hashlib
from pathlib import Path
from threading import Event, Thread
from typing import Self

from deita_store import imports
from deita_store.imports import Import, Origin
from deita_store.store import Store
from deita_tui.errors import InputError
from deita_tui.formats import Plan

_CHUNK = 1 << 20


class Content:
    """The bytes of the files of one import, hashed in a thread while they are read elsewhere."""

    def __init__(self, plan: Plan, path: Path, name: str | None) -> None:
        self.files = plan.files
        self._stamp = _stamp(plan.files)
        size, mtime_ns = self._stamp
        self.origin = Origin(
            path=name or str(path.absolute()),
            file_name=name or path.name,
            bytes=size,
            mtime_ns=mtime_ns,
            mapping=plan.mapping.to_json(),
        )
        self._sha256: str | None = None
        self._error: OSError | None = None
        self._stop = Event()
        self._thread = Thread(target=self._hash, name="sha256", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def begin(self) -> None:
        """Start hashing."""
        if self._thread.ident is None:
            self._thread.start()

    @property
    def sha256_so_far(self) -> str | None:
        """The hash if it is known already."""
        return self._sha256

    def sha256(self) -> str:
        """The hash; waits for it."""
        self.begin()
        self._thread.join()
        if self._error is not None:
            raise InputError(f"{self.origin.file_name} cannot be read: {self._error}.")
        assert self._sha256 is not None
        return self._sha256

    def expect_unchanged(self) -> None:
        """The files must still be what they were when they were first looked at.

        Raises:
            InputError: they changed while they were read.
        """
        if _stamp(self.files) != self._stamp:
            raise InputError(
                f"{self.origin.file_name} changed while it was being imported.",
                "Import it again when it is complete; the records read so far stay, and can be "
                "removed as an import of their own.",
            )

    def _hash(self) -> None:
        try:
            self._sha256 = sha256(self.files, self._stop)
        except OSError as error:
            self._error = error


def sha256(files: tuple[Path, ...], stop: Event | None = None) -> str | None:
    """The hash of a file's bytes; of several, the hash of what ``sha256sum`` prints for them.

    None when ``stop`` was set before the end.
    """
    hashes = []
    for file in files:
        total = hashlib.sha256()
        with file.open("rb", buffering=0) as opened:
            while chunk := opened.read(_CHUNK):
                if stop is not None and stop.is_set():
                    return None
                total.update(chunk)
        hashes.append(total.hexdigest())
    if len(files) == 1:
        return hashes[0]
    lines = (f"{hash_}  {file.name}\n" for hash_, file in zip(hashes, files, strict=True))
    return hashlib.sha256("".join(lines).encode()).hexdigest()


def earlier(store: Store, content: Content) -> Import | None:
    """The import of the same content by the same mapping, complete or not; None if there is none.

    The content is hashed first only where an earlier import could match. Standard input and
    folders always are: should the import be cut short before its hash is stored, nothing else
    could recognise them.
    """
    origin = content.origin
    alike = imports.alike(store, origin)
    for known in alike:
        if imports.same_file(known, origin):
            return known
    nameless = origin.path == "-" or len(content.files) > 1
    if not alike and not nameless:
        return None
    wanted = content.sha256()
    same = [known for known in alike if _sha256_of(store, known) == wanted]
    return max(same, key=lambda known: known.state == "complete", default=None)


def _sha256_of(store: Store, known: Import) -> str | None:
    """The hash of an earlier import's content, made up for where it was cut short before that."""
    if known.sha256 is None and imports.untouched(known):
        found = sha256((Path(known.path),))
        assert found is not None
        imports.identify(store, known.id, found)
        return found
    return known.sha256


def _stamp(files: tuple[Path, ...]) -> tuple[int, int]:
    """Size of all files and the latest change to any."""
    statuses = [file.stat() for file in files]
    return (
        sum(status.st_size for status in statuses),
        max(status.st_mtime_ns for status in statuses),
    )
