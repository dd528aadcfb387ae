"""What the user says of records, and taking it back."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Literal

from deita_tui.project.opened import Opened, Ref, Refs

if TYPE_CHECKING:
    from deita_store.acts import Act
    from deita_store.journal import Change
    from deita_tui.selection.effects import Effect
    from deita_tui.steps.prices import Price
    from deita_tui.steps.progress import Progress

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

    def swap(
        self, ref: Ref, *, blocker: Ref | None = None, selection: str | None = None
    ) -> Act | None:
        """Keep a record and reject the one that keeps it out, as one act.

        Args:
            ref: the record to keep.
            blocker: the one to reject; default: the record that it is too similar to.
            selection: in which selection; default: the working one, or the one saved last where
                there is none.

        Returns:
            The act, or None where both are decided so already.

        Raises:
            UsageError: nothing keeps the record out that could be rejected.
            StoreError: there is no such record or selection.
        """
        from deita_store import marks
        from deita_tui.steps import swapping

        (record,) = self.resolve(ref)
        other = None if blocker is None else self._id(blocker)
        out = swapping.counterpart(self.store, record, other, selection)
        return marks.swap(self.store, record, out, self.actor)

    def undo(self) -> Act | None:
        """Take back the last act; None when there is none."""
        from deita_store import journal

        return journal.undo(self.store, self.actor)

    def redo(self) -> Act | None:
        """Bring back what was undone last; None when there is none."""
        from deita_store import journal

        return journal.redo(self.store, self.actor)

    def undo_to(self, entry: int) -> Sequence[Act]:
        """Take back everything after an entry of the journal (0: all of it), the newest first.

        Raises:
            StoreError: the journal has no such entry.
        """
        from deita_store import journal

        return journal.undo_to(self.store, entry, self.actor)

    def undo_depth(self, after: int = 0) -> int:
        """How many acts undo could take back; of these, the ones after an entry of the journal."""
        from deita_store import journal

        return journal.depth(self.store, after)

    def touched(self, entry: int, limit: int | None = None) -> array[int]:
        """The records that an entry of the journal was about, in the order of their ids.

        Args:
            entry: of an undo or redo: what the act was about that it names.
            limit: the first so many.
        """
        from deita_store import journal

        return array("q", journal.record_ids(self.store, entry, limit))

    def changes(self, entry: int) -> Sequence[Change]:
        """What an entry of the journal changed, record by record."""
        from deita_store import journal

        return journal.changes_of(self.store, entry)

    def journal(self, limit: int = 100, before: int | None = None) -> Sequence[Act]:
        """Who did what, the latest first.

        Args:
            limit: how many at most.
            before: only acts older than this one.
        """
        from deita_store import journal

        return journal.entries(self.store, limit, before)

    def with_effect(
        self,
        act: Callable[[], Act | None],
        selection: str | None = None,
        *,
        progress: Callable[[Progress], None] | None = None,
    ) -> tuple[Act | None, Effect | None]:
        """Do something, and see what it does to a selection; that itself stays as it was saved.

        Args:
            act: what is done, such as ``lambda: project.decide(412, "keep")``.
            selection: whose parameters; default: the working one's, or those of the one saved
                last where there is none.
            progress: told how far reading is.

        Returns:
            The act, and its effect; None and None where nothing had to change.

        Raises:
            StoreError: nothing is selected; then nothing was done.
        """
        from deita_store import freshness
        from deita_tui.project.following import followed
        from deita_tui.selection.effects import effect
        from deita_tui.steps import again, swapping

        chosen = swapping.in_force(self.store, selection)
        tuner, before = followed(again.again(self.store, chosen), progress)
        texts = freshness.acts(self.store)
        done = act()
        if done is None:
            return None, None
        if freshness.acts(self.store) != texts:  # decisions it hears of by itself
            followed(tuner.reload(before.params), progress)
        after = tuner.exact(before.params)
        return done, effect(before, after, self.touched(done.id))

    def prices(
        self,
        selection: str | None = None,
        limit: int = 50,
        *,
        progress: Callable[[Progress], None] | None = None,
    ) -> Sequence[Price]:
        """What each keep and each reject costs: the selection without that one decision.

        Args:
            selection: whose parameters; default: the working one's, or those of the one saved
                last where there is none.
            limit: how many decisions at most, the latest first.
            progress: told how far it is.

        Raises:
            StoreError: nothing is selected.
        """
        from deita_tui.project.following import followed
        from deita_tui.steps import prices

        return followed(prices.prices(self.store, selection, limit), progress)


def _told(field: str, value: str | int | bool | None) -> str:
    """What one mark says, in a few words that never quote a note."""
    if field == "decision":
        return str(value or "clear the decision")
    if field == "rating":
        return f"rate {value}" if value else "no rating"
    name = field.replace("tag:", "tag ")
    return name if value else f"no {name}"
