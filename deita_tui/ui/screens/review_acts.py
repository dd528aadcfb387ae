"""What a review changes: decisions, marks in bulk, notes, edits, and taking them back."""

from collections.abc import Callable, Sequence
from typing import Any

from deita_store.acts import Act
from deita_tui.errors import DeitaError
from deita_tui.figures import plural
from deita_tui.project import Project
from deita_tui.ui.messages import SteppedBack
from deita_tui.ui.screens.dialogs import Confirm
from deita_tui.ui.screens.review_moves import Moving

Work = Callable[[Project, Sequence[int]], Act | None]

_AT_ONCE = 200
"""So many records are written while the screen waits; more are written beside it."""
_VERBS = {"keep": "kept", "reject": "rejected", "clear": "cleared"}


class Acting(Moving):
    """The keys that change something; each is one step of undo."""

    repeated: tuple[str, Work, bool] | None = None
    """What ``.`` does: in words, the act, and whether it goes on to the next row."""

    def action_keep(self) -> None:
        """Pin it into the selection."""
        self._decide("keep")

    def action_reject(self) -> None:
        """Pin it out of the selection."""
        self._decide("reject")

    def action_clear(self) -> None:
        """Let the method decide again."""
        self._decide("clear", advance=False)

    def _decide(self, decision: Any, advance: bool = True) -> None:
        self.act(_VERBS[decision], lambda project, ids: project.decide(ids, decision), advance)

    def action_flag(self) -> None:
        """Flag it, or take the flag away."""
        if self.row is not None:
            on = not self.row.flag
            told = "flagged" if on else "took the flag from"
            self.act(told, lambda project, ids: project.flag(ids, on), advance=False)

    def action_rate(self, rating: int) -> None:
        """Give it a rating; 0 takes it back."""
        told = f"rated {rating}:" if rating else "took the rating from"
        self.act(told, lambda project, ids: project.rate(ids, rating or None), advance=False)

    def action_repeat(self) -> None:
        """Do here what was done last."""
        if self.repeated is None:
            self.say("Nothing was done yet that could be repeated.")
        else:
            self.act(*self.repeated)

    def action_swap(self) -> None:
        """Keep it and reject its blocker."""
        if (row := self.row) is None:
            return
        if row.blocked_by is None or row.outcome != "too_similar":
            self.say(f"Nothing that is kept stands in the way of #{row.id}: keep it as it is.")
            return
        other = row.blocked_by
        self.act(
            "swapped",
            lambda project, ids: project.swap(ids[0], blocker=other),
            also=[other],
            head=f"kept #{row.id} in place of #{other}",
        )

    def act(
        self,
        verb: str,
        work: Work,
        advance: bool = True,
        also: Sequence[int] = (),
        head: str = "",
    ) -> None:
        """Do something with the record under review, in one act.

        Args:
            verb: in the past.
            work: what writes it.
            advance: go on to the next row.
            also: other records that it is about.
            head: what to call it in place of the verb and the record; ``.`` does not repeat it.
        """
        if (row := self.row) is None:
            self.say("There is no record here.")
            return
        if not head:
            self.repeated = (verb, work, advance)
        if (done := self._write(work, [row.id])) is None:
            return
        self._follow(verb, [row.id, *also], bool(done), head)
        told = head or f"{verb} #{row.id}"
        told += f" · {self.way_back(verb)}" if done else " already"
        before = self.table.cursor
        if advance:
            self.advance(told)
        else:
            self.say(told)
        if self.table.cursor == before:
            # Moving on draws both rows.
            self.draw()

    def _write(self, work: Work, ids: Sequence[int]) -> Act | bool | None:
        """The act; False where nothing had to change, None where it cannot be written."""
        try:
            return work(self.app.opened, ids) or False
        except DeitaError as error:
            self.app.tell(error)
            return None

    def _follow(self, verb: str, ids: Sequence[int], done: bool, head: str = "") -> None:
        """Show what was written, and have the selection answer."""
        if not done:
            return
        self.depth = self.app.opened.undo_depth()
        if (view := self.view) is not None:
            if len(ids) <= _AT_ONCE:
                view.read_again(ids)
            else:
                view.forget()
        if self.answering is not None:
            self.answering.acted(verb, ids, head)
        self.acted()

    # Many -----------------------------------------------------------------------------------------

    def action_bulk(self, decision: Any) -> None:
        """Decide on all that is marked, after asking once."""
        verb = {"keep": "Keep", "reject": "Reject", "clear": "Clear the decisions on"}[decision]
        done = _VERBS[decision]
        self._all(verb, done, lambda project, ids: project.decide(ids, decision))

    def action_bulk_tag(self) -> None:
        """Tag all that is marked."""
        from deita_tui.ui.screens.tagging import TagPicker

        ids = self.chosen()
        if not ids:
            self._say_how_to_mark()
            return

        def tag(chosen: tuple[str, bool] | None) -> None:
            if chosen is not None:
                name, on = chosen
                verb = f"Tag with {name}:" if on else f"Take the tag {name} from"
                done = f"tagged {name}:" if on else f"untagged {name}:"
                self._all(verb, done, lambda project, ids: project.tag(ids, name, on))

        self.app.push_screen(TagPicker(ids), tag)

    def _say_how_to_mark(self) -> None:
        keys = (self.key(f"review.{name}") for name in ("mark", "range", "mark-all"))
        one, range_, all_ = keys
        self.say(f"Mark records first: {one} one, {range_} a range, {all_} all of the queue.")

    def _all(self, verb: str, done: str, work: Work) -> None:
        ids = self.chosen()
        if not ids:
            self._say_how_to_mark()
            return
        many = plural(len(ids), "marked record", "marked records")

        def answered(yes: bool | None) -> None:
            if yes:
                self._write_all(done, work, ids)

        self.app.push_screen(Confirm(f"{verb} {many}? One undo takes it back."), answered)

    def _write_all(self, done: str, work: Work, ids: Sequence[int]) -> None:
        def finished(act: Act | bool | None) -> None:
            if act is None or not self.is_attached:
                return
            self.marked, self.range_from = set(), None
            many = plural(len(ids), "record", "records")
            undo = f" · {self.way_back(done)}" if act else " already"
            self.say(f"{done} {many}{undo}")
            self._follow(done, ids, bool(act))
            self.draw()

        if len(ids) <= _AT_ONCE or self.answering is None:
            finished(self._write(work, ids))
        else:
            self.say(f"Writing {len(ids):,} records…")
            self.answering.do(lambda project: work(project, ids) or False, finished, self.app.tell)

    # Taking back ----------------------------------------------------------------------------------

    def on_stepped_back(self, message: SteppedBack) -> None:
        """Go back to what was undone, name it, and have the selection answer."""
        self.depth = self.app.opened.undo_depth()
        if message.act is None:
            self.say(message.told)
            return
        view, act = self.view, message.act
        ids = list(self.app.opened.touched(act.id)) if act.records <= 5_000 else []
        told = message.told
        if view is not None:
            view.forget()
            place = None if act.first is None else view.index_of(act.first)
            if place is not None:
                self.table.cursor = place
            elif act.first is not None:
                told += " (not in this queue)"
        self.say(f"{told} · {self.way_back(message.done)}")
        if self.answering is not None:
            self.answering.acted(message.done, ids, told)
        self.acted()
        self.draw()

    # Annotating -----------------------------------------------------------------------------------

    def action_tag(self) -> None:
        """Choose a tag for it."""
        from deita_tui.ui.screens.tagging import TagPicker

        def tag(chosen: tuple[str, bool] | None) -> None:
            if chosen is not None:
                name, on = chosen
                told = f"tagged {name}:" if on else f"untagged {name}:"
                self.act(told, lambda project, ids: project.tag(ids, name, on), advance=False)

        if self.row is not None:
            self.app.push_screen(TagPicker([self.row.id]), tag)

    def action_note(self) -> None:
        """Write a note on it."""
        from deita_tui.ui.screens.noting import NoteBox

        def note(text: str | None) -> None:
            if text is not None:
                word = "note on" if text.strip() else "removed the note of"
                head = f"{word} #{self.row.id}" if self.row else word
                self.act(
                    "noted",
                    lambda project, ids: project.note(ids, text),
                    advance=False,
                    head=head,
                )

        if self.row is not None:
            self.app.push_screen(NoteBox(self.row.note or "", f"#{self.row.id}"), note)

    def action_edit(self) -> None:
        """Edit the current message here."""
        from deita_tui.ui.screens.editing import EditTurn

        if (row := self.row) is not None and self.text.record is not None:
            place = self.text.current
            editing = EditTurn(self.text.record, place, f"#{row.id}")
            self.app.push_screen(editing, lambda text: self._edited(row.id, place, text))

    def action_editor(self) -> None:
        """Edit the current message in the user's own editor; where there is none, here."""
        from deita_tui.ui.screens import editing

        if (row := self.row) is None or self.text.record is None:
            return
        place = self.text.current
        text = self.text.record.messages[place].content
        editing.outside(
            self.app, text, lambda told: self._edited(row.id, place, told), self.action_edit
        )

    def _edited(self, id_: int, message: int, text: str | None) -> None:
        if text is None:
            return
        done = self._write(lambda project, ids: project.edit(ids[0], message, text), [id_])
        if done is None:
            return
        if not done:
            self.say("Nothing was changed.")
            return
        self.edited.add(id_)
        told = f"edited #{id_}, pending: {self._queue_again([id_])}"
        self._follow("edited", [id_], True, told)
        self.say(f"{told} · {self.way_back('edited')}")
        self.draw()

    def action_score(self) -> None:
        """Score and embed it again."""
        if self.row is not None and (told := self._queue_again([self.row.id])):
            self.say(f"#{self.row.id}: {told}")

    def _queue_again(self, ids: Sequence[int]) -> str:
        """Queue what edited records wait for; returns what to say of it."""
        project = self.app.opened
        try:
            jobs = project.queue_refresh(ids)
            if jobs:
                project.start()
        except DeitaError as error:
            self.app.tell(error)
            return "not queued"
        self.awaited |= set(jobs)
        if not jobs:
            return "nothing waits to be scored or embedded"
        return f"scored and embedded again, job {', '.join(map(str, jobs))}"
