"""Any history of acts, through ``Project``, against a model: store, journal and selection agree."""

import shutil
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from deita_store.acts import Act
from deita_tui.errors import StoreError, UsageError
from deita_tui.project import Decision, Project
from deita_tui.steps import deriving
from tests.deciding.acts_model import COUNT, SOURCES, THRESHOLD, Outcome, State, measured, selected
from tests.selecting.projects import embed, score
from tests.selecting.projects import project as by_hand

IDS = st.integers(1, COUNT)
MANY = st.sets(IDS, min_size=1, max_size=6)
DECISIONS: st.SearchStrategy[Decision] = st.sampled_from(["keep", "reject", "clear"])


class Acts(RuleBasedStateMachine):
    """Acts of a user, in any order, with the selection made again and again between them."""

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        texts = {id_: f"question {id_ - 1} 0" for id_ in range(1, COUNT + 1)}
        made = [replace(measured(text), source=SOURCES[id_ % 2]) for id_, text in texts.items()]
        by_hand(self.folder / "project", made).close()
        self.project = Project.open(self.folder / "project")
        self.now = State(texts={id_: (text,) for id_, text in texts.items()})
        self.past: list[State] = []
        self.future: list[State] = []
        self.ready = set(texts.values())
        self.edits = 0
        self.outcomes: dict[int, Outcome] | None = None
        self.last: tuple[Act, set[int]] | None = None

    def teardown(self) -> None:
        if hasattr(self, "project"):
            self.project.close()
            shutil.rmtree(self.folder)

    def act(self, done: Act | None, after: State) -> None:
        """What an act should have done; one that changes nothing must say so."""
        assert (done is None) == (after == self.now)
        if done is not None:
            changed = _changed(self.now, after)
            assert done.records == len(changed)
            self.last = done, changed
            self.past.append(self.now)
            self.now, self.future = after, []

    @rule(ids=MANY, decision=DECISIONS)
    def decide(self, ids: set[int], decision: Decision) -> None:
        after = self.now.copied()
        _decide(after, ids, decision)
        self.act(self.project.decide(sorted(ids), decision), after)

    @rule(
        where=st.sampled_from(["source:x", "is:undecided", "tag:a", "id:3..9"]), flag=st.booleans()
    )
    def bulk(self, where: str, flag: bool) -> None:
        """Several marks of all that a filter finds, as one act."""
        ids = {
            "source:x": {id_ for id_ in self.now.texts if SOURCES[id_ % 2] == "x"},
            "is:undecided": self.now.texts.keys() - self.now.decision.keys(),
            "tag:a": {id_ for name, id_ in self.now.tags if name == "a"},
            "id:3..9": set(range(3, 10)),
        }[where]
        found = self.project.view(where).ids
        assert set(found) == ids
        after = self.now.copied()
        _decide(after, ids, "reject")
        after.flag = after.flag | ids if flag else after.flag - ids
        after.tags |= {("bulk", id_) for id_ in ids}
        wanted: dict[str, str | bool] = {"decision": "reject", "flag": flag, "tag:bulk": True}
        self.act(self.project.mark(found, wanted), after)

    @rule(ids=MANY, name=st.sampled_from(["a", "b"]), on=st.booleans())
    def tag(self, ids: set[int], name: str, on: bool) -> None:
        after = self.now.copied()
        pairs = {(name, id_) for id_ in ids}
        after.tags = after.tags | pairs if on else after.tags - pairs
        self.act(self.project.tag(sorted(ids), name, on), after)

    @rule(id_=IDS, same=st.integers(0, 4))
    def edit(self, id_: int, same: int) -> None:
        after = self.now.copied()
        text = after.texts[id_][-1]
        if same:
            self.edits += 1
            text = f"question {id_} edit {self.edits}"
            after.texts[id_] = (*after.texts[id_], text)
        self.act(self.project.edit(id_, 0, text), after)

    @rule()
    def refresh(self) -> None:
        """What waits is scored and embedded, as the jobs of ``queue_refresh`` would."""
        for id_, texts in self.now.texts.items():
            if texts[-1] not in self.ready:
                made = measured(texts[-1])
                for _ in deriving.run(self.project.store):
                    pass
                score(self.project.store, [id_], [made])
                embed(self.project.store, [id_], [made.vector])
                self.ready.add(texts[-1])

    @rule(id_=IDS)
    def swap(self, id_: int) -> None:
        if self.outcomes is None and self.now.saved:
            return  # the one saved last would be asked, and it is older than this state
        outcome = (self.outcomes or {}).get(id_)
        if outcome is None or outcome.blocker is None:
            with pytest.raises((UsageError, StoreError)):
                self.project.swap(id_)
            return
        after = self.now.copied()
        after.decision |= {id_: "keep", outcome.blocker: "reject"}
        self.act(self.project.swap(id_), after)

    @rule(budget=st.integers(1, COUNT))
    def select(self, budget: int) -> None:
        """Make the working selection anew: it is no act, and no undo touches it."""
        report = self.project.select(budget=budget, threshold=THRESHOLD)
        self.outcomes = selected(self.now, self.ready, budget)
        assert report.kept == sum(each.status == "kept" for each in self.outcomes.values())

    @rule(name=st.sampled_from(["one", "two"]))
    def save(self, name: str) -> None:
        if name in self.now.saved:
            with pytest.raises(StoreError, match="already"):
                self.project.select(budget=5, save=name)
            return
        self.project.select(budget=5, threshold=THRESHOLD, save=name)
        after = self.now.copied()
        after.saved.add(name)
        self.past.append(self.now)
        self.now, self.future, self.last = after, [], None

    @rule()
    def undo(self) -> None:
        done = self.project.undo()
        assert (done is None) == (not self.past)
        if done is not None:
            assert set(self.project.touched(done.id)) == _changed(self.past[-1], self.now)
            self.future.append(self.now)
            self.now, self.last = self.past.pop(), None

    @rule()
    def redo(self) -> None:
        assert (self.project.redo() is None) == (not self.future)
        if self.future:
            self.past.append(self.now)
            self.now, self.last = self.future.pop(), None

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def undo_to(self, data: st.DataObject) -> None:
        done = [each for each in reversed(self.project.journal(1_000)) if _stands(each)]
        left = data.draw(st.integers(0, len(done)))
        entry = done[left - 1].id if left else 0
        assert self.project.undo_depth(after=entry) == len(done) - left
        taken = self.project.undo_to(entry)
        assert [each.id for each in taken] == [each.id for each in reversed(done[left:])]
        while len(self.past) > left:
            self.future.append(self.now)
            self.now, self.last = self.past.pop(), None

    @rule()
    def reopen(self) -> None:
        self.project.close()
        self.project = Project.open(self.folder / "project")

    @invariant()
    def the_store_is_the_models(self) -> None:
        now = self.now
        for row in self.project.list():
            assert row.decision == now.decision.get(row.id)
            assert row.flag == (row.id in now.flag)
            assert set(row.tags) == {name for name, id_ in now.tags if id_ == row.id}
            assert row.edited == (len(now.texts[row.id]) > 1)
            assert row.instruction == now.texts[row.id][-1]
        assert {each.name for each in self.project.selections()} == now.saved

    @invariant()
    def the_journal_is_the_models(self) -> None:
        assert self.project.undo_depth() == len(self.past)
        if self.last is not None:
            act, changed = self.last
            assert set(self.project.touched(act.id)) == changed
            assert self.project.journal(1)[0].id == act.id

    @invariant()
    def the_working_selection_is_the_models(self) -> None:
        assert self.project.has_working() == (self.outcomes is not None)
        if self.outcomes is None:
            return
        rows = self.project.store.db.execute(
            "select record_id, status, rank, blocked_by, coalesce(reason, '') = 'edited, pending'"
            " from record_outcomes where selection = '(working)'"
        )
        found = {
            id_: Outcome(status, rank, blocker, bool(waits))
            for id_, status, rank, blocker, waits in rows.fetchall()
        }
        assert found == self.outcomes


def _decide(state: State, ids: set[int], decision: Decision) -> None:
    for id_ in ids:
        state.decision.pop(id_, None)
        if decision != "clear":
            state.decision[id_] = decision


def _changed(before: State, after: State) -> set[int]:
    """The records that two states differ in."""
    tagged = {id_ for _, id_ in before.tags ^ after.tags}
    return (
        tagged
        | (before.flag ^ after.flag)
        | {id_ for id_ in before.texts if before.texts[id_] != after.texts[id_]}
        | {id_ for id_ in before.texts if before.decision.get(id_) != after.decision.get(id_)}
    )


def _stands(act: Act) -> bool:
    return act.target is None and act.state == "done"


def test_any_history_agrees_with_the_model() -> None:
    run_state_machine_as_test(
        Acts,
        settings=settings(
            max_examples=20,
            stateful_step_count=25,
            deadline=None,
            suppress_health_check=[HealthCheck.too_slow],
        ),
    )
