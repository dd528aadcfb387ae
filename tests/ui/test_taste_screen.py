"""The screen of the user's taste, from the overview."""

from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.tasting.tasted import judged_project
from tests.ui.support import driving
from tests.ui.test_snapshots import Compare, looks_as_before

__all__ = ["looks_as_before"]  # the fixture


@pytest.fixture
def judged(tmp_path: Path) -> Path:
    """A project with enough decisions."""
    with judged_project(tmp_path / "judged"):
        pass
    return tmp_path / "judged"


async def test_it_is_looked_at_learned_and_forgotten(
    home: Path, judged: Path, looks_as_before: Compare
) -> None:
    async with driving(home, judged, size=(120, 30)) as app:
        await app.press("y")
        await app.sees("very good: ", "leans on", "nothing is learned yet")
        await app.press("enter")
        await app.sees("400 records with a value")
        app.app.clear_notifications()
        await app.settle()
        looks_as_before(app)
        with Project.open(judged, read_only=True) as project:
            assert len(project.view("taste>0")) == 400
        await app.press("delete")
        await app.sees("nothing is learned yet")
        with Project.open(judged, read_only=True) as project:
            assert len(project.view("taste>0")) == 0


async def test_too_little_is_said_and_changes_nothing(home: Path, pool: Path) -> None:
    async with driving(home, pool, size=(80, 24)) as app:
        await app.press("y")
        await app.sees("too few", "20 of either")
        await app.press("enter")
        await app.sees("cannot be learned yet")
        await app.press("q")
        assert app.name == "Overview"
