"""What is the same everywhere: keys, footer, palette, themes, sizes, mistakes of the program."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
from textual.widgets import Footer, Static
from textual.widgets._footer import FooterKey

from deita_tui.cli.app import app as commands
from deita_tui.errors import UsageError
from deita_tui.project import Project
from deita_tui.ui import actions, keymaps, remembered, themes
from deita_tui.ui.screens.keys import Keys
from tests.support import SAMPLE
from tests.ui.support import Driven, driving

WAYS = {
    "Home": "q",
    "Overview": "",
    "Browse": "b",
    "Reader": "b enter",
    "Why": "b w",
    "Jobs": "j",
    "Log": "j l",
    "ScoreSetup": "s",
    "EmbedSetup": "e",
    "Doctor": "f2",
    "Tune": "t",
    "Review": "v",
    "Export": "x",
    "Compare": "c",
    "Journal": "@",
    "Taste": "y",
    "Touched": "b a q @ o",
}
"""From the overview, by which keys each screen is come to."""


async def go(app: Driven, screen: str) -> None:
    await app.press(*WAYS[screen].split())
    assert app.name == screen


@pytest.mark.parametrize("screen", WAYS)
async def test_each_screen_is_usable_at_80_by_24_and_says_its_keys(
    home: Path, pool: Path, screen: str
) -> None:
    async with driving(home, pool, size=(80, 24)) as app:
        await go(app, screen)
        keys = [key.key_display for key in app.one(Footer).query(FooterKey)]
        assert len(keys) <= actions.FOOTER, keys
        footer = app.text.splitlines()[-1]
        assert "? keys" in footer, "the footer does not fit"
        await is_listed(app)
        below = app.name
        for size in ((200, 50), (40, 10), (20, 5), (80, 24)):
            await app.pilot.resize_terminal(*size)
            await app.settle()
        assert app.name == below


async def is_listed(app: Driven) -> None:
    """The list of keys names exactly what is bound on this screen, or in what can have focus."""
    below = app.app.screen
    await app.press("?")
    listing = app.app.screen
    assert isinstance(listing, Keys)
    told = "\n".join(str(line) for line in listing.lines())
    expected = {each.id for each in actions.here(*getattr(below, "PLACES", ()))}
    assert set(re.findall(r"\b[a-z]+\.[a-z-]+(?=$|\n)", told)) == expected
    bound = {binding.id for _, binding in bindings(below)}
    assert expected <= bound
    await app.press("escape")
    assert app.app.screen is below


def bindings(screen: Any) -> Iterator[tuple[str, Any]]:
    # What a widget binds works where that widget has the focus.
    widgets = (each for each in screen.query() if each.can_focus)
    for node in (*widgets, screen, screen.app):
        if node is not None:
            for key, found in node._bindings.key_to_bindings.items():
                yield from ((key, each) for each in found)


async def test_the_palette_shows_keys_and_does_what_is_chosen(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press(":")
        await app.type("browse")
        await app.sees("Browse  (b)")
        await app.press("enter")
        await app.until(lambda: app.name == "Browse")
        # A key that looks like markup does not break the list.
        await app.press("enter", "ctrl+p")
        await app.sees("Next turn  (])")


async def test_going_to_screens(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        await app.press("b", "g", "o")
        assert app.name == "Overview"
        await app.press("g", "b", "g", "h")
        assert app.name == "Home"
        assert app.app.project is None
        await app.press("q")
        assert not app.app.is_running or app.app.return_code == 0


async def test_a_keymap_file_changes_keys(home: Path, pool: Path) -> None:
    keymaps.file().write_text('[keys]\n"browse.keep" = "z"\n"overview.browse" = "f9"\n')
    async with driving(home, pool) as app:
        await app.press("b")
        assert app.name == "Overview"
        await app.press("f9")
        assert "z keep" in app.text
        await app.press("z")
        listed = "\n".join(map(str, Keys(app.app.screen).lines()))
        assert re.search(r"\bz  Keep it", listed)
    with Project.open(pool) as project:
        assert project.counts().decided == {"keep": 1}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("[keys\n", "cannot be read as a keymap"),
        ('[keys]\n"browse.fly" = "f"\n', "names an action 'browse.fly'"),
        ('[keys]\n"browse.keep" = 3\n', "must be text"),
        ("keys = 3\n", "must be a table"),
    ],
)
async def test_a_wrong_keymap_is_told_and_changes_nothing(
    home: Path, pool: Path, text: str, says: str
) -> None:
    keymaps.file().write_text(text)
    with pytest.raises(UsageError, match=re.escape(says)):
        keymaps.load()
    async with driving(home, pool, size=(160, 40)) as app:
        assert app.name == "Sentence"
        assert says in str(app.app.screen.query_one(".dialog--message", Static).render())
        await app.press("escape", "b")
        assert app.name == "Browse"


def options(command: Any) -> set[str]:
    return {name for param in command.params for name in (*param.opts, *param.secondary_opts)}


@pytest.mark.parametrize(
    "action", [each for each in actions.ACTIONS if each.command], ids=lambda each: each.id
)
def test_what_the_app_can_do_the_command_line_can(action: actions.Action) -> None:
    group: Any = typer.main.get_command(commands)
    program, name, *words = action.command.split()
    assert program == "deita-tui"
    command = group.commands[name]
    flags = [word for word in words if word.startswith("--")]
    assert set(flags) <= options(command)
    places = [param for param in command.params if param.param_type_name == "argument"]
    values = sum(
        1
        for param in command.params
        for flag in flags
        if flag in param.opts and not getattr(param, "is_flag", False)
    )
    given = len(words) - len(flags) - values
    assert given <= len(places) or any(param.nargs == -1 for param in places)


def test_what_has_no_command_only_moves_about() -> None:
    silent = {each.id for each in actions.ACTIONS if not each.command}
    assert {name.partition(".")[0] for name in silent} <= {
        "app", "home", "project", "import", "table", "browse", "reader", "review", "tune", "panes",
        "listing", "shares"
    }  # fmt: skip
    assert silent & {f"browse.{name}" for name in ("keep", "reject", "clear", "flag")} == set()


def test_actions_have_one_id_and_no_two_keys_on_one_screen() -> None:
    ids = [each.id for each in actions.ACTIONS]
    assert len(ids) == len(set(ids))
    for places in (
        ("browse", "table", "project"),
        ("overview", "project"),
        ("home",),
        ("jobs",),
        ("review", "project"),
        ("export", "findings", "project"),
        ("compare", "table", "project"),
    ):
        taken: set[str] = set()
        for action in actions.of(*places):
            keys = set(action.keys.split(","))
            assert not keys & taken, action
            taken |= keys


async def test_themes_change_and_are_remembered(home: Path) -> None:
    async with driving(home) as app:
        assert app.app.theme == themes.DARK.name
        app.app.theme = themes.HIGH_CONTRAST_LIGHT.name
        await app.settle()
    assert remembered.theme(home) == themes.HIGH_CONTRAST_LIGHT.name
    async with driving(home) as app:
        assert app.app.theme == themes.HIGH_CONTRAST_LIGHT.name


async def test_a_mistake_beside_the_screen_does_not_take_the_app_down(
    home: Path, pool: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async with driving(home, pool) as app:

        def broken(_: Project) -> None:
            raise ZeroDivisionError("a [bold]mistake[/]")

        app.app.look("broken", broken, lambda _: None)
        await app.sees("A mistake of the program", "a [bold]mistake[/]", "The log has more")
        # The path of a temporary home may be longer than the line.
        assert any(
            line.startswith("The log has more:\n") and line.endswith("app.log")
            for note in app.app._notifications
            for line in [note.message.partition("\n")[2]]
        )
        assert not app.app.is_looking("broken")
        await app.press("b")
        assert app.name == "Browse"
    assert "worker broken failed" in caplog.text


async def test_a_newer_look_takes_the_place_of_an_older_one(home: Path, pool: Path) -> None:
    async with driving(home, pool) as app:
        seen: list[int] = []

        def slow(project: Project) -> int:
            query = (
                "with recursive n(i) as (select 1 union all select i + 1 from n) select i from n"
            )
            for _ in project.store.db.execute(query):
                pass
            raise AssertionError("it never ends")

        app.app.look("it", slow, seen.append)
        await asyncio.sleep(0.1)
        app.app.look("it", lambda _: 2, seen.append)
        await app.settle()
        assert seen == [2]


async def test_a_mistake_in_the_app_itself_is_logged_and_named(
    home: Path, caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    async def broken() -> None:
        async with driving(home) as app:
            app.app.call_later(lambda: 1 // 0)
            await app.pilot.pause()

    with pytest.raises(ZeroDivisionError):
        await broken()
    assert "the app broke off" in caplog.text
    assert "app.log" in capsys.readouterr().err


async def test_the_app_takes_no_notice_of_a_project_that_vanishes_from_the_list(
    home: Path, tmp_path: Path
) -> None:
    from deita_tui import places

    places.remember(tmp_path / "gone", home)
    async with driving(home) as app:
        assert "Welcome" in app.text


async def test_a_folder_that_is_no_project_is_told_when_the_app_starts_with_it(
    home: Path, tmp_path: Path
) -> None:
    async with driving(home, tmp_path) as app:
        assert app.name == "Sentence"
        await app.press("escape")
        assert app.name == "Home"
    assert SAMPLE.exists()
