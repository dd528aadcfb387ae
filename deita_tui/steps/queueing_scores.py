"""Queues about the scores: where scorers disagree, and where one is not sure of itself."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from deita_store import pool as tables
from deita_store import queues as queue_tables
from deita_store import scores
from deita_store.queues import Doubt
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.selection.queues import standing
from deita_tui.steps import loading
from deita_tui.steps.loading import wrapped
from deita_tui.steps.progress import Progress
from deita_tui.steps.queueing import Asked, Built, Entry, Found

Floats = NDArray[np.float64]

_SURE_OF_DIGITS = 0.9
"""Below this share of the answer it is told what the digits hold."""


@dataclass(frozen=True, slots=True)
class _Pair:
    """Two scorers of the same thing, and where each places the records that both have scored."""

    first: Scorer
    second: Scorer
    at: NDArray[np.int64]
    """Places among the records in force."""
    high: Floats
    low: Floats


def disagree(asked: Asked) -> Built:
    """The records that two scorers of the same thing place most differently among all records.

    It goes by places and not by values, so that scales of their own do no harm.
    """
    yield Progress(0, None, "records", "reading scores")
    members = tables.members(asked.store)
    ids, versions = wrapped(members.ids), wrapped(members.versions)
    pairs = list(_pairs(asked, versions))
    worst, which = np.zeros(len(ids)), np.full(len(ids), -1)
    for number, pair in enumerate(pairs):
        apart = np.zeros(len(ids))
        apart[pair.at] = np.abs(pair.high - pair.low)
        more = apart > worst
        worst[more], which[more] = apart[more], number
    worst[loading.mask(ids, sorted(asked.settled))] = 0
    order = np.argsort(-worst, kind="stable")[: asked.most()]
    order = order[worst[order] > 0]
    names = _names(asked.store, [each for pair in pairs for each in (pair.first, pair.second)])
    return Found(
        [Entry(int(ids[at]), _apart(pairs[which[at]], int(at), names)) for at in order.tolist()],
        "By how far apart two scorers of the same thing place a record among all.",
    )


def _pairs(asked: Asked, versions: NDArray[np.int64]) -> Iterator[_Pair]:
    """The scorer that the selection goes by against each other one, of each thing measured."""
    known = scores.scorers(asked.store)
    for measures in dict.fromkeys(each.measures for each in known):
        there = [each for each in known if each.measures == measures]
        means = {each.id: _means(asked.store, each, versions) for each in there}
        there = [each for each in there if not np.isnan(means[each.id]).all()]
        for first, second in _against(asked, there):
            a, b = means[first.id], means[second.id]
            both = np.flatnonzero(~np.isnan(a) & ~np.isnan(b))
            yield _Pair(first, second, both, standing(a[both]), standing(b[both]))


def _against(asked: Asked, there: Sequence[Scorer]) -> Iterator[tuple[Scorer, Scorer]]:
    basis = asked.selection.basis if asked.selection else None
    used = {basis.complexity_id, basis.quality_id} if basis else set()
    first = [each for each in there if each.id in used]
    if not first:
        yield from combinations(there, 2)
    for each in first:
        yield from ((each, other) for other in there if other.id != each.id)


def _means(store: Store, scorer: Scorer, versions: NDArray[np.int64]) -> Floats:
    """The mean over its turns that a scorer gave each version; NaN where there is none."""
    known, values = tables.means(store, scorer.id)
    at = loading.places(wrapped(known), versions)
    if not len(known):
        return np.full(len(versions), np.nan)
    return np.where(at >= 0, np.frombuffer(values, np.float64)[at], np.nan)


def _apart(pair: _Pair, place: int, names: dict[int, str]) -> str:
    at = int(np.searchsorted(pair.at, place))
    told = (
        f"{names[scorer.id]} {_placed(float(share[at]))}"
        for scorer, share in ((pair.first, pair.high), (pair.second, pair.low))
    )
    return f"{pair.first.measures}: {', '.join(told)}"


def _placed(share: float) -> str:
    """Where a record stands among all, in words."""
    if share > 0.5:
        return f"top {max(1, round(100 * (1 - share)))} %"
    return f"bottom {max(1, round(100 * share))} %"


def _names(store: Store, used: Sequence[Scorer]) -> dict[int, str]:
    """What scorers are called where they stand side by side."""
    told: dict[int, str] = {}
    for each in {each.id: each for each in used}.values():
        twins = [e for e in used if (e.name, e.measures) == (each.name, each.measures)]
        alone = all(twin.id == each.id for twin in twins)
        told[each.id] = each.name if alone else f"{each.name} {scores.identity(store, each.id)[:6]}"
    return told


def uncertain(asked: Asked) -> Built:
    """The records with a turn whose answer says least.

    An answer says little when its digits share it (the inverse of the sum of squares tells between
    how many), and when digits hold little of it. Both lower the chance that two draws from the
    answer are the same digit; the least of a record's turns and scorers counts.
    """
    yield Progress(0, None, "records", "reading scores")
    most = asked.most()
    count = 2 * most + len(asked.settled)
    while True:
        least: dict[int, tuple[Doubt, str]] = {}
        ended = True
        for scorer in _asked_scorers(asked):
            found, all_ = queue_tables.doubts(asked.store, scorer.id, scorer.reads, count)
            ended &= all_
            for each in found:
                if each.record_id not in least or each.sure < least[each.record_id][0].sure:
                    least[each.record_id] = each, scorer.measures
        told = [(d, m) for d, m in least.values() if d.record_id not in asked.settled]
        if ended or len(told) >= most:
            break
        count *= 4
    told.sort(key=lambda each: (each[0].sure, each[0].record_id))
    return Found(
        [Entry(each.record_id, _doubtful(each, measures)) for each, measures in told[:most]],
        "By how little the scorer's answer says: spread over digits, or hardly a digit at all.",
    )


def _asked_scorers(asked: Asked) -> list[Scorer]:
    """Those that the selection goes by, or else the newest of each thing; if they answer digits."""
    known = [
        each for each in scores.scorers(asked.store)
        if queue_tables.has_digits(asked.store, each.id)
    ]  # fmt: skip
    basis = asked.selection.basis if asked.selection else None
    used = {basis.complexity_id, basis.quality_id} if basis else set()
    chosen = [each for each in known if each.id in used]
    return chosen or list({each.measures: each for each in known}.values())


def _doubtful(doubt: Doubt, measures: str) -> str:
    told = f"{measures} {doubt.value:.1f}: spread over {doubt.digits:.1f} digits"
    if doubt.mass is not None and doubt.mass < _SURE_OF_DIGITS:
        told += f", which hold {doubt.mass:.0%} of the answer"
    return told
