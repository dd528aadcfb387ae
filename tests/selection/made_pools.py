"""Small pools for the tests of the selection, and the selection done the slow way."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

from deita_tui.selection.pool import Pool

Vectors = NDArray[np.float16]


def stored(rows: NDArray[Any]) -> Vectors:
    """Rows of length 1 as float16."""
    wide = np.asarray(rows, np.float64)
    found: Vectors = (wide / np.linalg.norm(wide, axis=1, keepdims=True)).astype(np.float16)
    return found


def made_pool(
    vectors: Vectors,
    scores: Sequence[float] | NDArray[np.float64],
    row: Sequence[int] | None = None,
    **others: Any,
) -> Pool:
    """Records of one turn each, whose score is ``c``; ids 1, 4, 7, …"""
    count = len(scores)
    pool = Pool(
        ids=np.arange(count, dtype=np.int64) * 3 + 1,
        source=np.zeros(count, np.int32),
        sources=("pool",),
        turn_start=np.arange(count + 1, dtype=np.int64),
        scores={"c": np.array(scores, np.float64), "q": np.ones(count)},
        row=np.arange(count, dtype=np.int32) if row is None else np.array(row, np.int32),
        vectors=vectors,
        neighbours=None,
        similarities=None,
        pinned=np.zeros(count, np.bool_),
        rejected=np.zeros(count, np.bool_),
    )
    return replace(pool, **others)


def from_sources(names: str, scores: Sequence[float] | None = None, **others: Any) -> Pool:
    """Records unlike each other, one a letter, the letter being the source."""
    sources = tuple(sorted(set(names)))
    ranking = list(range(len(names), 0, -1)) if scores is None else scores
    source = np.array([sources.index(name) for name in names], np.int32)
    vectors = np.eye(len(names), dtype=np.float16)
    return made_pool(vectors, ranking, source=source, sources=sources, **others)


def mask(size: int, *places: int) -> NDArray[np.bool_]:
    """True at the places."""
    found = np.zeros(size, np.bool_)
    found[list(places)] = True
    return found


def cosine(a: NDArray[np.float16], b: NDArray[np.float16]) -> float:
    """Without a rounding before the last step: products of float16 fit into float64 exactly."""
    x, y = a.astype(np.float64), b.astype(np.float64)
    squares = float(x @ x) * float(y @ y)
    return min(1.0, max(-1.0, float(x @ y) / float(np.sqrt(squares)))) if squares else 0.0


@dataclass
class Sequential:
    """The reference filter at batch size 1: one candidate after the other, each against all kept.

    A candidate is rejected if its cosine similarity to any kept one is above the threshold;
    ``blocked`` has the most similar one, the first in rank order of equals, and how similar.
    """

    kept: list[int]
    blocked: dict[int, tuple[int, float]]
    examined: int


def sequential(
    pool: Pool, threshold: float, budget: int = 0, tokens: int = 0, allowed: Any = None
) -> Sequential:
    score = pool.scores["c"]
    order = sorted(range(pool.size), key=lambda record: (-score[record], pool.ids[record]))
    place = {record: number for number, record in enumerate(order)}
    kept = [record for record in order if pool.pinned[record] and not pool.rejected[record]]
    used = sum(int(pool.tokens[record]) for record in kept) if pool.tokens is not None else 0
    found = Sequential(kept, {}, 0)
    others = [] if pool.against is None else list(pool.against)
    for record in order:
        if record in place.keys() & set(kept) or pool.rejected[record] or pool.row[record] < 0:
            continue
        if allowed is not None and not allowed[record]:
            continue
        if budget and len(kept) >= budget:
            break
        own = pool.vectors[pool.row[record]]
        rivals = [(cosine(own, other), 1, -number) for number, other in enumerate(others)]
        rivals += [
            (cosine(own, pool.vectors[pool.row[other]]), 0, -place[other])
            for other in kept
            if pool.row[other] >= 0
        ]
        best = max(rivals, default=(-2.0, 0, 0))
        if best[0] > threshold:
            blocker = -2 + best[2] if best[1] else order[-best[2]]
            found.blocked[record] = (blocker, best[0])
        else:
            if tokens and pool.tokens is not None and used + pool.tokens[record] > tokens:
                break
            kept.append(record)
            used += int(pool.tokens[record]) if pool.tokens is not None else 0
        found.examined += 1
    return found


def listed(pool: Pool, k: int) -> Pool:
    """The pool with the k nearest of every row."""
    count = len(pool.vectors)
    neighbours = np.full((count, k), -1, np.int32)
    similarities = np.full((count, k), -np.inf, np.float32)
    for row in range(count):
        near = [-cosine(pool.vectors[row], other) for other in pool.vectors]
        others = [other for other in np.argsort(near, kind="stable") if other != row][:k]
        neighbours[row, : len(others)] = others
        similarities[row, : len(others)] = [-near[other] for other in others]
    return replace(pool, neighbours=neighbours, similarities=similarities)


THRESHOLDS = (-1.0, 0.0, 0.5, 0.7, 0.8, 0.9, 0.95, 0.99, 0.999)


@st.composite
def vectors(draw: st.DrawFn, most: int = 40) -> Vectors:
    """Vectors with exact duplicates, dense clusters and similarities that tie.

    Half of them are small whole numbers, where many angles are exactly equal; the other half are
    clusters of a random tightness.
    """
    count, width = draw(st.integers(1, most)), draw(st.integers(2, 5))
    if draw(st.booleans()):
        row = st.lists(st.integers(-2, 2), min_size=width, max_size=width).filter(any)
        rows = draw(st.lists(row, min_size=count, max_size=count))
        return stored(np.array(rows))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    centers = random.normal(size=(draw(st.integers(1, 6)), width))
    spread = random.choice([0, 0.03, 0.2, 1], size=(count, 1))
    return stored(
        centers[random.integers(0, len(centers), count)]
        + 1e-6
        + spread * random.normal(size=(count, width))
    )


@st.composite
def pools(draw: st.DrawFn, most: int = 40, decided: bool = True) -> Pool:
    """Pools with ties in score, shared rows, and, if ``decided``, pins, rejects and another set."""
    rows = draw(vectors(most))
    count = draw(st.integers(1, most))
    random = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    pool = made_pool(
        rows,
        random.integers(1, 12, count).astype(np.float64),
        row=random.integers(0, len(rows), count).tolist(),
        tokens=random.integers(0, 9, count),
    )
    if not decided:
        return pool
    return replace(
        pool,
        pinned=random.random(count) < random.choice([0, 0.1]),
        rejected=random.random(count) < random.choice([0, 0.1]),
        against=rows[random.integers(0, len(rows), 2)] if random.random() < 0.3 else None,
    )


@st.composite
def thresholds(draw: st.DrawFn, pool: Pool) -> float:
    """A threshold, half of the time one that some pair meets to the last bit."""
    if draw(st.booleans()):
        return draw(st.sampled_from(THRESHOLDS))
    rows = st.integers(0, len(pool.vectors) - 1)
    return cosine(pool.vectors[draw(rows)], pool.vectors[draw(rows)])
