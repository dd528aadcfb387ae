"""Queues that go down the ranking: what is undecided from the top, and what lies around the cut."""

import numpy as np
from numpy.typing import NDArray

from deita_store import freshness, tastes
from deita_store import queues as queue_tables
from deita_store.context import Context
from deita_store.selections import Selection
from deita_store.store import Store
from deita_store.view import View
from deita_tui.errors import UsageError
from deita_tui.selection import formula, ranking
from deita_tui.selection.params import Params
from deita_tui.selection.queues import in_turn
from deita_tui.steps import basis, loading
from deita_tui.steps.progress import Progress
from deita_tui.steps.queueing import LIMIT, Asked, Built, Entry, Found
from deita_tui.steps.roles import Roles
from deita_tui.steps.saving import params_of

Scored = tuple[NDArray[np.int64], NDArray[np.float64]]
"""Records in force, ascending, and the score of each."""


def undecided(asked: Asked) -> Built:
    """What the selection keeps and nobody has decided, by rank; without one, by score."""
    yield Progress(0, None, "records", "reading the ranking")
    if asked.selection is None:
        return _by_score(asked)
    ranked = queue_tables.kept(asked.store, asked.selection.id)
    of = f"of {len(ranked):,}"
    entries = [
        Entry(id_, f"rank {rank:,} {of}{_score(score)}")
        for id_, rank, score in ranked
        if id_ not in asked.settled
    ]
    note = "What is kept and not decided, by rank."
    if not entries:
        note = "You have decided all that is kept. The queue edge has what comes behind it."
    return Found(entries, note)


def _by_score(asked: Asked) -> Found:
    context = Context(asked.store)
    scored = not context.missing("score")
    view = View(asked.store, "is:undecided", "-score" if scored else "id", context)
    ids = view.ids[: asked.most()]
    order = "by score" if scored else "in the order of import, since nothing tells a score"
    cut = f" These are the first {LIMIT:,}." if len(ids) < len(view) else ""
    return Found([Entry(id_) for id_ in ids], f"What is not decided, {order}.{cut}")


def edge(asked: Asked) -> Built:
    """The records next to the cut, nearest first: one that was kept, one that was not, and so on.

    What was left out for another reason than the budget is not there.
    """
    store, chosen = asked.store, asked.chosen()
    yield Progress(0, None, "records", "reading scores")
    most = asked.most()
    inside = queue_tables.kept(store, chosen.id)[::-1]
    outside = _next(store, chosen)
    above = [
        Entry(id_, f"{_nth(at)} above the cut · rank {rank:,}{_score(score)}")
        for at, (id_, rank, score) in enumerate(inside, start=1)
    ]
    below = [
        Entry(id_, f"{_nth(at)} below the cut{_score(score)}")
        for at, (id_, score) in enumerate(outside[: most + len(asked.settled)], start=1)
    ]
    # Whoever decides on one side must not have the other side move under the hands.
    left = [each for each in in_turn((above, below)) if each.id not in asked.settled]
    note = f"Around the budget: {len(inside):,} are kept, {len(outside):,} come behind them."
    return Found(left[:most], note)


def _next(store: Store, selection: Selection) -> list[tuple[int, float | None]]:
    """The records that only the budget left out, best first, with their scores."""
    told = queue_tables.outcomes(store, selection.id)
    over = queue_tables.over_budget(store, selection.id)
    if selection.rest != "over_budget":
        return sorted(over.items(), key=lambda each: (-(each[1] or 0.0), each[0]))
    ids, values = _scores(store, selection)
    there = ~np.isnan(values)
    for listed in told.values():
        there &= ~loading.mask(ids, listed)
    members = basis.from_bits(basis.parse(selection.computed_from).members)
    there &= loading.mask(ids, members)
    order = np.flatnonzero(there)[ranking.descending(values[there])]
    return list(zip(ids[order].tolist(), values[order].tolist(), strict=True))


def _scores(store: Store, selection: Selection) -> Scored:
    """The score of each record in force, by the selection's formula, as things stand now."""
    then, params = basis.parse(selection.computed_from), params_of(selection)
    names = {factor.name for factor in formula.parse(params.formula)}
    if not names <= then.scorers.keys():
        return _tuned(store, params)
    known = {each.id: each for each in tastes.and_scorers(store)}
    if gone := [part for part, id_ in then.scorers.items() if id_ not in known]:
        raise UsageError(
            f"The scores that it was made with are not there any more: {', '.join(gone)}.",
            "Select again.",
        )
    cast = Roles({part: known[id_] for part, id_ in then.scorers.items()}, None)
    last = freshness.last_version(store)
    key = (
        store.project_id, params.formula, params.turns, params.missing, cast.key, last,
        freshness.acts(store), queue_tables.in_force(store),
        *(freshness.scored(store, each.id, last) for each in cast.scorers.values()),
    )  # fmt: skip
    if key not in _LATELY:
        arrays = loading.read(store, cast)
        rule = params.formula, arrays.scores, arrays.turn_start, params.turns, params.missing
        _LATELY.clear()
        _LATELY[key] = arrays.ids, ranking.scores(*rule)
    return _LATELY[key]


_LATELY: dict[tuple[object, ...], Scored] = {}
"""The scores that were computed last: in a large project reading them again takes seconds."""


def _tuned(store: Store, params: Params) -> Scored:
    """The same, where the formula holds more than scorers."""
    from deita_tui.steps.selecting import Tuner

    pool = Tuner(store).pool(params)
    return pool.ids, ranking.score(pool, params)


def _score(score: float | None) -> str:
    return "" if score is None else f" · score {score:.1f}"


def _nth(number: int) -> str:
    ending = "th" if 10 < number % 100 < 14 else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number:,}{ending}"
