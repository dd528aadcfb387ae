"""What the user says of records, and taking it back."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from deita_tui.project.opened import Opened, Refs

if TYPE_CHECKING:
    from deita_store.acts import Act

Decision = Literal["keep", "reject", "clear"]


class Deciding(Opened):
    """Acts: each returns what the journal now holds, or None where nothing had to change."""

    def decide(self, refs: Refs, decision: Decision) -> Act | None:
        """Pin records in (keep) or out (reject), or leave them to the selection (clear)."""
        from deita_store import marks

        verb = {"keep": marks.keep, "reject": marks.reject, "clear": marks.clear}[decision]
        return verb(self.store, self.resolve(refs), self.actor)

    def tag(self, refs: Refs, name: str, on: bool = True) -> Act | None:
        """Add a tag to records, or take it off."""
        from deita_store import marks

        verb = marks.tag if on else marks.untag
        return verb(self.store, self.resolve(refs), name, self.actor)

    def flag(self, refs: Refs, on: bool = True) -> Act | None:
        """Flag records for a second look, or take the flag off."""
        from deita_store import marks

        verb = marks.flag if on else marks.unflag
        return verb(self.store, self.resolve(refs), self.actor)

    def rate(self, refs: Refs, rating: int | None) -> Act | None:
        """Give records your own quality, 1 to 6; None takes it back."""
        from deita_store import marks

        return marks.rate(self.store, self.resolve(refs), rating, self.actor)

    def note(self, refs: Refs, text: str | None) -> Act | None:
        """Write a note on records; None removes it."""
        from deita_store import marks

        return marks.note(self.store, self.resolve(refs), text, self.actor)

    def mark(self, refs: Refs, fields: Mapping[str, str | int | bool | None]) -> Act | None:
        """Several marks in one act: ``decision``, ``flag``, ``rating``, ``note``, ``tag:NAME``."""
        from deita_store import marks

        told = ", ".join(_told(field, value) for field, value in fields.items())
        ids = self.resolve(refs)
        return marks.mark(self.store, ids, fields, self.actor, summary=f"{told}: {{}}")

    def undo(self) -> Act | None:
        """Take back the last act; None when there is none."""
        from deita_store import journal

        return journal.undo(self.store, self.actor)

    def redo(self) -> Act | None:
        """Bring back what was undone last; None when there is none."""
        from deita_store import journal

        return journal.redo(self.store, self.actor)

    def journal(self, limit: int = 100, before: int | None = None) -> Sequence[Act]:
        """Who did what, the latest first.

        Args:
            limit: how many at most.
            before: only acts older than this one.
        """
        from deita_store import journal

        return journal.entries(self.store, limit, before)


def _told(field: str, value: str | int | bool | None) -> str:
    """What one mark says, in a few words that never quote a note."""
    if field == "decision":
        return str(value or "clear the decision")
    if field == "rating":
        return f"rate {value}" if value else "no rating"
    name = field.replace("tag:", "tag ")
    return name if value else f"no {name}"
