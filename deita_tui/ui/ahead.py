"""Reading ahead: what the first screen will ask for is read while the app's own code is loaded.

Loading Textual and counting a million records take about as long as each other, and neither needs
the other: a person would wait for both, one after the other.
"""

from pathlib import Path
from threading import Lock, Thread
from typing import TYPE_CHECKING

from deita_tui import places
from deita_tui.errors import DeitaError

if TYPE_CHECKING:
    from deita_store.counts import Counts
    from deita_tui.project.picturing import Standing


class Ahead:
    """One project, looked at in a thread of its own; what it found is given away once.

    Args:
        home: the folder of the projects.
        folder: the project that is opened at once; None: the one that is listed first.
    """

    def __init__(self, home: Path, folder: Path | None) -> None:
        self._home, self._folder = home, folder
        self._whole = folder is not None
        self._counts: Counts | None = None
        self._standing: Standing | None = None
        self._lock = Lock()
        self._thread = Thread(target=self._read, name="reading ahead", daemon=True)

    def start(self) -> None:
        """Begin to read."""
        self._thread.start()

    def counts(self, folder: Path) -> "Counts | None":
        """What was counted of a project, waited for; None where it was not this one, or twice."""
        with self._lock:
            self._thread.join()
            found, self._counts = self._counts, None
        return found if self._is(folder) else None

    def standing(self, folder: Path) -> "Standing | None":
        """How far each of its stages is, likewise."""
        with self._lock:
            self._thread.join()
            found, self._standing = self._standing, None
        return found if self._is(folder) else None

    def _is(self, folder: Path) -> bool:
        return self._folder is not None and self._folder.resolve() == folder.resolve()

    def _read(self) -> None:
        from deita_tui.project import Project

        if self._folder is None:
            self._folder = next(iter(places.recent(self._home)), None)
        if self._folder is None:
            return
        try:
            with Project.open(self._folder, read_only=True, door="app") as project:
                if self._whole:
                    self._standing = project.standing(lists=False)
                else:
                    self._counts = project.counts()
        except DeitaError:
            # Whoever asks finds nothing, reads it himself, and says what is wrong.
            return
