"""The keymaps that ship."""

import re
from pathlib import Path

import pytest

from deita_tui.errors import UsageError
from deita_tui.project import Project
from deita_tui.ui import actions, keymaps, presets
from tests.ui.support import driving
from tests.ui.test_review import here, ready, screen


@pytest.mark.parametrize("name", presets.NAMES)
def test_a_preset_names_actions_that_are_there_and_no_key_twice(name: str) -> None:
    keys = keymaps.load(name)
    assert keymaps.title(name)
    taken: dict[str, str] = {}
    for action in actions.here("review", "project"):
        for key in keys.get(action.id, action.keys).split(","):
            # Escape leaves every screen, unless the screen has something of its own to drop.
            other = taken.setdefault(key, action.id)
            assert other == action.id or key == "escape", (key, other, action.id)


async def test_prodigys_keys_can_be_chosen_and_are_remembered(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("f7")
        assert "as in Prodigy" in app.text
        await app.press("down", "enter", "v")
        await ready(app)
        first = here(app)
        await app.press("space")
        assert here(app) != first
        await app.press("a", "backspace")
        assert "undone: keep record" in app.text
    async with driving(home, pool) as app:
        await app.press("v")
        await ready(app)
        await app.press("M")
        assert screen(app).marked == {here(app)} or len(screen(app).marked) == 1
    with Project.open(pool, read_only=True) as project:
        assert project.counts().decided == {}


async def test_a_preset_of_the_file_goes_first_and_its_keys_over_it(home: Path, pool: Path) -> None:
    keymaps.file().write_text('preset = "prodigy"\n[keys]\n"review.skip" = "f9"\n')
    assert keymaps.load()["review.skip"] == "f9"
    assert keymaps.load("default")["review.mark"] == "M"
    async with driving(home, pool) as app:
        await app.press("f7")
        assert "preset = prodigy" in app.text
    keymaps.file().write_text('preset = "emacs"\n')
    with pytest.raises(UsageError, match=re.escape("names a preset 'emacs'")):
        keymaps.load()
