"""Asking a judge that may raise, answer nonsense, or never answer.

A judge is native code around a large model. One bad prompt must not cost its batch, a broken judge
must not mark a million rows as failed, and one that hangs must not hold the project for ever.
"""

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar, cast

from deita_tui.backends import Item, Judge, LogProbs
from deita_tui.backends.patient import Patient, sentence
from deita_tui.errors import DeitaError, JobError

__all__ = ["Answer", "Asker", "sentence"]

STREAK = 20
"""So many prompts in a row that make the judge raise are the judge's fault, not theirs."""

Rows = list[list[float]]
Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Answer:
    """Log-probabilities, or why there are none."""

    logprobs: list[float] | None
    reason: str | None = None


class Asker:
    """A judge with patience around it.

    Args:
        open_judge: opens the model, called in that thread; a download may take its time.
        patience: seconds after which a question is taken to hang.
    """

    def __init__(self, open_judge: Callable[[], Judge], patience: float) -> None:
        self._streak = 0
        self._good: _Question[Any] | None = None
        self.seconds = 0.0
        """Spent in the judge so far, without opening it."""
        self._patient = Patient(open_judge, patience, "judge")
        self.judge = self._patient.model

    def ask(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int
    ) -> list[Answer]:
        """How likely each of ``choices`` comes next: one answer a prompt, in order.

        A batch that raises is asked again one by one.

        Raises:
            JobError: the judge hangs, or fails whatever it is asked.
            DeitaError: it says itself that it cannot go on.
        """

        def question(rows: Sequence[Sequence[int]]) -> Rows:
            found: Rows = self.judge.next_logprobs(rows, choices, shared).tolist()
            return found

        return self._timed(_Question(prompts, question, len, lambda _: len(choices)))

    def follow(self, items: Sequence[Item]) -> list[Answer]:
        """How likely each token of a continuation is: one answer an item; see ``ask``.

        The judge is one that says so of every token (``backends.LogProbs``).
        """

        def question(rows: Sequence[Item]) -> Rows:
            return [row.tolist() for row in cast("LogProbs", self.judge).logprobs(rows)]

        def length(item: Item) -> int:
            return len(item[0]) + len(item[1])

        return self._timed(_Question(items, question, length, lambda item: len(item[1])))

    @property
    def failing(self) -> bool:
        """Did the last prompt make the judge raise? Then it is not yet clear whose fault it was."""
        return self._streak > 0

    def close(self) -> None:
        """Give the model's memory back; a judge that hangs cannot be asked to."""
        self._patient.close()

    def _timed(self, asked: "_Question[Row]") -> list[Answer]:
        started = time.monotonic()
        try:
            return self._together(asked)
        finally:
            self.seconds += time.monotonic() - started

    def _together(self, asked: "_Question[Row]") -> list[Answer]:
        try:
            rows = self._rows(asked)
        except DeitaError:
            raise
        except Exception as error:
            if len(asked.rows) > 1:
                self._good = self._good or asked.shortest()
                return [self._together(each)[0] for each in asked.alone()]
            return [self._failed(error)]
        self._streak = 0
        self._good = asked.shortest()
        return [Answer(row) if _is_answer(row) else self._nothing() for row in rows]

    def _nothing(self) -> Answer:
        # A backend may leave a sentence about the last such row.
        trouble = str(getattr(self.judge, "trouble", ""))
        return Answer(None, trouble or "the model answered with no number")

    def _rows(self, asked: "_Question[Row]") -> Rows:
        rows = self._patient.call(asked)
        widths = map(asked.width, asked.rows)
        if len(rows) != len(asked.rows) or list(map(len, rows)) != list(widths):
            raise ValueError(f"{len(asked.rows)} prompts got {len(rows)} answers")
        return rows

    def _failed(self, error: Exception) -> Answer:
        self._streak += 1
        reason = sentence(error)
        if self._streak >= STREAK and not self._still_answers():
            raise JobError(
                f"The model failed on {self._streak} prompts in a row, the last time with: "
                f"{reason}.",
                "What was scored before is kept; run the same command again to go on.",
            ) from error
        return Answer(None, reason)

    def _still_answers(self) -> bool:
        """Is it these prompts that the judge cannot take, and not every prompt?"""
        if self._good is None:
            return False
        try:
            self._rows(self._good)
        except DeitaError:
            raise
        except Exception:
            return False
        self._streak = 0
        return True


@dataclass(frozen=True, slots=True)
class _Question(Generic[Row]):
    """Rows, and what the judge is to say of each."""

    rows: Sequence[Row]
    ask: Callable[[Sequence[Row]], Rows]
    length: Callable[[Row], int]
    """Tokens of a row."""
    width: Callable[[Row], int]
    """Numbers in its answer."""

    def __call__(self) -> Rows:
        return self.ask(self.rows)

    def shortest(self) -> "_Question[Row]":
        """The row that was answered, or is the likeliest to be answered, alone."""
        return replace(self, rows=[min(self.rows, key=self.length)])

    def alone(self) -> Iterator["_Question[Row]"]:
        """Each row by itself."""
        return (replace(self, rows=[row]) for row in self.rows)


def _is_answer(row: Sequence[float]) -> bool:
    return not any(math.isnan(each) for each in row)
