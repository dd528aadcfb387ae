"""A session at the review screen of the installed program, against a model of what it must leave.

Two hundred decisions with undo and redo, marks, tags, a swap, an edit, acts on many records, and
the end of the process in the middle of a handful of keys. Afterwards the store, the journal and the
selection hold what plain Python says they must.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from random import Random
from time import monotonic, sleep

import numpy as np
import pytest

from deita_tui.project import Project
from tests.review.families import made
from tests.review.hand import PATIENCE, Hand
from tests.review.session_model import Measured, Model, Outcome, effect, selected
from tests.support import wait_for_worker
from tests.ui.conftest import CONFIG, write
from tests.ui.terminal import Terminal

COUNT, BUDGET, THRESHOLD, SEED = 90, 30, 0.85, 7
TAG = "to-check"


@pytest.fixture
def terminal(tmp_path: Path, own_home: Path) -> Iterator[Terminal]:
    found = Terminal(tmp_path / "tmux", own_home)
    yield found
    found.close()


@pytest.fixture
def play(terminal: Terminal, tmp_path: Path) -> "Play":
    folder = tmp_path / "pool"
    with Project.create(folder) as project:
        project.import_(write(tmp_path / "pool.jsonl", made(COUNT, SEED)))
        project.catch_up()
        (folder / "config.toml").write_text(CONFIG)
        project.score(scorer="trial")
        project.embed(embedder="e", backend="fake")
        project.index()
        project.select(budget=BUDGET, threshold=THRESHOLD, save="main")
        texts = {row.id: _messages(project, row.id) for row in project.list()}
    model = Model(texts)
    model.save("main")
    return Play(Hand(terminal, model, folder))


class Play:
    """What the person does, and what is compared."""

    def __init__(self, hand: Hand) -> None:
        self.hand, self.model = hand, hand.model
        self.draw = Random(SEED)
        self.decisions = 0
        self.repeated: tuple[str, int | str] | None = None
        self.measured: dict[int, Measured] = {}
        self.take_in()

    # The selection --------------------------------------------------------------------------------

    def take_in(self) -> None:
        """Have the scores and vectors that the project has now."""
        with Project.open(self.hand.folder, read_only=True) as project:
            vectors = dict(
                project.store.db.execute(
                    "select r.id, v.vector from records r"
                    " join record_vectors l on l.conversation_id = r.conversation_id"
                    " join vectors v on v.id = l.vector_id"
                ).fetchall()
            )
            for row in project.list():
                turns = zip(row.complexity or (), row.quality or (), strict=True)
                self.measured[row.id] = Measured(
                    sum((c or 0) * (q or 0) for c, q in turns),
                    tuple(np.frombuffer(vectors[row.id], "<f2").astype(np.float64).tolist()),
                )

    def outcomes(self) -> dict[int, Outcome]:
        """What the selection must be now."""
        return selected(self.model.now, self.measured, BUDGET, THRESHOLD)

    def asks_why(self) -> None:
        """The selection says of the record here what the model says."""
        found = self.outcomes()
        kept = sum(each.status == "kept" for each in found.values())
        self.hand.asks_why(found[self.hand.screen.here], kept)

    def is_told(self, decision: str) -> None:
        """Decide on some record; the screen tells what that does to others."""
        kept = {id_ for id_, each in self.outcomes().items() if each.status == "kept"}
        # A keep displaces somebody where it was out, and a reject frees somebody where it was in.
        ids = self.hand.screen.ids[:-1]
        self.jump(self.draw.choice([id_ for id_ in ids if (id_ in kept) == (decision == "reject")]))
        self.asks_why()
        here, before = self.hand.screen.here, self.outcomes()
        self.decide(decision)
        pins = sum(said.decision == "keep" for said in self.model.now.values())
        told = effect(before, self.outcomes(), here, pins - BUDGET) or "u: undo"
        verb = {"keep": "kept", "reject": "rejected"}[decision]
        self.hand.find(rf"^ ?{verb} #{here} · {re.escape(told[:50])}")

    # Keys -----------------------------------------------------------------------------------------

    def decide(self, decision: str) -> None:
        """Keep or reject, and go on."""
        self._stay_off_the_end()
        key = {"keep": "a", "reject": "x"}[decision]
        self.repeated = decision, 0
        self.decisions += 1
        self.hand.key(key, lambda id_: self.model.decide([id_], decision), advance=True)

    def clear(self) -> None:
        """Take the decision here back, where there is one."""
        if self.model.now[self.hand.screen.here].decision is not None:
            self.repeated = "clear", 0
            self.decisions += 1
            self.hand.key("c", lambda id_: self.model.decide([id_], "clear"))

    def flag(self) -> None:
        """Flag the record, or take the flag away."""
        on = not self.model.now[self.hand.screen.here].flag
        self.repeated = "flag", int(on)
        self.hand.key("f", self._says("flag", int(on)))

    def rate(self) -> None:
        """Give it another rating than it has."""
        had = self.model.now[self.hand.screen.here].rating or 0
        rating = self.draw.choice([each for each in range(7) if each != had])
        self.repeated = "rate", rating
        self.hand.key(str(rating), self._says("rate", rating))

    def tag(self) -> None:
        """Put the tag on, or take it off."""
        names = {name for said in self.model.now.values() for name in said.tags}
        ever = names or any(TAG in each.summary for each in self.model.journal)
        on = TAG not in self.model.now[self.hand.screen.here].tags
        box = ("[ ]" if ever else "[+]") if on else "[x]"
        self.repeated = ("tag" if on else "untag"), TAG
        self.hand.tag(TAG, box, self._says(*self.repeated))

    def repeat(self) -> None:
        """Do here what was done last, where that shows."""
        if self.repeated is None:
            return
        verb, value = self.repeated
        if verb in ("keep", "reject"):
            self._stay_off_the_end()
            self.decisions += 1
            self.hand.key(".", lambda id_: self.model.decide([id_], verb), advance=True)
            return
        trial = Model({})
        trial.now = self.model.now
        if self._says(verb, value, trial)(self.hand.screen.here) is not None:
            self.decisions += verb == "clear"
            self.hand.key(".", self._says(verb, value))

    def jump(self, to: int = 0) -> None:
        """Go to a record, or to any other one."""
        screen = self.hand.screen
        others = [id_ for id_ in screen.ids[:-1] if id_ != screen.here]
        if to != screen.here:
            self.hand.jump(to or self.draw.choice(others))

    def undo(self) -> None:
        """Take back one act or a few."""
        for _ in range(self.draw.choice([1, 1, 2, 3])):
            if self.model.depth > 1:
                self.hand.undo()

    def redo(self) -> None:
        """Bring one back, where something was undone."""
        if self.model.redoable is not None:
            self.hand.redo()

    def some(self, decisions: int) -> None:
        """So many decisions, with other things between them."""
        wanted = self.decisions + decisions
        moves: list[tuple[int, Callable[[], None]]] = [
            (12, lambda: self.decide("keep")), (40, lambda: self.decide("reject")),
            (20, self.clear), (6, self.undo), (4, self.redo), (3, self.flag), (3, self.rate),
            (4, self.repeat), (4, self.jump), (1, self.tag),
        ]  # fmt: skip
        weights = [weight for weight, _ in moves]
        while self.decisions < wanted:
            self.draw.choices([move for _, move in moves], weights)[0]()

    def _stay_off_the_end(self) -> None:
        screen = self.hand.screen
        if screen.place == len(screen.ids) - 1:
            self.jump()

    def _says(
        self, verb: str, value: int | str, model: Model | None = None
    ) -> Callable[[int], object]:
        """What the model does for a key that says something of one record."""
        to = model or self.model

        def act(id_: int) -> object:
            said = to.now[id_]
            if verb == "clear":
                return to.decide([id_], "clear")
            if verb == "flag":
                word = "flag {}" if value else "unflag {}"
                return to.act(word.split()[0], word, {id_: replace(said, flag=bool(value))})
            if verb == "rate":
                word = f"rate {{}} {value}" if value else "take back the rating of {}"
                return to.act("rate", word, {id_: replace(said, rating=int(value) or None)})
            tags = said.tags | {TAG} if verb == "tag" else said.tags - {TAG}
            return to.act(verb, f"{verb} {{}} {value}", {id_: replace(said, tags=tags)})

        return act

    # What is left ---------------------------------------------------------------------------------

    def store_and_journal_are_the_models(self) -> None:
        """Everything that was said is on disk, and nothing else."""
        with Project.open(self.hand.folder, read_only=True) as project:
            for row in project.list():
                said = self.model.now[row.id]
                found = row.decision, row.flag, row.rating, row.note, frozenset(row.tags)
                assert found == (said.decision, said.flag, said.rating, said.note, said.tags), row
                assert _messages(project, row.id) == said.messages
            acts = project.journal(10_000)[::-1]
            at = {act.id: place for place, act in enumerate(acts)}
            told = [
                (act.kind, act.summary, act.state, act.target and at[act.target],
                 list(project.touched(act.id)))
                for act in acts
            ]  # fmt: skip
            assert project.undo_depth() == self.model.depth
        journal = self.model.journal
        wanted = [
            (each.kind, each.summary, each.state, each.target and journal.index(each.target),
             each.ids)
            for each in journal
        ]  # fmt: skip
        assert told == wanted

    def selection_is_the_models(self) -> None:
        """The command line sees the selection that the screen showed."""
        with Project.open(self.hand.folder, read_only=True) as project:
            assert project.stale("working") == []
            rows = list(project.list(selection="working"))
            found = {row.id: Outcome(row.outcome or "", row.rank, row.blocked_by) for row in rows}
        assert found == self.outcomes()

    def killed_in_the_middle_of(self, count: int) -> None:
        """Keys that nobody waits for; some have come in when the process ends, and count whole."""
        screen, now = self.hand.screen, self.model.now
        left = screen.ids[screen.place : screen.place + count]
        wanted = ["reject" if now[id_].decision == "keep" else "keep" for id_ in left]
        before = self.model.depth
        self.hand.terminal.type("".join({"keep": "a", "reject": "x"}[each] for each in wanted))
        self.hand.find(rf"undo ({'|'.join(str(before + 1 + at) for at in range(count))})\b")
        self.hand.kill()
        with Project.open(self.hand.folder, read_only=True) as project:
            done = project.undo_depth() - before
            place = project.queue("where:").place
        assert 1 <= done <= count
        assert screen.place <= place <= screen.place + done
        for id_, decision in zip(left[:done], wanted, strict=False):
            self.decisions += 1
            self.model.decide([id_], decision)
        screen.place, self.repeated = place, None

    def remembered(self) -> None:
        """Wait until the place in the queue is on disk."""
        deadline = monotonic() + PATIENCE
        while monotonic() < deadline:
            with Project.open(self.hand.folder, read_only=True) as project:
                if project.queue("where:").place == self.hand.screen.place:
                    return
            sleep(0.05)
        raise AssertionError("the place is not remembered")

    # Longer ways ----------------------------------------------------------------------------------

    def swap(self) -> None:
        """Keep a record that something stands in the way of, in place of that."""
        free = [
            id_
            for id_, each in self.outcomes().items()
            if each.blocker is not None and id_ != self.hand.screen.ids[-1]
        ]
        keep = self.draw.choice(free)
        self.hand.jump(keep)
        self.asks_why()
        reject = self.outcomes()[keep].blocker
        assert reject is not None
        now = self.model.now
        said = {
            keep: replace(now[keep], decision="keep"),
            reject: replace(now[reject], decision="reject"),
        }
        told = f"keep record {keep} in place of record {reject}"
        self.hand.key("o", lambda _: self.model.act("swap", told, said), advance=True)
        self.decisions += 1
        self.asks_why()

    def act_on_many(self) -> None:
        """Reject all that a filter finds but one, take it back; keep a range and another one."""
        every, at = self.hand.screen.ids, self.hand.screen.here
        books = [id_ for id_ in every if not (id_ - 1) % 6]
        self.hand.look_at("source:books", books, books[0])
        self.hand.terminal.type("*")
        self.hand.screen.marked = set(books)
        self.hand.stands()
        self.hand.mark()
        self.hand.bulk("X", "reject")
        self.asks_why()
        self.hand.undo()
        self.hand.look_at("", every, at)
        self.hand.jump(every[10])
        self.hand.mark()
        self.hand.move("j", 1)
        self.hand.range(4)
        self.hand.bulk("A", "keep")
        self.asks_why()
        self.decisions += 2

    def edit(self) -> None:
        """Edit an answer in place; it is scored again, taken back, and brought back."""
        self.jump()
        said = self.model.now[self.hand.screen.here]
        text = "~ In short: yes. "
        said = replace(said, messages=(said.messages[0], text + said.messages[1]))
        self.hand.edit(text, lambda id_: self.model.act("edit", "edit {}", {id_: said}))
        self.refresh()
        self.hand.undo()
        self.refresh()
        self.hand.redo()
        self.refresh()

    def refresh(self) -> None:
        """Wait for the scores of what was edited, and take them in."""
        wait_for_worker(self.hand.folder)
        # Marks are gone when the queue was built again: that can be seen.
        self.hand.mark()
        self.hand.terminal.type("R")
        self.hand.screen.marked = set()
        self.hand.stands()
        self.take_in()
        self.asks_why()


def test_a_session_of_200_decisions_leaves_what_it_should(play: Play) -> None:
    hand, every = play.hand, list(range(1, COUNT + 1))
    with Project.open(hand.folder, read_only=True) as project:
        hand.screen.ids = list(project.queue("undecided").ids)
    hand.open()
    hand.stands()
    play.is_told("reject")
    play.some(30)
    hand.look_at("", every, every[0])
    play.some(20)
    play.is_told("keep")
    play.swap()
    play.act_on_many()
    play.some(30)
    hand.jump(every[40])
    play.remembered()
    play.killed_in_the_middle_of(12)
    play.store_and_journal_are_the_models()

    hand.open()
    hand.stands()
    for _ in range(4):
        hand.undo()
    hand.redo()
    play.some(30)
    play.edit()
    play.some(20)
    play.is_told("reject")
    play.is_told("keep")
    play.some(200 - play.decisions)
    play.asks_why()
    hand.leave()
    play.store_and_journal_are_the_models()
    play.selection_is_the_models()
    assert {entry.kind for entry in play.model.journal} >= {
        "save", "keep", "reject", "clear", "swap", "edit", "undo", "redo", "flag", "rate", "tag",
    }  # fmt: skip


def _messages(project: Project, id_: int) -> tuple[str, ...]:
    return tuple(message.content for message in project.record(id_).messages)
