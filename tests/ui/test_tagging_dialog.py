"""Choosing a tag by a few of its letters, making one, and what it does to the records."""

import re
from collections.abc import Sequence
from pathlib import Path

import pytest
from textual.widgets import Input

from deita_tui.project import Project
from deita_tui.ui.screens.tagging import TagPicker
from tests.ui.support import Driven, driving

Chosen = list[tuple[str, bool] | None]


@pytest.fixture
def tagged(pool: Path) -> Path:
    """Record 1 is for-later and to-check, 2 is to-check, 3 was [bold]x last."""
    with Project.open(pool) as project:
        project.tag([1], "for-later")
        project.tag([1, 2], "to-check")
        project.tag([3], "[bold]x")
    return pool


async def ask(app: Driven, records: Sequence[int]) -> Chosen:
    found: Chosen = []
    app.app.push_screen(TagPicker(records), found.append)
    await app.settle()
    return found


async def test_the_last_used_comes_first_and_boxes_say_who_has_it(home: Path, tagged: Path) -> None:
    async with driving(home, tagged) as app:
        await ask(app, [1, 2])
        assert re.findall(r"\[[x~ ]\] \S+(?:  \d of \d)?", app.text)[:3] == [
            "[ ] [bold]x", "[x] to-check", "[~] for-later  1 of 2"
        ]  # fmt: skip
        await app.sees("Tag 2 records", "takes an [x] off")


async def test_enter_puts_the_last_used_on(home: Path, tagged: Path) -> None:
    async with driving(home, tagged) as app:
        found = await ask(app, [1])
        await app.press("enter")
        assert found == [("[bold]x", True)]


async def test_what_all_of_them_have_goes_off(home: Path, tagged: Path) -> None:
    async with driving(home, tagged) as app:
        found = await ask(app, [1, 2])
        await app.type("tck")
        await app.press("enter")
        assert found == [("to-check", False)]
        found = await ask(app, [1, 2])
        await app.type("fl")
        await app.press("enter")
        # Some of them have it: the others get it.
        assert found == [("for-later", True)]


async def test_a_new_tag_is_written_and_a_wrong_one_is_told(home: Path, tagged: Path) -> None:
    async with driving(home, tagged) as app:
        found = await ask(app, [5])
        await app.type("check")
        await app.sees("[ ] to-check", "[+] check  new tag")
        await app.press("down", "enter")
        assert found == [("check", True)]
        await ask(app, [5])
        app.app.screen.query_one(Input).value = "a\u200bb"
        await app.settle()
        await app.sees("is no tag.", "1 to 64")
        await app.press("enter")
        assert app.name == "TagPicker"
        await app.press("escape")
        assert app.name == "Overview"


async def test_the_first_tag_of_a_project(home: Path, pool: Path) -> None:
    async with driving(home, pool, size=(80, 24)) as app:
        found = await ask(app, [4])
        await app.sees("Nothing is tagged yet: write a tag.", "Tag #4")
        await app.press("enter")
        await app.type("first")
        await app.press("enter")
        assert found == [("first", True)]
