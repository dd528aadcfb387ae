"""A person at the review screen: keys on a real terminal, and what the screen must then show."""

import os
import re
import signal
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from tests.review.session_model import Model, Outcome
from tests.ui.terminal import PROGRAM, Terminal, child_of

PATIENCE = 60.0

Act = Callable[[int], object]


@dataclass
class Screen:
    """Where the review stands, as far as the keys that were pressed say so."""

    title: str = "undecided"
    ids: list[int] = field(default_factory=list)
    place: int = 0
    marked: set[int] = field(default_factory=set)
    range_from: int | None = None

    @property
    def here(self) -> int:
        """The record that is read."""
        return self.ids[self.place]

    @property
    def ranged(self) -> set[int]:
        """The records of the open range."""
        if self.range_from is None:
            return set()
        first, last = sorted((self.range_from, self.place))
        return set(self.ids[first : last + 1])

    def step(self, count: int = 1) -> None:
        """Go so many rows further, as far as there are any."""
        self.place = max(0, min(self.place + count, len(self.ids) - 1))


class Hand:
    """Presses keys, has the model do the same, and waits until the screen shows it."""

    def __init__(self, terminal: Terminal, model: Model, folder: Path) -> None:
        self.terminal, self.model, self.folder = terminal, model, folder
        self.screen = Screen()

    # Coming and going -----------------------------------------------------------------------------

    def open(self) -> None:
        """Start the program, and review."""
        self.terminal.type(f"clear; {PROGRAM} open {self.folder}; echo left with $?\n")
        self.find(r"✔ select")
        self.terminal.press("v")

    def leave(self) -> None:
        """Back to the shell."""
        self.terminal.press("q")
        self.find(r"✔ select")
        self.terminal.press("C-q")
        self.find(r"left with 0")

    def kill(self) -> None:
        """End the program as a machine does that runs out of memory."""
        os.kill(child_of(int(self.terminal.asks("pane_pid"))), signal.SIGKILL)
        self.find(r"left with 137")
        self.terminal.reset()

    # Looking --------------------------------------------------------------------------------------

    def find(self, pattern: str) -> None:
        """Wait until the screen matches."""
        assert self.terminal.finds(pattern, PATIENCE), f"no {pattern} in:\n{self.terminal.text}"

    def stands(self) -> None:
        """Wait until the screen shows the row, the marks and the depth that the model has."""
        screen, marked = self.screen, self.screen.marked | self.screen.ranged
        self.find(
            rf"^ ?{re.escape(screen.title)} {screen.place + 1}/{len(screen.ids)} · "
            + (rf"{'range, ' if screen.range_from is not None else ''}{len(marked)} marked · "
               if marked else "(?!range)")
            + rf"(kept .* )?undo {self.model.depth}\b(.|\n)*^ ?#{screen.here} "
        )  # fmt: skip

    def asks_why(self, outcome: Outcome, kept: int) -> None:
        """Have the selection say what became of the record; what was done is answered by then."""
        pinned = self.model.now[self.screen.here].decision == "keep"
        told = {
            "kept": f"kept, number {outcome.rank} of {kept}" + (", because" if pinned else "$"),
            "too_similar": rf"too similar: 0\.\d+ to #{outcome.blocker}; the threshold",
            "over_budget": "over the budget: it was full before",
            "rejected": "rejected by you",
        }
        self.terminal.press("w")
        self.find(rf"› why #{self.screen.here}\b(.|\n)*^ *{told[outcome.status]}")
        self.terminal.press("Escape")
        self.stands()

    # Keys -----------------------------------------------------------------------------------------

    def key(self, key: str, act: Act, advance: bool = False, shows: str = "") -> None:
        """A key that says something of the record, and perhaps goes on to the next one."""
        self.terminal.type(key)
        act(self.screen.here)
        if advance:
            self.screen.step()
        if shows:
            self.find(shows)
        else:
            self.stands()

    def move(self, key: str, step: int) -> None:
        """Go to another row."""
        self.terminal.type(key)
        self.screen.step(step)
        self.stands()

    def undo(self) -> None:
        """Take the newest act back; the screen goes to its row."""
        self._back("u", self.model.undo().ids)

    def redo(self) -> None:
        """Bring back what was undone last."""
        self._back("U", self.model.redo().ids)

    def _back(self, key: str, ids: list[int]) -> None:
        self.terminal.type(key)
        if ids and ids[0] in self.screen.ids:
            self.screen.place = self.screen.ids.index(ids[0])
        self.stands()

    def mark(self) -> None:
        """Mark the record, or take the mark off, and go on."""
        self.terminal.press("Space")
        self.screen.marked ^= {self.screen.here}
        self.screen.step()
        self.stands()

    def range(self, count: int) -> None:
        """Begin a range, and go so many rows further."""
        self.terminal.type("v")
        self.screen.range_from = self.screen.place
        self.stands()
        for _ in range(count):
            self.move("j", 1)

    def bulk(self, key: str, decision: str) -> None:
        """Decide on all that is marked."""
        ids = self.screen.marked | self.screen.ranged
        self.terminal.type(key)
        self.find(rf"{decision.title()} {len(ids)} marked records\?")
        self.screen.marked, self.screen.range_from = set(), None
        self.model.decide(ids, decision)
        self.terminal.type("y")
        self.stands()

    def jump(self, id_: int) -> None:
        """Go to a record."""
        # Nobody waits for the dialog: what is typed ahead is for it.
        self.terminal.type(f"'#{id_}\r")
        self.screen.place = self.screen.ids.index(id_)
        self.stands()

    def tag(self, name: str, box: str, act: Act) -> None:
        """Put a tag on the record, or take it off; ``box`` is what the list shows before."""
        self.terminal.type(f"t{name}")
        self.find(rf"{re.escape(box)} {name}\b")
        self.terminal.press("Enter")
        act(self.screen.here)
        self.stands()

    def edit(self, first: str, act: Act) -> None:
        """Write something before the answer, in place."""
        self.terminal.type(f"]e{first}")
        self.find(rf"assistant, message 2 of 2(.|\n)*{re.escape(first)}(.|\n)*takes it")
        self.terminal.press("C-s")
        act(self.screen.here)
        self.stands()

    def look_at(self, filter_: str, ids: list[int], at: int) -> None:
        """Have what a filter finds as the queue."""
        self.terminal.type("\\")
        self.terminal.press("C-u")
        self.terminal.type(f"{filter_}\r")
        self.screen = Screen(filter_ or "every record", ids, ids.index(at))
        self.stands()
