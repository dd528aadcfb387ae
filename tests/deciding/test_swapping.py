"""Keeping one of two that are alike, and rejecting the other: one act."""

from pathlib import Path

import pytest

from deita_store import selections
from deita_tui.errors import StoreError, UsageError
from deita_tui.project import Project
from tests.selecting.projects import Made, clustered
from tests.selecting.projects import project as by_hand


@pytest.fixture
def made(tmp_path: Path) -> Path:
    by_hand(tmp_path / "project", clustered(120)).close()
    with Project.open(tmp_path / "project") as project:
        project.select(budget=30, threshold=0.9)
    return tmp_path / "project"


def test_a_swap_is_one_act_that_undo_takes_back(made: Path) -> None:
    with Project.open(made) as project:
        row = next(each for each in project.list("outcome:too_similar", selection="working"))
        assert row.blocked_by is not None
        act = project.swap(row.uid)
        assert act is not None
        assert (act.kind, act.records) == ("swap", 2)
        assert act.summary == f"keep record {row.id} in place of record {row.blocked_by}"
        assert list(project.touched(act.id)) == sorted([row.id, row.blocked_by])
        assert [each.decision for each in project.list(f"id:{row.id},{row.blocked_by}")] == [
            "keep" if id_ == row.id else "reject" for id_ in sorted([row.id, row.blocked_by])
        ]
        assert project.swap(row.id) is None
        assert project.undo_depth() == 1
        project.undo()
        assert project.view("is:pinned").ids == project.view("is:rejected").ids
        project.redo()
        project.select(budget=30, threshold=0.9)
        told = {each.id: each.outcome for each in project.list(selection="working")}
        assert (told[row.id], told[row.blocked_by]) == ("kept", "rejected")


def test_what_has_no_blocker_is_said(made: Path) -> None:
    with Project.open(made) as project:
        (first,) = project.list("outcome:kept", sort="rank", limit=1, selection="working")
        with pytest.raises(UsageError, match=r"is kept already: there is nothing to swap it with"):
            project.swap(first.id)
        (over,) = project.list("outcome:over_budget", limit=1, selection="working")
        with pytest.raises(UsageError, match="is over the budget"):
            project.swap(over.id)
        with pytest.raises(UsageError, match="cannot take its own place"):
            project.swap(over.id, blocker=over.id)
        with pytest.raises(StoreError, match="no record 999"):
            project.swap(over.id, blocker=999)
        assert project.swap(over.id, blocker=first.id) is not None
        assert project.undo_depth() == 1


def test_the_selection_in_force_names_the_blocker(tmp_path: Path) -> None:
    twins = [Made((9.0,), vector=(1, 0)), Made((8.0,), vector=(1, 0.01)), Made(vector=(0, 1))]
    by_hand(tmp_path / "project", twins).close()
    with Project.open(tmp_path / "project") as project:
        with pytest.raises(StoreError, match="Nothing is selected"):
            project.swap(2)
        project.select(budget=2, save="mine")
        with pytest.raises(StoreError, match="no selection 'other'"):
            project.swap(2, selection="other")
        assert project.swap(2) is not None  # by the one saved last
        project.undo()
        project.select(budget=2, threshold=1)
        with pytest.raises(UsageError, match="kept already"):
            project.swap(2)  # the working one goes first
        assert project.swap(2, selection="mine") is not None
        selections.get(project.store, "mine")
