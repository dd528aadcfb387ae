"""A selection that was made, into the project: an outcome a record, and what it was computed from.

Only records that were examined or decided get a row; ``rest`` says what became of all others.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store import freshness, selections
from deita_store.selections import Outcome, Rest
from deita_store.store import Store
from deita_tui.selection.params import Params, Reference
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import (
    AGAINST,
    FILTERED,
    NO_REASON,
    OVER_BUDGET,
    REASONS,
    STATUSES,
    UNSCORED,
    Result,
)
from deita_tui.steps import basis
from deita_tui.steps.basis import Basis
from deita_tui.steps.loading import Arrays, Said
from deita_tui.steps.roles import Roles

_RESTS: dict[int, Rest] = {
    OVER_BUDGET: "over_budget",
    UNSCORED: "unscored",
    FILTERED: "filtered",
}


@dataclass(frozen=True, slots=True)
class Made:
    """What a selection was made from."""

    roles: Roles
    arrays: Arrays
    pool: Pool
    allowed: NDArray[np.bool_] | None
    said: Said
    tokenizer: Reference | None
    tags: str


def save(store: Store, made: Made, result: Result, name: str | None, actor: str) -> int:
    """Store ``result`` as the working selection, or under a name; returns its id.

    Raises:
        StoreError: there is a selection of that name, or it is none.
    """
    rest, rest_reason = most_common_rest(result)
    embedder = made.roles.embedder
    return selections.save(
        store,
        name,
        msgspec.to_builtins(result.params),
        msgspec.to_builtins(_basis(made, result, REASONS[rest_reason])),
        outcomes(made.pool, result, rest, rest_reason),
        actor,
        selections.Basis(
            made.roles.id_of("c"), made.roles.id_of("q"), embedder.id if embedder else None
        ),
        _RESTS[rest],
        made.arrays.last_record,
    )


def most_common_rest(result: Result) -> tuple[int, int]:
    """The status, with its reason, that most records have of those that need no row."""
    keys = result.status.astype(np.int64) * len(REASONS) + result.reason
    counted = np.bincount(keys, minlength=len(STATUSES) * len(REASONS))
    # What is over budget for a reason of its own was examined.
    fit = [OVER_BUDGET * len(REASONS) + NO_REASON]
    fit += [s * len(REASONS) + r for s in (UNSCORED, FILTERED) for r in range(len(REASONS))]
    best = max(fit, key=lambda key: (counted[key], -key))
    return best // len(REASONS), best % len(REASONS)


def outcomes(pool: Pool, result: Result, rest: int, rest_reason: int) -> Iterator[Outcome]:
    """A row for every record that is not among the rest, by id."""
    told = np.flatnonzero((result.status != rest) | (result.reason != rest_reason))
    name = result.params.against.name if result.params.against else ""
    ids = pool.ids[told].tolist()
    blockers = result.blocker[told]
    blocked_by = np.where(blockers >= 0, pool.ids[blockers], 0).tolist()
    columns = zip(
        ids,
        result.status[told].tolist(),
        result.reason[told].tolist(),
        result.rank[told].tolist(),
        result.position[told].tolist(),
        result.score[told].tolist(),
        blocked_by,
        result.similarity[told].tolist(),
        result.against[told].tolist(),
        strict=True,
    )
    for id_, status, reason, rank, position, score, blocker, similarity, other in columns:
        yield Outcome(
            id_,
            STATUSES[status],  # type: ignore[arg-type]
            rank or None,
            position or None,
            None if score != score else score,
            blocker or None,
            None if similarity != similarity else similarity,
            _reason(reason, name, other),
        )


def params_of(selection: selections.Selection) -> Params:
    """The parameters of a saved selection."""
    return msgspec.convert(selection.params, Params)


def _reason(reason: int, name: str, other: int) -> str | None:
    if reason == AGAINST and name and other >= 0:
        return f"too similar to record {other + 1} of {name}"
    return REASONS[reason] or None


def _basis(made: Made, result: Result, rest_reason: str) -> Basis:
    arrays, said = made.arrays, made.said
    ids = arrays.ids
    with_vector, with_score = basis.missing(made.pool)
    return Basis(
        version=freshness.VERSION,
        journal=said.journal,
        acts=arrays.moment.acts,
        marks=said.marks,
        records=len(ids),
        members=basis.bits(ids),
        last_record=arrays.last_record,
        last_version=arrays.moment.last_version,
        edited=tuple(sorted(arrays.edited.items())),
        pending=freshness.runs(ids[arrays.pending].tolist()),
        kept=freshness.runs(said.decisions.kept),
        rejected=freshness.runs(said.decisions.rejected),
        scorers={part: scorer.id for part, scorer in made.roles.scorers.items()},
        embedder=made.roles.embedder.id if made.roles.embedder else None,
        scored=dict(arrays.moment.scored),
        embedded=arrays.moment.embedded,
        allowed=None if made.allowed is None else basis.bits(ids[made.allowed]),
        tokenizer=made.tokenizer,
        tags=made.tags,
        inputs=basis.digests(made.pool, result),
        result=basis.digest_of(result),
        examined=result.examined,
        counts=result.counts(),
        rest_reason=rest_reason,
        notes=result.notes,
        with_vector=with_vector,
        with_score=with_score,
    )
