"""How good learned scores are: folds, errors, and the overlap of selections made with them.

Arrays in, numbers out. What is learned, and with which model, is the caller's business; here is
what may be said of it before the expensive scorer has seen the rest. docs/methods.md, "Learned
scores", explains the estimates.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_tui.correlation import ranks

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

LEVEL = 0.95
"""Of all intervals."""
REPLICATES = 500
TOO_FEW = 20
"""Fewer selected records of the sample than this say little about the selection."""
_Z = 1.959964


class Errors(msgspec.Struct, frozen=True):
    """How far predictions are off, on texts that the model had not seen."""

    texts: int
    rmse: float
    spread: float
    """Standard deviation of the true scores: the error of always guessing their mean."""
    r2: float
    spearman: float
    spearman_low: float
    spearman_high: float


class Overlap(msgspec.Struct, frozen=True):
    """What share of a selection by the true scores the learned ones are expected to find."""

    expected: float
    low: float
    high: float
    fraction: float
    """Of the pool that is selected; also the overlap that chance would give."""
    sample: int
    """Records with true scores that the estimate rests on."""
    selected: int
    """Of these, so many would be selected."""

    @property
    def tells(self) -> bool:
        """Are there enough of them to say anything?"""
        return self.selected >= TOO_FEW


@dataclass(frozen=True, slots=True)
class Top:
    """The two selections of a fraction, as places in order: by true and by learned scores."""

    by_truth: Ints
    by_learned: Ints


def groups(keys: Sequence[Iterable[object]]) -> Ints:
    """Number the groups of items that share a key, directly or through others.

    Args:
        keys: for each item its keys, of any hashable kind.

    Returns:
        The group of each item; numbers count up in the order of the groups' first items.
    """
    parent = list(range(len(keys)))

    def root(item: int) -> int:
        while parent[item] != item:
            parent[item] = parent[parent[item]]
            item = parent[item]
        return item

    first: dict[object, int] = {}
    for item, own in enumerate(keys):
        for key in own:
            one, other = root(item), root(first.setdefault(key, item))
            parent[max(one, other)] = min(one, other)
    numbers: dict[int, int] = {}
    return np.array(
        [numbers.setdefault(root(item), len(numbers)) for item in range(len(keys))], dtype=np.int64
    )


def folds(groups: Ints, count: int, seed: int = 0) -> Ints:
    """Deal groups to ``count`` folds of about equal size; a group is never divided.

    Returns:
        The fold of each item.
    """
    sizes = np.bincount(groups)
    shuffled = np.random.default_rng(seed).permutation(len(sizes))
    # The biggest first, each to the fold that has least: the stable sort keeps the shuffle.
    order = shuffled[np.argsort(-sizes[shuffled], kind="stable")]
    fold_of, filled = np.zeros(len(sizes), dtype=np.int64), np.zeros(count, dtype=np.int64)
    for group in order:
        fold = int(np.argmin(filled))
        fold_of[group] = fold
        filled[fold] += sizes[group]
    return fold_of[groups]


def errors(true: Floats, predicted: Floats, groups: Ints, seed: int = 0) -> Errors:
    """The errors of predictions; the interval resamples whole groups.

    Args:
        true: of each text, what the teacher gave it.
        predicted: the same, by a model that had not seen the text.
        groups: texts that belong together.
        seed: of the resampling.
    """
    residual = true - predicted
    variance = float(np.var(true))
    both = ranks(true), ranks(predicted)
    resampled = [_correlation(*both, weight) for weight in _weights(groups, REPLICATES, seed)]
    low, high = np.quantile(resampled, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return Errors(
        texts=len(true),
        rmse=float(np.sqrt(np.mean(residual**2))),
        spread=float(np.sqrt(variance)),
        r2=1 - float(np.mean(residual**2)) / variance if variance else 0.0,
        spearman=_correlation(*both, np.ones(len(true))),
        spearman_low=float(low),
        spearman_high=float(high),
    )


def overlap(
    true: Floats, predicted: Floats, groups: Ints, budget: int, pool: int, seed: int = 0
) -> Overlap:
    """The expected overlap of two selections of ``budget`` out of ``pool``, and its interval.

    The sample is selected from at the same fraction, by true and by learned scores. The interval
    is Wilson's, on as many independent records as the spread over resampled groups amounts to. The
    sample is a part of the pool, and of its own part the overlap is known: that narrows the
    interval by the share of the pool that is not in it.

    Args:
        true: of each record in a fair sample of the pool, its score by the teacher.
        predicted: the same, by a model that had not seen the record.
        groups: records that belong together.
        budget: how many are to be selected of the pool.
        pool: its records, those of the sample included.
        seed: of the resampling.
    """
    fraction = min(budget / pool, 1.0)
    selected = max(1, round(fraction * len(true)))
    top = Top(_order(true), _order(predicted))
    found = _shared(top, np.ones(len(true)), fraction)
    resampled = [_shared(top, weight, fraction) for weight in _weights(groups, REPLICATES, seed)]
    unseen = max(1 - len(true) / pool, 0.0)
    if not unseen or fraction == 1:
        low = high = found
    else:
        low, high = _wilson(found, selected, float(np.var(resampled)), unseen)
    return Overlap(found, low, high, fraction, len(true), selected)


def _wilson(share: float, count: int, variance: float, unseen: float) -> tuple[float, float]:
    """Wilson's interval of ``share``, of ``count`` draws whose resampled spread is given."""
    # Where all or none overlap there is no spread to measure: one more of either kind.
    smoothed = (share * count + 1) / (count + 2)
    plain = smoothed * (1 - smoothed) / count
    effect = max(variance / plain, 1.0)
    n = count / effect / unseen
    centre = (share + _Z**2 / (2 * n)) / (1 + _Z**2 / n)
    half = _Z / (1 + _Z**2 / n) * np.sqrt(share * (1 - share) / n + _Z**2 / (4 * n**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def _shared(top: Top, weight: Floats, fraction: float) -> float:
    """The weight that two selections share, of the weight that one of them has."""
    room = fraction * float(weight.sum())
    taken = [_taken(order, weight, room) for order in (top.by_truth, top.by_learned)]
    return float(np.minimum(*taken).sum()) / room


def _taken(order: Ints, weight: Floats, room: float) -> Floats:
    """How much of each item is taken until there is no room; the last may be taken in part."""
    ordered = weight[order]
    before = np.cumsum(ordered) - ordered
    taken = np.empty_like(weight)
    taken[order] = np.clip(room - before, 0.0, ordered)
    return taken


def _weights(groups: Ints, count: int, seed: int) -> Iterable[Floats]:
    """Bootstrap weights: groups drawn with replacement, every item of a group as often."""
    draw = np.random.default_rng(seed)
    number = int(groups.max()) + 1
    for _ in range(count):
        times = np.bincount(draw.integers(0, number, number), minlength=number)
        yield times[groups].astype(np.float64)


def _order(values: Floats) -> Ints:
    """Places by descending value, ties by place."""
    return np.argsort(-values, kind="stable")


def _correlation(one: Floats, other: Floats, weight: Floats) -> float:
    """Pearson's correlation with weights; of ranks it is Spearman's."""
    total = weight.sum()
    one = one - (weight @ one) / total
    other = other - (weight @ other) / total
    scale = np.sqrt((weight @ one**2) * (weight @ other**2))
    return float((weight * one) @ other / scale) if scale else 0.0
