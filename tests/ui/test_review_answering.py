"""The thread behind a review: what it tells, in which order, and what it stores."""

from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Queue
from typing import Any

import pytest

from deita_tui.errors import DeitaError
from deita_tui.project import Project
from deita_tui.ui import answering
from deita_tui.ui.answering import Answer, Answering, Done, Saved, Told
from deita_tui.ui.bench import Broke, Trouble


class Heard:
    """A thread that answers, and what it said."""

    def __init__(self, pool: Path) -> None:
        self.said: Queue[Told] = Queue()
        self.pool = pool
        self.thread = Answering(pool, self.said.put)
        self.thread.start()

    def next(self, kind: type, holds: Callable[[Any], bool] = lambda _: True) -> Any:
        """The next thing of that kind."""
        while True:
            told = self.said.get(timeout=30)
            if isinstance(told, kind) and holds(told):
                return told

    def decide(self, id_: int, decision: Any, verb: str) -> None:
        with Project.open(self.pool) as project:
            project.decide(id_, decision)
        self.thread.acted(verb, [id_])


@pytest.fixture
def heard(pool: Path) -> Iterator[Heard]:
    found = Heard(pool)
    yield found
    found.thread.close()
    assert found.thread.wait(30)


def exact(answer: Answer) -> bool:
    return answer.result.gear == "exact"


def test_a_mistake_in_an_errand_is_told_and_the_next_one_is_answered(heard: Heard) -> None:
    heard.next(Answer, exact)

    def breaks(_: Project) -> None:
        raise RuntimeError("nobody thought of this")

    heard.thread.do(breaks, lambda _: None)
    assert str(heard.next(Broke).error) == "nobody thought of this"
    heard.decide(1, "keep", "kept")
    assert heard.next(Answer, lambda answer: answer.acted is not None).told.startswith("kept #1")


def test_first_what_is_selected_then_what_each_act_did_proven_behind_it(heard: Heard) -> None:
    first = heard.next(Answer)
    assert first.told == ""
    kept = first.result.pool.ids[first.result.kept]
    heard.next(Answer, exact)
    heard.decide(int(kept[0]), "reject", "rejected")
    quick = heard.next(Answer)
    assert quick.told.startswith(f"rejected #{kept[0]} · frees 1 (#")
    proven = heard.next(Answer, exact)
    assert proven.told == quick.told
    assert heard.thread.result is proven.result


def test_acts_that_come_together_are_answered_together(heard: Heard) -> None:
    first = heard.next(Answer, exact)
    ids = first.result.pool.ids[first.result.kept][:2].tolist()
    with Project.open(heard.pool) as project:
        project.decide(ids, "reject")
    heard.thread.acted("rejected", ids[:1])
    heard.thread.acted("rejected", ids[1:])
    last = heard.next(Answer, lambda each: int(each.result.pool.rejected.sum()) == 2)
    assert not set(ids) & set(last.result.pool.ids[last.result.kept].tolist())


def test_the_end_stores_what_was_decided_and_nothing_else(pool: Path) -> None:
    one = Heard(pool)
    result = one.next(Answer).result
    one.thread.close()
    assert one.thread.wait(30)
    with Project.open(pool, read_only=True) as project:
        assert not project.has_working()
    two = Heard(pool)
    chosen = int(result.pool.ids[result.kept[0]])
    two.next(Answer)
    two.decide(chosen, "reject", "rejected")
    two.thread.close()
    assert two.thread.wait(30)
    assert two.next(Saved).kept == 10
    with Project.open(pool, read_only=True) as project:
        assert project.stale("working") == []
        assert project.selection("working").params == project.selection("main").params


def test_after_a_pause_it_is_stored_without_being_asked(
    pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "SAVE_AFTER", 0.01)
    heard = Heard(pool)
    result = heard.next(Answer, exact).result
    heard.decide(int(result.pool.ids[result.kept[0]]), "reject", "rejected")
    heard.next(Saved)
    heard.thread.close()
    assert heard.thread.wait(30)


def test_errands_are_done_one_after_another_and_their_mistakes_are_told(heard: Heard) -> None:
    done: list[Any] = []
    heard.thread.do(lambda project: project.counts().records, done.append)
    heard.thread.do(lambda project: project.record(10_000), done.append, done.append)
    heard.thread.do(lambda project: project.record(10_001), done.append)
    heard.next(Done).then()
    heard.next(Done).then()
    assert done[0] == 40
    assert isinstance(done[1], DeitaError)
    assert "10001" in heard.next(Trouble).error.message


def test_why_is_about_what_was_decided_a_moment_ago(heard: Heard) -> None:
    result = heard.next(Answer).result
    chosen = int(result.pool.ids[result.kept[0]])
    heard.decide(chosen, "reject", "rejected")
    found: list[Any] = []
    heard.thread.explain(chosen, found.append)
    heard.next(Done).then()
    (told,) = found
    assert told.about.status == "rejected"
    assert told.selection == "working"
    with Project.open(heard.pool, read_only=True) as project:
        assert project.explain(chosen).about.status == "kept"


def test_it_selects_as_what_was_made_last(pool: Path) -> None:
    with Project.open(pool) as project:
        project.select(budget=3, threshold=0.95)
    heard = Heard(pool)
    assert len(heard.next(Answer).result.kept) == 3
    heard.thread.close()
    assert heard.thread.wait(30)
    with Project.open(pool) as project:
        project.select(budget=4, threshold=0.95, save="later")
    heard = Heard(pool)
    assert len(heard.next(Answer).result.kept) == 4
    heard.thread.close()
    assert heard.thread.wait(30)


def test_without_a_selection_it_says_so_and_still_does_errands(pool: Path) -> None:
    with Project.open(pool) as project:
        project.hide_selection("main")
    heard = Heard(pool)
    assert "Nothing is selected" in heard.next(Trouble).error.message
    done: list[int] = []
    heard.thread.acted("kept", [1])
    heard.thread.do(lambda project: project.counts().records, done.append)
    heard.next(Done).then()
    assert done == [40]
    heard.thread.close()
    assert heard.thread.wait(30)


def test_what_is_stored_heeds_an_edit_that_was_undone_meanwhile(pool: Path) -> None:
    with Project.open(pool) as project:
        project.edit(1, 1, "Another answer altogether.")
    heard = Heard(pool)
    heard.next(Answer, exact)
    with Project.open(pool) as project:
        assert project.undo() is not None
    heard.decide(2, "keep", "kept")
    heard.thread.close()
    assert heard.thread.wait(30)
    with Project.open(pool) as project:
        assert list(project.stale("working")) == []
