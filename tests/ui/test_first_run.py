"""From an empty home to records in a project, without leaving the app."""

import json
from pathlib import Path

import pytest

from deita_tui import places
from deita_tui.project import Project
from deita_tui.ui.screens.home import free_name
from tests.support import SAMPLE, wait_for_worker
from tests.ui.conftest import write
from tests.ui.support import driving


async def test_an_empty_home_says_what_this_is_and_how_to_begin(home: Path) -> None:
    async with driving(home, size=(80, 24)) as app:
        assert "Welcome. deita-tui chooses the instruction-tuning data" in app.text
        for key in ("d   look at the demo", "i   import a file", "n   make an empty project"):
            assert key in app.text


async def test_a_file_becomes_a_project_that_is_counted(home: Path) -> None:
    async with driving(home) as app:
        await app.press("i")
        assert app.name == "Files"
        await app.paste(SAMPLE)
        await app.press("enter")
        await app.sees("messages (jsonl)", "row 1 of the first 12", "How long should green tea")
        assert not (home / "first_steps").exists(), "made before anybody agreed"
        await app.press("f4")
        assert "row 2 of the first 12" in app.text
        await app.press("f5")
        assert app.name == "Overview"
        await app.sees("✔ records", "Score 10 records.", "1 row refused, 1 duplicate")
        wait_for_worker(home / "first_steps")
    with Project.open(home / "first_steps", read_only=True) as project:
        assert project.counts().records == 10


async def test_leaving_the_wizard_makes_nothing(home: Path) -> None:
    async with driving(home) as app:
        await app.press("i")
        await app.paste(SAMPLE)
        await app.press("enter")
        await app.sees("first 12")
        await app.press("escape")
        assert app.name == "Home"
    assert places.recent(home) == []
    assert not (home / "first_steps").exists()


async def test_what_cannot_be_read_is_told_in_a_sentence(home: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.jsonl"
    wrong.write_text('{"colour": 3}\n')
    async with driving(home) as app:
        await app.press("i")
        await app.type("/nowhere/at/all.jsonl")
        await app.press("enter")
        assert app.name == "Files"
        await app.sees("There is nothing at /nowhere/at/all.jsonl")
        await app.press("ctrl+u")
        await app.paste(wrong)
        await app.press("enter")
        await app.sees("✕", "colour", "Nothing can be read like this.")
        await app.press("f5")
        assert app.name == "ImportWizard"
        assert not (home / "wrong").exists()


async def test_rows_that_are_refused_say_why_in_the_preview(home: Path, tmp_path: Path) -> None:
    rows: list[dict[str, object]] = [
        {"prompt": "Q?", "completion": "A."},
        {"prompt": 7, "completion": "A."},
    ]
    async with driving(home) as app:
        await app.press("i")
        await app.paste(write(tmp_path / "some.jsonl", rows))
        await app.press("enter")
        await app.sees("row 1 of the first 2")
        await app.press("f4")
        assert "✕ refused:" in app.text


async def test_columns_can_be_named(home: Path, tmp_path: Path) -> None:
    rows = [{"ask": "What is tea?", "reply": "A drink."}]
    async with driving(home) as app:
        await app.press("i")
        await app.paste(write(tmp_path / "own.jsonl", rows))
        await app.press("enter")
        await app.sees("✕")
        app.app.screen.query_one("#map").focus()
        await app.type("instruction=ask,response=reply")
        await app.press("enter")
        await app.sees("What is tea?", "A drink.")


async def test_a_second_file_and_a_folder_go_into_the_open_project(
    home: Path, pool: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "several"
    folder.mkdir()
    for name in ("one", "two"):
        rows = [{"prompt": f"What is {name} {n}?", "completion": name} for n in range(3)]
        write(folder / f"{name}.jsonl", rows)
    async with driving(home, pool) as app:
        await app.press("i")
        await app.paste(folder)
        await app.press("enter")
        await app.sees("The first of 2 files")
        await app.press("f5")
        await app.sees("46")
        wait_for_worker(pool)


async def test_projects_are_listed_opened_and_forgotten(home: Path, pool: Path) -> None:
    places.remember(pool, home)
    async with driving(home) as app:
        await app.sees("pool", "40", "selected 10", "last used")
        await app.press("enter")
        assert app.name == "Overview"
        await app.press("q")
        assert app.name == "Home"
        assert app.app.project is None
        await app.press("delete")
        assert "Welcome" in app.text
    assert places.recent(home) == []
    assert (pool / "project.db").exists()


async def test_a_project_is_opened_by_its_path_and_a_wrong_one_is_told(
    home: Path, pool: Path
) -> None:
    async with driving(home) as app:
        await app.press("o")
        await app.paste(pool.parent)
        await app.press("enter")
        assert app.name == "Sentence"
        await app.press("escape", "o")
        await app.paste(pool)
        await app.press("enter")
        assert app.name == "Overview"


async def test_an_empty_project_is_made_by_name(home: Path) -> None:
    async with driving(home) as app:
        await app.press("n")
        await app.type("mine")
        await app.press("enter")
        await app.sees("Bring records in.")
        await app.press("q", "n")
        await app.type("mine")
        await app.press("enter")
        assert app.name == "Sentence", "there is one of that name"
    assert (home / "mine" / "project.db").exists()


async def test_a_project_that_cannot_be_opened_says_so_in_the_list(home: Path, pool: Path) -> None:
    places.remember(pool, home)
    (pool / "project.db").write_bytes(b"no database at all" * 400)
    async with driving(home) as app:
        await app.sees("cannot be opened")
        await app.press("enter")
        assert app.name == "Sentence"


@pytest.mark.parametrize(
    ("file", "expected"), [("a.jsonl.gz", "a"), (".hidden", "project"), ("b", "b")]
)
def test_a_new_project_is_called_like_the_file(home: Path, file: str, expected: str) -> None:
    assert free_name(home, Path(file)) == home / expected
    (home / expected).mkdir()
    assert free_name(home, Path(file)) == home / f"{expected}-2"


def test_the_home_survives_a_file_that_makes_no_sense(home: Path) -> None:
    (home / "app.json").write_text(json.dumps([1]))
    from deita_tui.ui import remembered

    assert remembered.theme(home) == ""
    remembered.keep_history(home, "filter", "x")
    assert remembered.history(home, "filter") == ["x"]


async def test_the_demo_is_made_beside_the_screen_and_opened(home: Path) -> None:
    async with driving(home) as app:
        await app.press("d")
        await app.until(lambda: app.name == "Overview", seconds=120)
        await app.sees("✔ scores", "400 kept")
        await app.press("q")
        await app.sees("demo", "selected 400")
    wait_for_worker(home / "demo")
