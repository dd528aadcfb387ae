"""Asking an embedder that may raise, answer nonsense, or never answer.

One bad text must not cost its batch, a broken model must not mark a million rows as failed, and one
that hangs must not hold the project for ever.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deita_tui.backends.embedders import Embedded, Embedder
from deita_tui.backends.patient import Patient, sentence
from deita_tui.embedding.normalising import normalised
from deita_tui.errors import DeitaError, JobError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_STREAK = 20
"""So many texts in a row that make a model raise are the model's fault, not theirs."""


@dataclass(slots=True)
class Answer:
    """What is stored of n texts."""

    vectors: "NDArray[np.float16]"
    """(n, d) little-endian, of length 1; a row that has a reason is no vector."""
    reasons: dict[int, str]
    """Rows without a vector, and why."""
    shortened: list[bool]


class Asker:
    """An embedder with patience around it.

    Args:
        open_embedder: opens the model, called in a thread of its own.
        patience: seconds after which a batch is taken to hang.
    """

    def __init__(self, open_embedder: Callable[[], Embedder], patience: float) -> None:
        self._patient = Patient(open_embedder, patience, "embedder")
        self.embedder = self._patient.model
        self._streak = 0
        self._good: str | None = None
        self.seconds = 0.0
        """Spent in the model so far, without opening it."""

    @property
    def failing(self) -> bool:
        """Did the last text make the model raise? Then it is not yet clear whose fault it was."""
        return self._streak > 0

    def ask(self, texts: Sequence[str]) -> Answer:
        """A vector or a reason for each text. A batch that raises is asked again one by one.

        Raises:
            JobError: the model hangs, or fails whatever it is asked.
            DeitaError: it says itself that it cannot go on.
        """
        started = time.monotonic()
        try:
            return self._together(texts)
        finally:
            self.seconds += time.monotonic() - started

    def close(self) -> None:
        """Give the model's memory back; one that hangs cannot be asked to."""
        self._patient.close()

    def _together(self, texts: Sequence[str]) -> Answer:
        try:
            found = self._embedded(texts)
        except DeitaError:
            raise
        except Exception as error:
            if len(texts) == 1:
                return self._failed(error)
            self._good = self._good or min(texts, key=len)
            return _joined([self._together([text]) for text in texts])
        self._streak = 0
        self._good = min(texts, key=len)
        vectors, reasons = normalised(found.vectors, found.trouble)
        return Answer(vectors, reasons, found.shortened.tolist())

    def _embedded(self, texts: Sequence[str]) -> Embedded:
        found = self._patient.call(lambda: self.embedder.embed(texts))
        shape, wanted = found.vectors.shape, (len(texts), self.embedder.dimensions)
        if shape != wanted or found.shortened.shape != wanted[:1]:
            raise ValueError(f"{len(texts)} texts got an answer of shape {shape}, not {wanted}")
        return found

    def _failed(self, error: Exception) -> Answer:
        import numpy as np

        self._streak += 1
        reason = sentence(error)
        if self._streak >= _STREAK and not self._still_answers():
            raise JobError(
                f"The model failed on {self._streak} texts in a row, the last time with: {reason}.",
                "What was embedded before is kept; run the same command again to go on.",
            ) from error
        nothing = np.zeros((1, self.embedder.dimensions), dtype="<f2")
        return Answer(nothing, {0: reason}, [False])

    def _still_answers(self) -> bool:
        """Is it these texts that the model cannot take, and not every text?"""
        if self._good is None:
            return False
        try:
            self._embedded([self._good])
        except DeitaError:
            raise
        except Exception:
            return False
        self._streak = 0
        return True


def _joined(answers: Sequence[Answer]) -> Answer:
    import numpy as np

    return Answer(
        np.concatenate([each.vectors for each in answers]),
        {row: each.reasons[0] for row, each in enumerate(answers) if each.reasons},
        [short for each in answers for short in each.shortened],
    )
