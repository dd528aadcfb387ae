"""Reviewing on a real pseudo-terminal: from a decision to its repaint, and to its effect.

    python -m tests.bench.review_bench PROJECT [--decisions 200]

The project needs a selection; it is copied first, and the copy is decided on. "repaint" is from the
key until the place in the queue has moved on and the next record stands there. "effect" is until
the line says what the decision did to the others. At ease, each decision waits for the effect of
the one before; in a row, only for its repaint, as somebody decides who reads fast.
"""

import argparse
import os
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

from tests.bench.app_bench import COLUMNS, LINES, Screen, counted, told

_EFFECT = r"(kept|rejected) (#\d+|[\d,]+ records) · (displaces|frees|nothing changes)"
_PAUSE = 0.5
"""Seconds between two decisions of somebody at ease: the exact gear has proved the last by then."""


@dataclass
class Taken:
    """Seconds of each decision."""

    repaint: list[float] = field(default_factory=list)
    effect: list[float] = field(default_factory=list)
    processor: float = 0.0
    """Seconds of processor that a decision takes, with all that follows from it."""


def review(project: Path, home: Path, decisions: int) -> tuple[float, Taken, Taken, float]:
    """Seconds until the selection answers at all; decisions at ease, and in a row; private MB."""
    screen = Screen(["open", str(project)], home)
    screen.sees("✔")
    opened = screen.press("v")
    screen.sees(r"kept [\d,]+ of [\d,]+ ·")
    ready = monotonic() - opened
    place = int(re.findall(rb" ([\d,]+)/[\d,]+", screen.written)[-1].replace(b",", b""))
    sleep(3)
    ease, row = Taken(), Taken()
    used = screen.processor()
    for step in range(decisions):
        place += 1
        began = screen.press("ax"[step % 2])
        ease.repaint.append(screen.sees(rf" {place:,}/") - began)
        ease.effect.append(screen.sees(_EFFECT) - began)
        sleep(_PAUSE)
    ease.processor = (screen.processor() - used) / decisions
    used = screen.processor()
    for step in range(decisions):
        place += 1
        began = screen.press("ax"[step % 2])
        row.repaint.append(screen.sees(rf" {place:,}/") - began)
    screen.sees(_EFFECT)
    row.processor = (screen.processor() - used) / decisions
    memory = screen.private()[0]
    screen.close()
    return ready, ease, row, memory


def main() -> None:
    """Measure, and print a line for each figure."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("project", type=Path)
    parser.add_argument("--decisions", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        copy = Path(shutil.copytree(asked.project, home / "project"))
        print(f"{counted(copy)} records, {COLUMNS} × {LINES}, {os.cpu_count()} processors")
        print(f"load {os.getloadavg()[0]:.1f} before")
        ready, ease, row, memory = review(copy, home, asked.decisions)
    print(f"review, the selection answers after {ready:.1f} s")
    print("at ease, repaint", told(ease.repaint), f" processor {ease.processor * 1000:.0f} ms")
    print("at ease, effect ", told(ease.effect))
    print("in a row, repaint", told(row.repaint), f" processor {row.processor * 1000:.0f} ms")
    print(f"private memory {memory:.0f} MB")
    print(f"load {os.getloadavg()[0]:.1f} behind")


if __name__ == "__main__":
    main()
