"""The draft scorers that ship with the program: quick, small, and no more than a draft.

They rank by what shows on the surface of a text. What that is worth, and where it fails, says
their card, ``deita_tui/lite/README.md``. Never call what they say DEITA's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite import features
from deita_tui.lite.models import Model

NAME = "lite (draft)"
"""What is said where a model's name stands."""

METHOD = "lite/1"

NOTE = (
    "lite is a draft: it ranks by the surface of a text and by what words stand in it, on a scale "
    "of its own from 1 to 6. Its scores are not DEITA's."
)

READS: Mapping[str, str] = {"complexity": "instruction", "quality": "pair"}

_SAYS_NOTHING = "no token of it is known"


@dataclass(frozen=True, slots=True)
class Draft:
    """One of the two."""

    measures: str
    model: Model
    identity: Mapping[str, object]
    """What decides its numbers."""

    def score(self, texts: Sequence[Sequence[str]]) -> tuple[NDArray[np.float64], list[str | None]]:
        """Scores (n,) from 1 to 6, and for each NaN among them the reason.

        A score depends on its own text alone, to the last bit.

        Args:
            texts: n instructions, or instructions with their responses.
        """
        asked = [each[0] for each in texts]
        paired = READS[self.measures] == "pair"
        table = features.features(
            asked, [each[1] for each in texts] if paired else None, meaning=not paired
        )
        values = self.model.predict(table)
        judged = "answer: tokens" if paired else "tokens"
        empty = table[:, features.names(paired).index(judged)] == 0
        values[empty] = np.nan
        return values, [_SAYS_NOTHING if each else None for each in empty.tolist()]


@lru_cache(maxsize=2)
def open(measures: str) -> Draft:  # noqa: A001
    """The scorer of ``complexity`` or of ``quality``."""
    dumped = file(measures).read_bytes()
    identity: dict[str, object] = {
        "method": METHOD,
        "measures": measures,
        "draft": True,
        "weights": sha256(dumped).hexdigest(),
        "features": dict(features.identity()),
    }
    return Draft(measures, Model.load(dumped), identity)


def size() -> int:
    """Bytes of what ships: both scorers and the embedder."""
    found = sum(len(file(measures).read_bytes()) for measures in READS)
    folder = files("deita_tui") / "lite"
    return found + sum(
        len((folder / name).read_bytes()) for name in ("embedder.npz", "embedder.tokenizer.json")
    )


def file(measures: str):  # type: ignore[no-untyped-def]
    """Where a scorer's weights are."""
    return files("deita_tui") / "lite" / f"{measures}.npz"
