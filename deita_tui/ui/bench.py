"""Where selections are computed while somebody plays: threads that answer only the newest wish.

The first answer comes from the instant gear, in a thread that does nothing else. What cannot be
broken off half-way has a thread of its own, and begins when no key came for a while: the exact
gear, which says whether the first answer differed, the pairs around the threshold, and the curve.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING, Any

from deita_tui.errors import DeitaError
from deita_tui.project import Project
from deita_tui.ui.newest import Newest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deita_tui.selection.curve import Point
    from deita_tui.selection.params import Params
    from deita_tui.selection.picture import Picture
    from deita_tui.selection.pool import Pool
    from deita_tui.selection.result import Result
    from deita_tui.steps.selecting import Tuner


_PAUSE = 0.6
"""Seconds without a key after which what cannot be broken off begins."""
_PAIRS = 10
"""On either side of the threshold."""
_NAMED = 20
"""Of those that enter or leave: more has no room."""
_REMEMBERED = 4_000
"""Beginnings of records."""


@dataclass(frozen=True, slots=True)
class Named:
    """A record, and how it begins."""

    id: int
    text: str


@dataclass(frozen=True, slots=True)
class Near:
    """Two records about as similar as the threshold allows."""

    similarity: float
    out: bool
    """Is the first one left out because of the other? Else both are kept."""
    one: Named
    other: Named


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
    entered: tuple[Named, ...] = ()
    """The best of those that this selection keeps and the other one does not."""
    left: tuple[Named, ...] = ()


@dataclass(frozen=True, slots=True)
class Curve:
    """The kept count over thresholds."""

    params: "Params"
    points: "tuple[Point, ...]"


@dataclass(frozen=True, slots=True)
class Border:
    """The pairs nearest to the threshold, from either side of it in turn."""

    params: "Params"
    pairs: tuple[Near, ...]


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
class Broke:
    """A mistake of the program."""

    error: Exception


@dataclass(frozen=True, slots=True)
class _Wish:
    params: "Params"
    name: str | None = None
    """Under which it is to be saved; None: only looked at."""


@dataclass(frozen=True, slots=True)
class _Proof:
    """What is to be proven and filled in behind an instant answer."""

    number: int
    pool: "Pool"
    params: "Params"
    allowed: "NDArray[np.bool_] | None"
    quick: "Result"
    shown: "_Shown"
    certificate: Any
    work: Any
    """What the answer left behind for whoever selects next."""


Told = Answer | Curve | Border | Loading | Trouble | Saved | Broke


class Bench:
    """One project's selections.

    Args:
        folder: the project.
        tell: called from a thread with each answer.
        other: the selection to compare with; None: the one saved last, if any.
    """

    def __init__(
        self, folder: Path, tell: Callable[[Told], None], other: str | None = None
    ) -> None:
        self._folder, self._tell, self._other = folder, tell, other
        self._wishes: Newest[_Wish] = Newest()
        self._proofs: Newest[_Proof] = Newest()
        self._asked = 0
        """How many wishes there were."""
        self._threads = [
            Thread(target=self._run, args=(work,), name=name, daemon=True)
            for work, name in ((self._select, "selecting"), (self._prove, "proving"))
        ]

    def start(self) -> None:
        """Begin."""
        for thread in self._threads:
            thread.start()

    def want(self, params: "Params") -> None:
        """Ask for a selection; what was asked before and is not answered yet is dropped."""
        self._put(_Wish(params))

    def save(self, params: "Params", name: str) -> None:
        """Save the exact selection with these parameters under a name."""
        self._put(_Wish(params, name))

    def close(self) -> None:
        """End, without waiting for what is being computed."""
        self._asked += 1
        self._wishes.close()
        self._proofs.close()

    def _put(self, wish: _Wish) -> None:
        self._asked += 1
        # Nothing that is only looked at takes the place of what is to be saved.
        self._wishes.put(wish, stays=lambda before: before.name is not None)

    def _run(self, work: Callable[[Project], None]) -> None:
        try:
            with Project.open(self._folder, door="app") as project:
                work(project)
        except Exception as error:  # whatever it is, the screen says it and lives
            self._tell(Trouble(error) if isinstance(error, DeitaError) else Broke(error))

    # The thread that answers ----------------------------------------------------------------------

    def _select(self, project: Project) -> None:
        from deita_tui.steps.selecting import Tuner

        tuner = Tuner(project.store)
        shown = _Shown(project, self._other)
        texts = _Texts(project)
        while (wish := self._wishes.next()) is not None:
            number = self._asked
            try:
                if wish.name is not None:
                    self._save(project, tuner, wish.params, wish.name)
                    shown = _Shown(project, wish.name)
                self._answer(tuner, shown, texts, wish.params, number)
            except DeitaError as error:
                self._tell(Trouble(error))

    def _save(self, project: Project, tuner: "Tuner", params: "Params", name: str) -> None:
        from deita_tui.selection.cores import one_core

        with one_core():
            result = tuner.exact(params)
        tuner.save(result, name, project.actor)
        self._tell(Saved(name, len(result.kept)))

    def _answer(
        self, tuner: "Tuner", shown: "_Shown", texts: "_Texts", params: "Params", number: int
    ) -> None:
        from deita_tui.selection.cores import one_core

        for step in tuner.prepare(params):
            self._tell(Loading(step.stage))
        started = monotonic()
        with one_core():
            quick = tuner.instant(params)
        shown.measure(texts.project, quick.pool)
        certificate = tuner.certificate
        self._tell(shown.answer(quick, monotonic() - started, certificate, texts))
        self._proofs.put(
            _Proof(
                number,
                quick.pool,
                params,
                tuner.allowed(params),
                quick,
                shown,
                certificate,
                _shared(tuner, quick.pool),
            )
        )

    # The thread behind it -------------------------------------------------------------------------

    def _prove(self, project: Project) -> None:
        texts = _Texts(project)
        before: Result | None = None
        while (proof := self._proofs.next()) is not None:
            # Another thread's wish ends the wait as well: its answer brings a proof of its own.
            if not self._proofs.is_quiet(_PAUSE) or proof.number != self._asked:
                continue
            try:
                before = self._complete(proof, before, texts)
            except DeitaError as error:
                self._tell(Trouble(error))

    def _complete(self, proof: _Proof, before: "Result | None", texts: "_Texts") -> "Result":
        from deita_tui.selection.cores import one_core
        from deita_tui.selection.picture import differs
        from deita_tui.selection.select import select

        quick = result = proof.quick
        if quick.gear == "instant":
            started = monotonic()
            with one_core():
                found = select(proof.pool, proof.params, proof.allowed, "exact", before, proof.work)
            # What the reading has to say of scorers and tokens holds of both.
            notes = tuple(dict.fromkeys((*quick.notes, *found.notes)))
            result = replace(found, notes=notes)
            seconds, wrong = monotonic() - started, differs(quick, result)
            if proof.number == self._asked:
                self._tell(proof.shown.answer(result, seconds, proof.certificate, texts, wrong))
        if proof.number == self._asked:
            self._tell(Border(proof.params, tuple(_pairs(result, texts))))
        self._draw_curve(proof)
        return result

    def _draw_curve(self, proof: _Proof) -> None:
        """Point by point, so that a newer wish need not wait for all of them."""
        from deita_tui.selection.cores import one_core
        from deita_tui.selection.curve import curve
        from deita_tui.steps import borders

        params = proof.params
        bounded = params.budget or params.budget_tokens or params.shares
        gear: Any = "exact" if bounded or proof.pool.neighbours is None else "instant"
        points: list[Point] = []
        for threshold in borders.THRESHOLDS:
            if proof.number != self._asked:
                return
            with one_core():
                points += curve(proof.pool, params, (threshold,), proof.allowed, gear, proof.work)
        self._tell(Curve(params, tuple(points)))


def _shared(tuner: "Tuner", pool: "Pool") -> Any:
    """What both threads may use at once: rotated vectors are most of the memory, and never change.

    What resembles another set is remembered bit by bit, so with one of these each has its own.
    """
    from deita_tui.selection.work import Work

    return tuner.work if pool.against is None else Work()


class _Texts:
    """How records begin; belongs to the thread of its project."""

    def __init__(self, project: Project) -> None:
        self.project = project
        self._known: dict[int, str] = {}

    def named(self, ids: Iterable[int]) -> tuple[Named, ...]:
        """The records of these ids."""
        from deita_store import rows

        asked = [int(each) for each in ids]
        if len(self._known) > _REMEMBERED:
            self._known.clear()
        if missing := [each for each in asked if each not in self._known]:
            for row in rows.read(self.project.store, missing):
                self._known[row.id] = row.instruction
        return tuple(Named(each, self._known.get(each, "")) for each in asked)


class _Shown:
    """What answers are drawn up with, read once; afterwards only arrays."""

    def __init__(self, project: Project, other: str | None) -> None:
        self._ids = _kept(project, other)
        self._chars: NDArray[np.int64] | None = None

    def measure(self, project: Project, pool: "Pool") -> None:
        """Read how long the records are, where that is not known yet."""
        if self._chars is None or len(self._chars) != pool.size:
            self._chars = _lengths(project, pool.ids)

    def answer(
        self,
        result: "Result",
        seconds: float,
        certificate: Any,
        texts: _Texts,
        differed: int | None = None,
    ) -> Answer:
        """Draw up what a selection came to."""
        from deita_tui.selection.picture import picture

        assert self._chars is not None
        drawn = picture(result, self._chars, self._ids)
        return Answer(
            result.params,
            drawn,
            seconds,
            differed,
            _recall(certificate, result),
            texts.named(drawn.entered[:_NAMED]),
            texts.named(drawn.left[:_NAMED]),
        )


def _pairs(result: "Result", texts: _Texts) -> Iterable[Near]:
    """The pairs nearest to the threshold, from either side in turn."""
    from deita_tui.selection.borderline import borderline
    from deita_tui.selection.cores import one_core

    with one_core():
        found = borderline(result.pool, result, result.params.threshold, _PAIRS)
    ids = result.pool.ids
    for sides in zip_longest(found.above, found.below):
        for pair, out in zip(sides, (True, False), strict=True):
            if pair is not None:
                one, other = texts.named((ids[pair.record], ids[pair.other]))
                yield Near(pair.similarity, out, one, other)


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


def _recall(certificate: Any, result: "Result") -> str:
    if certificate is None:
        return ""
    found = certificate.at(result.params.threshold)
    if found.recall is None:
        return "recall not measurable here"
    spread = f"{found.low:.1%} to {found.high:.1%}"
    return f"recall of the lists {found.recall:.1%} ({spread}), {found.truncated:.1%} cut off"
