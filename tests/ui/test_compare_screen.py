"""Two selections side by side in the app: the lists, the mix, and choosing either."""

from pathlib import Path

import pytest

from deita_tui.project import Project
from deita_tui.selection.compare import Comparison
from deita_tui.ui.screens.compare import Compare
from deita_tui.ui.widgets import mixes
from deita_tui.ui.widgets.record_table import RecordTable
from tests.ui.support import Driven, driving


@pytest.fixture
def two(pool: Path) -> Path:
    """With a second selection, of longer conversations."""
    with Project.open(pool) as project:
        project.select(budget=12, threshold=0.95, formula="c^2*q", turns="mean", save="mean")
    return pool


def compared(folder: Path, first: str, second: str) -> Comparison:
    with Project.open(folder, read_only=True) as project:
        return project.compare(first, second)


async def comparing(app: Driven) -> Compare:
    await app.press("c")
    await app.sees("Jaccard")
    screen = app.app.screen
    assert isinstance(screen, Compare)
    return screen


def listed(app: Driven) -> list[int]:
    view = app.one(RecordTable).view
    assert view is not None
    return list(view.ids)


async def test_it_shows_what_compare_says(home: Path, two: Path) -> None:
    found = compared(two, "main", "mean")
    assert found.entered
    assert found.left
    assert found.moved
    async with driving(home, two, (140, 44)) as app:
        await comparing(app)
        await app.sees("A ▀ main · 10 kept", "B ▄ mean · 12 kept")
        await app.sees(f"{found.both} in both · Jaccard {found.jaccard:.3f}")
        await app.sees(f"entered {len(found.entered)}: only B keeps")
        assert listed(app) == list(found.entered)
        await app.sees("rank B", "in A", "over budget")
        await app.sees("sources", "letters", "characters", "median")
        await app.press("tab")
        assert listed(app) == list(found.left)
        await app.sees("rank A", "in B", "only A keeps")
        await app.press("tab")
        assert listed(app) == [move.id for move in found.moved]
        first = found.moved[0]
        step = first.before - first.after
        row = next(line for line in app.lines if f" {first.id} " in line and "by" not in line)
        assert f"{'↑' if step > 0 else '↓'}{abs(step)}" in row
        await app.press("shift+tab", "shift+tab")
        assert listed(app) == list(found.entered)


async def test_the_two_are_swapped_and_chosen(home: Path, two: Path) -> None:
    async with driving(home, two, (140, 44)) as app:
        await comparing(app)
        await app.press("s")
        await app.sees("A ▀ mean", "B ▄ main")
        assert listed(app) == list(compared(two, "mean", "main").entered)
        await app.press("A")
        await app.sees("A: what was", "main: 10 kept", "mean: 12 kept")
        await app.press("down", "enter")
        await app.sees("A ▀ main", "Jaccard 1.000", "+0 −0")
        assert listed(app) == []
        await app.press("enter", "w")
        assert app.name == "Compare", "there is no record to read"


async def test_records_are_read_and_explained_from_the_lists(home: Path, two: Path) -> None:
    async with driving(home, two, (140, 44)) as app:
        await comparing(app)
        first, second = listed(app)[:2]
        await app.sees(f"#{first} ")
        await app.press("enter")
        assert app.name == "Reader"
        await app.press("n")
        await app.sees(f"#{second} ")
        await app.press("q", "w")
        assert app.name == "Why"
        await app.press("q")
        assert app.name == "Compare"


async def test_panes_fold_on_a_small_terminal(home: Path, two: Path) -> None:
    async with driving(home, two, (80, 24)) as app:
        await comparing(app)
        assert "characters" not in app.text
        assert "instruction" in app.text
        await app.press("b")
        await app.sees("sources", "turns")
        assert not app.app.screen.query_one("#differing").display
        await app.press("b", "g", "c")
        assert app.name == "Compare"
        await app.press("q")
        assert app.name == "Overview"


async def test_clicks_choose_sides_and_lists(home: Path, two: Path) -> None:
    async with driving(home, two, (140, 44)) as app:
        await comparing(app)
        await app.pilot.click("#left")
        await app.sees("only A keeps")
        await app.pilot.click("#second")
        await app.sees("B: what is")


async def test_with_nothing_to_compare_it_says_what_to_do(home: Path, tmp_path: Path) -> None:
    Project.create(tmp_path / "bare").close()
    async with driving(home, tmp_path / "bare", (80, 24)) as app:
        await app.press("c")
        await app.sees("✕ Nothing is selected in this project yet.", "Tune")
        await app.press("A", "s", "tab")
        assert app.name == "Compare"


async def test_the_working_selection_follows_decisions(home: Path, two: Path) -> None:
    with Project.open(two) as project:
        project.select(budget=10, threshold=0.95)
    async with driving(home, two, (140, 44)) as app:
        await comparing(app)
        await app.sees("A ▀ mean", "B ▄ working")
        with Project.open(two) as project:
            kept = next(project.list("is:kept", selection="working", sort="rank")).id
            project.decide(kept, "reject")
            project.select(budget=10, threshold=0.95)
        found = compared(two, "mean", "working")
        await app.until(lambda: listed(app) == list(found.entered))


@pytest.mark.parametrize("width", [10, 30, 44, 90])
def test_the_mix_stays_in_its_room(two: Path, width: int) -> None:
    lines = mixes.drawn(compared(two, "main", "mean"), width).plain.split("\n")
    assert max(map(len, lines)) <= max(width, 36)
