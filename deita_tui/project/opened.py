"""A project that is open: where it lies, who is acting, which records are meant."""

from __future__ import annotations

from array import array
from collections.abc import Iterable
from pathlib import Path
from typing import Self

from deita_store.acts import actor
from deita_store.errors import ReadOnlyError
from deita_store.store import Store

Ref = int | str
"""A record: its id, or its uid."""
Refs = Ref | Iterable[Ref]

_UID = 10**15
"""A number of sixteen digits may be a uid."""


class Opened:
    """What every part of ``Project`` stands on."""

    def __init__(self, store: Store, door: str = "python") -> None:
        self.store = store
        self.actor = actor(door)
        """Who the journal says it was, and by which door."""

    @classmethod
    def create(cls, folder: Path | str, *, door: str = "python") -> Self:
        """Make a new project; the folder may exist, but must hold no project."""
        return cls(Store.create(folder), door)

    @classmethod
    def open(cls, folder: Path | str, *, read_only: bool = False, door: str = "python") -> Self:
        """Open a project. One that cannot be written to opens for reading, with a ``notice``."""
        if not read_only:
            try:
                return cls(Store.open(folder), door)
            except ReadOnlyError:
                pass
        return cls(Store.read(folder), door)

    @classmethod
    def unpack(cls, file: Path | str, folder: Path | str, *, door: str = "python") -> Self:
        """Make a project of a packed file, after checking that the file is whole."""
        from deita_store import pack

        pack.unpack(file, folder)
        return cls.open(folder, door=door)

    @property
    def folder(self) -> Path:
        """Where the project lies."""
        return self.store.folder

    @property
    def notice(self) -> str:
        """What to know about how it was opened; mostly empty."""
        return self.store.note

    def close(self) -> None:
        """Close the project. Its jobs go on."""
        self.store.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def resolve(self, refs: Refs) -> array[int]:
        """The ids of records that are named by id or uid.

        Raises:
            StoreError: one of them is not there.
        """
        if isinstance(refs, (int, str)):
            refs = (refs,)
        named = list(refs)
        numbers = [ref for ref in named if isinstance(ref, int) and 0 < ref < _UID]
        if len(numbers) == len(named):  # 300,000 of them are looked up together
            from deita_store import rows

            rows.require(self.store, numbers)
            return array("q", numbers)
        return array("q", [self._id(ref) for ref in named])

    def _id(self, ref: Ref) -> int:
        from deita_store import rows

        return rows.find(self.store, str(ref))
