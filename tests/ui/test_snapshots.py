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

from deita_tui.ui.screens.importing import ImportWizard
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
    "why": "b down down w",
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
