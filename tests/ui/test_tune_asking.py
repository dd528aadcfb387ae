"""What is typed in Tune: nonsense stays to be put right, nothing clears, and nothing is lost."""

from collections.abc import Callable
from pathlib import Path

import pytest

from deita_tui.errors import UsageError
from deita_tui.project import Project
from deita_tui.selection.params import Params
from deita_tui.ui import wishes
from deita_tui.ui.screens.dialogs import Sentence
from deita_tui.ui.screens.tune import Tune
from tests.ui.conftest import rows, write
from tests.ui.support import Driven, driving


async def tuning(app: Driven) -> None:
    """The screen, once its first answer is proven."""
    app.app.action_show("tune")
    await app.sees("exact ✔")


def params(app: Driven) -> Params:
    screen = next(each for each in app.app.screen_stack if isinstance(each, Tune))
    return screen._params


async def typed(app: Driven, key: str, text: str) -> None:
    await app.press(key)
    app.one("Input").value = text
    await app.press("enter")


async def test_nonsense_stays_where_it_was_typed_until_it_is_put_right(
    home: Path, pool: Path
) -> None:
    async with driving(home, pool, (80, 24)) as app:
        await tuning(app)
        await typed(app, "S", "source:letters<30%")
        await app.sees("is no share", "source:letters<30%", "Shares of sources")
        # What is typed now is text, not keys of the screen below.
        app.one("Input").value = "source:letters<=30%"
        await app.press("enter")
        assert app.name == "Tune"
        assert [each.source for each in params(app).shares] == ["letters"]


async def test_a_taken_name_can_be_put_right_at_once(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await typed(app, "enter", "main")
        await app.sees("a selection main already")
        app.one("Input").value = "another"
        await app.press("enter")
        await app.sees('against "another"')


async def test_an_empty_line_takes_shares_and_filter_away(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await typed(app, "S", "source:letters<=30%")
        await typed(app, "backslash", "turns<9")
        assert params(app).shares
        assert params(app).require
        await typed(app, "S", "")
        await typed(app, "backslash", "")
        assert params(app).shares == ()
        assert params(app).require == ""


async def test_what_was_changed_is_there_when_one_comes_back(home: Path, pool: Path) -> None:
    async with driving(home, pool, (120, 40)) as app:
        await tuning(app)
        await app.press("right_parenthesis", "minus")
        wanted = params(app)
        await app.press("q")
        assert app.name == "Overview"
        await tuning(app)
        assert params(app) == wanted
        await app.sees("changed: ⏎ saves, esc drops")
        await app.press("g", "h")
        await app.press("enter")
        await tuning(app)
        assert params(app) == wanted
        await app.press("escape")
        await app.sees("as saved")
        await app.press("escape")
        await tuning(app)
        await app.sees("as saved")


async def test_what_was_never_saved_is_not_called_saved(home: Path, pool: Path) -> None:
    with Project.open(pool) as project:
        while project.undo() is not None:
            pass
        assert not project.selections()
    async with driving(home, pool, (80, 24)) as app:
        await tuning(app)
        await app.sees("not saved yet: ⏎ saves it")
        assert "as saved" not in app.text


async def test_how_it_stands_is_not_cut_where_there_are_shares(home: Path, pool: Path) -> None:
    async with driving(home, pool, (80, 24)) as app:
        await tuning(app)
        await typed(app, "S", "source:letters<=30%, source:books>=1")
        await app.sees("shares 2 · changed: ⏎ saves, esc drops")


@pytest.mark.parametrize(
    ("take", "text", "told"),
    [
        (wishes.typed_budget, "many", "'many' is no number of records"),
        (wishes.typed_threshold, "warm", "'warm' is no similarity"),
    ],
)
def test_no_number_is_told_in_words(
    take: Callable[[Params, str], Params], text: str, told: str
) -> None:
    with pytest.raises(UsageError, match=told):
        take(Params(), text)


async def test_q_closes_a_sentence_as_it_leaves_a_screen(home: Path, pool: Path) -> None:
    async with driving(home, pool, (80, 24)) as app:
        app.app.push_screen(Sentence("Something is wrong.", "Do something."))
        await app.sees("Something is wrong.")
        await app.press("q")
        assert app.name == "Overview"


async def test_another_screen_is_reached_from_taste_too(home: Path, pool: Path) -> None:
    async with driving(home, pool, (80, 24)) as app:
        await app.press("y", "g")
        await app.sees("Go to", "journal")
        await app.press("j")
        assert app.name == "Journal"


async def test_a_new_project_begins_in_tune_with_nothing_saved(home: Path, tmp_path: Path) -> None:
    with Project.create(tmp_path / "bare") as project:
        project.import_(write(tmp_path / "bare.jsonl", rows()))
    async with driving(home, tmp_path / "bare", (100, 30)) as app:
        app.app.action_show("tune")
        await app.sees("✕", "score", "not saved yet")
