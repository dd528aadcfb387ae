"""Two scorers of a project compared on what both have scored."""

from array import array
from collections.abc import Mapping, Sequence
from itertools import takewhile

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store import jobs, scores
from deita_store import pool as tables
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.errors import JobError
from deita_tui.lite import distilling
from deita_tui.lite.distilling import Overlap
from deita_tui.selection import formula, ranking
from deita_tui.selection.params import Missing, Turns
from deita_tui.steps import loading
from deita_tui.steps.roles import MEASURES, Roles
from deita_tui.trust.agreement import Agreement, agreement

FEWEST = 20
"""Fewer records that both have scored say nothing."""
ENOUGH = 100
"""A fair sample of so many is preferred to whatever else there is."""


class Asked(msgspec.Struct, frozen=True):
    """The selection whose overlap is estimated."""

    formula: str = ""
    """Empty: the product of what both measure."""
    budget: int = 0
    """0: 6 % of the pool."""
    turns: Turns = "sum"
    missing: Missing = "drop"


class Measured(msgspec.Struct, frozen=True):
    """What one of the two is, of one measure."""

    scorer: str
    scorer_id: int
    identity: str
    rate: float | None
    """Texts a second, in the run that scored most; None where no run tells."""


class Compared(msgspec.Struct, frozen=True):
    """Both, of one measure."""

    measures: str
    first: Measured
    second: Measured
    agreement: Agreement


class ScorerComparison(msgspec.Struct, frozen=True):
    """What comparing two scorers came to."""

    records: int
    """That both have scored and that are compared."""
    fair: bool
    """Are these a fair sample of the project?"""
    measures: list[Compared]
    formula: str
    budget: int
    pool: int
    overlap: Overlap
    """Of a selection by the one with a selection by the other, before similar ones are left out."""


def sides(store: Store, name: str) -> dict[str, Scorer]:
    """The newest scorers of that name, or the one whose identity begins so, by measure."""
    known = scores.scorers(store)
    found = {each.measures: each for each in known if each.name.lower() == name.lower()}
    if not found and len(name) >= 6:
        found = {
            each.measures: each
            for each in known
            if scores.identity(store, each.id).startswith(name.lower())
        }
    return found


def compare(
    store: Store,
    first: Mapping[str, int],
    second: Mapping[str, int],
    asked: Asked,
    limit: int | None = None,
    seed: int = 0,
) -> ScorerComparison:
    """Compare scorers, each by what it measures, on what all of them have dealt with.

    Args:
        store: the project.
        first: ids of scorers by what they measure.
        second: likewise.
        asked: the selection whose overlap is estimated.
        limit: records at most.
        seed: of resampling.

    Raises:
        JobError: too little is scored by both.
    """
    known = {each.id: each for each in scores.scorers(store)}
    shared = sorted(first.keys() & second.keys())
    ids = [side[measure] for side in (first, second) for measure in shared]
    ordered = scores.order(store, 0)
    every, fair = _common(store, ids, ordered)
    every = every[:limit]
    if not shared or len(every) < FEWEST:
        raise JobError(
            f"Both have scored {len(every):,} records in common; {FEWEST} or more tell something.",
            "Have a fair sample scored by both: --sample 500",
        )
    parts = {f"{side}.{m}": known[ids_[m]] for side, ids_ in (("a", first), ("b", second))
             for m in shared}  # fmt: skip
    arrays = _arrays(store, every, parts)
    record = np.repeat(np.arange(len(every)), np.diff(arrays.turn_start))
    compared = []
    for measure in shared:
        one, other = arrays.scores[f"a.{measure}"], arrays.scores[f"b.{measure}"]
        both = np.isfinite(one) & np.isfinite(other)
        if both.sum() < FEWEST:
            raise JobError(f"Too few turns have a value of {measure} by both.")
        _, groups = np.unique(record[both], return_inverse=True)
        told = agreement(one[both], other[both], groups, seed)
        one_, other_ = (_measured(store, known[side[measure]]) for side in (first, second))
        compared.append(Compared(measure, one_, other_, told))
    text = asked.formula or "*".join(_names(shared))
    budget = asked.budget or max(1, round(0.06 * len(ordered)))
    overlap = _overlap(arrays, shared, text, asked, budget, len(ordered), seed)
    return ScorerComparison(
        len(every), fair, compared, text, min(budget, len(ordered)), len(ordered), overlap
    )


def _common(store: Store, ids: Sequence[int], ordered: "array[int]") -> tuple["array[int]", bool]:
    """What all have dealt with; a fair sample, where the first of the order are enough."""
    lacking = {each for id_ in ids for each in scores.pending(store, id_, ordered)}
    first = array("q", takewhile(lambda each: each not in lacking, ordered))
    every = array("q", (each for each in ordered if each not in lacking))
    if len(first) >= ENOUGH or FEWEST <= len(first) >= len(every) / 2:
        return first, True
    return every, False


def _arrays(store: Store, versions: "array[int]", parts: Mapping[str, Scorer]) -> loading.Arrays:
    members = tables.Members(
        array("q", range(1, len(versions) + 1)), versions, array("q", bytes(8 * len(versions))),
        {0: ""},
    )  # fmt: skip
    return loading.read_as(store, members, {}, (), Roles(parts, None))


def _measured(store: Store, scorer: Scorer) -> Measured:
    best = (0, 0.0)
    for job in jobs.all(store):
        stages = job.result.get("stages", ()) if isinstance(job.result, dict) else ()
        for stage in stages:
            if stage.get("scorer_id") == scorer.id and stage.get("scored", 0) > best[0]:
                best = (int(stage["scored"]), float(stage.get("seconds", 0.0)))
    rate = best[0] / best[1] if best[1] else None
    return Measured(scorer.name, scorer.id, scores.identity(store, scorer.id)[:12], rate)


def _names(measures: Sequence[str]) -> list[str]:
    short = {measure: name for name, measure in MEASURES.items()}
    return [short.get(each, f'"{each}"') for each in measures]


def _overlap(
    arrays: loading.Arrays, shared: Sequence[str], text: str, asked: Asked, budget: int,
    pool: int, seed: int,
) -> Overlap:  # fmt: skip
    """By the scores of records; a factor that is not compared would be the same for both."""
    used = [each.name for each in formula.parse(text)]
    if strange := [each for each in used if MEASURES.get(each, each) not in shared]:
        raise JobError(
            f"The formula {text} asks for {strange[0]}, which the two do not both score.",
            "Leave it out of --formula.",
        )
    sides_: list[NDArray[np.float64]] = []
    for side in ("a", "b"):
        mine = {name: arrays.scores[f"{side}.{MEASURES.get(name, name)}"] for name in used}
        sides_.append(ranking.scores(text, mine, arrays.turn_start, asked.turns, asked.missing))
    whole = np.isfinite(sides_[0]) & np.isfinite(sides_[1])
    if whole.sum() < FEWEST:
        raise JobError("Too few records have a score by both.")
    one, other = (side[whole] for side in sides_)
    return distilling.overlap(one, other, np.arange(len(one)), budget, pool, seed)
