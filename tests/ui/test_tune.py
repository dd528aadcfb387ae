"""Playing with the selection: what keys do, what is shown, and what is saved."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deita_tui.project import Project
from deita_tui.selection.curve import Point
from deita_tui.selection.params import Params
from deita_tui.selection.picture import Bar, Histogram
from deita_tui.ui import wishes
from deita_tui.ui.screens.tune import Tune
from deita_tui.ui.widgets import charts
from tests.ui.conftest import rows, write
from tests.ui.support import Driven, driving


async def tuning(app: Driven) -> Tune:
    """The screen, once its first answer is proven."""
    app.app.action_show("tune")
    await app.sees("exact ✔")
    screen = app.app.screen
    assert isinstance(screen, Tune)
    return screen


def params(app: Driven) -> Params:
    screen = app.app.screen
    assert isinstance(screen, Tune)
    return screen._params


async def test_it_begins_with_the_selection_that_was_saved_last(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await app.sees("threshold 0.950", "budget 10 ", "kept 10 of 40", "+0 −0", "Jaccard 1.000")
        await app.sees("letters", "books", "[red]nasty")


async def test_keys_move_what_is_kept_and_escape_takes_it_back(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await app.press("right_parenthesis", "right_parenthesis")
        await app.sees("budget 12", "kept 12 of 40", "+2 −0", "changed")
        await app.press("minus")
        await app.sees("threshold 0.945")
        await app.press("full_stop", "less_than_sign", "t")
        await app.sees("weights c^ 1.25", "q^ 0.75", "[mean]")
        await app.press("escape")
        await app.sees("threshold 0.950", "budget 10 ", "[sum]", "+0 −0")
        assert params(app).formula == "c*q"
        await app.press("escape")
        assert app.name != "Tune"


async def test_the_screen_shows_what_the_project_would_select(home: Path, pool: Path) -> None:
    with Project.open(pool) as project:
        report = project.select(budget=7, threshold=0.9)
        comparison = project.compare("main", "working")
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await app.press("B")
        app.one("Input").value = "7"
        await app.press("enter", "T")
        app.one("Input").value = "0.9"
        await app.press("enter")
        await app.sees(f"kept {report.kept} of 40")
        gone, came = len(comparison.left), len(comparison.entered)
        await app.sees(f"+{came} −{gone}", f"Jaccard {comparison.jaccard:.3f}")


async def test_saving_keeps_exactly_what_is_shown(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await app.press("right_parenthesis", "enter")
        await app.sees("Save this selection as", "main-2")
        await app.press("enter")
        await app.sees("Saved")
        await app.sees('against "main-2"', "+0 −0")
    with Project.open(pool) as project:
        saved = project.selection("main-2")
        assert saved.kept == 11
        assert msgspec.convert(saved.params, Params).budget == 11
        twin = project.select(budget=11, threshold=0.95, save="twin")
        assert twin.kept == 11
        assert project.compare("main-2", "twin").jaccard == 1
        project.undo()
        undone = project.undo()
        assert undone is not None
        assert [each.name for each in project.selections()] == ["main"]


async def test_a_name_that_is_taken_is_refused(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await app.press("enter")
        app.one("Input").value = "main"
        await app.press("enter")
        await app.sees("a selection main already")


async def test_nonsense_is_told_and_changes_nothing(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        for key, text in (("F", "c*"), ("T", "warm"), ("S", "alpaca"), ("backslash", "nope:1")):
            before = params(app)
            await app.press(key)
            app.one("Input").value = text
            await app.press("enter")
            await app.sees("✕")
            await app.press("escape")
            assert app.name == "Tune"
            assert params(app) == before
        await app.press("F")
        app.one("Input").value = "c*nobody"
        await app.press("enter")
        await app.sees("✕", "nobody")
        await app.press("escape")
        await app.sees("kept 10 of 40")


async def test_decisions_count_at_once(home: Path, pool: Path) -> None:
    with Project.open(pool, read_only=True) as project:
        first = next(project.list("is:kept", sort="rank")).id
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        with Project.open(pool) as project:
            project.decide(first, "reject")
        await app.sees("rejected 1", "+1 −1", f"#{first} ")


async def test_without_scores_it_says_what_to_do(home: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "bare") as project:
        project.import_(write(tmp_path / "bare.jsonl", rows()))
    async with driving(home, tmp_path / "bare", (100, 30)) as app:
        app.app.action_show("tune")
        await app.sees("✕", "score")


async def test_where_none_is_saved_the_working_selection_is_compared_with(
    home: Path, pool: Path
) -> None:
    with Project.open(pool) as project:
        project.undo()
        assert not project.selections()
        project.select(budget=8, threshold=0.95)
    async with driving(home, pool, (140, 40)) as app:
        await tuning(app)
        await app.sees("against the working selection: +0 −0", "not saved yet")
        await app.press("right_parenthesis")
        await app.sees("against the working selection: +1 −0", "enters 1")
        await app.press("v")
        await app.sees("the working selection: 8 kept")


async def test_a_budget_beyond_the_pool_is_told(home: Path, pool: Path) -> None:
    async with driving(home, pool, (80, 30)) as app:
        await tuning(app)
        await app.press("B")
        app.one("Input").value = "6000"
        await app.press("enter")
        await app.sees("The budget of 6,000 exceeds the pool of 40: nothing is left out for it.")


@pytest.mark.parametrize(
    ("records", "budget"),
    [(0, 6_000), (1, 1), (40, 4), (2_998, 300), (12_345, 1_200), (60_000, 6_000), (10**6, 6_000)],
)
def test_the_first_budget_fits_the_pool(records: int, budget: int) -> None:
    assert wishes.first(records).budget == budget


PARAMS = st.builds(
    Params,
    budget=st.integers(0, 2_000_000),
    threshold=st.floats(-1, 1.5),
    formula=st.sampled_from(["c*q", "c^1.5*q^0.5", "c", "q^2", "rank(c)*q", "c*ifd"]),
)
STEPS = st.integers(-3, 3)


@given(given_=PARAMS, step=STEPS, records=st.integers(0, 2_000_000))
def test_no_step_leads_into_nonsense(given_: Params, step: int, records: int) -> None:
    assert -1 <= wishes.threshold(given_, step).threshold <= 1
    assert 1 <= wishes.budget(given_, step, records).budget <= max(records, 1)
    weighed = wishes.weights(given_, step, -step)
    c, q = wishes.exponents(weighed)
    assert min(c, q) >= 0
    assert (c, q) != (0, 0)
    assert Params(formula=weighed.formula).formula == weighed.formula


@given(budget=st.integers(2, 1_000_000))
def test_a_budget_goes_up_and_down_by_round_steps(budget: int) -> None:
    start = replace(Params(), budget=budget)
    more, fewer = wishes.budget(start, 1, 10**9).budget, wishes.budget(start, -1, 10**9).budget
    assert fewer < budget < more
    assert more - budget <= max(budget * 0.15, 1)


def test_the_rules_for_turns_go_round() -> None:
    params, seen = Params(), []
    for _ in range(4):
        params = wishes.turns(params)
        seen.append(params.turns)
    assert sorted(seen) == ["last", "max", "mean", "sum"]
    assert seen[-1] == "sum"


@pytest.mark.parametrize("width", [10, 24, 60, 200])
def test_charts_stay_in_their_room(width: int) -> None:
    rows = [Bar("漢字" * 9, 100, 1), Bar("[bold]x", 5, 5), *(Bar(str(n), 1, 0) for n in range(9))]
    drawn = charts.bars(rows, width, 5).plain.split("\n")
    assert len(drawn) == 5
    assert drawn[-1].startswith("others"[:3])
    found = Histogram(1.0, 9.5, tuple(range(40)), (0,) * 39 + (3,))
    lines = charts.histogram(found, width, 6).plain.split("\n")
    assert len(lines) == 6
    assert max(map(len, lines)) <= max(width, 10)
    assert charts.curve([], 0.9, width).plain == ""
    points = [Point(0.8, 5, 1, 6, None), Point(0.9, 6, 0, 6, 0.5)]
    assert "▸0.9" in charts.curve(points, 0.91, width).plain
