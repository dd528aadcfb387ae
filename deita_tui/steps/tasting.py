"""The user's taste: learned from keeps and rejects, measured, and said of every record.

What is learned becomes a scorer of whole records; see ``store/deita_store/tastes.py``.
"""

from collections.abc import Generator, Mapping
from dataclasses import dataclass

import msgspec
import numpy as np

from deita_store import pool as tables
from deita_store import scores, tastes, vectors
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.errors import JobError
from deita_tui.figures import plural
from deita_tui.lite.taste import learning
from deita_tui.lite.taste.learning import Learned
from deita_tui.steps import tasting_inputs, tasting_report
from deita_tui.steps.progress import Progress
from deita_tui.steps.tasting_inputs import LENGTH, PER_ACT, Lesson, Looks
from deita_tui.steps.tasting_report import Calibrated, InUse, Lean, TasteReport

_METHOD = "taste/1"
_BATCH = 20_000

Steps = Generator[Progress, None, TasteReport]


@dataclass(frozen=True, slots=True)
class _Assessed:
    lesson: Lesson
    looks: Looks | None
    learned: Learned | None
    report: TasteReport


def assess(store: Store) -> Steps:
    """How well the decisions in force can be learned. Writes nothing."""
    return (yield from _assessed(store)).report


def learn(store: Store) -> Steps:
    """Learn from the decisions in force, and give every record its value.

    What has learned the same before only gives values to records that lack one. Broken off, the
    taste in use stays as it was, and the same call goes on.

    Raises:
        JobError: there is too little to learn from; the message says how much it takes.
    """
    found = yield from _assessed(store)
    if found.learned is None or found.looks is None:
        raise JobError(f"Your taste cannot be learned yet. {_sentence(found.report.told)}")
    model = found.learned.model
    id_ = tastes.begin(store, _config(store, found.lesson, found.looks, found.learned))
    yield from _fill(store, id_, found)
    tastes.publish(store, id_, msgspec.to_builtins(model))
    in_use = _in_use(store, model.digest)
    return msgspec.structs.replace(found.report, in_use=in_use)


def forget(store: Store) -> bool:
    """Have no taste in use; was there one? Selections that were made with it keep it."""
    return tastes.forget(store)


def _assessed(store: Store) -> Generator[Progress, None, _Assessed]:
    yield Progress(0, None, "records", "reading decisions")
    with tables.snapshot(store):
        lesson = tasting_inputs.lesson(store)
        keeps, rejects = lesson.counts
        lacking = tasting_report.too_few(keeps, rejects)
        looks = None if lacking else tasting_inputs.looks(store, lesson)
    notes = _notes_of(lesson)
    blank = TasteReport(
        "too few",
        lacking,
        keeps,
        rejects,
        lesson.rated,
        lesson.left_out,
        lesson.act,
        notes=notes,
        in_use=_in_use(store, ""),
    )
    if looks is None:
        return _Assessed(lesson, None, None, blank)
    judged = _judged(lesson, looks)
    groups = learning.grouped(judged.vectors, judged.keeps)
    if told := tasting_report.too_alike((groups.keeps, groups.rejects)):
        return _Assessed(lesson, looks, None, msgspec.structs.replace(blank, told=told))
    yield Progress(0, None, "records", "learning")
    found = learning.learn(judged, groups)
    report = _report(blank, found, (*notes, *looks.notes))
    return _Assessed(
        lesson, looks, found,
        msgspec.structs.replace(report, in_use=_in_use(store, found.model.digest)),
    )  # fmt: skip


def _judged(lesson: Lesson, looks: Looks) -> learning.Judged:
    at = np.searchsorted(looks.ids, lesson.ids)
    given = None
    if looks.embedder is not None:
        rows = looks.rows[at]
        given = np.where(rows[:, None] >= 0, looks.matrix[np.maximum(rows, 0)], np.float16(0))
    columns = [values[at] for values in looks.columns]
    return learning.Judged(looks.names, columns, (LENGTH,), given, lesson.keeps)


def _fill(store: Store, scorer_id: int, found: _Assessed) -> Generator[Progress, None, None]:
    """Give a value to every record that lacks one and is scored and embedded."""
    looks, learned = found.looks, found.learned
    assert looks is not None
    assert learned is not None
    by_name = dict(zip(looks.names, looks.columns, strict=True))
    columns = [by_name[column.name] for column in learned.model.columns]
    values = learned.model.calibrated(learned.model.logits(columns, looks.matrix, looks.rows))
    # What was learned from gets what models said that had not seen it, on the terms of the others.
    values[np.searchsorted(looks.ids, found.lesson.ids)] = learned.guesses
    done = tastes.done(store, scorer_id)
    left = np.flatnonzero(looks.whole)
    if done:
        left = left[~np.isin(looks.versions[left], np.fromiter(done, np.int64, len(done)))]
    left = left[np.argsort(looks.versions[left], kind="stable")]
    for start in range(0, len(left), _BATCH):
        some = left[start : start + _BATCH]
        rows = zip(looks.versions[some].tolist(), values[some].tolist(), strict=True)
        tastes.add(store, scorer_id, rows)
        yield Progress(start + len(some), len(left), "records", "saying it of every record")


def _config(store: Store, lesson: Lesson, looks: Looks, learned: Learned) -> Mapping[str, object]:
    """What the identity of the taste is the hash of."""
    keeps, rejects = lesson.counts
    embedder = None if looks.embedder is None else vectors.identity(store, looks.embedder)
    return {
        "method": _METHOD,
        "act": lesson.act,
        "keeps": keeps,
        "rejects": rejects,
        "decisions": lesson.digest,
        "scorers": [scores.identity(store, each.id) for each in looks.scorers],
        "embedder": embedder,
        "penalty": learned.penalty,
        "model": learned.model.digest,
    }


def _in_use(store: Store, digest: str) -> InUse | None:
    scorer = tastes.learned(store)
    if scorer is None:
        return None
    config = scorer.config
    missing = tastes.missing(store, scorer.id)
    return InUse(
        scorer.name,
        _number(scorer, "act"),
        _number(scorer, "keeps"),
        _number(scorer, "rejects"),
        tastes.in_force(store) - missing,
        missing,
        config.get("model") == digest,
    )


def _number(scorer: Scorer, name: str) -> int:
    value = scorer.config.get(name)
    return value if isinstance(value, int) else 0


def _report(blank: TasteReport, found: Learned, notes: tuple[str, ...]) -> TasteReport:
    word = tasting_report.worth(found.auc, found.low)
    rated = f" ({blank.rated:,} of them by rating)" if blank.rated else ""
    told = (
        f"{word}: {found.auc:.2f} ({found.low:.2f}–{found.high:.2f}) from "
        f"{tasting_report.counted(blank.keeps, blank.rejects)}{rated}"
    )
    leans = tuple(
        Lean(e.name, tasting_report.leaning(e.name, e.weight, e.bend), e.share, e.weight, e.bend)
        for e in found.leanings
    )
    bins = tuple(Calibrated(e.count, e.said, e.kept, e.low, e.high) for e in found.calibration)
    return msgspec.structs.replace(
        blank,
        verdict=word,
        told=told,
        auc=found.auc,
        low=found.low,
        high=found.high,
        groups=found.groups,
        penalty=found.penalty,
        leans=leans,
        calibration=bins,
        calibration_error=found.error,
        brier=found.brier,
        brier_of_share=found.brier_of_share,
        notes=notes,
    )


def _notes_of(lesson: Lesson) -> tuple[str, ...]:
    if not lesson.left_out:
        return ()
    return (
        f"{plural(lesson.left_out, 'more judged record')} left out: of one act at most {PER_ACT} "
        f"count, at random, and in all the newest {tasting_inputs.MOST:,}.",
    )


def _sentence(told: str) -> str:
    return told[:1].upper() + told[1:]
