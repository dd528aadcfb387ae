"""Keys that come in a bunch, as from somebody who types ahead, or over a slow line."""

from pathlib import Path

import pytest
from textual.events import Key

from deita_tui.project import Project
from deita_tui.ui.screens.review import Review
from tests.ui.support import NAMES, Driven, driving


def at_once(app: Driven, *keys: str) -> None:
    """Have all keys come in before the first of them is looked at."""
    for key in keys:
        app.app.post_message(Key(NAMES.get(key, key), key if len(key) == 1 else None))


@pytest.mark.parametrize("size", [(80, 24), (200, 50)])
async def test_what_is_typed_ahead_goes_to_the_dialogs_that_it_opens(
    home: Path, pool: Path, size: tuple[int, int]
) -> None:
    async with driving(home, pool, size) as app:
        app.app.push_screen(Review("review", "where:"))
        await app.sees("every record 1/40")
        at_once(app, *"'#17", "enter", *"ttodo", "enter", *"a'30", "enter", *"inext", "ctrl+s")
        await app.sees("every record 30/40", "note: next", "undo 4")
        at_once(app, "\\", *"id:5..8", "enter")
        await app.sees("id:5..8 1/4")
        at_once(app, *"*Xy")
        await app.sees("undo 5")
        # Twice the same tag, before it is known which there are: on, and off again.
        at_once(app, *"ttodo", "enter", *"ttodo", "enter")
        await app.sees("undo 7")
    with Project.open(pool, read_only=True) as project:
        said = {row.id: (row.decision, row.tags, row.note) for row in project.list()}
    assert said[17] == ("keep", ("todo",), None)
    assert said[30] == (None, (), "next")
    assert {id_ for id_, (decision, _, _) in said.items() if decision == "reject"} == {5, 6, 7, 8}
    assert not said[5][1]


async def test_a_key_whose_screen_is_gone_holds_up_no_other(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b")
        await app.sees("1 of 40")
        at_once(app, "enter", "escape", "escape", "v", "q", "b", "q", "t", "q", "g", "escape")
        at_once(app, "question_mark", "escape", "j")
        await app.sees("› jobs")
