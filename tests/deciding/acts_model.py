"""What a project must hold after any history of acts, in plain Python: marks, texts, selection."""

import copy
from dataclasses import dataclass, field
from hashlib import blake2b

import numpy as np

from tests.selecting.projects import Made

COUNT = 14
THRESHOLD = 0.9
SOURCES = ("x", "y")

Texts = tuple[str, ...]


def measured(text: str) -> Made:
    """What scorers and embedder say of a record whose first message is ``text``."""
    digits = blake2b(text.encode(), digest_size=8).digest()
    angle = digits[0] % 6 + digits[1] / 600  # six directions, and near twins in each
    return Made(
        (1 + digits[2] / 64 + digits[3] / 16384,),
        (1 + digits[4] / 64 + digits[5] / 16384,),
        (float(np.cos(angle)), float(np.sin(angle))),
    )


@dataclass
class State:
    """What the acts in force add up to."""

    decision: dict[int, str] = field(default_factory=dict)
    flag: set[int] = field(default_factory=set)
    tags: set[tuple[str, int]] = field(default_factory=set)
    texts: dict[int, Texts] = field(default_factory=dict)
    """Of each record the versions that led to the one in force, which comes last."""
    saved: set[str] = field(default_factory=set)

    def copied(self) -> "State":
        """The same, to be changed."""
        return copy.deepcopy(self)


@dataclass(frozen=True)
class Outcome:
    """What became of one record."""

    status: str
    rank: int | None = None
    blocker: int | None = None
    pending: bool = False


def selected(state: State, ready: set[str], budget: int) -> dict[int, Outcome]:
    """The selection as the method defines it: one record after the other.

    Args:
        state: the project.
        ready: texts that are scored and embedded.
        budget: how many records.
    """
    counts = {id_: _counting(texts, ready) for id_, texts in state.texts.items()}
    waits = {id_ for id_, texts in state.texts.items() if texts[-1] != counts[id_]}
    made = {id_: measured(text) for id_, text in counts.items()}
    score = {id_: (each.complexity[0] or 0) * (each.quality[0] or 0) for id_, each in made.items()}
    ordered = sorted(made, key=lambda id_: (-score[id_], id_))
    kept = [id_ for id_ in ordered if state.decision.get(id_) == "keep"]
    found = {id_: Outcome("kept", rank) for rank, id_ in enumerate(kept, 1)}
    for id_ in ordered:
        if id_ in found:
            continue
        near = [(_similarity(made[id_], made[other]), other) for other in kept]
        alike = [(each, -at, other) for at, (each, other) in enumerate(near) if each > THRESHOLD]
        if state.decision.get(id_) == "reject":
            found[id_] = Outcome("rejected")
        elif len(kept) >= budget:
            found[id_] = Outcome("over_budget")
        elif alike:
            found[id_] = Outcome("too_similar", None, max(alike)[2])
        else:
            kept.append(id_)
            found[id_] = Outcome("kept", len(kept))
    return {
        id_: Outcome(
            each.status, each.rank, each.blocker, id_ in waits and each.status != "rejected"
        )
        for id_, each in found.items()
    }


def _counting(texts: Texts, ready: set[str]) -> str:
    """The text whose scores and vector count: the newest that has them (D15)."""
    return next((text for text in reversed(texts) if text in ready), texts[-1])


def _similarity(one: Made, other: Made) -> float:
    def stored(made: Made) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
        wide = np.asarray(made.vector, np.float64)
        half = (wide / np.linalg.norm(wide)).astype("<f2").astype(np.float64)
        return half / np.linalg.norm(half)

    return float(stored(one) @ stored(other))
