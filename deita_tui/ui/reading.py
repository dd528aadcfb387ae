"""Slow reading beside the screen: each look has a connection of its own, and can be broken off."""

import sqlite3
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

from deita_tui.project import Project

T = TypeVar("T")


class Overtaken(Exception):
    """A newer look at the same thing came, so nobody waits for this one."""


class Look(Generic[T]):
    """One piece of reading, to be run in a thread, and broken off from any other one.

    Args:
        folder: the project.
        read: what to do; it gets a project of its own, open for reading, that closes behind it.
            Whatever it returns must not need that project any more.
    """

    def __init__(self, folder: Path, read: Callable[[Project], T]) -> None:
        self._folder = folder
        self._read = read
        self._lock = Lock()
        self._project: Project | None = None
        self._dropped = False

    def run(self) -> T:
        """Do it.

        Raises:
            Overtaken: it was broken off.
        """
        with Project.open(self._folder, read_only=True, door="app") as project:
            with self._lock:
                if self._dropped:
                    raise Overtaken
                self._project = project
            try:
                return self._read(project)
            except sqlite3.OperationalError as error:
                if self._dropped:
                    raise Overtaken from error
                raise
            finally:
                with self._lock:
                    self._project = None

    def drop(self) -> None:
        """Break it off; a query that runs ends within milliseconds."""
        with self._lock:
            self._dropped = True
            if self._project is not None:
                self._project.store.db.interrupt()


class Errand(Generic[T]):
    """Work in a thread that needs no open project; what comes of it can be forgotten."""

    def __init__(self, work: Callable[[], T]) -> None:
        self._work = work

    def run(self) -> T:
        """Do it."""
        return self._work()

    def drop(self) -> None:
        """Nothing can be broken off."""
