"""The installed program on a real terminal, driven by tmux as a person would."""

import os
import re
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

PROGRAM = Path(sys.executable).with_name("deita-tui")


class Terminal:
    """A shell in a terminal of 80 by 24.

    Args:
        socket: of a tmux server of its own.
        home: the folder of the projects.
    """

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

    def finds(self, pattern: str, seconds: float = 60) -> bool:
        """Wait until the screen matches, and no moment longer; False where it does not in time."""
        wanted, deadline = re.compile(pattern, re.MULTILINE), monotonic() + seconds
        while not wanted.search(self.text):
            if monotonic() > deadline:
                return False
            sleep(0.01)
        return True

    def reset(self) -> None:
        """Forget the modes that a program has left behind."""
        self._tmux("send-keys", "-R")

    def close(self) -> None:
        """End it, with all that runs in it."""
        subprocess.run(
            ["tmux", "-S", str(self._socket), "kill-server"], capture_output=True, check=False
        )


def child_of(shell: int) -> int:
    """What runs in a shell."""
    found = Path(f"/proc/{shell}/task/{shell}/children").read_text().split()
    return int(found[0])
