"""What share of a selection the learned scores will find, before the teacher has seen the rest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deita_store import scores, selections
from deita_store.errors import StoreError
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.lite import distilling
from deita_tui.lite.distilling import Overlap
from deita_tui.steps.distilling_args import DistillArgs
from deita_tui.steps.lessons import Lesson, Lessons

_PAIR = ("complexity", "quality")


@dataclass(frozen=True, slots=True)
class Guess:
    """What one teacher said, and what a model that had not seen it would have said."""

    lesson: Lesson
    predicted: NDArray[np.float64]
    """Of each text of the lesson."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The records that the overlap is reckoned with."""

    count: int
    """The first so many that were learned from."""
    pool: int
    """Records of the project that have a score in the end, as far as the sample tells."""
    fair: bool
    """May it stand for the pool?"""

    @classmethod
    def of(
        cls, store: Store, found: Sequence[Scorer], ordered: Sequence[int], lessons: Lessons
    ) -> Self:
        """The first records of the order as far as all of them are scored: a fair sample.

        Where they are too few, or were picked, whatever is scored stands in for it, and says so.
        """
        known = lessons.conversations
        first = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(ordered, known)))  # noqa: B905
        reaches = [scores.reach(store, teacher.id) or {} for teacher in found]
        picked = any(reach.get("where") or reach.get("top") for reach in reaches)
        fair = first >= DistillArgs.FEWEST and not picked
        count = first if fair else len(known)
        whole = sum(lessons.whole[:count])
        return cls(count, max(1, round(len(ordered) * whole / count)), fair)


def budget(store: Store, pool: int) -> int:
    """How many are to be selected, where nobody says: as in the working selection."""
    try:
        known = selections.get(store).params.get("budget")
    except StoreError:
        known = None
    return known if isinstance(known, int) and known > 0 else math.ceil(DistillArgs.FRACTION * pool)


def overlap(
    guesses: Sequence[Guess],
    lessons: Lessons,
    groups: NDArray[np.int64],
    sample: Sample,
    budget: int,
    seed: int,
) -> Overlap:
    """Of the records' scores: the sum over turns of complexity times quality, or of what there is.

    Args:
        guesses: one for each teacher.
        lessons: what they were learned from.
        groups: of each record; those of a group may be wrong together.
        sample: which records count.
        budget: how many are to be selected.
        seed: of the resampling.
    """
    places = {guess.lesson.teacher.measures: place for place, guess in enumerate(guesses)}
    used = [places[each] for each in _PAIR if each in places] or [0]
    rows = [place for place in range(sample.count) if lessons.whole[place]]
    true = [_by_text(guess.lesson, guess.lesson.values) for guess in guesses]
    guessed = [_by_text(guess.lesson, guess.predicted.tolist()) for guess in guesses]

    def summed(values: Sequence[dict[bytes, float]]) -> NDArray[np.float64]:
        return np.array(
            [
                sum(math.prod(values[place][turn[place]] for place in used) for turn in turns)
                for turns in (lessons.turns[row] for row in rows)
            ]
        )

    many = min(budget, sample.pool)
    return distilling.overlap(summed(true), summed(guessed), groups[rows], many, sample.pool, seed)


def _by_text(lesson: Lesson, values: Sequence[float]) -> dict[bytes, float]:
    return dict(zip(lesson.texts, values, strict=True))
