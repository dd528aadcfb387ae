"""Where selections are computed while somebody plays: a thread that answers only the newest wish.

The first answer comes from the instant gear; when no newer wish has come meanwhile, the exact gear
follows and says whether the first one differed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from deita_tui.errors import DeitaError
from deita_tui.project import Project

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deita_tui.selection.curve import Point
    from deita_tui.selection.params import Params
    from deita_tui.selection.picture import Picture
    from deita_tui.selection.result import Result
    from deita_tui.steps.selecting import Tuner


_PAUSE = 0.3
"""Seconds without a key after which the exact gear begins: it cannot be broken off."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What one selection came to."""

    params: "Params"
    picture: "Picture"
    seconds: float
    differed: int | None = None
    """By how many records the instant answer before it was wrong; None where this is it."""
    recall: str = ""
    """What the certificate says of the lists at this threshold."""


@dataclass(frozen=True, slots=True)
class Curve:
    """The kept count over thresholds."""

    params: "Params"
    points: "tuple[Point, ...]"


@dataclass(frozen=True, slots=True)
class Loading:
    """Something is being read."""

    stage: str


@dataclass(frozen=True, slots=True)
class Trouble:
    """It cannot be selected, or saved, like this."""

    error: DeitaError


@dataclass(frozen=True, slots=True)
class Saved:
    """It was saved under a name."""

    name: str
    kept: int


@dataclass(frozen=True, slots=True)
class _Wish:
    params: "Params"
    name: str | None = None
    """Under which it is to be saved; None: only looked at."""


Told = Answer | Curve | Loading | Trouble | Saved


class Bench:
    """One project's selections.

    Args:
        folder: the project.
        tell: called from the thread with each answer.
        other: the selection to compare with; None: the one saved last, if any.
    """

    def __init__(
        self, folder: Path, tell: Callable[[Told], None], other: str | None = None
    ) -> None:
        self._folder, self._tell, self._other = folder, tell, other
        self._wish: _Wish | None = None
        self._over = False
        self._changed = Condition()
        self._thread = Thread(target=self._work, name="selecting", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def want(self, params: "Params") -> None:
        """Ask for a selection; what was asked before and is not answered yet is dropped."""
        self._put(_Wish(params))

    def save(self, params: "Params", name: str) -> None:
        """Save the exact selection with these parameters under a name."""
        self._put(_Wish(params, name))

    def close(self) -> None:
        """End, without waiting for what is being computed."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def _put(self, wish: _Wish) -> None:
        with self._changed:
            # Nothing that is only looked at takes the place of what is to be saved.
            if self._wish is None or self._wish.name is None:
                self._wish = wish
            self._changed.notify()

    def _next(self) -> "_Wish | None":
        """The newest wish, waited for; None when it is over."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._wish is not None)
            wish, self._wish = self._wish, None
            return None if self._over else wish

    def _is_idle(self) -> bool:
        with self._changed:
            return self._wish is None and not self._over

    def _stays_idle(self, seconds: float) -> bool:
        """Wait so long for a newer wish; is there none?"""
        with self._changed:
            return not self._changed.wait_for(lambda: self._over or self._wish is not None, seconds)

    def _work(self) -> None:
        from deita_tui.steps.selecting import Tuner

        with Project.open(self._folder, door="app") as project:
            tuner = Tuner(project.store)
            shown = _Shown(project, self._other)
            while (wish := self._next()) is not None:
                try:
                    if wish.name is None:
                        self._answer(tuner, shown, wish.params)
                    else:
                        self._save(project, tuner, wish.params, wish.name)
                        shown = _Shown(project, wish.name)
                        self._answer(tuner, shown, wish.params)
                except DeitaError as error:
                    self._tell(Trouble(error))

    def _save(self, project: Project, tuner: "Tuner", params: "Params", name: str) -> None:
        result = tuner.exact(params)
        tuner.save(result, name, project.actor)
        self._tell(Saved(name, len(result.kept)))

    def _answer(self, tuner: "Tuner", shown: "_Shown", params: "Params") -> None:
        for step in tuner.prepare(params):
            self._tell(Loading(step.stage))
        started = monotonic()
        quick = tuner.instant(params)
        self._tell(shown.answer(tuner, quick, monotonic() - started))
        if quick.gear == "instant" and self._stays_idle(_PAUSE):
            from deita_tui.selection.picture import differs

            started = monotonic()
            proven = tuner.exact(params)
            seconds = monotonic() - started
            self._tell(shown.answer(tuner, proven, seconds, differs(quick, proven)))
        self._draw_curve(tuner, params)

    def _draw_curve(self, tuner: "Tuner", params: "Params") -> None:
        """Point by point, so that a newer wish need not wait for all of them."""
        from deita_tui.steps import borders

        points: list[Point] = []
        for threshold in borders.THRESHOLDS:
            if not self._is_idle():
                return
            points += borders.points(tuner, params, (threshold,)).points
        self._tell(Curve(params, tuple(points)))


class _Shown:
    """What answers are drawn up with, read once."""

    def __init__(self, project: Project, other: str | None) -> None:
        self._project = project
        self._ids = _kept(project, other)
        self._chars: NDArray[np.int64] | None = None

    def answer(
        self, tuner: "Tuner", result: "Result", seconds: float, differed: int | None = None
    ) -> Answer:
        """Draw up what a selection came to."""
        from deita_tui.selection.picture import picture

        if self._chars is None or len(self._chars) != result.pool.size:
            self._chars = _lengths(self._project, result.pool.ids)
        drawn = picture(result, self._chars, self._ids)
        return Answer(result.params, drawn, seconds, differed, _recall(tuner, result))


def _kept(project: Project, other: str | None) -> "NDArray[np.int64] | None":
    from deita_tui.steps import comparing

    if other is None and not project.selections():
        return None
    return comparing.side(project.store, project.selection(other)).ids


def _lengths(project: Project, ids: "NDArray[np.int64]") -> "NDArray[np.int64]":
    from array import array

    import numpy as np

    from deita_store import pool as tables

    _, chars = tables.sizes(project.store, array("q", ids.tolist()))
    return np.array(chars, np.int64)


def _recall(tuner: "Tuner", result: "Result") -> str:
    certificate: Any = tuner.certificate
    if certificate is None:
        return ""
    found = certificate.at(result.params.threshold)
    if found.recall is None:
        return "recall not measurable here"
    spread = f"{found.low:.1%} to {found.high:.1%}"
    return f"recall of the lists {found.recall:.1%} ({spread}), {found.truncated:.1%} cut off"
