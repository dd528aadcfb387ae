"""A picture of each screen, with data that never changes.

``pytest tests/ui/test_snapshots.py --snapshot-update`` takes them anew; look at what changed.
"""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from syrupy.assertion import SnapshotAssertion
from syrupy.extensions.single_file import SingleFileSnapshotExtension, WriteMode
from syrupy.location import PyTestLocation
from textual.screen import Screen
from textual.widgets import Select, TextArea

from deita_tui.project import Project
from deita_tui.ui.screens.editing import EditTurn
from deita_tui.ui.screens.importing import ImportWizard
from deita_tui.ui.screens.review import Review
from deita_tui.ui.screens.tagging import TagPicker
from deita_tui.ui.widgets.topbar import TopBar
from tests.support import SAMPLE
from tests.ui.support import Driven, driving


class Picture(SingleFileSnapshotExtension):
    """One SVG a picture."""

    _write_mode = WriteMode.TEXT
    file_extension = "svg"

    @classmethod
    def dirname(cls, *, test_location: PyTestLocation) -> str:
        path = Path(test_location.filepath)
        return str(path.with_name("snapshots") / path.stem)


@pytest.fixture
def looks_as_before(snapshot: SnapshotAssertion) -> Callable[[Driven], None]:
    def compare(app: Driven) -> None:
        picture = app.app.export_screenshot(title="deita-tui", simplify=True)
        # Rich names its classes by a hash of what is drawn.
        assert re.sub(r"terminal-\d+", "terminal", picture) == snapshot(extension_class=Picture)

    return compare


Compare = Callable[[Driven], None]


async def test_home(home: Path, looks_as_before: Compare) -> None:
    async with driving(home) as app:
        # What this machine has is another thing on each.
        app.one(TopBar).right = "14.0 GB free · GPU none · llama.cpp ok"
        await app.settle()
        looks_as_before(app)


async def test_import(home: Path, looks_as_before: Compare, monkeypatch: Any) -> None:
    monkeypatch.chdir(SAMPLE.parent)
    async with driving(home) as app:
        app.app.push_screen(ImportWizard(Path(SAMPLE.name), home / "first_steps"))
        await app.settle()
        await app.sees("row 1 of the first 12")
        looks_as_before(app)


async def test_overview(home: Path, pool: Path, looks_as_before: Compare) -> None:
    async with driving(home, pool) as app:
        await app.until(lambda: app.app.screen.query_one("#portrait").display)
        await app.settle()
        await app.sees("all ")
        looks_as_before(app)


WAYS = {
    "browse": "b",
    "record": "b enter",
    "why": "b down w",
    "sort": "b O",
    "keys": "b ?",
    "embed": "e",
}


@pytest.mark.parametrize("screen", WAYS)
async def test_screen(home: Path, pool: Path, looks_as_before: Compare, screen: str) -> None:
    async with driving(home, pool) as app:
        await app.press(*WAYS[screen].split())
        looks_as_before(app)


async def test_browse_on_a_small_terminal(home: Path, pool: Path, looks_as_before: Compare) -> None:
    async with driving(home, pool, size=(80, 24)) as app:
        await app.press("b", "\\")
        await app.type("source:books colour:red")
        await app.press("enter")
        looks_as_before(app)


async def test_browse_on_a_light_background(
    home: Path, pool: Path, looks_as_before: Compare
) -> None:
    async with driving(home, pool) as app:
        app.app.theme = "deita-light"
        await app.press("b")
        looks_as_before(app)


async def test_journal(home: Path, pool: Path, looks_as_before: Compare) -> None:
    with Project.open(pool) as project:
        project.decide(range(4, 9), "keep")
        project.decide([12], "reject")
        project.undo()
        with project.store.transaction() as db:
            db.execute("update journal set at = '2026-01-02T03:04:05.000Z', actor = 'ada (app)'")
    async with driving(home, pool) as app:
        await app.press("@", "down", "down")
        looks_as_before(app)


async def test_tags(home: Path, pool: Path, looks_as_before: Compare) -> None:
    with Project.open(pool) as project:
        project.tag([1, 2], "to-check")
        project.tag([1], "for-later")
    async with driving(home, pool) as app:
        app.app.push_screen(Screen())
        app.app.push_screen(TagPicker([1, 2]))
        await app.settle()
        await app.type("t")
        looks_as_before(app)


async def test_editing(home: Path, pool: Path, looks_as_before: Compare) -> None:
    async with driving(home, pool) as app:
        app.app.push_screen(Screen())
        app.app.push_screen(EditTurn(app.app.opened.record(39), 0, "#39"))
        await app.settle()
        # A cursor that blinks is there or not.
        app.one(TextArea).cursor_blink = False
        await app.settle()
        looks_as_before(app)


async def test_export(home: Path, pool: Path, looks_as_before: Compare, monkeypatch: Any) -> None:
    # The folder that is offered stands in the picture.
    monkeypatch.chdir("/")
    async with driving(home, pool, size=(120, 36)) as app:
        await app.press("x")
        await app.sees("would write 10 records")
        app.app.screen.query_one("#target", Select).value = "alpaca"
        await app.sees("history")
        await app.settle()
        looks_as_before(app)


async def test_compare(home: Path, pool: Path, looks_as_before: Compare) -> None:
    with Project.open(pool) as project:
        project.select(budget=12, threshold=0.95, formula="c^2*q", turns="mean", save="mean")
    async with driving(home, pool, size=(120, 36)) as app:
        await app.press("c")
        await app.sees("Jaccard")
        await app.settle()
        looks_as_before(app)


async def test_review(home: Path, pool: Path, looks_as_before: Compare) -> None:
    async with driving(home, pool, size=(160, 40)) as app:
        app.app.push_screen(Review("review", "where:is:too_similar"))
        await app.settle()
        await app.sees("too similar to #", "kept 10 of 10")
        await app.press("j", "space", "a")
        await app.sees(" · displaces 1 (#")
        await app.settle()
        looks_as_before(app)
