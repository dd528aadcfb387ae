"""Learning from an expensive scorer: a small model that scores the rest as it would, roughly.

What is said of it rests on texts that the judging model had not seen; docs/methods.md, "Learned
scores", has the method.
"""

import json
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from pathlib import Path
from time import monotonic

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store import jobs, scores, settings
from deita_store.scores import Scorer
from deita_store.store import CACHE, Store
from deita_tui.errors import JobError, UsageError
from deita_tui.lite import distilling, features
from deita_tui.lite.models import fit as fitted
from deita_tui.lite.students import Fit, Student, learn, predict
from deita_tui.steps import deriving, expecting, learned, lessons
from deita_tui.steps.distilling_args import DistillArgs, DistillReport, Learned
from deita_tui.steps.expecting import Guess, Sample
from deita_tui.steps.lessons import Lesson, Lessons
from deita_tui.steps.progress import Progress

__all__ = ["DistillArgs", "DistillReport", "report", "run", "teachers"]

FOLDS = 10
FEW_FOLDS = 5
"""For the errors on prompts of which none like it was seen."""


@dataclass(frozen=True, slots=True)
class _Divided:
    """The folds of a lesson's texts."""

    folds: NDArray[np.int64]
    """Turns of one record, and records that share a text, are in one."""
    unlike: NDArray[np.int64]
    """So are records that share a prompt, but for numbers, signs and spaces."""

    @property
    def models(self) -> int:
        """How many are learned."""
        return int(self.folds.max() + 1 + self.unlike.max() + 1 + 1)


@dataclass(frozen=True, slots=True)
class _Pupil:
    """A student, and what it was taught with."""

    student: Student
    folds: NDArray[np.int64]
    """Of each text of the lesson."""
    guess: Guess


def run(
    store: Store, args: DistillArgs, job: int | None = None, fit: Fit = fitted
) -> Generator[Progress, None, DistillReport]:
    """Learn, say how well, and score what is not scored; yields after each committed batch.

    The caller holds the project's lock. Stopped anywhere, the same call goes on: what was learned
    is kept in ``cache/``, and learned again from the same texts where it is gone.

    Raises:
        JobError: there is too little to learn from.
    """
    started = monotonic()
    yield from deriving.run(store, job=job)
    found = teachers(store, args.scorer)
    ordered = scores.order(store, args.seed)
    known = lessons.finished(store, found, ordered)[: args.limit]
    refuse_little(args, len(known))
    taught = yield from _read(store, found, known, job)
    alike = taught.alike()
    pupils: list[_Pupil] = []
    for place, lesson in enumerate(taught.by_teacher):
        divided = _divided(lesson, taught.shared(place), alike, args.seed)
        pupils.append((yield from _taught(store, lesson, divided, job, fit)))
    came: list[Learned] = []
    for pupil in pupils:
        came.append((yield from _scored(store, args, pupil, ordered, alike, job)))
    sample = Sample.of(store, found, ordered, taught)
    budget = args.budget or expecting.budget(store, sample.pool)
    guesses = [pupil.guess for pupil in pupils]
    came_to = DistillReport(
        name=args.called,
        teacher=args.scorer,
        records=len(known),
        learned=came,
        overlap=expecting.overlap(guesses, taught, alike, sample, budget, args.seed),
        pool=sample.pool,
        budget=budget,
        fair=sample.fair,
        seconds=round(monotonic() - started, 3),
    )
    for each in came:
        settings.put(store, _said(each.scorer_id), msgspec.to_builtins(came_to))
    return came_to


def report(store: Store, scorer_id: int) -> DistillReport | None:
    """What was said of a learned scorer when it was used last; None of any other."""
    found = settings.get(store, _said(scorer_id))
    return None if found is None else msgspec.convert(found, DistillReport)


def teachers(store: Store, name: str) -> list[Scorer]:
    """The scorers to learn from: of those called ``name`` the newest for each measure.

    Raises:
        UsageError: there is none, or it is a draft itself.
    """
    found = {each.measures: each for each in scores.scorers(store, name)}
    if not found:
        known = ", ".join(sorted({each.name for each in scores.scorers(store)}))
        raise UsageError(
            f"No scorer called {name!r} has scored this project.",
            f"There are: {known}." if known else "Score a sample first: score --limit 2000.",
        )
    if any(each.config.get("draft") for each in found.values()):
        raise UsageError(
            f"The scores of {name} are a draft themselves: there is nothing to be learned from.",
            "Learn from a scorer that reads the texts.",
        )
    return sorted(found.values(), key=lambda each: each.measures)


def refuse_little(args: DistillArgs, records: int) -> None:
    """There must be something to learn from.

    Raises:
        JobError: there is not.
    """
    if records < args.FEWEST:
        raise JobError(
            f"{args.scorer} has scored {records:,} records; learning takes {args.FEWEST} or more.",
            f"Score a fair sample first: --scorer {args.scorer} --limit 2000",
        )


def _read(
    store: Store, found: Sequence[Scorer], known: Sequence[int], job: int | None
) -> Generator[Progress, None, Lessons]:
    reading = lessons.read(store, found, known)
    while True:
        try:
            done = next(reading)
        except StopIteration as end:
            taught: Lessons = end.value
            return taught
        yield _advance(store, job, done, len(known), "reading what was scored")


def _divided(
    lesson: Lesson, shared: NDArray[np.int64], alike: NDArray[np.int64], seed: int
) -> _Divided:
    """The folds of a lesson's texts, by the groups of the records."""
    if len(lesson.texts) < DistillArgs.FEWEST or not np.std(lesson.values):
        raise JobError(
            f"There is nothing to learn from what {lesson.teacher.name} said of "
            f"{lesson.teacher.measures}: {len(lesson.texts):,} texts have a score, and they do not "
            "differ enough."
        )
    one, other = (
        distilling.folds(groups, min(count, len(np.unique(groups))), seed)
        for groups, count in ((shared[lesson.record], FOLDS), (alike[lesson.record], FEW_FOLDS))
    )
    return _Divided(one, other)


def _taught(
    store: Store, lesson: Lesson, divided: _Divided, job: int | None, fit: Fit
) -> Generator[Progress, None, _Pupil]:
    """The student of one teacher: learned, or remembered."""
    rows, values = np.concatenate(lesson.features), np.array(lesson.values)
    file = store.folder / CACHE / "distilled" / f"{_key(store, lesson, divided)}.npz"
    if file.exists():
        student = Student.load(file.read_bytes())
    else:
        learning = chain(
            learn(rows, values, divided.folds, fit),
            (fit(*everything) for everything in [(rows, values)]),
            learn(rows, values, divided.unlike, fit),
        )
        models, stage = [], f"learning {lesson.teacher.measures}"
        for model in learning:
            models.append(model)
            yield _advance(store, job, len(models), divided.models, stage, "models")
        own = int(divided.folds.max()) + 2
        unlike = predict(models[own:], rows, divided.unlike)
        student = Student.of(models[:own], values, unlike)
        _keep(file, student.dump())
    return _Pupil(student, divided.folds, Guess(lesson, student.predict(rows, divided.folds)))


def _scored(
    store: Store,
    args: DistillArgs,
    pupil: _Pupil,
    ordered: Sequence[int],
    alike: NDArray[np.int64],
    job: int | None,
) -> Generator[Progress, None, Learned]:
    """Have a student score whatever it has not scored."""
    lesson = pupil.guess.lesson
    scorer = learned.scorer(store, args.called, lesson, pupil.student)
    folds = dict(zip(lesson.texts, pupil.folds.tolist(), strict=True))
    texts = yield from learned.score(store, scorer, pupil.student, folds, ordered, job)
    true, together = np.array(lesson.values), alike[lesson.record]
    errors, unlike = (
        distilling.errors(true, predicted, together, args.seed)
        for predicted in (pupil.guess.predicted, pupil.student.unlike)
    )
    return Learned(scorer.id, lesson.teacher.measures, lesson.teacher.id, errors, unlike, texts)


def _key(store: Store, lesson: Lesson, divided: _Divided) -> str:
    """Stands for everything that decides what is learned, and for the order of the texts."""
    ordered = b"".join(lesson.texts), divided.folds.tobytes(), divided.unlike.tobytes()
    parts = (
        scores.identity(store, lesson.teacher.id),
        lesson.digest,
        json.dumps(dict(features.identity()), sort_keys=True),
        *(sha256(each).hexdigest() for each in ordered),
    )
    return sha256("\n".join(parts).encode()).hexdigest()[:32]


def _keep(file: Path, content: bytes) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    beside = file.with_suffix(".partial")
    beside.write_bytes(content)
    beside.replace(file)


def _said(scorer_id: int) -> str:
    return f"distilled:{scorer_id}"


def _advance(
    store: Store, job: int | None, done: int, total: int, stage: str, unit: str = "records"
) -> Progress:
    with store.transaction():
        jobs.advance(store, job, done, total, unit, stage)
    return Progress(done, total, unit, stage)
