"""The journal on the screen: what was done, and the way back to any point of it."""

from pathlib import Path

import pytest

from deita_tui.project import Project
from deita_tui.ui.widgets.act_table import ActTable
from tests.ui.support import driving


@pytest.fixture
def busy(pool: Path) -> Path:
    """A project in which something was done: keeps 1 to 4, a bulk act, a tag undone, a note."""
    with Project.open(pool) as project:
        for record in range(1, 5):
            project.decide(record, "keep")
        project.decide(range(10, 30), "reject")
        project.tag([7], "dropped")
        project.undo()
        project.note([8], "two\nlines \x1b[31m [bold]x[/]")
    return pool


def row(text: str, what: str) -> str:
    """The line of the table that tells of something."""
    return next(line for line in text.splitlines() if what in line)


async def test_every_act_is_a_row_the_newest_first_with_what_it_changed(
    home: Path, busy: Path
) -> None:
    async with driving(home, busy) as app:
        await app.press("@")
        assert app.name == "Journal"
        assert len(app.one(ActTable)) == 9
        assert row(app.text, "note on record 8").startswith("●")
        assert row(app.text, "undo: tag record 7").startswith("↶")
        assert "dropped" in row(app.text, "  tag record 7")
        # What is told of the act under the cursor is text, whatever it holds.
        await app.sees("#8 note: none → two↵lines ␛[31m [bold]x[/]", "u undoes 9: note on record 8")
        assert "\x1b" not in app.text
        await app.press("down", "down", "down")
        await app.sees("reject 20 records", "#10 decision: none → reject", "… 20 records in all")


async def test_enter_undoes_to_an_act_and_brings_back_to_one(home: Path, busy: Path) -> None:
    async with driving(home, busy) as app:
        await app.press("@", "end", "up", "up")
        await app.sees("3: keep record 2")
        await app.press("enter")
        assert app.name == "Confirm"
        await app.sees("Undo 4 acts that came after 3: keep record 2?")
        await app.press("n")
        assert decided(busy) == {"keep": 4, "reject": 20}
        await app.press("enter", "y")
        await app.sees("U ^r brings back 4: keep record 3")
        assert decided(busy) == {"keep": 2}
        # The cursor is still on it, and what was undone says so in a word.
        assert app.one(ActTable).here == 3
        assert "undone" in row(app.text, "  keep record 4")
        await app.press("up", "up")
        await app.sees("5: keep record 4")
        await app.press("enter")
        await app.sees("Bring back 2 acts, up to 5: keep record 4?")
        await app.press("y")
        await app.sees("redo: keep record 4")
        assert decided(busy) == {"keep": 4}


def decided(pool: Path) -> dict[str, int]:
    with Project.open(pool) as project:
        counted = project.counts().decided
    return {each: counted[each] for each in ("keep", "reject") if each in counted}


async def test_enter_says_where_there_is_no_way(home: Path, busy: Path) -> None:
    async with driving(home, busy) as app:
        await app.press("@", "enter")
        await app.sees("Nothing in force came after it")
        await app.press("down", "enter")
        # An undo is no state of its own: the act that it names was one.
        assert app.one(ActTable).here == 7
        await app.press("enter")
        await app.sees("cannot come back")
        assert decided(busy) == {"keep": 4, "reject": 20}


async def test_undo_and_redo_show_at_once(home: Path, busy: Path) -> None:
    async with driving(home, busy) as app:
        await app.press("@", "u")
        await app.sees("undo: note on record 8", "u undoes 6: reject 20 records")
        assert "undone" in row(app.text, "  note on record 8")
        await app.press("U")
        await app.sees("redo: note on record 8")
        assert row(app.text, "redo:").startswith("↷")


async def test_an_act_leads_to_its_records_and_they_to_why(home: Path, busy: Path) -> None:
    async with driving(home, busy) as app:
        await app.press("@", "down", "down", "down", "o")
        await app.sees("records of act 6", "reject 20 records")
        assert len(app.app.screen.query_one("RecordTable").view) == 20  # type: ignore[attr-defined]
        await app.press("down", "enter")
        await app.sees("#11 ✕ rejected")
        await app.press("escape", "w")
        await app.sees("why #11", "You reject it.")
        await app.press("a", "escape")
        await app.until(lambda: "▲" in app.text)
        await app.press("escape")
        await app.sees("keep record 11")
        await app.press("end", "o")
        await app.sees("That act was about no record.")
        assert app.name == "Journal"


async def test_a_hundred_thousand_rows_are_walked_through_page_by_page(
    home: Path, pool: Path
) -> None:
    with Project.open(pool) as project:
        project.decide(1, "keep")
        with project.store.transaction() as db:
            db.execute(
                "with recursive n(i) as (select 1 union all select i + 1 from n where i < 100000)"
                " insert into journal (at, actor, kind, summary, args, undone)"
                " select '2026-01-02T03:04:05.000Z', 'ada (cli)', 'keep', 'keep record ' || i,"
                " '{}', 2 from n"
            )
    async with driving(home, pool) as app:
        await app.press("@", "end")
        await app.sees("save selection main", "100,002 rows")
        await app.press("home")
        await app.sees("keep record 100000")
        await app.press("pagedown", "pagedown")
        await app.sees("dropped")


async def test_an_empty_journal_says_so(home: Path, tmp_path: Path) -> None:
    Project.create(tmp_path / "new").close()
    async with driving(home, tmp_path / "new", size=(80, 24)) as app:
        await app.press("@")
        await app.sees("Nothing has been done yet.")
        await app.press("enter", "o")
        assert app.name == "Journal"
