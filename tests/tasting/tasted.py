"""Projects whose user has a known taste, and drawn examples of one."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from deita_store import marks
from deita_store.store import Store
from deita_tui.lite.taste.learning import Judged
from tests.selecting.projects import ME, Made, project

TOPICS = 8


def records(count: int, seed: int = 0) -> tuple[list[Made], NDArray[np.bool_]]:
    """Records of one turn, and which of them this user would keep: good ones, of one topic."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(TOPICS, 12))
    topic = draw.integers(TOPICS, size=count)
    quality = draw.uniform(1, 6, size=count)
    liked = 1.6 * (quality - 3.5) + np.where(topic < TOPICS // 2, 1.5, -1.5)
    keeps = draw.random(count) < 1 / (1 + np.exp(-liked))
    made = [
        Made(
            (float(draw.uniform(1, 6)),),
            (float(quality[at]),),
            tuple((centres[topic[at]] + 0.5 * draw.normal(size=12)).tolist()),
        )
        for at in range(count)
    ]
    return made, keeps


def judged_project(folder: Path, count: int = 400, judged: int = 160, seed: int = 0) -> Store:
    """A project whose first records are kept and rejected, one act each decision of a few."""
    made, keeps = records(count, seed)
    store = project(folder, made)
    judge(store, range(1, judged + 1), keeps)
    return store


def judge(store: Store, ids: range, keeps: NDArray[np.bool_]) -> None:
    """Decide records, ten at a time."""
    for start in range(ids.start, ids.stop, 10):
        some = range(start, min(start + 10, ids.stop))
        marks.keep(store, [id_ for id_ in some if keeps[id_ - 1]], ME)
        marks.reject(store, [id_ for id_ in some if not keeps[id_ - 1]], ME)


def drawn(count: int, seed: int, strength: float = 1.5, dimensions: int = 24) -> Judged:
    """Examples whose chance of a keep hangs on a score and on a direction of the vectors."""
    draw = np.random.default_rng(seed)
    vectors = draw.normal(size=(count, dimensions))
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    score, other = draw.normal(size=(2, count))
    liked = strength * (score + 3 * vectors[:, 0])
    keeps = draw.random(count) < 1 / (1 + np.exp(-liked))
    return Judged(("score", "other"), [score, other], (), vectors.astype(np.float16), keeps)
