"""What an import, and what a light command, really loads: a fresh interpreter tells."""

import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {"torch", "transformers", "llama_cpp", "hnswlib"}
NUMBERS = {"numpy", "pandas", "pyarrow", "sqlite_utils"}
SCREEN = {"textual", "rich"}


def loaded_by(code: str) -> set[str]:
    done = subprocess.run(
        [sys.executable, "-c", f"{code}\nimport sys\nprint(*sys.modules, file=sys.stderr)"],
        capture_output=True,
        text=True,
        check=True,
        cwd="/",
    )
    return set(done.stderr.split())


def running(*arguments: str | Path) -> str:
    """Code that runs the command line in the interpreter, which then goes on."""
    return f"""
import sys
sys.argv = ["deita-tui", *{[str(argument) for argument in arguments]!r}]
from deita_tui.cli import main
try:
    main()
except SystemExit as end:
    assert not end.code, end.code
"""


@pytest.mark.parametrize(
    ("module", "banned"),
    [
        ("deita_store", HEAVY | NUMBERS | SCREEN | {"deita_tui", "typer", "msgspec"}),
        ("deita_tui", HEAVY | NUMBERS | SCREEN | {"typer", "sqlite3"}),
        ("deita_tui.project", HEAVY | NUMBERS | SCREEN | {"typer"}),
        ("deita_tui.cli", HEAVY | NUMBERS | SCREEN),
        ("deita_tui.cli.app", HEAVY | NUMBERS | SCREEN),
        ("deita_tui.formats", HEAVY | NUMBERS | SCREEN),
        ("deita_tui.scoring", HEAVY | SCREEN | {"deita_store", "sqlite3"}),
        ("deita_tui.backends", HEAVY | SCREEN | {"deita_store", "sqlite3"}),
        ("deita_tui.jobs", HEAVY | NUMBERS | SCREEN),
        ("deita_tui.serving", HEAVY | NUMBERS | SCREEN | {"aiohttp", "textual_serve"}),
    ],
)
def test_an_import_stays_light(module: str, banned: set[str]) -> None:
    assert not banned & loaded_by(f"import {module}")


@pytest.mark.parametrize("command", ["help", "version", "alone", "doctor"])
def test_a_command_without_a_project_stays_light(command: str) -> None:
    arguments = {"help": ["--help"], "version": ["--version"], "alone": [], "doctor": ["doctor"]}
    assert not (HEAVY | NUMBERS | SCREEN) & loaded_by(running(*arguments[command]))


@pytest.mark.parametrize("command", ["status", "jobs", "refused", "journal", "queue"])
def test_looking_at_a_project_stays_light(command: str, sample: Path) -> None:
    assert not (HEAVY | NUMBERS | SCREEN) & loaded_by(running(command, sample))


def test_the_public_names_load_when_they_are_used() -> None:
    loaded = loaded_by("import deita_tui; assert deita_tui.__version__")
    assert "deita_tui.project" not in loaded
    assert "deita_tui.project" in loaded_by("import deita_tui; deita_tui.Project")
