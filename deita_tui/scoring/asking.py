"""Asking a judge that may raise, answer nonsense, or never answer.

A judge is native code around a large model. One bad prompt must not cost its batch, a broken judge
must not mark a million rows as failed, and one that hangs must not hold the project for ever.
"""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deita_tui.backends import Judge
from deita_tui.backends.patient import Patient, sentence
from deita_tui.errors import DeitaError, JobError

__all__ = ["Answer", "Asker", "sentence"]

STREAK = 20
"""So many prompts in a row that make the judge raise are the judge's fault, not theirs."""

Rows = list[list[float]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Log-probabilities of the choices, or why there are none."""

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
        self._good: _Question | None = None
        self.seconds = 0.0
        """Spent in the judge so far, without opening it."""
        self._patient = Patient(open_judge, patience, "judge")
        self.judge = self._patient.model

    def ask(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int
    ) -> list[Answer]:
        """One answer a prompt, in order. A batch that raises is asked again one by one.

        Raises:
            JobError: the judge hangs, or fails whatever it is asked.
            DeitaError: it says itself that it cannot go on.
        """
        started = time.monotonic()
        try:
            return self._together(prompts, choices, shared)
        finally:
            self.seconds += time.monotonic() - started

    @property
    def failing(self) -> bool:
        """Did the last prompt make the judge raise? Then it is not yet clear whose fault it was."""
        return self._streak > 0

    def close(self) -> None:
        """Give the model's memory back; a judge that hangs cannot be asked to."""
        self._patient.close()

    def _together(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int
    ) -> list[Answer]:
        try:
            rows = self._rows(prompts, choices, shared)
        except DeitaError:
            raise
        except Exception as error:
            if len(prompts) > 1:
                self._good = self._good or _Question(min(prompts, key=len), choices, shared)
                return [self._together([each], choices, shared)[0] for each in prompts]
            return [self._failed(error)]
        self._streak = 0
        self._good = _Question(min(prompts, key=len), choices, shared)
        return [Answer(row) if _is_answer(row) else self._nothing() for row in rows]

    def _nothing(self) -> Answer:
        # A backend may leave a sentence about the last such row.
        trouble = str(getattr(self.judge, "trouble", ""))
        return Answer(None, trouble or "the model answered with no number")

    def _rows(self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int) -> Rows:
        def question() -> Rows:
            return [
                list(row) for row in self.judge.next_logprobs(prompts, choices, shared).tolist()
            ]

        rows = self._patient.call(question)
        if len(rows) != len(prompts) or any(len(row) != len(choices) for row in rows):
            raise ValueError(f"{len(prompts)} prompts got {len(rows)} answers")
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
            self._rows([self._good.prompt], self._good.choices, self._good.shared)
        except DeitaError:
            raise
        except Exception:
            return False
        self._streak = 0
        return True


@dataclass(frozen=True, slots=True)
class _Question:
    """A prompt that the judge answered, or the likeliest to be answered."""

    prompt: Sequence[int]
    choices: Sequence[int]
    shared: int


def _is_answer(row: Sequence[float]) -> bool:
    return not any(math.isnan(each) for each in row)
