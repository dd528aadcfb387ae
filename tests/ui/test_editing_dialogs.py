"""Writing a note and editing a message on the screen, or in the user's own editor."""

from pathlib import Path

import pytest
from textual.widgets import TextArea

from deita_tui.project import Project
from deita_tui.records import Call, Message, Record
from deita_tui.ui.screens.editing import EditTurn
from deita_tui.ui.screens.noting import NoteBox
from tests.ui.conftest import ESCAPES, MARKUP
from tests.ui.support import Driven, driving

RECORD = Record(
    (
        Message("user", "Name a river."),
        Message("assistant", "", calls=(Call("look_up", "{}"),)),
        Message("assistant", "one\r\ntwo\x0bstill two\u2028and\r\nthree\x1b[0m"),
    )
)


async def edit(app: Driven, message: int, record: Record = RECORD) -> list[str | None]:
    found: list[str | None] = []
    app.app.push_screen(EditTurn(record, message, "#12"), found.append)
    await app.settle()
    return found


async def test_a_message_is_edited_where_it_stands(home: Path, pool: Path) -> None:
    async with driving(home, pool, size=(80, 24)) as app:
        found = await edit(app, 0)
        await app.sees("#12 · user, message 1 of 3", "Name a river.", "ctrl+s takes it")
        await app.press("end")
        await app.type(" q?")
        await app.press("enter")
        await app.type("x")
        await app.press("ctrl+s")
        assert found == ["Name a river. q?\nx"]


@pytest.mark.parametrize("message", [0, 1, 2])
async def test_what_was_not_changed_comes_back_to_the_character(
    home: Path, pool: Path, message: int
) -> None:
    async with driving(home, pool) as app:
        found = await edit(app, message)
        assert "\x1b" not in app.text
        await app.press("ctrl+s")
        assert found == [RECORD.messages[message].content]


async def test_an_empty_turn_is_not_taken_and_nothing_is_lost(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        found = await edit(app, 0)
        app.one(TextArea).select_all()
        await app.press("delete", "ctrl+s")
        await app.sees("An empty turn has no score")
        assert app.name == "EditTurn"
        assert found == []
        await app.press("ctrl+z")
        await app.sees("Name a river.")


async def test_escape_asks_before_it_drops_what_was_written(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        found = await edit(app, 0)
        await app.type("X")
        await app.press("escape")
        assert app.name == "Confirm"
        await app.press("n")
        await app.sees("XName a river.")
        await app.press("escape", "y")
        assert found == [None]
        found = await edit(app, 0)
        await app.press("escape")
        assert found == [None]


async def test_what_is_pasted_acts_on_nothing(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        found = await edit(app, 0)
        area = app.app.screen.query_one(TextArea)
        area.insert("\x1b[31m\u202e" + MARKUP)
        await app.settle()
        assert "\x1b" not in app.text
        assert "\u202e" not in app.text
        await app.sees("[bold]not bold[/bold]")
        area.insert("\0")
        await app.press("ctrl+s")
        await app.sees("The text holds a NUL")
        assert found == []


async def test_without_a_terminal_of_its_own_the_editor_is_the_box(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await edit(app, 0)
        await app.press("f4")
        await app.sees("no terminal here that an editor could have")
        assert app.name == "EditTurn"


async def test_a_note_has_lines_and_may_be_taken_away(home: Path, pool: Path) -> None:
    found: list[str | None] = []
    async with driving(home, pool, size=(80, 24)) as app:
        app.app.push_screen(NoteBox("look up", "#3"), found.append)
        await app.settle()
        await app.sees("Note on #3")
        await app.press("enter")
        await app.type("again")
        await app.press("ctrl+s")
        assert found.pop() == "look up\nagain"
        app.app.push_screen(NoteBox("look up"), found.append)
        await app.settle()
        app.one(TextArea).select_all()
        await app.press("delete", "ctrl+s")
        assert found == [""]


async def test_what_a_record_holds_can_be_edited_and_stored(home: Path, pool: Path) -> None:
    with Project.open(pool) as project:
        record = next(row.id for row in project.list() if row.instruction.startswith("\x1b"))
        said = project.record(record)
    assert said.messages[0].content == ESCAPES
    async with driving(home, pool) as app:
        found = await edit(app, 0, said)
        await app.type("X")
        await app.press("ctrl+s")
    assert found == [f"X{ESCAPES}"]
    with Project.open(pool) as project:
        project.edit(record, 0, found[0] or "")
        assert project.record(record).messages[0].content == found[0]
