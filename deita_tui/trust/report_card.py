"""What a scorer is worth against labels: does it put first what somebody put first?

Within a set of labels of one scale: the rank correlation; and where records of a set are
alternatives, such as answers to one prompt, how often of two the better one gets the higher score.
Length and chance are judged beside it, by the same draws, so that the difference to length has an
interval too: many a scorer has learned to count words.
"""

from collections.abc import Mapping

import msgspec
import numpy as np

from deita_tui.correlation import ranks
from deita_tui.trust.predicting import Floats, Ints
from deita_tui.trust.resampling import weights

REPLICATES = 1000
FEWEST = 10
"""Records of a set below which nothing is said."""


class Figure(msgspec.Struct, frozen=True):
    """A figure and its 95 % interval."""

    value: float
    low: float
    high: float


class Mark(msgspec.Struct, frozen=True):
    """One scorer, or a baseline, on one set."""

    who: str
    correlation: Figure
    over_length: Figure | None
    """The correlation less that of the better length; None of the lengths themselves."""
    pairs: Figure | None
    """How often the better of two alternatives scores higher; None where there are none."""


class Card(msgspec.Struct, frozen=True):
    """A set of labels, and how everybody does on it."""

    name: str
    records: int
    pairs: int
    """Pairs of alternatives with different labels."""
    marks: list[Mark]


def card(
    name: str, labels: Floats, scores: Mapping[str, Floats], lengths: Mapping[str, Floats],
    groups: Ints, alternatives: Ints | None = None, seed: int = 0,
) -> Card | None:  # fmt: skip
    """Judge scores by labels; None where they are too few, or all the same.

    Args:
        name: of the set.
        labels: (n,) finite, higher is more.
        scores: (n,) each, by who gave them; finite.
        lengths: (n,) each, by their names: the baselines.
        groups: (n,) records that are drawn together, from 0.
        alternatives: (n,) records of one number are alternatives; -1: of none.
        seed: of the resampling, and of chance.
    """
    if len(labels) < FEWEST or bool((labels == labels[0]).all()):
        return None
    chance = np.random.default_rng(seed).random(len(labels))
    everybody = {**scores, **lengths, "random": chance}
    drawn = weights(groups, REPLICATES, seed)
    wanted = ranks(labels)
    found = {who: _correlations(ranks(values), wanted, drawn) for who, values in everybody.items()}
    least = max(lengths, key=lambda who: found[who][0], default="")
    pairs = _pairs(labels, alternatives)
    marks = []
    for who, values in everybody.items():
        over = None
        if least and who not in lengths:
            over = _figure(found[who] - found[least])
        agreed = _agreed(values, pairs, drawn) if len(pairs) else None
        marks.append(Mark(who, _figure(found[who]), over, agreed))
    return Card(name, len(labels), len(pairs), marks)


def _correlations(ranked: Floats, wanted: Floats, drawn: Floats) -> Floats:
    """(1 + count,) Of all, and of each draw; ranks stay those of all."""
    every = np.concatenate([np.ones((1, len(ranked))), drawn])
    total = every.sum(axis=1)
    one, other = (every @ each / total for each in (ranked, wanted))
    cross = every @ (ranked * wanted) / total - one * other
    spreads = [
        np.maximum(every @ each**2 / total - mean**2, 0)
        for each, mean in ((ranked, one), (wanted, other))
    ]
    scale = np.sqrt(spreads[0] * spreads[1])
    return np.asarray(np.divide(cross, scale, out=np.zeros_like(cross), where=scale > 0))


def _figure(values: Floats) -> Figure:
    low, high = np.quantile(values[1:], [0.025, 0.975])
    return Figure(float(values[0]), float(low), float(high))


def _pairs(labels: Floats, alternatives: Ints | None) -> Ints:
    """(p, 2) Alternatives with different labels, the better one first."""
    if alternatives is None:
        return np.zeros((0, 2), np.int64)
    found = []
    order = np.argsort(alternatives, kind="stable")
    order = order[alternatives[order] >= 0]
    edges = np.flatnonzero(np.diff(alternatives[order])) + 1
    for members in np.split(order, edges):
        first, second = np.triu_indices(len(members), 1)
        one, other = members[first], members[second]
        apart = labels[one] != labels[other]
        better = np.where(labels[one] > labels[other], one, other)[apart]
        worse = np.where(labels[one] > labels[other], other, one)[apart]
        found.append(np.column_stack([better, worse]))
    return np.concatenate([np.zeros((0, 2), np.int64), *found])


def _agreed(values: Floats, pairs: Ints, drawn: Floats) -> Figure:
    better, worse = values[pairs[:, 0]], values[pairs[:, 1]]
    right = np.where(better > worse, 1.0, np.where(better == worse, 0.5, 0.0))
    # Alternatives are of one group, so that a pair is drawn as often as either of it.
    times = drawn[:, pairs[:, 0]]
    total = times.sum(axis=1)
    shares = np.divide(times @ right, total, out=np.full(len(total), 0.5), where=total > 0)
    return _figure(np.concatenate([[right.mean()], shares]))
