"""The queue about the user's taste: where it and the score disagree most."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_store import tastes
from deita_tui.selection import formula, ranking
from deita_tui.selection.params import Params
from deita_tui.selection.queues import standing
from deita_tui.steps import loading, roles
from deita_tui.steps.progress import Progress
from deita_tui.steps.queues import Asked, Built, Entry, Found
from deita_tui.steps.roles import Roles
from deita_tui.steps.saving import params_of

_APART = 0.1
"""Nearer places than this are no disagreement."""


@dataclass(frozen=True, slots=True)
class _Both:
    """The records that have a taste and a score."""

    ids: NDArray[np.int64]
    taste: NDArray[np.float64]
    score: NDArray[np.float64]


def disagreement(asked: Asked) -> Built:
    """The undecided records whose place by taste is farthest from their place by score.

    It goes by places among all records that have both, so that the two scales do no harm. Where
    the formula itself holds the taste, the score is what it is without.
    """
    yield Progress(0, None, "records", "comparing your taste with the score")
    both = _both(asked)
    by_taste, by_score = standing(both.taste), standing(both.score)
    apart = np.abs(by_taste - by_score)
    apart[loading.mask(both.ids, sorted(asked.settled))] = 0
    order = np.argsort(-apart, kind="stable")[: asked.most()]
    order = order[apart[order] > _APART]
    entries = [
        Entry(int(both.ids[at]), f"taste {both.taste[at]:.2f}, score {_place(by_score[at])}")
        for at in order.tolist()
    ]
    return Found(entries, "By how far apart your taste and the score place a record among all.")


def _both(asked: Asked) -> _Both:
    store = asked.store
    learned = tastes.learned(store)
    assert learned is not None  # it is available
    params = params_of(asked.selection) if asked.selection else Params()
    rule = _without_taste(params.formula)
    cast = roles.choose(
        store,
        Params(formula=rule, complexity=params.complexity, quality=params.quality, threshold=1.0),
    )
    arrays = loading.read(store, Roles(cast.scorers, None))
    score = ranking.scores(rule, arrays.scores, arrays.turn_start, params.turns, params.missing)
    taste = loading.means(store, learned.id, arrays.versions)
    there = ~np.isnan(score) & ~np.isnan(taste)
    return _Both(arrays.ids[there], taste[there], score[there])


def _without_taste(text: str) -> str:
    """A formula without the taste in it; DEITA's own where nothing else is in it."""
    kept = [each for each in formula.parse(text) if each.name.partition("@")[0] != tastes.TASTE]
    told = []
    for each in kept:
        quote = "'" if '"' in each.name else '"'
        name = f"{quote}{each.name}{quote}"
        told.append(f"{f'rank({name})' if each.ranked else name}^{each.power!r}")
    return "*".join(told) or "c*q"


def _place(share: float) -> str:
    """Where a score stands: ``among the best 3%``."""
    if share >= 0.5:
        return f"among the best {max(0.01, 1 - share):.0%}"
    return f"among the worst {max(0.01, share):.0%}"
