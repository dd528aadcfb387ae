"""The selection answers while somebody reviews: a thread that selects again behind each decision.

The instant gear answers first, and the screen says at once what a decision brought about. After a
pause the exact gear follows, and after a longer one, or at the end, its outcome is stored as the
working selection, so that the command line sees what the screen shows. Errands that would hold up
the screen (a decision on 300,000 records, why one is out) are done here too, one after another.

It is to reviewing what ``bench`` is to tuning: there parameters change and decisions stay.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Any, TypeVar

from deita_store import freshness
from deita_tui.errors import DeitaError
from deita_tui.project import Project
from deita_tui.ui.bench import Broke, Loading, Trouble
from deita_tui.ui.queue_view import decided_otherwise

if TYPE_CHECKING:
    from deita_tui.selection.effects import Effect
    from deita_tui.selection.params import Params
    from deita_tui.selection.result import Result
    from deita_tui.steps.selecting import Tuner

T = TypeVar("T")

PROVE_AFTER = 0.3
"""Seconds without a decision until the exact gear begins: it cannot be broken off."""
SAVE_AFTER = 5.0
"""Seconds without a decision until the working selection is stored."""


@dataclass(frozen=True, slots=True)
class Acted:
    """Something that the user did, after it was written."""

    verb: str
    """In the past: kept, rejected, cleared."""
    records: Sequence[int]
    head: str = ""
    """What to call it in place of the verb and the records."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What the selection is now."""

    result: "Result"
    acted: Acted | None
    """What it is the answer to; None at first, and where several acts are answered together."""
    effect: "Effect | None"
    told: str
    """The effect in words; empty where there is none to tell."""
    seconds: float


@dataclass(frozen=True, slots=True)
class Saved:
    """The working selection was stored."""

    kept: int


@dataclass(frozen=True, slots=True)
class Done:
    """An errand is done; what is to be called on the screen's thread."""

    then: Callable[[], None]


Told = Answer | Loading | Trouble | Broke | Saved | Done
_Errand = Callable[["_Answers"], Told | None]


class Answering:
    """One project's selection while decisions come.

    Args:
        folder: the project.
        tell: called from the thread with each thing that there is to tell; it must not block.
        selection: whose parameters are selected with; None: the one saved last, or the working one.
    """

    def __init__(
        self, folder: Path, tell: Callable[[Told], None], selection: str | None = None
    ) -> None:
        self._folder, self._tell, self._selection = folder, tell, selection
        self._acts: list[Acted] = []
        self._errands: list[_Errand] = []
        self._over = False
        self._changed = Condition()
        self._thread = Thread(target=self._work, name="answering", daemon=True)
        self.result: Result | None = None
        """The newest one, from either gear; never changed, so any thread may read it."""

    def start(self) -> None:
        """Begin: read what it takes, and select."""
        self._thread.start()

    def acted(self, verb: str, records: Sequence[int], head: str = "") -> None:
        """Say what was done; what is not answered yet is answered together with it.

        Args:
            verb: in the past: kept, rejected.
            records: which ones.
            head: what to call it in place of the verb and the records.
        """
        with self._changed:
            self._acts.append(Acted(verb, tuple(records), head))
            self._changed.notify()

    def do(
        self,
        work: Callable[[Project], T],
        then: Callable[[T], None],
        failed: Callable[[DeitaError], None] | None = None,
    ) -> None:
        """Do something with a project that can be written to, and hand over what comes of it.

        Args:
            work: run in the thread.
            then: run on the screen's thread.
            failed: run there instead where there is a sentence; default: it is told.
        """

        def errand(answers: "_Answers") -> Told:
            return _done(lambda: work(answers.project), then, failed)

        self._put(errand)

    def explain(
        self,
        record: int,
        then: "Callable[[Any], None]",
        failed: Callable[[DeitaError], None] | None = None,
    ) -> None:
        """Why a record is in or out now (``steps.explaining.Explained``); nothing is read again."""
        self._put(lambda answers: _done(lambda: answers.explain(record), then, failed))

    def listen(self) -> None:
        """Hear what may have been decided elsewhere."""
        self._put(lambda answers: answers.listen())

    def reload(self) -> None:
        """Take in the records, scores and vectors that came since."""
        self._put(lambda answers: answers.reload())

    def close(self) -> None:
        """End; what was decided since is stored as the working selection first."""
        with self._changed:
            self._over = True
            self._changed.notify()

    def wait(self, seconds: float) -> bool:
        """Wait so long for the end; has it come?"""
        if self._thread.is_alive():
            self._thread.join(seconds)
        return not self._thread.is_alive()

    # In the thread --------------------------------------------------------------------------------

    def _put(self, errand: _Errand) -> None:
        with self._changed:
            self._errands.append(errand)
            self._changed.notify()

    def _next(self, seconds: float | None) -> tuple[list[Acted], list[_Errand], bool]:
        """What there is to do, waited for at most so long; and whether it is over behind that."""
        with self._changed:
            self._changed.wait_for(lambda: self._over or self._acts or self._errands, seconds)
            acts, self._acts = self._acts, []
            errands, self._errands = self._errands, []
            return acts, errands, self._over

    def _work(self) -> None:
        with Project.open(self._folder, door="app") as project:
            answers = _Answers(project, self._say, self._selection)
            self._try(answers.begin)
            over = False
            while not over:
                acts, errands, over = self._next(answers.pause)
                if acts:
                    self._try(lambda acts=acts: answers.after(acts))  # type: ignore[misc]
                for errand in errands:
                    self._try(lambda errand=errand: errand(answers))  # type: ignore[misc]
                if over:
                    self._try(answers.finish)
                elif not acts and not errands:
                    self._try(answers.go_on)

    def _try(self, step: Callable[[], Told | None]) -> None:
        try:
            told = step()
        except Exception as error:
            # A mistake in one answer must not silence all that come after it.
            told = Trouble(error) if isinstance(error, DeitaError) else Broke(error)
        if told is not None:
            self._say(told)

    def _say(self, told: Told) -> None:
        if isinstance(told, Answer):
            self.result = told.result
        self._tell(told)


class _Answers:
    """What the thread holds: the arrays, the last result of either gear, and what is due."""

    def __init__(
        self, project: Project, say: Callable[[Told], None], selection: str | None
    ) -> None:
        self.project, self._say, self._chosen = project, say, selection
        self._tuner: Tuner | None = None
        self._params: Params | None = None
        self._quick: Result | None = None
        self._proven: Result | None = None
        self._since: list[Acted] = []
        """Acts that the exact gear has not seen."""
        self._unsaved = False
        self._texts: tuple[int, ...] = ()  # acts on texts when the scores were read

    @property
    def pause(self) -> float | None:
        """Seconds until something is due where nobody wants anything; None: never."""
        if self._params is None or self._quick is None:
            return None
        if self._proven is None:
            return PROVE_AFTER
        return SAVE_AFTER if self._unsaved else None

    def begin(self) -> Told | None:
        """Select as the selection in force was, with what the user says now.

        Raises:
            DeitaError: there is none, or it was not computed.
        """
        from deita_tui.steps import answering as steps

        self._tuner, self._params = steps.tuner(self.project.store, self._chosen)
        self._texts = freshness.acts(self.project.store)
        return self._answer(None)

    def reload(self) -> Told | None:
        """Read everything anew."""
        if self._tuner is None or self._params is None:
            return self.begin()
        self._read_again()
        self._quick = None
        return self._answer(None)

    def after(self, acts: Sequence[Acted]) -> Told | None:
        """Answer what was done."""
        if self._tuner is None or self._params is None:
            return None
        self._since += acts
        return self._answer(_together(acts))

    def listen(self) -> Told | None:
        """Answer what may have been decided elsewhere."""
        if self._tuner is None or self._params is None:
            return None
        return self._answer(None)

    def go_on(self) -> Told | None:
        """Nobody wants anything: do what is due."""
        if self._proven is None:
            return self._prove()
        return self._save() if self._unsaved else None

    def finish(self) -> Told | None:
        """Store what was decided."""
        if self._params is None or not self._unsaved:
            return None
        if self._proven is None:
            self._prove()
        return self._save()

    def explain(self, record: int) -> Any:
        """Why a record is in or out now."""
        from deita_tui.steps import answering as steps

        if self._tuner is None or self._params is None:
            return self.project.explain(record)
        if self._proven is None and (told := self._prove()) is not None:
            self._say(told)
        assert self._proven is not None
        return steps.explain(self._tuner, self._proven, record)

    def _answer(self, acted: Acted | None) -> Answer:
        assert self._tuner is not None
        assert self._params is not None
        from deita_tui.selection.cores import one_core

        for step in self._tuner.prepare(self._params):
            self._say(Loading(step.stage))
        started, before = monotonic(), self._quick
        with one_core():
            self._quick = self._tuner.instant(self._params)
        self._unsaved |= before is not None and decided_otherwise(before, self._quick)
        exact = self._quick.gear == "exact"
        self._proven = self._quick if exact else None
        if exact:
            self._since = []
        return self._told(before, self._quick, acted, started)

    def _prove(self) -> Answer | None:
        assert self._tuner is not None
        assert self._params is not None
        from deita_tui.selection.cores import one_core

        started, before = monotonic(), self._tuner.previous
        with one_core():
            self._proven = self._tuner.exact(self._params)
        acted = _together(self._since) if len(self._since) == 1 else None
        self._since = []
        return self._told(before, self._proven, acted, started)

    def _told(
        self, before: "Result | None", after: "Result", acted: Acted | None, started: float
    ) -> Answer:
        from deita_tui.selection.effects import effect

        found = None
        if acted is not None and before is not None and before.pool.size == after.pool.size:
            found = effect(before, after, acted.records)
        return Answer(after, acted, found, _words(found, acted), monotonic() - started)

    def _read_again(self) -> None:
        assert self._tuner is not None
        assert self._params is not None
        self._texts = freshness.acts(self.project.store)
        for step in self._tuner.reload(self._params):
            self._say(Loading(step.stage))

    def _save(self) -> Saved:
        assert self._tuner is not None
        assert self._params is not None
        assert self._proven is not None
        if freshness.acts(self.project.store) != self._texts:
            # An edit, or its undo, came after the scores were read: what is stored heeds it.
            self._read_again()
            self._proven = self._tuner.exact(self._params)
        self._tuner.save(self._proven, None, self.project.actor)
        self._unsaved = False
        return Saved(len(self._proven.kept))


def _words(found: "Effect | None", acted: Acted | None) -> str:
    from deita_tui.selection import effects

    if found is None or acted is None:
        return ""
    told = effects.told(found, acted.verb)
    if not acted.head:
        return told
    rest = told.partition(" · ")[2]
    return f"{acted.head} · {rest}" if rest else acted.head


def _together(acts: Sequence[Acted]) -> Acted | None:
    """Several acts as one; None for none."""
    if len(acts) <= 1:
        return acts[0] if acts else None
    records = tuple(dict.fromkeys(record for act in acts for record in act.records))
    verbs = {act.verb for act in acts}
    return Acted(verbs.pop() if len(verbs) == 1 else "decided", records)


def _done(
    work: Callable[[], T],
    then: Callable[[T], None],
    failed: Callable[[DeitaError], None] | None,
) -> Told:
    try:
        found = work()
    except DeitaError as error:
        sentence = error
        if failed is None:
            return Trouble(sentence)
        return Done(lambda: failed(sentence))
    return Done(lambda: then(found))
