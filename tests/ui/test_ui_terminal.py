"""The installed program on a real terminal, driven by tmux as a person would."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from deita_tui.project import Project
from tests.support import SAMPLE, wait_for_worker

PROGRAM = Path(sys.executable).with_name("deita-tui")


class Terminal:
    """A shell in a terminal of 80 by 24."""

    def __init__(self, socket: Path, home: Path) -> None:
        self._socket = socket
        told = (f"DEITA_TUI_HOME={home}", f"DEITA_TUI_CONFIG={os.environ['DEITA_TUI_CONFIG']}")
        env = [word for each in (*told, "PS1=ready$ ") for word in ("-e", each)]
        shell = ("env", "-u", "PROMPT_COMMAND", "bash", "--norc", "--noprofile")
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", *env, *shell)
        self.sees("ready$")

    def _tmux(self, *words: str) -> str:
        done = subprocess.run(
            ["tmux", "-S", str(self._socket), *words], capture_output=True, encoding="utf-8",
            check=True,
        )  # fmt: skip
        return done.stdout

    @property
    def text(self) -> str:
        """What is on the screen."""
        return self._tmux("capture-pane", "-p")

    def asks(self, what: str) -> str:
        """One of tmux's own facts about the terminal."""
        return self._tmux("display-message", "-p", f"#{{{what}}}").strip()

    def press(self, *keys: str) -> None:
        """Press keys, by the names that tmux has for them."""
        self._tmux("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type a text."""
        self._tmux("send-keys", "-l", text)

    def sees(self, *texts: str, seconds: float = 60) -> None:
        """Wait until all texts are on the screen."""
        deadline = monotonic() + seconds
        while not all(text in (shown := self.text) for text in texts):
            assert monotonic() < deadline, f"no {texts} in:\n{shown}"
            sleep(0.05)
        # A dialog that was just drawn takes keys a moment later; a person is no faster than this.
        sleep(0.3)

    def close(self) -> None:
        """End it, with all that runs in it."""
        subprocess.run(
            ["tmux", "-S", str(self._socket), "kill-server"], capture_output=True, check=False
        )


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
    terminal.sees("kept 10")
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


def child_of(shell: int) -> int:
    found = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
    return int(found[0])
