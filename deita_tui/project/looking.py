"""Looking into a project."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from deita_tui.project.opened import Opened, Ref

if TYPE_CHECKING:
    import pyarrow as pa

    from deita_store.counts import Counts
    from deita_store.imports import Import, Refused
    from deita_store.rows import RecordRow
    from deita_store.view import View
    from deita_tui.records import Record


class Looking(Opened):
    """What is there."""

    def counts(self) -> Counts:
        """How much of everything is there."""
        from deita_store import counts

        return counts.read(self.store)

    def imports(self) -> Sequence[Import]:
        """Every import, oldest first, those that were removed included."""
        from deita_store import imports

        return imports.all(self.store)

    def refused(self, import_id: int | None = None) -> Iterator[Refused]:
        """The rows that were refused, of one import or of all, in the order of the files."""
        from deita_store import imports

        if import_id is not None:
            imports.get(self.store, import_id)
        return imports.refused(self.store, import_id)

    def view(self, filter: str = "", sort: str = "id", selection: str | None = None) -> View:
        """The records that a filter finds, in order: ids in memory, rows read page by page.

        Raises:
            FilterError: the filter makes no sense; it says where.
        """
        from deita_store.context import Context
        from deita_store.view import View

        return View(self.store, filter, sort, Context(self.store, selection))

    def head(self, sort: str = "-score") -> View | None:
        """The first of all records by score, in milliseconds; see ``deita_store.view.head``."""
        from deita_store import view

        return view.head(self.store, sort)

    def list(
        self,
        filter: str = "",
        *,
        sort: str = "id",
        limit: int | None = None,
        selection: str | None = None,
    ) -> Iterator[RecordRow]:
        """The records that a filter finds, as rows with scores and outcome.

        Args:
            filter: like ``score>3.5 source:alpaca turns>=2``.
            sort: a column's name, ``-score`` for the highest first.
            limit: how many at most.
            selection: the selection that outcomes refer to; default: the one saved last.
        """
        return islice(self.view(filter, sort, selection), limit)

    def record(self, ref: Ref) -> Record:
        """The conversation of one record, as it reads now."""
        from deita_store import rows
        from deita_tui.records import from_body

        return from_body(rows.body(self.store, self._id(ref)))

    def to_arrow(self, filter: str = "", *, selection: str | None = None) -> pa.Table:
        """The records that a filter finds as an Arrow table, one row a record.

        Columns: id, uid, source, external_id, messages (role, content), complexity and quality
        (one value a turn), score, outcome, decision, tags, extras (JSON).
        """
        from deita_tui.arrow import table

        return table(self.store, self.view(filter, selection=selection))
