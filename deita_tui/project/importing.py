"""Files into a project."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from deita_tui.project.working import Working

if TYPE_CHECKING:
    from deita_store.imports import Refused
    from deita_store.jobs import Job
    from deita_tui.formats import Plan
    from deita_tui.steps.importing import ImportReport


@dataclass(frozen=True, slots=True)
class Replaced:
    """What went out of force when one import took the place of another."""

    import_id: int
    """The one that was replaced."""
    records: int
    """Records that only the replaced one had brought."""
    decided: int
    """Of these, how many were kept or rejected by hand."""


class Importing(Working):
    """Bringing records in."""

    def plan(self, path: Path | str, *, format: str | None = None, map: str | None = None) -> Plan:
        """How ``import_`` would read a file: format, columns. Reads only its beginning."""
        from deita_tui import formats

        mapping = formats.Mapping.parse(map, format) if map else formats.Mapping(format)
        return formats.plan(Path(path), mapping)

    def import_(
        self,
        path: Path | str,
        *,
        format: str | None = None,
        map: str | None = None,
        strict: bool = False,
        source: str | None = None,
        replace: int | None = None,
        progress: Callable[[Job], None] | None = None,
    ) -> ImportReport:
        """Import a file in this process, and report. What came in before is not imported twice.

        Full-text search and the like are left to ``catch_up``, or to the next worker.

        Args:
            path: a file, or a folder that is one data set.
            format: the name of a reader; default: found out.
            map: which column is what, like ``instruction=prompt,response=answer``.
            strict: stop at the first row that cannot be read.
            source: source of all its records; default: what the rows say, else the file's name.
            replace: the import that this file is the corrected version of.
            progress: called with the job after each batch that is stored.

        Raises:
            InputError: the file cannot be read as records.
            JobError: the import failed on the way; what is in stays in.
            BusyError: a worker is at work on the project.
        """
        plan = self.plan(path, format=format, map=map)
        job = self.queue_import(path, plan, strict=strict, source=source, replace=replace)
        return self.report(self._run(job, progress))

    def queue_import(
        self,
        path: Path | str,
        plan: Plan,
        *,
        strict: bool = False,
        source: str | None = None,
        replace: int | None = None,
        name: str | None = None,
    ) -> int:
        """Queue an import for a worker, and return the job; ``start`` sees that there is one.

        The same import that was paused or broke off goes on in its own job. Arguments are those of
        ``import_``; ``name`` is what to call a file that is a copy ('-': standard input).
        """
        from deita_store import imports
        from deita_tui.steps.importing import ImportArgs

        if replace is not None:
            imports.get(self.store, replace)
        args = ImportArgs(
            path=str(Path(path).absolute()),
            mapping=plan.mapping.to_json(),
            strict=strict,
            source=source,
            replaces=replace,
            name=name,
            actor=self.actor,
        )
        return self._queue("import", args)

    def report(self, job: Job) -> ImportReport:
        """What an import that is done came to."""
        import msgspec

        from deita_tui.steps.importing import ImportReport

        return msgspec.convert(job.result, ImportReport)

    def breaks_off(self, import_id: int) -> Refused | None:
        """The refusal at which the file of an import broke off; None where it came whole."""
        from deita_store import imports

        came = imports.get(self.store, import_id)
        if not {"truncated", "damaged"} & imports.reasons(self.store, import_id).keys():
            return None
        for last in imports.refused(self.store, import_id):
            if last.row == came.rows_done - 1:
                broke = last.reason == "damaged" and "breaks off" in last.message
                return last if broke or last.reason == "truncated" else None
        return None

    def replaced(self, import_id: int) -> Replaced | None:
        """What an import put out of force by taking another's place; None where it did not."""
        from deita_store import imports

        old = imports.get(self.store, import_id).replaces
        act = None if old is None else imports.get(self.store, old).removed_by
        if old is None or act is None:
            return None
        records, decided = self.store.db.execute(
            "select count(*), count(m.decision) from (select distinct o.record_id as id"
            " from occurrences o join records r on r.id = o.record_id"
            " where o.removed_by = ? and r.live = 0) left join marks m on m.record_id = id",
            (act,),
        ).fetchone()
        return Replaced(old, records, decided)

    def drop_copies(self) -> None:
        """Delete the copies of standard input that no import needs any more."""
        from deita_tui.steps import copies

        copies.drop(self.store)
