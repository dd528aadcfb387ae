"""A model of the whole journal: what every act does, in plain Python, in any order."""

import copy
import json
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
)

from deita_store import care, edits, journal, marks, selections
from deita_store.errors import StoreError
from deita_store.store import Store

ME = "ada (cli)"


@dataclass
class State:
    """What the acts in force add up to."""

    decision: dict[int, str] = field(default_factory=dict)
    flag: set[int] = field(default_factory=set)
    rating: dict[int, int] = field(default_factory=dict)
    note: dict[int, str] = field(default_factory=dict)
    tags: set[tuple[str, int]] = field(default_factory=set)
    says: dict[int, str] = field(default_factory=dict)
    removed: set[int] = field(default_factory=set)
    """Occurrences out of force."""
    visible: set[str] = field(default_factory=set)
    """Saved selections."""


RECORDS = st.sets(st.integers(1, 12), min_size=1, max_size=6)
SOURCES = ("x", "y", "z")


class Journal(RuleBasedStateMachine):
    """Random acts, undos and redos against the model; each state is also replayed."""

    rows: Callable[[Store], Any]

    @initialize()
    def start(self) -> None:
        self.folder = Path(tempfile.mkdtemp())
        self.store = Store.create(self.folder / "project")
        self.now, self.past, self.future = State(), [], []  # type: ignore[var-annotated]
        self.occurrences: list[tuple[int, str]] = []
        self.edits = 0
        self.bring([("x", n) for n in range(1, 8)] + [("y", n) for n in range(5, 13)])

    def teardown(self) -> None:
        if hasattr(self, "store"):
            self.store.close()
            shutil.rmtree(self.folder)

    def bring(self, new: list[tuple[str, int]]) -> None:
        type(self).rows(self.store).imported([(source, f"text {n}") for source, n in new])
        ids = dict(self.store.db.execute("select row, record_id from occurrences where import_id ="
                                         " (select max(id) from imports)"))  # fmt: skip
        self.occurrences += [(ids[row], source) for row, (source, _) in enumerate(new)]

    def live(self, record: int) -> list[str]:
        return [
            source
            for number, (id_, source) in enumerate(self.occurrences, 1)
            if id_ == record and number not in self.now.removed
        ]

    def act(self, done: object, after: State) -> None:
        """What an act should have done; one that changes nothing must say so."""
        assert (done is None) == (after == self.now)
        if done is not None:
            self.past.append(self.now)
            self.now, self.future = after, []

    def fresh(self) -> State:
        return copy.deepcopy(self.now)

    def those(self, ids: set[int]) -> set[int]:
        return {id_ for id_ in ids if self.live(id_)}

    @rule(ids=RECORDS, decision=st.sampled_from(["keep", "reject", "clear"]))
    def decide(self, ids: set[int], decision: str) -> None:
        ids, after = self.those(ids), self.fresh()
        for id_ in ids:
            after.decision.pop(id_, None)
            if decision != "clear":
                after.decision[id_] = decision
        self.act(getattr(marks, decision)(self.store, ids, ME), after)

    @rule(ids=RECORDS, up=st.booleans())
    def flag(self, ids: set[int], up: bool) -> None:
        ids, after = self.those(ids), self.fresh()
        after.flag = after.flag | ids if up else after.flag - ids
        self.act((marks.flag if up else marks.unflag)(self.store, ids, ME), after)

    @rule(ids=RECORDS, rating=st.none() | st.integers(1, 6))
    def rate(self, ids: set[int], rating: int | None) -> None:
        ids, after = self.those(ids), self.fresh()
        for id_ in ids:
            after.rating.pop(id_, None)
            if rating:
                after.rating[id_] = rating
        self.act(marks.rate(self.store, ids, rating, ME), after)

    @rule(ids=RECORDS, note=st.sampled_from(["", "one", "two"]))
    def note(self, ids: set[int], note: str) -> None:
        ids, after = self.those(ids), self.fresh()
        for id_ in ids:
            after.note.pop(id_, None)
            if note:
                after.note[id_] = note
        self.act(marks.note(self.store, ids, note, ME), after)

    @rule(ids=RECORDS, name=st.sampled_from(["a", "b:c"]), on=st.booleans())
    def tag(self, ids: set[int], name: str, on: bool) -> None:
        ids, after = self.those(ids), self.fresh()
        pairs = {(name, id_) for id_ in ids}
        after.tags = after.tags | pairs if on else after.tags - pairs
        self.act((marks.tag if on else marks.untag)(self.store, ids, name, ME), after)

    @rule(ids=RECORDS)
    def several(self, ids: set[int]) -> None:
        ids, after = self.those(ids), self.fresh()
        for id_ in ids:
            after.decision[id_], after.rating[id_] = "keep", 6
            after.tags.discard(("a", id_))
        wanted: dict[str, str | int] = {"decision": "keep", "rating": 6, "tag:a": False}
        self.act(marks.mark(self.store, ids, wanted, ME), after)

    @rule(id_=st.integers(1, 12))
    def edit(self, id_: int) -> None:
        if not self.live(id_):
            return
        after = self.fresh()
        self.edits += 1
        after.says[id_] = json.dumps({"messages": [{"role": "user", "content": str(self.edits)}]})
        self.act(edits.edit(self.store, id_, after.says[id_], 0, self.edits, ME), after)

    @rule(source=st.sampled_from(SOURCES))
    def remove(self, source: str) -> None:
        after = self.fresh()
        chosen = {n for n, (_, of) in enumerate(self.occurrences, 1) if of == source}
        if not chosen:
            with pytest.raises(StoreError, match="no source"):
                care.remove_source(self.store, source, ME)
            return
        after.removed |= chosen
        self.act(care.remove_source(self.store, source, ME), after)

    @rule(new=st.lists(st.tuples(st.sampled_from(SOURCES), st.integers(1, 12)), max_size=4))
    def arrive(self, new: list[tuple[str, int]]) -> None:
        """Rows come by an import, which is no act: they stay, whatever is undone."""
        self.bring(new)

    @rule(name=st.sampled_from(["one", "two"]))
    def save(self, name: str) -> None:
        if name in self.now.visible:
            with pytest.raises(StoreError, match="already"):
                selections.save(self.store, name, {}, {}, [], ME)
            return
        after = self.fresh()
        after.visible.add(name)
        self.act(selections.save(self.store, name, {}, {}, [], ME), after)

    @rule(name=st.sampled_from(["one", "two"]))
    def hide(self, name: str) -> None:
        if name in self.now.visible:
            after = self.fresh()
            after.visible.remove(name)
            self.act(selections.hide(self.store, name, ME), after)

    @rule()
    def undo(self) -> None:
        assert (journal.undo(self.store, ME) is None) == (not self.past)
        if self.past:
            self.future.append(self.now)
            self.now = self.past.pop()

    @rule()
    def redo(self) -> None:
        assert (journal.redo(self.store, ME) is None) == (not self.future)
        if self.future:
            self.past.append(self.now)
            self.now = self.future.pop()

    @precondition(lambda self: self.past)
    @rule(data=st.data())
    def undo_to(self, data: st.DataObject) -> None:
        done = self.store.db.execute(
            "select id from journal where target is null and undone = 0 order by id"
        ).fetchall()
        left = data.draw(st.integers(0, len(done)))
        journal.undo_to(self.store, done[left - 1][0] if left else 0, ME)
        while len(self.past) > left:
            self.future.append(self.now)
            self.now = self.past.pop()

    @rule()
    def reopen(self) -> None:
        self.store.close()
        self.store = Store.open(self.folder / "project")

    @invariant()
    def the_marks_are_the_models(self) -> None:
        db, now = self.store.db, self.now
        stored = {row[0]: row[1:] for row in db.execute(
            "select record_id, decision, flag, rating, note from marks")}  # fmt: skip
        marked = {*now.decision, *now.flag, *now.rating, *now.note}
        assert stored == {
            id_: (
                now.decision.get(id_),
                int(id_ in now.flag),
                now.rating.get(id_),
                now.note.get(id_),
            )
            for id_ in marked
        }
        assert set(db.execute("select tag, record_id from tags")) == now.tags
        visible = {name for (name,) in db.execute("select name from selections where hidden = 0")}
        assert visible == now.visible

    @invariant()
    def the_records_are_the_models(self) -> None:
        for id_, live, source, revision, body, turns, version_turns in self.store.db.execute(
            "select r.id, r.live, s.name, c.revision, c.body, r.turns, c.turns from records r"
            " join sources s on s.id = r.source_id join conversations c on c.id = r.conversation_id"
        ):
            sources = self.live(id_)
            assert live == len(sources)
            assert not sources or source == sources[0]
            assert (revision > 0) == (id_ in self.now.says)
            assert turns == version_turns
            if revision:
                assert body == self.now.says[id_]

    @invariant()
    def the_journal_adds_up_to_the_state(self) -> None:
        """Replay every act in force from nothing, and find what the tables say."""
        added: dict[tuple[int, str], str | None] = {}
        for record, what, after in self.store.db.execute(
            "select c.record_id, c.field, c.after from changes c join journal j"
            " on j.id = c.journal_id where j.undone = 0 order by j.id"
        ):
            added[record, what] = after
        state = self.store.db.execute(
            "select record_id, 'decision', decision from marks where decision is not null"
            " union all select record_id, 'flag', '1' from marks where flag"
            " union all select record_id, 'rating', cast(rating as text) from marks"
            " where rating is not null"
            " union all select record_id, 'note', note from marks where note is not null"
            " union all select record_id, 'tag:' || tag, '1' from tags"
        )
        stored: dict[tuple[int, str], str | None] = {
            (id_, what): value for id_, what, value in state
        }
        versions = dict(self.store.db.execute("select id, conversation_id from records"))
        for record, what in list(added):
            if what == "conversation":
                assert versions[record] == int(added.pop((record, what)) or 0)
        assert stored == {key: value for key, value in added.items() if value is not None}
        removed = self.store.db.execute(
            "select o.id from occurrences o join journal j on j.id = o.removed_by and j.undone = 0"
        )
        assert {id_ for (id_,) in removed} == self.now.removed


def test_any_history_agrees_with_the_model(rows: Callable[[Store], Any]) -> None:
    from hypothesis.stateful import run_state_machine_as_test

    Journal.rows = staticmethod(rows)
    run_state_machine_as_test(
        Journal, settings=settings(max_examples=30, stateful_step_count=30, deadline=None)
    )
