"""What is seen first comes soon: read ahead, without other commands, the best records at once."""

import sys
from array import array
from pathlib import Path

import pytest

from deita_store import view
from deita_tui.cli import quick
from deita_tui.project import Project
from deita_tui.ui.ahead import Ahead
from deita_tui.ui.screens.browse import Browse
from deita_tui.ui.widgets.record_table import RecordTable
from deita_tui.ui.widgets.topbar import TopBar
from tests.ui.support import driving


class Terminal:
    """A stream that somebody looks at."""

    def isatty(self) -> bool:
        return True


def look_at(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("stdin", "stdout", "stderr"):
        monkeypatch.setattr(sys, name, Terminal())
    monkeypatch.setenv("TERM", "xterm")


def test_the_short_way_is_taken_for_the_app_alone(
    home: Path, pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    others = (
        ["--help"],
        ["--version"],
        ["status", str(pool)],
        ["open"],
        ["open", "--help"],
        ["open", str(pool), "more"],
        ["open", str(pool / "nothing")],
        ["--projects-dir", str(home)],
    )
    with monkeypatch.context() as patch:
        look_at(patch)
        alone, opening = quick.wanted([]), quick.wanted(["open", str(pool)])
        rest = [quick.wanted(words) for words in others]
        patch.setenv("_DEITA_TUI_COMPLETE", "complete_bash")
        completing = quick.wanted([])
    assert alone == (home, None)
    assert opening == (home, pool)
    assert rest == [None] * len(others)
    assert completing is None


def test_without_a_terminal_the_long_way_says_so(pool: Path) -> None:
    assert quick.wanted([]) is None
    assert quick.wanted(["open", str(pool)]) is None


def test_what_was_read_ahead_is_given_away_once(home: Path, pool: Path) -> None:
    ahead = Ahead(home, pool)
    ahead.start()
    assert ahead.counts(pool) is None
    assert ahead.standing(pool.parent / "other") is None
    again = Ahead(home, pool)
    again.start()
    found = again.standing(pool)
    assert found is not None
    with Project.open(pool, read_only=True) as project:
        assert found.counts == project.counts()
    assert again.standing(pool) is None


def test_reading_ahead_leaves_what_is_wrong_to_those_who_ask(home: Path, tmp_path: Path) -> None:
    for folder in (None, tmp_path):
        ahead = Ahead(home, folder)
        ahead.start()
        assert ahead.standing(tmp_path) is None
        assert ahead.counts(tmp_path) is None


def test_the_head_of_a_list_is_how_the_list_begins(pool: Path) -> None:
    with Project.open(pool) as project:
        whole = project.view("", "-score").ids
        head = project.head()
        assert head is not None
        assert 10 <= len(head) < len(whole)
        assert head.ids == whole[: len(head)]
        assert project.head("score") is None
        assert project.head("id") is None
        few = view.head(project.store, most=3)
        assert few is not None
        assert few.ids == whole[:3]
        project.decide(whole[0], "reject")
        project.select(budget=10, threshold=0.95, save="second")
        again = project.head()
        assert again is not None
        assert again.ids == project.view("", "-score").ids[: len(again)]


def test_there_is_no_head_where_it_could_be_wrong(pool: Path, tmp_path: Path) -> None:
    with Project.open(pool) as project:
        file = tmp_path / "late.jsonl"
        file.write_text('{"prompt": "Late?", "completion": "Yes."}\n', encoding="utf-8")
        project.import_(file)
        assert project.head() is None


async def test_a_list_that_was_begun_goes_on_under_the_cursor(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        screen = app.app.screen
        assert isinstance(screen, Browse)
        table = app.one(RecordTable)
        whole = table.view
        assert whole is not None
        head = whole.over(app.app.opened.store)
        head.ids = array("q", whole.ids[:8])
        # The list is being sorted when its head comes.
        screen._list()
        screen.on_browse_begun(Browse.Begun(head))
        assert app.one(TopBar).right == "1 of 8…"
        table.move(3)
        here = table.row.id
        await app.settle()
        assert app.one(TopBar).right == "4 of 40"
        assert table.row.id == here
        assert table.view is not None
        assert table.view.ids == whole.ids
