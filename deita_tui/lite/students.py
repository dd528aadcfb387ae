"""A student: the models that learned one teacher's scores.

One model has seen every text that the teacher scored, and there is one for each fold that has not
seen the fold. A text that was learned from is judged by the model that has not seen it, so that it
competes with all others on the same terms: a model knows better what it was shown.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from io import BytesIO
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.models import Model

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

Fit = Callable[[NDArray[np.float32], Floats], Model]

UNSEEN = -1
"""The fold of a text that was not learned from."""

_ROWS = 1024
"""Predicted at once: a model makes a wide table of them."""


def learn(features: NDArray[np.float32], values: Floats, folds: Ints, fit: Fit) -> Iterator[Model]:
    """Models that have not seen fold 0, 1, …, one after another.

    Args:
        features: (n, f), of the texts that the teacher scored.
        values: (n,), the scores.
        folds: (n,), from ``distilling.folds``.
        fit: makes a model of features and values.
    """
    for fold in range(int(folds.max()) + 1):
        seen = folds != fold
        yield fit(features[seen], values[seen])


def predict(models: Sequence[Model], features: NDArray[np.float32], folds: Ints) -> Floats:
    """What each model says of the texts of its fold, (n,); ``UNSEEN`` is the last one's."""
    found = np.empty(len(features), dtype=np.float64)
    for fold in np.unique(folds):
        rows = np.flatnonzero(folds == fold)
        for start in range(0, len(rows), _ROWS):
            some = rows[start : start + _ROWS]
            found[some] = models[fold].predict(features[some])
    return found


@dataclass(frozen=True, slots=True)
class Student:
    """What was learned from one teacher."""

    models: tuple[Model, ...]
    """As ``learn`` gives them; last the one that has seen everything."""
    low: float
    high: float
    """The range of the scores it learned from; it never leaves it."""
    unlike: Floats
    """What models that had seen no like prompt say of each text that was learned from."""

    @classmethod
    def of(cls, models: Sequence[Model], values: Floats, unlike: Floats) -> Self:
        """The student that learned ``values``."""
        low, high = float(values.min()), float(values.max())
        return cls(tuple(models), low, high, np.clip(unlike, low, high))

    def predict(self, features: NDArray[np.float32], folds: Ints) -> Floats:
        """Scores of texts (n,); a text of a fold is judged by the model that has not seen it."""
        return np.clip(predict(self.models, features, folds), self.low, self.high)

    @property
    def digest(self) -> str:
        """Stands for all of it: other numbers, other digest."""
        total = sha256(f"{self.low!r} {self.high!r}".encode())
        for model in self.models:
            total.update(sha256(model.dump()).digest())
        return total.hexdigest()

    def dump(self) -> bytes:
        """All of it as bytes, without pickle."""
        out = BytesIO()
        blobs: dict[str, NDArray[Any]] = {
            f"model{place}": np.frombuffer(model.dump(), dtype=np.uint8)
            for place, model in enumerate(self.models)
        }
        blobs |= {"range": np.array([self.low, self.high]), "unlike": self.unlike}
        np.savez(out, allow_pickle=False, **blobs)
        return out.getvalue()

    @classmethod
    def load(cls, dumped: bytes) -> Self:
        """The student that ``dump`` gave."""
        with np.load(BytesIO(dumped), allow_pickle=False) as found:
            low, high = found["range"]
            count = len(found.files) - 2
            models = [Model.load(found[f"model{place}"].tobytes()) for place in range(count)]
            return cls(tuple(models), float(low), float(high), found["unlike"])
