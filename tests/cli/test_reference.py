"""The README's reference of commands says what ``--help`` says, and no less."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer.main
from typer.testing import CliRunner

from deita_tui.cli.app import app

README = Path(__file__).parents[2] / "README.md"


def paths(group: Any) -> Iterator[str]:
    """Each command by all its words: ``score``, ``models convert``."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from (f"{name} {inner}" for inner in paths(command))
        else:
            yield name


COMMANDS = sorted(paths(typer.main.get_command(app)))


def help_of(command: str) -> str:
    words = [*command.split(), "--help"]
    done = CliRunner().invoke(app, words, prog_name="deita-tui")
    assert done.exit_code == 0, done.output
    return done.output


def options_in_help(command: str) -> dict[str, str]:
    """Each option of a command with its help, on one line."""
    text = help_of(command).split("Options:")[1]
    rows = re.findall(r"^  (-.+?)(?:  +|\n +)(\S.*(?:\n {4,}.+)*)", text, re.MULTILINE)
    told = {}
    for names, sentence in rows:
        name = names.removeprefix("-y, ").removeprefix("-h, ")
        told[name] = re.sub(r"\s*\[.*\]$", "", " ".join(sentence.split()))
    told.pop("--help")
    return told


def reference(command: str) -> str:
    """What the README is to say about a command."""
    head = re.split(r"\n\n(?:Arguments|Options):", help_of(command))[0]
    usage, about = head.split("\n\n", 1)
    usage = " ".join(usage.removeprefix("Usage: ").replace("[OPTIONS]", "").split())
    options = [f"- `{name}`: {told}" for name, told in options_in_help(command).items()]
    return "\n".join([f"**`{usage}`**: {' '.join(about.split())}", "", *options])


@pytest.mark.parametrize("command", COMMANDS)
def test_the_readme_tells_the_command_as_its_help_does(command: str) -> None:
    assert reference(command) in README.read_text(encoding="utf-8")


def test_the_readme_tells_of_no_command_that_is_not_there() -> None:
    section = README.read_text(encoding="utf-8").split("<!-- commands -->")[1]
    section = section.split("<!-- end of commands -->")[0]
    told = re.findall(r"^\*\*`deita-tui ([a-z-]+(?: [a-z-]+)*)", section, re.MULTILINE)
    assert sorted(told) == COMMANDS


def test_the_global_options_are_in_the_readme() -> None:
    text = CliRunner().invoke(app, ["--help"], prog_name="deita-tui").output
    for option in re.findall(r"--[\w-]+", text):
        assert option in README.read_text(encoding="utf-8"), option
