"""What can be done about the findings of a dry run: looking into them, deciding, going back."""

from collections.abc import Sequence

from deita_tui.errors import DeitaError
from deita_tui.ui import actions, remembered
from deita_tui.ui.screens.dialogs import Confirm
from deita_tui.ui.screens.export_base import ExportBase

_AT_ONCE = 500
"""Records of a finding that are reviewed together."""


class Looking(ExportBase):
    """Keys on the list of findings; where the first row is shown instead, they scroll it."""

    def action_move(self, step: int) -> None:
        """Move the cursor by so many lines."""
        if self.found.display:
            self.found.action_move(step)
        else:
            self.query_one("#example").scroll_relative(y=step, animate=False)

    def action_page(self, step: int) -> None:
        """Move the cursor by so many screenfuls."""
        if self.found.display:
            self.found.action_page(step)
        else:
            example = self.query_one("#example")
            example.scroll_relative(y=step * max(example.size.height, 1), animate=False)

    def action_edge(self, step: int) -> None:
        """Go to the first line, or the last."""
        if self.found.display:
            self.found.action_edge(step)
        elif step < 0:
            self.query_one("#example").scroll_home(animate=False)
        else:
            self.query_one("#example").scroll_end(animate=False)

    def action_fold(self, what: str = "") -> None:
        """Show or hide the records of a rule."""
        self.found.action_fold(what)

    def action_why(self) -> None:
        """Say why the record is in or out."""
        from deita_tui.ui.screens.why import Why

        if (problem := self.found.problem) is not None:
            self.app.push_screen(Why(problem.id))

    def action_open(self) -> None:
        """Look into the records of the finding, where they can be decided upon."""
        found = self.found
        if found.group is not None:
            ids = list(dict.fromkeys(each.id for each in found.group.problems))
            first = found.problem.id if found.problem else ids[0]
            self._look_into(ids, first)

    def action_reject(self) -> None:
        """Leave them out."""
        self._decide("reject", "Reject", "rejected")

    def action_clear(self) -> None:
        """Let the method decide again."""
        self._decide("clear", "Clear the decisions on", "cleared")

    def _decide(self, verb: str, asked: str, done: str) -> None:
        found = self.found
        if found.group is None:
            return
        problems = [found.problem] if found.problem else found.group.problems
        ids = list(dict.fromkeys(each.id for each in problems))

        def decide(yes: bool | None) -> None:
            if not yes:
                return
            try:
                act = self.app.opened.decide(ids, verb)  # type: ignore[arg-type]
            except DeitaError as error:
                self.app.tell(error)
                return
            key = self.app.keys_of(actions.named("app.undo"))
            which = f"#{ids[0]}" if len(ids) == 1 else f"{len(ids):,} records"
            told = f"{done} {which} · {key} to undo" if act else f"{which}: {done} already"
            self.notify(told, timeout=2, markup=False)
            self.app.changed()
            found.cursor += 1 if found.problem else 0

        if len(ids) == 1:
            decide(True)
            return
        question = f"{asked} {len(ids):,} records, all that {found.group.rule} strikes?"
        self.app.push_screen(Confirm(f"{question} One undo takes it back."), decide)

    def _look_into(self, ids: Sequence[int], first: int) -> None:
        """Review them, beginning with ``first``; which queue is come back to later stays."""
        from deita_tui.ui.screens.review import Review

        start = max(ids.index(first) - _AT_ONCE // 2, 0)
        some = ids[start : start + _AT_ONCE]
        if len(some) < len(ids):
            self.notify(f"{len(some)} of {len(ids):,} records, around this one.", markup=False)
        queue = f"where:id:{','.join(map(str, some))}"
        self.queue = remembered.queue(self.app.home, str(self.app.opened.folder))
        review = Review(queue=queue)
        self.app.push_screen(review)
        self.call_after_refresh(review.load, queue, first)
