"""The installed program on a real terminal, driven by tmux as a person would."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.support import SAMPLE, wait_for_worker
from tests.ui.terminal import PROGRAM, Terminal, child_of


@pytest.fixture
def terminal(tmp_path: Path, own_home: Path) -> Iterator[Terminal]:
    found = Terminal(tmp_path / "tmux", own_home)
    yield found
    found.close()


def test_from_an_empty_home_to_reading_the_records_of_a_file(
    terminal: Terminal, own_home: Path
) -> None:
    terminal.type(f"{PROGRAM}; echo left with $?\n")
    terminal.sees("Welcome. deita-tui chooses", "import")
    terminal.press("i")
    terminal.sees("Which file?")
    terminal.type(str(SAMPLE))
    terminal.press("Enter")
    terminal.sees("messages (jsonl)", "row 1 of the first 12")
    terminal.press("F5")
    terminal.sees("✔ records", "Score 10 records.")
    terminal.press("b")
    terminal.sees("1 of 10", "instruction")
    terminal.type("\\")
    terminal.sees("esc leave")
    terminal.type("steep")
    terminal.press("Enter")
    terminal.sees("1 of 1\n", "green tea")
    terminal.press("x")
    terminal.sees("rejected #1")
    terminal.press("C-q")
    terminal.sees("left with 0", "ready$")
    assert terminal.asks("alternate_on") == "0"
    folder = own_home / "first_steps"
    wait_for_worker(folder)
    with Project.open(folder, read_only=True) as project:
        assert project.counts().decided == {"reject": 1}


def test_from_a_file_to_a_saved_selection(terminal: Terminal, own_home: Path) -> None:
    terminal.type(f"{PROGRAM}; echo left with $?\n")
    terminal.sees("Welcome. deita-tui chooses")
    terminal.press("i")
    terminal.sees("Which file?")
    terminal.type(str(SAMPLE))
    terminal.press("Enter")
    terminal.sees("row 1 of the first 12")
    terminal.press("F5")
    # From here on Enter alone leads from step to step.
    terminal.sees("Score 10 records.")
    terminal.press("Enter")
    terminal.sees("lite: a quick draft", "time:")
    terminal.press("F5")
    terminal.sees("Make vectors")
    terminal.press("Enter")
    terminal.sees("Embedder", "lite: ships with deita-tui")
    terminal.press("F5")
    terminal.sees("Choose a budget")
    terminal.press("Enter")
    terminal.sees("kept 1 of 10")
    terminal.type("B")
    terminal.sees("Budget in records")
    terminal.press("C-u")
    terminal.type("4")
    terminal.press("Enter")
    terminal.sees("kept 4")
    terminal.press("Enter")
    terminal.sees("Save this selection as")
    terminal.press("C-u")
    terminal.type("best")
    terminal.press("Enter")
    terminal.sees("best: 4")
    terminal.press("C-q")
    terminal.sees("left with 0")
    folder = own_home / "first_steps"
    wait_for_worker(folder)
    with Project.open(folder, read_only=True) as project:
        assert [(each.name, each.kept) for each in project.selections()] == [("best", 4)]


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGHUP, 129)], ids=["TERM", "HUP"]
)
def test_the_terminal_is_left_clean_when_the_program_is_ended(
    terminal: Terminal, number: signal.Signals, code: int
) -> None:
    terminal.type(f"{PROGRAM}; echo left with $?\n")
    terminal.sees("Welcome.")
    assert terminal.asks("alternate_on") == "1"
    os.kill(child_of(int(terminal.asks("pane_pid"))), number)
    terminal.sees(f"left with {code}", "ready$")
    assert terminal.asks("alternate_on") == "0"
    assert terminal.asks("mouse_any_flag") == "0"
    terminal.type("echo $((40 + 2))\n")
    terminal.sees("42")
