"""A student's scores: its scorer, and whatever that has not scored yet."""

import math
from collections.abc import Generator, Iterator, Mapping, Sequence

import numpy as np

from deita_store import jobs, scores
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui.lite import features
from deita_tui.lite.students import UNSEEN, Student
from deita_tui.steps import lessons
from deita_tui.steps.lessons import Lesson
from deita_tui.steps.progress import Progress
from deita_tui.steps.windows import Window, windows

_ROWS = 1024
"""Texts that are scored at once."""


def scorer(store: Store, name: str, lesson: Lesson, student: Student) -> Scorer:
    """The scorer that a student is, made if it is new: its identity says what it learned from."""
    teacher = lesson.teacher
    config: dict[str, object] = {
        "method": "distilled/1",
        "draft": True,
        "measures": teacher.measures,
        "teacher": {"name": teacher.name, "identity": scores.identity(store, teacher.id)},
        "learned_from": {"texts": len(lesson.texts), "sha256": lesson.digest},
        "features": dict(features.identity()),
        "model": student.digest,
    }
    with store.transaction():
        id_ = scores.ensure_scorer(store, name, teacher.measures, teacher.reads, config)
        scores.save_model(store, id_, f"learned from {teacher.name}")
        scores.save_reach(store, id_, None)
    return Scorer(id_, name, teacher.measures, teacher.reads, config)


def score(
    store: Store,
    scorer: Scorer,
    student: Student,
    folds: Mapping[bytes, int],
    ordered: Sequence[int],
    job: int | None,
) -> Generator[Progress, None, int]:
    """Score what ``ordered`` lacks; yields after each committed batch, returns how many texts.

    Args:
        store: the project.
        scorer: the student as a scorer.
        student: itself.
        folds: of the texts that it learned from, the fold.
        ordered: conversations.
        job: that all this is for.
    """
    todo = scores.pending(store, scorer.id, ordered)
    done, texts = len(ordered) - len(todo), 0
    for window in windows(store, scorer, todo):
        for batch, complete in _batches(window, student, folds):
            done, texts = done + len(complete), texts + len(batch)
            progress = Progress(done, len(ordered), "records", f"scoring {scorer.measures}")
            with store.transaction():
                scores.add(store, scorer.id, batch, job)
                scores.finish(store, scorer, complete)
                jobs.advance(store, job, done, len(ordered), progress.unit, progress.stage)
            yield progress
    return texts


def _batches(
    window: Window, student: Student, folds: Mapping[bytes, int]
) -> Iterator[tuple[list[Score], list[int]]]:
    """Every text of a window, scored, and the conversations that are complete with it."""
    yield [], window.complete()
    texts = sorted(window.texts)
    for start in range(0, len(texts), _ROWS):
        some = texts[start : start + _ROWS]
        rows = lessons.looked_at([window.texts[text] for text in some])
        values = student.predict(rows, np.array([folds.get(text, UNSEEN) for text in some]))
        batch = [_scored(text, value) for text, value in zip(some, values.tolist(), strict=True)]
        yield batch, window.deal_with(some)


def _scored(text: bytes, value: float) -> Score:
    if math.isfinite(value):
        return Score(text, value)
    return Score(text, reason="the learned model gave no number")
