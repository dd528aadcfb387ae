"""The app on a real pseudo-terminal: first numbers, first rows, key to repaint, private memory.

    python tests/bench/app_bench.py PROJECT [--keys 200] [--runs 5]

Times are from the start of the process, or from the key, until the bytes that show the answer have
come out of the terminal. The project is only read.
"""

import argparse
import fcntl
import json
import os
import pty
import re
import select
import signal
import statistics
import struct
import sys
import tempfile
import termios
from pathlib import Path
from time import monotonic

COLUMNS, LINES = 160, 48
PROGRAM = Path(sys.executable).with_name("deita-tui")
_PATIENCE = 60.0


class Screen:
    """A program on a pseudo-terminal of its own, and what it has written so far.

    Args:
        words: its arguments.
        home: its folder of projects.
    """

    def __init__(self, words: list[str], home: Path) -> None:
        self.started = monotonic()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            told = {"DEITA_TUI_HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            os.execvpe(PROGRAM, [str(PROGRAM), *words], os.environ | told)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.written = b""

    def press(self, keys: str) -> float:
        """Send keys; returns when, and forgets what was written before."""
        self.written = b""
        began = monotonic()
        os.write(self._file, keys.encode())
        return began

    def sees(self, pattern: str) -> float:
        """Wait until what is written matches; returns when.

        Raises:
            TimeoutError: it never does.
        """
        wanted = re.compile(pattern.encode())
        deadline = monotonic() + _PATIENCE
        while not wanted.search(self.written):
            ready, _, _ = select.select([self._file], [], [], deadline - monotonic())
            if not ready:
                raise TimeoutError(f"{pattern!r} did not come: {self.written[-2000:]!r}")
            self.written += os.read(self._file, 1 << 16)
        return monotonic()

    def private(self) -> float:
        """MB that belong to the process alone."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        return sum(map(int, re.findall(r"Private_\w+:\s+(\d+)", rollup))) / 1000

    def close(self) -> None:
        """End it."""
        os.kill(self.pid, signal.SIGTERM)
        deadline = monotonic() + 10
        while os.waitpid(self.pid, os.WNOHANG) == (0, 0):
            if monotonic() > deadline:
                os.kill(self.pid, signal.SIGKILL)
            if select.select([self._file], [], [], 0.05)[0]:
                try:
                    os.read(self._file, 1 << 16)
                except OSError:
                    continue
        os.close(self._file)


def start(words: list[str], home: Path, pattern: str, runs: int) -> list[float]:
    """Seconds from the start of the process until something is seen."""
    found = []
    for _ in range(runs):
        screen = Screen(words, home)
        found.append(screen.sees(pattern) - screen.started)
        screen.close()
    return found


def browse(
    project: Path, home: Path, count: str, keys: int
) -> tuple[float, dict[str, list[float]], float]:
    """Seconds to the first rows; seconds from each key to its repaint; MB that are its own."""
    screen = Screen(["open", str(project)], home)
    screen.sees(count)
    first = screen.press("b")
    rows = screen.sees(f"1 of {count}") - first
    times: dict[str, list[float]] = {"down": [], "page down": [], "end": []}
    place = 1
    for _ in range(keys):
        began = screen.press("\x1b[B")
        place += 1
        times["down"].append(screen.sees(f"{place:,} of {count}") - began)
    for _ in range(keys // 4):
        began = screen.press("\x1b[6~")
        times["page down"].append(screen.sees(rf"[\d,]+ of {count}") - began)
    for _ in range(3):
        began = screen.press("\x1b[F")
        times["end"].append(screen.sees(f"{count} of {count}") - began)
        screen.press("\x1b[H")
        screen.sees(f"1 of {count}")
    memory = screen.private()
    screen.close()
    return rows, times, memory


def told(seconds: list[float]) -> str:
    """Median, 95th percentile and worst."""
    ordered = sorted(seconds)
    tail = ordered[min(int(len(ordered) * 0.95), len(ordered) - 1)]
    parts = (("median", statistics.median(ordered)), ("p95", tail), ("worst", ordered[-1]))
    return "  ".join(f"{name} {value * 1000:7.1f} ms" for name, value in parts)


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    from deita_tui.project import Project

    with Project.open(asked.project, read_only=True) as project:
        count = f"{project.counts().records:,}"
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        recent = [str(asked.project.resolve())]
        (home / "recent.json").write_text(json.dumps(recent), encoding="utf-8")
        print(f"{count} records, {COLUMNS} × {LINES}, {os.cpu_count()} processors")
        print("home, numbers     ", told(start([], home, count, asked.runs)))
        overview = start(["open", str(asked.project)], home, count, asked.runs)
        print("overview, numbers ", told(overview))
        rows, times, memory = browse(asked.project, home, count, asked.keys)
        print("browse, first rows", told([rows]))
        for name, seconds in times.items():
            print(f"browse, {name:<10}", told(seconds))
        print(f"browse, private memory {memory:.0f} MB")


if __name__ == "__main__":
    main()
