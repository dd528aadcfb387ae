"""Browsing the records of a project."""

import json
from pathlib import Path

import pytest
from textual.widgets import Static

from deita_tui.project import Project
from deita_tui.ui.widgets.conversation import Conversation
from deita_tui.ui.widgets.filter_box import FilterBox
from deita_tui.ui.widgets.record_table import RecordTable
from tests.ui.conftest import ESCAPES, MARKUP, WIDE, write
from tests.ui.support import Driven, driving


async def filtered(app: Driven, text: str) -> None:
    await app.press("\\", "ctrl+u")
    await app.type(text)
    await app.press("enter")


def ids(app: Driven) -> list[int]:
    view = app.one(RecordTable).view
    return list(view.ids)


async def test_the_best_record_comes_first_and_its_conversation_is_beside(
    home: Path, pool: Path
) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        table = app.one(RecordTable)
        assert table.has_focus
        assert "1 of 40" in app.text
        assert table.row.rank == 1
        assert f"#{table.row.id} ● kept · rank 1" in app.text
        assert "selection main" in app.text
        await app.press("j", "j", "k")
        assert table.cursor == 1
        await app.press("end")
        assert table.cursor == 39
        assert "40 of 40" in app.text
        await app.press("pageup", "home")
        assert table.cursor == 0


async def test_a_mistake_in_a_filter_is_shown_where_it_is_and_loses_nothing(
    home: Path, pool: Path
) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        await filtered(app, "source:books")
        before = ids(app)
        await filtered(app, "source:books colour:red")
        box = app.one(FilterBox)
        assert box.has_focus
        assert box.value == "source:books colour:red"
        assert box.cursor_position == box.value.index("colour")
        carets, *_ = str(app.app.screen.query_one("#mistake", Static).render()).splitlines()
        assert carets.rstrip().startswith(" " * 13 + "^^^^^^")
        assert "colour" in app.text.replace(box.value, "")
        assert ids(app) == before
        await app.press("escape")
        assert box.value == "source:books"
        assert app.one(RecordTable).has_focus


async def test_names_and_values_are_completed(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "\\")
        await app.type("sou")
        await app.press("tab")
        box = app.one(FilterBox)
        assert box.value == "source:"
        await app.type("le")
        await app.press("tab")
        assert box.value == "source:letters"
        await app.press("enter")
        assert "of 27" in app.text


async def test_what_was_typed_comes_back_also_after_a_restart(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        await filtered(app, "turns>1")
        await filtered(app, "is:kept")
        await app.press("\\", "up", "up")
        assert app.one(FilterBox).value == "turns>1"
    async with driving(home, pool) as app:
        await app.press("b", "\\", "up")
        assert app.one(FilterBox).value == "is:kept"
        await app.press("down")
        assert app.one(FilterBox).value == ""


async def test_letters_are_text_in_the_box_and_keys_outside(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "/")
        await app.type("ax")
        assert app.one(FilterBox).value == "ax"
        await app.press("escape")
    with Project.open(pool, read_only=True) as project:
        assert project.counts().decided == {}


async def test_words_are_searched_for(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "/")
        await app.type("volcanoes")
        await app.press("enter")
        assert 0 < len(ids(app)) < 10
        assert "volcanoes" in app.text


async def test_sorting_keeps_the_record_and_turns_round_the_second_time(
    home: Path, pool: Path
) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "down", "down")
        here = app.one(RecordTable).row.id
        for expected in ("-chars", "chars"):
            await app.press("O")
            assert app.name == "Choose"
            await app.press("home")
            dialog = app.app.screen
            names = [name for name, _, _ in dialog._choices]  # type: ignore[attr-defined]
            await app.press(*["down"] * names.index("chars"), "enter")
            assert app.one(RecordTable).sort == expected
            assert app.one(RecordTable).row.id == here
        sizes = [row.chars for row in app.one(RecordTable).view]
        assert sizes == sorted(sizes)


async def test_a_click_on_a_title_sorts_and_on_a_row_chooses(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        await app.pilot.click(RecordTable, offset=(12, 0))
        await app.settle()
        assert app.one(RecordTable).sort == "score"
        await app.pilot.click(RecordTable, offset=(60, 0))
        await app.settle()
        await app.sees("cannot be sorted by instruction")
        await app.press("home")
        await app.pilot.click(RecordTable, offset=(12, 4))
        await app.settle()
        assert app.one(RecordTable).cursor == 3
        await app.pilot.click(RecordTable, offset=(12, 4), times=2)
        await app.settle()
        assert app.name == "Reader"


async def test_jumping_to_a_row_and_to_a_record(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "'")
        await app.type("12")
        await app.press("enter")
        assert app.one(RecordTable).cursor == 11
        await app.press("'")
        await app.type("#7")
        await app.press("enter")
        assert app.one(RecordTable).row.id == 7
        for wrong in ("#4711", "seven"):
            await app.press("'")
            await app.type(wrong)
            await app.press("enter")
            assert app.one(RecordTable).row.id == 7


async def test_columns_are_chosen_and_stay_after_a_resize(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "C", "ctrl+u")
        await app.type("id,chars,instruction")
        await app.press("enter")
        titles = [column.title for column in app.one(RecordTable).columns]
        assert titles == ["id", "chars", "instruction"]
        await app.pilot.resize_terminal(80, 24)
        await app.settle()
        assert [column.title for column in app.one(RecordTable).columns] == titles
        await app.press("C")
        await app.type(",nonsense")
        await app.press("enter")
        assert [column.title for column in app.one(RecordTable).columns] == titles


async def test_deciding_moves_on_and_is_undone_and_redone(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        first, second = ids(app)[:2]
        await app.press("a")
        assert app.one(RecordTable).cursor == 1
        await app.sees(f"kept #{first} · u to undo")
        await app.press("x")
        with Project.open(pool) as project:
            assert project.counts().decided == {"keep": 1, "reject": 1}
        assert [row.decision for row in app.one(RecordTable).view][:2] == ["keep", "reject"]
        await app.press("u", "u")
        with Project.open(pool) as project:
            assert project.counts().decided == {}
        await app.press("U")
        await app.press("home", "f", "c")
        with Project.open(pool) as project:
            assert [row.id for row in project.list("is:flagged")] == [first]
            assert project.counts().decided == {"flag": 1}, "kept again, and cleared"
        await app.press("home", "down", "x", "up", "f", "u", "u")
        with Project.open(pool) as project:
            assert project.counts().decided == {"flag": 1}
            assert project.journal(1)[0].kind == "undo", second


async def test_a_step_about_many_records_is_written_beside_the_screen(
    home: Path, pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deita_tui.ui import stepping

    monkeypatch.setattr(stepping, "AT_ONCE", 5)
    with Project.open(pool) as project:
        project.decide(range(1, 21), "reject")
    async with driving(home, pool) as app:
        await app.press("b", "u")
        await app.sees("undone: reject 20 records")
        with Project.open(pool) as project:
            assert project.counts().decided == {}
        await app.until(lambda: all(row.decision is None for row in app.one(RecordTable).view))
        await app.press("U")
        await app.sees("redone: reject 20 records")
        with Project.open(pool) as project:
            assert project.counts().decided == {"reject": 20}
        # Many keys at once: none of them is taken twice, and none is lost without a word.
        await app.pilot.press("u", "u")
        await app.settle()
        with Project.open(pool) as project:
            assert project.counts().decided == {}


async def test_new_records_wait_until_they_are_asked_for(
    home: Path, pool: Path, tmp_path: Path
) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "down")
        here, before = app.one(RecordTable).row.id, ids(app)
        with Project.open(pool) as project:
            project.import_(
                write(tmp_path / "new.jsonl", [{"prompt": "New?", "completion": "Yes"}])
            )
        await app.sees("1 new, R to take them in")
        assert ids(app) == before
        assert app.one(RecordTable).row.id == here
        await app.press("R")
        assert len(ids(app)) == 41
        assert app.one(RecordTable).row.id == here


async def test_the_preview_stays_where_it_was_read_while_others_write(
    home: Path, pool: Path
) -> None:
    async with driving(home, pool, size=(100, 24)) as app:
        await app.press("b")
        await filtered(app, "turns:3")
        conversation = app.one(Conversation)
        await app.press("J", "J")
        place = conversation.scroll_offset.y
        assert place > 0
        with Project.open(pool) as project:
            project.decide(app.one(RecordTable).row.id, "keep")
        await app.until(lambda: app.one(RecordTable).row.decision == "keep")
        assert conversation.scroll_offset.y == place


async def test_a_record_is_copied_as_json(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "y")
        copied = json.loads(app.app.clipboard)
        assert copied["messages"][0]["role"] == "user"


async def test_more_like_this_lists_the_nearest_first_and_leads_back(
    home: Path, pool: Path
) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        await filtered(app, "source:letters")
        before = ids(app)
        row = app.one(RecordTable).row
        with Project.open(pool) as project:
            nearest = [each.id for each in project.similar(row.id, 50)]
        await app.press("m")
        assert ids(app) == [row.id, *nearest]
        assert f"most like #{row.id}" in app.text
        await app.press("escape")
        assert ids(app) == before
        assert app.one(FilterBox).value == "source:letters"
        await app.press("escape")
        assert app.name == "Overview"


async def test_a_record_is_read_turn_by_turn(home: Path, pool: Path) -> None:
    async with driving(home, pool, size=(80, 24)) as app:
        await app.press("b")
        await filtered(app, "turns:3")
        await app.press("enter")
        assert app.name == "Reader"
        first = app.one(Conversation)._record
        assert "Question 1 about" in app.text
        await app.press("]", "]")
        assert app.one(Conversation).scroll_offset.y > 0
        await app.press("[")
        await app.press("n")
        assert app.one(Conversation)._record != first
        await app.press("p")
        assert app.one(Conversation)._record == first
        await app.press("q")
        assert app.name == "Browse"


async def test_why_is_told_with_the_record_in_its_way(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        await filtered(app, "is:too_similar")
        row = app.one(RecordTable).row
        await app.press("w")
        await app.sees("too similar", f"#{row.blocked_by} ● kept", f"#{row.id} ◐ too similar")
        await app.press("q")
        assert app.name == "Browse"


@pytest.mark.parametrize("width", [60, 201])
async def test_text_of_the_data_is_shown_literally_and_breaks_no_line(
    home: Path, pool: Path, width: int
) -> None:
    async with driving(home, pool, size=(width, 30)) as app:
        await app.press("b")
        await filtered(app, 'source:"[red]nasty[/red]"')
        for _ in range(3):
            table, conversation = app.one(RecordTable), app.one(Conversation)
            for widget in (table, conversation):
                for y in range(widget.size.height):
                    strip = widget.render_line(y)
                    assert strip.cell_length == widget.scrollable_content_region.width
                    assert not any(ord(c) < 32 or c == "\u202e" for c in strip.text)
            await app.press("down")
        shown = app.text
        assert "\x1b" not in shown
        await app.press("home", "enter")
        seen = ""
        for _ in range(3):
            seen += app.text
            await app.press("n")
        for literal in (MARKUP[:20], "[/]", "␛[31mred", "\\u202e", WIDE[:6]):
            assert literal in seen.replace("\n", ""), literal
    assert "\x1b" in ESCAPES


async def test_a_megabyte_scrolls(home: Path, pool: Path, tmp_path: Path) -> None:
    text = "A line of words that goes on. " * 35_000
    with Project.open(pool) as project:
        rows = [{"prompt": "Say much.", "completion": text}]
        project.import_(write(tmp_path / "long.jsonl", rows))
    async with driving(home, pool) as app:
        await app.press("b")
        await filtered(app, "chars>1000000")
        await app.press("enter")
        conversation = app.one(Conversation)
        assert conversation.virtual_size.height > 10_000
        await app.press("end")
        await app.until(lambda: conversation.scroll_offset.y > 10_000)
        assert "that goes on." in app.text
        await app.pilot.resize_terminal(50, 20)
        await app.settle()
        assert "that goes on." in app.text


async def test_a_filter_that_finds_nothing_leaves_an_empty_list(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        await filtered(app, "score>999")
        assert "0 of 0" in app.text
        assert "Nothing here." in app.text
        await app.press("down", "enter", "a", "w", "m", "y", "end")
        assert app.name == "Browse"
