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

    def processor(self) -> float:
        """Seconds of processor that it has used."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

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


def browse(
    project: Path, home: Path, count: str, keys: int
) -> tuple[float, float, dict[str, list[float]], float, float]:
    """Seconds to the first rows, and to all; from each key to its repaint; processor a key; MB."""
    screen = Screen(["open", str(project)], home)
    screen.sees(count)
    first = screen.press("b")
    rows = screen.sees(r"1 of [\d,]+") - first
    whole = screen.sees(f"1 of {count}") - first
    sleep(1)
    times: dict[str, list[float]] = {"down": [], "page down": [], "end": []}
    place, used = 1, screen.processor()
    for _ in range(keys):
        began = screen.press("\x1b[B")
        place += 1
        times["down"].append(screen.sees(f"{place:,} of {count}") - began)
    used = (screen.processor() - used) / keys
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
    return rows, whole, times, used, memory


def tune(project: Path, home: Path, count: str, steps: int) -> tuple[dict[str, list[float]], float]:
    """Seconds from each key to what the selection came to: at ease, and at once after the last; MB.

    At ease means half a second later: the proof of the step before has not begun by then.
    """
    screen = Screen(["open", str(project)], home)
    screen.sees(count)
    screen.press("t")
    screen.sees("pairs around")
    sleep(5)
    times: dict[str, list[float]] = {"pressed": [], "held": []}
    for name, pause in (("pressed", 0.5), ("held", 0.0)):
        for step in range(steps):
            began = screen.press("+" if step % 20 < 10 else "-")
            times[name].append(screen.sees(r"preview|exact") - began)
            sleep(pause)
    memory = screen.private()
    screen.close()
    return times, memory


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
    rows, whole, pressed, used, memory = browse(project, home, count, keys)
    print("browse, first rows", told([rows]), f" all of them {whole * 1000:.0f} ms")
    for name, seconds in pressed.items():
        print(f"browse, {name:<10}", told(seconds))
    print(f"browse, processor {used * 1000:.1f} ms a key, private memory {memory:.0f} MB")


def played_with(project: Path, home: Path, steps: int) -> None:
    """Tuning."""
    count = counted(project)
    pressed, memory = tune(project, home, count, steps)
    for name, seconds in pressed.items():
        print(f"tune {count}, {name:<8}", told(seconds))
    print(f"tune, private memory {memory:.0f} MB")


if __name__ == "__main__":
    main()
