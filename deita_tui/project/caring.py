"""Taking data out of a project, and carrying a project elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from deita_tui.errors import UsageError
from deita_tui.project.opened import Refs
from deita_tui.project.working import Working

if TYPE_CHECKING:
    from deita_store.acts import Act


class Caring(Working):
    """Removing, purging, packing."""

    def remove(self, *, source: str | None = None, import_id: int | None = None) -> Act | None:
        """Take out what came under a source, or with an import. Undo brings it back."""
        from deita_store import care

        if (source is None) == (import_id is None):
            raise UsageError("Name either a source or an import to remove.")
        if source is not None:
            return care.remove_source(self.store, source, self.actor)
        assert import_id is not None
        return care.remove_import(self.store, import_id, self.actor)

    def purge(self, refs: Refs = (), *, refused: int | None = None) -> Act | None:
        """Delete records for good: text, scores, marks, journal, index, free pages.

        Args:
            refs: the records; without any, a purge that was cut short is finished.
            refused: also delete what was quoted of the rows that this import refused.

        Raises:
            BusyError: a worker is at work on the project.
        """
        from deita_store import care, imports
        from deita_tui.steps.lock import project_lock
        from deita_tui.steps.searching import SearchArgs

        ids = self.resolve(refs)
        if refused is not None:
            imports.get(self.store, refused)
        with project_lock(self.folder):
            act = None if refused is None else care.purge_refusals(self.store, refused, self.actor)
            act = care.purge(self.store, ids, self.actor) or act
        # The index was deleted with everything else that could quote them.
        self._queue("search-index", SearchArgs())
        return act

    def pack(self, file: Path | str, *, overwrite: bool = False) -> None:
        """Write the project to one file, with a checksum. Jobs may be running."""
        from deita_store import pack

        pack.pack(self.folder, file, overwrite=overwrite)
