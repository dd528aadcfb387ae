"""One display for work in several stages: which is at it, what it uses, what each came to."""

import sys
from collections.abc import Sequence
from contextlib import ExitStack
from time import monotonic
from typing import TYPE_CHECKING, Self

from deita_tui.cli import output
from deita_tui.cli.progress import describe, doing
from deita_tui.printable import printable

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

    from deita_store.jobs import Job
    from deita_tui.steps.progress import Progress

_SECONDS_BETWEEN_LINES = 10.0


class Stages:
    """Stages one after another.

    A person sees all of them at once, and a bar in the one that is at it; elsewhere each stage is
    a line when it begins and lines when it ends. Either way these lines are what stays.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = list(names)
        self._at = -1
        self._uses = ""
        self._told = monotonic()
        self._kept: list[tuple[int, str]] = []
        self._bars: Bars | None = None
        self._tasks: list[TaskID] = []
        self._stack = ExitStack()

    def __enter__(self) -> Self:
        if output.is_a_person(sys.stderr):
            self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if self._bars is not None:
            for indent, line in self._kept:
                _say(indent, line)

    def begin(self, uses: str) -> None:
        """Go on to the next stage, and say what it works with."""
        self._at += 1
        self._uses = printable(uses)
        self._told = monotonic()
        self._keep(0, f"{self._at + 1}/{len(self._names)} {self._names[self._at]}: {self._uses}")
        self._show(state=self._uses, completed=0, total=None)

    def moved(self, state: "Job | Progress") -> None:
        """Show how far the stage is."""
        from deita_tui.steps.progress import Progress

        if isinstance(state, Progress):
            of_total = f" of {state.total:,}" if state.total else ""
            told = f"{printable(state.stage)} · {state.done:,}{of_total} {state.unit}"
        else:
            told = " · ".join(filter(None, (doing(state), describe(state))))
        if self._bars is not None:
            self._show(state=told, completed=state.done, total=state.total or None)
        elif monotonic() - self._told >= _SECONDS_BETWEEN_LINES:
            self._told = monotonic()
            output.note(told)

    def end(self, *lines: str) -> None:
        """Say what the stage came to; the first line stands beside its name."""
        for line in lines:
            self._keep(2, line)
        self._show(state=lines[0] if lines else self._uses, completed=1, total=1)

    def _keep(self, indent: int, line: str) -> None:
        self._kept.append((indent, line))
        if self._bars is None:
            _say(indent, line)

    def _show(self, **changes: object) -> None:
        if self._bars is not None:
            self._bars.update(self._tasks[self._at], **changes)  # type: ignore[arg-type]

    def _draw(self) -> None:
        from rich.console import Console
        from rich.progress import BarColumn, TextColumn
        from rich.progress import Progress as Bars
        from rich.table import Column

        self._bars = Bars(
            TextColumn("{task.description}", markup=False),
            BarColumn(bar_width=16),
            TextColumn("{task.fields[state]}", markup=False, table_column=Column(no_wrap=True)),
            console=Console(stderr=True, markup=False, highlight=False, emoji=False),
            transient=True,
            redirect_stdout=False,
            redirect_stderr=False,
        )
        for name in self._names:
            self._tasks.append(self._bars.add_task(name, total=1, state=""))
        self._stack.enter_context(self._bars)


def _say(indent: int, line: str) -> None:
    if indent:
        output.note(line, indent)
    else:
        output.say(line)
