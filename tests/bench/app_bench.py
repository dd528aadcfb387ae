"""The app on a real pseudo-terminal: first numbers, first rows, key to repaint, private memory.

    python tests/bench/app_bench.py PROJECT [--tuned PROJECT] [--keys 200] [--runs 5]

Times are from the start of the process, or from the key, until the bytes that show the answer
have come out of the terminal. "processor" is what the process has used by then, all threads
together. The yardstick is the smallest app that Textual can be, started in the same way between the
others: on a machine at rest it takes 0.2 s, so it says how far the machine is from that.

The project is only read. A second one, scored and indexed, is played with on the tune screen.
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
from dataclasses import dataclass
from pathlib import Path
from time import monotonic, sleep

COLUMNS, LINES = 160, 48
PROGRAM = Path(sys.executable).with_name("deita-tui")
_PATIENCE = 60.0
YARDSTICK = """
from textual.app import App
from textual.widgets import Footer, Static
class Smallest(App):
    def compose(self):
        yield Static("here it is")
        yield Footer()
Smallest().run()
"""


class Screen:
    """A program on a pseudo-terminal of its own, and what it has written so far.

    Args:
        words: its arguments; where the first is ``-c``, those of Python.
        home: its folder of projects.
    """

    def __init__(self, words: list[str], home: Path) -> None:
        self.started = monotonic()
        self.pid, self._file = pty.fork()
        if self.pid == 0:
            told = {"DEITA_TUI_HOME": str(home), "TERM": "xterm-256color", "COLORTERM": "truecolor"}
            program = Path(sys.executable) if words[:1] == ["-c"] else PROGRAM
            os.execvpe(program, [str(program), *words], os.environ | told)
        fcntl.ioctl(self._file, termios.TIOCSWINSZ, struct.pack("HHHH", LINES, COLUMNS, 0, 0))
        self.written = b""

    def press(self, keys: str) -> float:
        """Send keys; returns when, and forgets what was written before."""
        while select.select([self._file], [], [], 0)[0]:
            os.read(self._file, 1 << 16)
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

    def private(self) -> tuple[float, float]:
        """MB that belong to the process alone; and those of files that nobody else has mapped."""
        rollup = Path(f"/proc/{self.pid}/smaps_rollup").read_text()
        own, mapped = (
            sum(map(int, re.findall(rf"Private_{kind}:\s+(\d+)", rollup))) / 1000
            for kind in ("Dirty", "Clean")
        )
        return own, mapped

    def processor(self) -> float:
        """Seconds of processor that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def at_rest(self) -> None:
        """Wait until it has hardly used the processor for a second."""
        deadline = monotonic() + _PATIENCE
        used = -1.0
        while self.processor() - used > 0.05 and monotonic() < deadline:
            used = self.processor()
            sleep(1)

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


@dataclass(frozen=True, slots=True)
class Started:
    """How long it took until something was seen, in seconds, and how much of the processor."""

    seconds: list[float]
    processor: list[float]


def start(ways: dict[str, tuple[list[str], str]], home: Path, runs: int) -> dict[str, Started]:
    """Each way to start a program, in turn, until what it is to show is seen."""
    found: dict[str, Started] = {name: Started([], []) for name in ways}
    for _ in range(runs):
        for name, (words, pattern) in ways.items():
            screen = Screen(words, home)
            found[name].seconds.append(screen.sees(pattern) - screen.started)
            found[name].processor.append(screen.processor())
            screen.close()
    return found


@dataclass(frozen=True, slots=True)
class Keys:
    """From each key until what it brings about is seen: seconds, and of the processor."""

    seconds: list[float]
    processor: list[float]

    @classmethod
    def none(cls) -> "Keys":
        """Nothing pressed yet."""
        return cls([], [])

    def press(self, screen: Screen, key: str, pattern: str) -> None:
        """Press one, and wait."""
        used, began = screen.processor(), screen.press(key)
        self.seconds.append(screen.sees(pattern) - began)
        self.processor.append(screen.processor() - used)

    def line(self, name: str) -> None:
        """Print it."""
        used = statistics.mean(self.processor) * 1000
        print(f"{name:<24}", told(self.seconds), f" processor {used:.0f} ms in the mean")


def browse(project: Path, home: Path, count: str, keys: int) -> None:
    """Seconds to the first rows, and to all; then key by key, when nothing else goes on."""
    screen = Screen(["open", str(project)], home)
    screen.sees(count)
    screen.at_rest()
    used, first = screen.processor(), screen.press("b")
    rows = screen.sees(r"1 of [\d,]+") - first
    until_rows = screen.processor() - used
    whole = screen.sees(f"1 of {count}") - first
    until_whole = screen.processor() - used
    print(f"browse, first rows {rows * 1000:.0f} ms, processor {until_rows * 1000:.0f} ms")
    print(f"browse, all rows {whole * 1000:.0f} ms, processor {until_whole * 1000:.0f} ms")
    screen.at_rest()
    pressed = {name: Keys.none() for name in ("down", "page down", "end")}
    for place in range(2, keys + 2):
        pressed["down"].press(screen, "\x1b[B", f"{place:,} of {count}")
    for _ in range(keys // 4):
        pressed["page down"].press(screen, "\x1b[6~", rf"[\d,]+ of {count}")
    for _ in range(3):
        pressed["end"].press(screen, "\x1b[F", f"{count} of {count}")
        screen.press("\x1b[H")
        screen.sees(f"1 of {count}")
    for name, each in pressed.items():
        each.line(f"browse, {name}")
    print(
        "browse, private memory {:.0f} MB and {:.0f} MB of mapped files".format(*screen.private())
    )
    screen.close()


def ask_why(project: Path, home: Path, count: str) -> None:
    """Why, of one too similar record after another: only the first has to read the selection."""
    screen = Screen(["open", str(project)], home)
    screen.sees(count)
    screen.at_rest()
    screen.press("b")
    screen.sees(f"1 of {count}")
    screen.press("/")
    screen.sees("is:")
    screen.press("is:too_similar\r")
    first, again = Keys.none(), Keys.none()
    for asked in range(6):
        screen.at_rest()
        (again if asked else first).press(screen, "w", r"place [\d,]+ = ")
        screen.press("\x1b")
        screen.at_rest()
        screen.press("\x1b[B")
    first.line("why, first")
    again.line("why, again")
    screen.close()


def tune(project: Path, home: Path, count: str, steps: int) -> None:
    """From each key until the instant answer: the proof behind is done, at work, or never begun."""
    screen = Screen(["open", str(project)], home)
    screen.sees(count)
    screen.press("t")
    screen.sees("pairs around")
    screen.at_rest()
    for name, pause in (("held", 0.0), ("every half second", 0.5), ("every three seconds", 3.0)):
        pressed = Keys.none()
        for step in range(max(2, steps // (4 if pause > 1 else 1))):
            pressed.press(screen, "+" if step % 20 < 10 else "-", "preview")
            sleep(pause)
        pressed.line(f"tune, {name}")
    screen.at_rest()
    print("tune, private memory {:.0f} MB and {:.0f} MB of mapped files".format(*screen.private()))
    screen.close()


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
    parser.add_argument("--tuned", type=Path, help="a project to play with on the tune screen")
    parser.add_argument("--keys", type=int, default=200)
    parser.add_argument("--runs", type=int, default=5)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        recent = [str(asked.project.resolve())]
        (home / "recent.json").write_text(json.dumps(recent), encoding="utf-8")
        looked_at(asked.project, home, asked.keys, asked.runs)
        if asked.tuned:
            played_with(asked.tuned, home, asked.keys // 5)


def counted(folder: Path) -> str:
    """How many records it has, as the app shows it."""
    from deita_tui.project import Project

    with Project.open(folder, read_only=True) as project:
        return f"{project.counts().records:,}"


def looked_at(project: Path, home: Path, keys: int, runs: int) -> None:
    """Starting, and browsing."""
    count = counted(project)
    load = os.getloadavg()[0]
    print(f"{count} records, {COLUMNS} × {LINES}, {os.cpu_count()} processors, load {load:.1f}")
    ways = {
        "yardstick": (["-c", YARDSTICK], "here it is"),
        "home, numbers": ([], count),
        "overview, numbers": (["open", str(project)], count),
    }
    found = start(ways, home, runs)
    least = statistics.median(found["yardstick"].seconds)
    for name, each in found.items():
        times = statistics.median(each.seconds) / least
        used = statistics.median(each.processor) * 1000
        print(f"{name:<18}", told(each.seconds), f" {times:.1f}×  processor {used:.0f} ms")
    browse(project, home, count, keys)


def played_with(project: Path, home: Path, steps: int) -> None:
    """Tuning, and asking why."""
    count = counted(project)
    load = os.getloadavg()[0]
    print(f"{count} records with vectors and lists of neighbours, load {load:.1f}")
    tune(project, home, count, steps)
    ask_why(project, home, count)


if __name__ == "__main__":
    main()
