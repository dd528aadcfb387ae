"""The program on a real terminal, driven by tmux: bars, questions, Ctrl-C."""

import os
import shlex
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import pytest

from deita_tui.project import Project


class Terminal:
    """One tmux session, 80 by 24, with a shell in it."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name = name
        home = os.environ["DEITA_TUI_HOME"]
        shell = f"env PS1='$ ' DEITA_TUI_HOME={shlex.quote(home)} bash --norc"
        self._tmux("-f", "/dev/null", "new-session", "-d", "-x", "80", "-y", "24", shell, at=folder)

    def type(self, text: str, *keys: str) -> None:
        if text:
            self._tmux("send-keys", "-l", text)
        self._tmux("send-keys", *(keys or ("Enter",)))

    def screen(self) -> str:
        return self._tmux("capture-pane", "-p")

    def wait_for(self, text: str, seconds: float = 60) -> str:
        deadline = monotonic() + seconds
        while text not in (seen := self.screen()):
            assert monotonic() < deadline, seen
            sleep(0.05)
        return seen

    def close(self) -> None:
        self._tmux("kill-server")

    def _tmux(self, *words: str, at: Path | None = None) -> str:
        # A server of its own: nothing is shared with the user's sessions.
        command = ["tmux", "-L", self.name, *words]
        done = subprocess.run(command, capture_output=True, text=True, cwd=at, check=True)
        return done.stdout


@pytest.fixture
def terminal(tmp_path: Path) -> Iterator[Terminal]:
    opened = Terminal(f"deita-tui-{os.getpid()}", tmp_path)
    yield opened
    opened.close()


PROGRAM = Path(sys.executable).with_name("deita-tui")


def test_a_question_is_asked_before_many_records_change(terminal: Terminal, sample: Path) -> None:
    terminal.type(f"{PROGRAM} decide ./sample --where source:code --reject")
    terminal.wait_for("Change 3 records? [y/N]")
    terminal.type("n")
    terminal.wait_for("Nothing was changed.")
    terminal.type(f"clear; {PROGRAM} decide ./sample --where source:code --reject")
    terminal.wait_for("Change 3 records? [y/N]")
    terminal.type("y")
    terminal.wait_for("reject: 3 records")
    with Project.open(sample, read_only=True) as project:
        assert project.counts().decided == {"reject": 3}


def test_a_bar_is_drawn_and_ctrl_c_pauses(terminal: Terminal, tmp_path: Path) -> None:
    with (tmp_path / "big.jsonl").open("w") as lines:
        for number in range(400_000):
            lines.write(f'{{"prompt": "Question {number}?", "completion": "Answer {number}."}}\n')
    Project.create(tmp_path / "big").close()
    terminal.type(f"{PROGRAM} import ./big big.jsonl; echo code $?")
    seen = terminal.wait_for("rows · ")
    assert "━━━━" in seen
    terminal.type("", "C-c")
    seen = terminal.wait_for("code 3")
    assert "Run the same command again to continue." in seen
    assert "Traceback" not in seen
    terminal.type(f"clear; {PROGRAM} jobs ./big")
    terminal.wait_for("paused")
    terminal.type(f"clear; {PROGRAM} jobs ./big cancel 1; echo code $?")
    seen = terminal.wait_for("code 0")
    assert "cancelled" in seen
