"""Why: a record beside what stands in its way, the words that differ, and swapping the two."""

from pathlib import Path

import pytest

from deita_tui.project import Project
from deita_tui.ui.screens.why import Why
from deita_tui.ui.widgets.side_by_side import SideBySide
from tests.ui.conftest import CONFIG, write
from tests.ui.support import Driven, driving


def out(pool: Path) -> tuple[int, int]:
    """A record that is too similar, and its blocker."""
    with Project.open(pool) as project:
        row = next(iter(project.list("is:too_similar", sort="-score", limit=1)))
        assert row.blocked_by is not None
        return row.id, row.blocked_by


async def ask(app: Driven, record: int) -> None:
    app.app.push_screen(Why(record))
    await app.settle()


async def test_the_blocker_stands_beside_with_what_would_bring_it_back(
    home: Path, pool: Path
) -> None:
    record, blocker = out(pool)
    async with driving(home, pool, size=(120, 40)) as app:
        await ask(app, record)
        await app.sees(
            f"why #{record}", "too similar: 0.9", f"to #{blocker}; the threshold is 0.95",
            "A threshold of", f"Rejecting #{blocker}", "score ",
            f"beside: #{blocker} · its blocker", f"#{record} ◐ too similar",
            f"#{blocker} ● kept · rank", "1 of ",
        )  # fmt: skip
        # Both in their columns, the same turn on the same line.
        lines = [line for line in app.lines if " │ " in line]
        assert any(line.count("Question 1 about") == 2 for line in lines)
        # On a high terminal all that can be walked through is listed.
        assert "▸ 0.9" in app.text


async def test_only_the_words_that_differ_are_lit_and_d_puts_them_out(
    home: Path, pool: Path
) -> None:
    record, _ = out(pool)
    async with driving(home, pool, size=(120, 40)) as app:
        await ask(app, record)
        assert {text.strip() for text in lit(app)} >= {str(record - 1)}, (
            "the number in the question is what differs"
        )
        assert "Question" not in " ".join(lit(app))
        await app.press("d")
        assert lit(app) == []
        await app.press("d")
        assert lit(app)


def lit(app: Driven) -> list[str]:
    """The lit pieces on the screen."""
    view = app.one(SideBySide)
    height = view.size.height
    strips = [view.render_line(y) for y in range(height)]
    return [
        segment.text
        for strip in strips
        for segment in strip
        if segment.style is not None and segment.style.underline and segment.text.strip()
    ]


async def test_neighbours_are_walked_through_and_back(home: Path, pool: Path) -> None:
    record, blocker = out(pool)
    async with driving(home, pool, size=(120, 40)) as app:
        await ask(app, record)
        await app.press("]")
        assert f"beside: #{blocker}" not in app.text
        await app.sees("2 of ", "like it")
        await app.press("[", "[")
        walked = int(app.text.partition("beside: #")[2].split()[0])
        assert walked not in (record, blocker)
        await app.press("w")
        await app.sees(f"why #{walked}")
        await app.press("x", "enter")
        # What was decided above is known below.
        await app.sees(f"why #{record}", f"#{walked} ✕ rejected")
        await app.press("enter")
        assert app.name == "Overview"


async def test_a_screen_below_another_one_still_gets_its_answer(home: Path, pool: Path) -> None:
    record, blocker = out(pool)
    async with driving(home, pool, size=(120, 40)) as app:
        # Both before either was answered.
        app.app.push_screen(Why(record))
        app.app.push_screen(Why(blocker))
        await app.settle()
        await app.sees(f"why #{blocker}", "kept, number")
        await app.press("escape")
        await app.sees(f"why #{record}", "A threshold of")


async def test_a_swap_is_one_act_and_one_step_of_undo(home: Path, pool: Path) -> None:
    record, blocker = out(pool)
    async with driving(home, pool, size=(120, 40)) as app:
        await ask(app, record)
        await app.press("o")
        await app.sees("u to undo", f"#{record} ▲ pinned", f"#{blocker} ✕ rejected", "You keep it.")
        with Project.open(pool) as project:
            assert project.counts().decided == {"keep": 1, "reject": 1}
        await app.press("o")
        await app.sees("already")
        await app.press("u")
        await app.until(lambda: "You keep it." not in app.text)
        with Project.open(pool) as project:
            assert project.counts().decided == {}


async def test_a_swap_asks_where_another_record_is_shown_beside(home: Path, pool: Path) -> None:
    record, blocker = out(pool)
    async with driving(home, pool, size=(120, 40)) as app:
        await ask(app, record)
        await app.press("]", "o")
        assert app.name == "Confirm"
        await app.sees(f"what keeps #{record} out is #{blocker}")
        await app.press("n")
        with Project.open(pool) as project:
            assert project.counts().decided == {}
        await app.press("o", "y")
        await app.sees("u to undo")
        with Project.open(pool) as project:
            assert [row.id for row in project.list("decision:keep")] == [record]
            assert [row.id for row in project.list("decision:reject")] == [blocker]


async def test_what_nothing_keeps_out_cannot_be_swapped(home: Path, pool: Path) -> None:
    with Project.open(pool) as project:
        kept = next(iter(project.list("is:kept"))).id
    async with driving(home, pool) as app:
        await ask(app, kept)
        await app.sees("kept, number")
        await app.press("o")
        assert app.name == "Sentence"
        await app.sees("is kept already", "Keep it whatever comes with: a")
        assert "deita-tui decide" not in app.text


async def test_decisions_can_be_taken_here(home: Path, pool: Path) -> None:
    record, _ = out(pool)
    async with driving(home, pool, size=(120, 40)) as app:
        await ask(app, record)
        await app.press("x")
        await app.sees("You reject it.", "✕ rejected")
        await app.press("a")
        await app.sees("You keep it.")
        await app.press("c")
        await app.sees(f"left to the method #{record}")
        with Project.open(pool) as project:
            assert project.counts().decided == {}


async def test_on_a_small_terminal_the_turns_stand_one_above_the_other(
    home: Path, pool: Path
) -> None:
    record, blocker = out(pool)
    async with driving(home, pool, size=(80, 24)) as app:
        await ask(app, record)
        await app.sees(f"user · #{record}", f"user · #{blocker}", "A threshold of")
        assert " │ " not in app.text
        assert lit(app)
        await app.pilot.resize_terminal(160, 50)
        await app.settle()
        assert " │ " in app.text


async def test_what_is_known_is_there_before_it_was_selected_again(home: Path, pool: Path) -> None:
    record, blocker = out(pool)

    class Slow:
        """Answers when it is asked to."""

        def __init__(self) -> None:
            self.asked: list[int] = []
            self.acts: list[tuple[str, list[int]]] = []

        def explain(self, record: int, then: object, failed: object = None) -> None:
            self.asked.append(record)

        def acted(self, verb: str, records: list[int]) -> None:
            self.acts.append((verb, records))

    slow = Slow()
    async with driving(home, pool, size=(120, 40)) as app:
        app.app.push_screen(Why(record, answering=slow))
        await app.settle()
        await app.sees("too similar: 0.9", f"beside: #{blocker}", "Selecting again")
        assert slow.asked == [record]
        await app.press("o")
        # The thread hears of it, and is asked again.
        assert slow.acts == [("swapped", sorted((record, blocker)))]
        assert slow.asked[1:]


async def test_a_project_without_a_selection_says_so_and_shows_the_record(
    home: Path, tmp_path: Path
) -> None:
    message = [{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hi"}]
    with Project.create(tmp_path / "bare") as project:
        project.import_(write(tmp_path / "a.jsonl", [{"messages": message}]))
    async with driving(home, tmp_path / "bare") as app:
        await ask(app, 1)
        await app.sees("not selected from", "Hello", "nothing stands beside it")
        assert app.name == "Why"
        await app.press("]")
        await app.sees("No other record is known")


@pytest.fixture
def twins(tmp_path: Path) -> Path:
    """Two long records that differ in a word, and hold what must not reach a terminal."""
    nasty = "\x1b[31mred\x1b[0m [bold]no[/] \u202e漢字"
    same = "\n".join(f"line {n} of what both have" for n in range(30))

    def talk(word: str) -> dict[str, object]:
        return {
            "messages": [
                {"role": "system", "content": same},
                {"role": "user", "content": f"{nasty} Explain {word} to me\tplease"},
                {"role": "assistant", "content": f"{word} is a thing."},
            ]
        }

    folder = tmp_path / "twins"
    with Project.create(folder) as project:
        project.import_(write(tmp_path / "t.jsonl", [talk("Raft"), talk("Paxos")]))
        (folder / "config.toml").write_text(CONFIG)
        project.score(scorer="trial")
        project.embed(embedder="e", backend="fake")
        project.index()
        project.select(budget=1, threshold=0.5, save="main")
    return folder


async def test_what_both_have_is_folded_and_nothing_acts_on_the_terminal(
    home: Path, twins: Path
) -> None:
    async with driving(home, twins, size=(140, 40)) as app:
        await ask(app, 1)
        await app.sees(
            "beside: #2", "22 more lines that both have", "the same", "␛[31mred", "[bold]no[/]"
        )
        assert "\x1b" not in app.text
        assert "\u202e" not in app.text
        assert sorted({piece.strip() for piece in lit(app)}) == ["Paxos", "Raft"]
        await app.press("z")
        assert "more lines that both have" not in app.text
        await app.press("n")
        assert "line 3 of what" not in app.text
        await app.press("N")
        await app.sees("line 3 of what")
