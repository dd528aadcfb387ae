"""Reviewing: one record after the other, decided by keys, and the selection that answers."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual.widgets import Static

from deita_tui.project import Project
from deita_tui.selection.result import Result
from deita_tui.ui.queue_view import QueueView
from deita_tui.ui.screens.review import Review
from deita_tui.ui.widgets.filter_box import FilterBox
from deita_tui.ui.widgets.reviewed import Reviewed
from tests.ui.support import Driven, driving


@asynccontextmanager
async def reviewing(
    home: Path, pool: Path, size: tuple[int, int] = (100, 30), queue: str = "undecided"
) -> AsyncIterator[Driven]:
    async with driving(home, pool, size) as app:
        app.app.push_screen(Review("review", queue))
        await ready(app)
        yield app


async def ready(app: Driven) -> None:
    await app.settle()
    await app.until(lambda: screen(app).queue is not None)
    await app.until(lambda: result(app) is not None)
    await app.settle()


def screen(app: Driven) -> Review:
    found = app.app.screen
    assert isinstance(found, Review)
    return found


def result(app: Driven) -> Result | None:
    answering = screen(app).answering
    assert answering is not None
    return answering.result


def here(app: Driven) -> int:
    row = screen(app).row
    assert row is not None
    return row.id


def view(app: Driven) -> QueueView:
    found = screen(app).view
    assert found is not None
    return found


def decision(app: Driven) -> str | None:
    row = screen(app).row
    assert row is not None
    return row.decision


def told(app: Driven) -> str:
    return str(screen(app).query_one("#told", Static).render())


def status(app: Driven) -> str:
    return app.lines[1]


def decisions(pool: Path) -> dict[int, str | None]:
    with Project.open(pool, read_only=True) as project:
        return {row.id: row.decision for row in project.list() if row.decision}


async def answered(app: Driven, text: str) -> None:
    await app.until(lambda: text in told(app))


async def test_a_record_is_read_at_once_with_its_outcome_and_the_scores_of_its_turns(
    home: Path, pool: Path
) -> None:
    async with reviewing(home, pool, (80, 24)) as app:
        row = screen(app).row
        assert row is not None
        assert f"#{row.id} ● kept · rank 1 · c " in app.text
        assert row.instruction[:30] in app.text
        assert "undecided 1/" in status(app)
        assert "kept 10 of 10" in status(app)
        assert app.text.count("  q ") >= 1
        assert screen(app).focused is app.one("#record")


async def test_a_decision_is_written_goes_on_and_the_selection_answers(
    home: Path, pool: Path
) -> None:
    async with reviewing(home, pool) as app:
        kept = [row.id for row in view(app) if row.outcome == "kept"]
        first = here(app)
        await app.press("x")
        assert here(app) == kept[1]
        assert decisions(pool) == {first: "reject"}
        await answered(app, f"rejected #{first} · frees 1")
        assert "▲0 ✕1" in status(app)
        assert "undo " in status(app)
        second = here(app)
        await app.press("a")
        await answered(app, f"kept #{second} · nothing changes")
        await app.press("s")
        await app.press("k", "k", "k")
        assert here(app) == first
        assert f"#{first} ✕ rejected" in app.text


async def test_what_is_kept_displaces_another_and_says_which(home: Path, pool: Path) -> None:
    async with reviewing(home, pool, queue="where:is:over_budget") as app:
        chosen = here(app)
        before = result(app)
        assert before is not None
        last = int(before.pool.ids[before.kept[-1]])
        await app.press("a")
        await answered(app, f"kept #{chosen} · displaces 1 (#{last})")
        await app.press("u")
        await answered(app, f"undone: keep record {chosen}")
        assert here(app) == chosen
        assert "redo" in told(app)
        await app.press("U")
        await answered(app, f"redone: keep record {chosen}")
        assert decisions(pool) == {chosen: "keep"}


async def test_undo_goes_back_to_the_row_and_names_it(home: Path, pool: Path) -> None:
    async with reviewing(home, pool) as app:
        first = here(app)
        await app.press("a", "s", "s", "s", "u")
        assert here(app) == first
        assert f"undone: keep record {first}" in told(app)
        assert decisions(pool) == {}
        await app.press("\\")
        await app.type("is:unscored")
        await app.press("enter", "U")
        assert "(not in this queue)" in told(app)


async def test_flags_ratings_and_repeating_stay_on_the_record(home: Path, pool: Path) -> None:
    async with reviewing(home, pool) as app:
        first = here(app)
        await app.press("4", "f")
        assert here(app) == first
        assert "⚑ flagged" in app.text
        assert "your rating 4" in app.text
        await app.press("0", "j", "5", "j", ".")
        assert "your rating 5" in app.text
        await app.press("x", ".", "k")
        assert decision(app) == "reject"
        await app.press("c")
        assert decision(app) is None
        await app.press("f", "f")
        assert "took the flag from" in told(app)


async def test_swapping_keeps_this_and_rejects_its_blocker_in_one_step(
    home: Path, pool: Path
) -> None:
    async with reviewing(home, pool, queue="where:is:too_similar") as app:
        row = screen(app).row
        assert row is not None
        await app.press("o")
        await answered(app, f"kept #{row.id} in place of #{row.blocked_by}")
        assert decisions(pool) == {row.id: "keep", row.blocked_by: "reject"}
        await app.press("u")
        assert decisions(pool) == {}
    async with reviewing(home, pool) as app:
        await app.press("o")
        assert "Nothing that is kept stands in the way" in told(app)
        assert decisions(pool) == {}


async def test_a_range_and_marks_are_decided_at_once_after_one_question(
    home: Path, pool: Path
) -> None:
    async with reviewing(home, pool) as app:
        ids = list(view(app).ids)
        await app.press("space", "j", "v", "j", "j")
        assert "range, 4 marked" in status(app)
        await app.press("X")
        assert "Reject 4 marked records?" in app.text
        await app.press("n")
        assert decisions(pool) == {}
        await app.press("X", "y")
        wanted = {ids[0], ids[2], ids[3], ids[4]}
        assert decisions(pool) == dict.fromkeys(wanted, "reject")
        await answered(app, "rejected 4 records")
        assert "marked" not in status(app)
        await app.press("u")
        assert decisions(pool) == {}
        await app.press("*", "escape")
        assert "marked" not in status(app)
        await app.press("A")
        assert "Mark records first" in told(app)


async def test_a_whole_filter_is_decided_and_taken_back(home: Path, pool: Path) -> None:
    async with reviewing(home, pool) as app:
        await app.press("\\")
        await app.type("source:books")
        await app.press("enter", "*", "A", "y")
        await answered(app, "kept 10 records")
        assert set(decisions(pool).values()) == {"keep"}
        assert len(decisions(pool)) == 10
        await app.press("u")
        assert decisions(pool) == {}


async def test_moving_jumping_and_going_to_what_is_undecided(home: Path, pool: Path) -> None:
    async with reviewing(home, pool, queue="where:") as app:
        await app.press("end")
        assert here(app) == 40
        await app.press("j")
        assert "last one" in told(app)
        await app.press("<", "a", "a", "home", "n")
        assert here(app) == 3
        await app.press("N")
        assert "above is decided" in told(app)
        await app.press("'")
        await app.type("#17")
        await app.press("enter")
        assert here(app) == 17
        await app.press("'")
        await app.type("#99999999999999999999")
        await app.press("enter")
        assert "is no number" in told(app)
        await app.press("'")
        await app.type("41000")
        await app.press("enter")
        assert here(app) == 40


async def test_the_place_is_remembered_for_each_queue(home: Path, pool: Path) -> None:
    async with reviewing(home, pool) as app:
        await app.press("j", "j", "j")
        left = here(app)
        await app.press("Q")
        await app.sees("What to look at", "borderline pairs", "budget edge", "audit")
        await app.press("escape", "\\")
        await app.type("turns>1")
        await app.press("enter", "j")
        other = here(app)
    async with driving(home, pool) as app:
        await app.press("v")
        await ready(app)
        queue = screen(app).queue
        assert queue is not None
        assert queue.name == "where:turns>1"
        assert here(app) == other
        screen(app).load("undecided")
        await app.settle()
        assert here(app) == left


async def test_the_working_selection_is_what_the_screen_showed(home: Path, pool: Path) -> None:
    async with reviewing(home, pool) as app:
        first = here(app)
        await app.press("x", "q")
        await app.until(lambda: app.name != "Review")
    with Project.open(pool, read_only=True) as project:
        assert project.stale("working") == []
        kept = {row.id for row in project.list("is:kept", selection="working")}
    assert first not in kept
    assert len(kept) == 10


async def test_nothing_is_stored_where_nothing_was_decided(home: Path, pool: Path) -> None:
    async with reviewing(home, pool) as app:
        await app.press("j", "q")
    with Project.open(pool, read_only=True) as project:
        assert not project.has_working()


async def test_a_mistake_in_a_filter_can_be_mended_and_the_queue_stays(
    home: Path, pool: Path
) -> None:
    async with reviewing(home, pool) as app:
        first = here(app)
        await app.press("/")
        await app.type("colour:red")
        await app.press("enter")
        box = app.one(FilterBox)
        assert box.has_focus
        assert "colour" in str(screen(app).query_one("#mistake", Static).render())
        await app.press("escape")
        assert not box.display
        assert here(app) == first
        await app.press("a")
        assert decisions(pool) == {first: "keep"}


async def test_alike_records_are_a_queue_of_their_own_and_escape_leads_back(
    home: Path, pool: Path
) -> None:
    async with reviewing(home, pool) as app:
        await app.press("j")
        first = here(app)
        await app.press("m")
        assert status(app).strip().startswith(f"most like #{first} 1/")
        await app.press("j", "escape")
        assert "undecided" in status(app)
        assert here(app) == first


async def test_notes_tags_and_edits_are_acts(home: Path, pool: Path) -> None:
    async with reviewing(home, pool) as app:
        first = here(app)
        await app.press("i")
        await app.type("look again")
        await app.press("ctrl+s")
        assert "note: look again" in app.text
        await app.press("t")
        await app.type("todo")
        await app.press("enter")
        assert "[todo]" in app.text
        await app.press("]", "e")
        assert "assistant, message 2" in app.text
        await app.type("X")
        await app.press("ctrl+s")
        await app.sees("edited, pending")
        await answered(app, f"edited #{first}, pending: scored and embedded again, job")
        await app.until(lambda: "scored again, R takes it" in status(app))
        await app.press("R")
        await app.until(lambda: "pending" not in app.lines[2])
    with Project.open(pool, read_only=True) as project:
        assert project.record(first).messages[1].content.startswith("X")
        (row,) = project.list(f"id:{first}")
        assert (row.note, row.tags, row.edited) == ("look again", ("todo",), True)


async def test_prompts_are_folded_and_unfold(home: Path, pool: Path, tmp_path: Path) -> None:
    from tests.ui.conftest import write

    prompt = "You are a careful assistant. " * 40
    messages = [
        {"role": "system", "content": prompt},
        {"role": "user", "content": "Hello?"},
        {"role": "assistant", "content": "```py\nfor x in y:\n    print(x)\n```\nDone."},
    ]
    with Project.open(pool) as project:
        project.import_(write(tmp_path / "one.jsonl", [{"messages": messages}]))
        project.catch_up()
    async with reviewing(home, pool, queue="where:id:41") as app:
        assert "1,160 characters, p unfolds" in app.text
        assert "    print(x)" in app.text
        assert app.one("#record").current == 1
        folded = len(app.one("#record").lines_made)
        await app.press("p")
        assert "p unfolds" not in app.text
        assert len(app.one("#record").lines_made) > folded
        await app.press("p")
        await app.pilot.click("#record", offset=(10, 1))
        assert "p unfolds" not in app.text


async def test_what_comes_meanwhile_waits_until_it_is_asked_for(
    home: Path, pool: Path, tmp_path: Path
) -> None:
    from tests.ui.conftest import write

    async with reviewing(home, pool, queue="where:") as app:
        messages = [{"role": "user", "content": "New?"}, {"role": "assistant", "content": "Yes."}]
        with Project.open(pool) as project:
            project.import_(write(tmp_path / "one.jsonl", [{"messages": messages}]))
        await app.until(lambda: "1 new, R takes them" in status(app))
        assert "1/40" in status(app)
        await app.press("R")
        assert "1/41" in status(app)


async def test_without_a_selection_decisions_count_all_the_same(home: Path, pool: Path) -> None:
    with Project.open(pool) as project:
        project.hide_selection("main")
    async with driving(home, pool) as app:
        app.app.push_screen(Review("review", "where:"))
        await app.settle()
        await answered(app, "Nothing is selected")
        await app.press("a", "u", "U")
        assert decisions(pool) == {1: "keep"}
        await app.press("w")
        assert app.name != "Review"


async def test_an_empty_queue_says_so(home: Path, pool: Path) -> None:
    async with reviewing(home, pool, queue="where:turns>9") as app:
        assert "Nothing to look at here" in told(app)
        assert "0/0" in status(app)
        await app.press("a", "x", "o", "w", "t", "e", "i", "y", "n", "v", "space", "A", "]", "m")
        assert app.name == "Review"
        assert decisions(pool) == {}


@pytest.mark.parametrize("size", [(80, 24), (120, 36), (200, 50)])
async def test_there_is_room_for_it_on_every_terminal(
    home: Path, pool: Path, size: tuple[int, int]
) -> None:
    async with reviewing(home, pool, size, "where:is:too_similar") as app:
        row = screen(app).row
        assert row is not None
        assert screen(app).table.display == (size[0] >= 120)
        assert app.app.screen.query_one("#opposite").display == (size[0] >= 150)
        if size[0] >= 150:
            other = app.app.screen.query_one("#beside", Reviewed)
            with Project.open(pool, read_only=True) as project:
                assert other.record == project.record(row.blocked_by or 0)
        await app.press("b", "z")
        assert not app.app.screen.query_one("Footer").display
        await app.press("escape")
        assert app.app.screen.query_one("Footer").display


async def test_the_mouse_chooses_rows_and_messages(home: Path, pool: Path) -> None:
    async with reviewing(home, pool, (120, 40)) as app:
        await app.pilot.click("#queue", offset=(20, 3))
        await app.settle()
        assert screen(app).table.cursor == 2
        text = app.one("#record")
        titles = [y for y, line in enumerate(text.lines_made) if line.kind == "title"]
        await app.pilot.click("#record", offset=(10, titles[1]))
        assert text.current == 1


async def test_an_audit_tells_how_often_the_user_agrees(home: Path, pool: Path) -> None:
    async with reviewing(home, pool, queue="audit-kept") as app:
        await app.press("a", "a", "x", "a")
        await app.until(lambda: "±" in status(app) or "agree" in status(app))


async def test_it_comes_from_browse_with_the_filter_the_order_and_the_record(
    home: Path, pool: Path
) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "\\")
        await app.type("turns>1")
        await app.press("enter", "j", "j")
        from deita_tui.ui.widgets.record_table import RecordTable

        table = app.one(RecordTable)
        ids, row = list(table.view.ids), table.row.id
        await app.press("v")
        await ready(app)
        assert list(view(app).ids) == ids
        assert here(app) == row
        await app.press("x", "q")
        assert app.name == "Browse"
        await app.until(lambda: app.one(RecordTable).view[ids.index(row)].decision == "reject")


async def test_hundreds_of_decisions_on_many_records_are_written_beside_the_screen(
    home: Path, pool: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from deita_tui.ui.screens import review_acts

    monkeypatch.setattr(review_acts, "_AT_ONCE", 5)
    async with reviewing(home, pool, queue="where:") as app:
        await app.press("*", "X", "y")
        await app.until(lambda: len(decisions(pool)) == 40)
        await answered(app, "rejected 40 records")
        await app.press("u")
        await asyncio.sleep(0)
        assert decisions(pool) == {}
