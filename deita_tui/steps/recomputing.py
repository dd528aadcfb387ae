"""A saved selection, computed again from what it was computed from."""

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from deita_store import edits, freshness, tastes, vectors
from deita_store import pool as tables
from deita_store.pool import Decisions, Members
from deita_store.selections import Selection
from deita_store.store import Store
from deita_tui.errors import JobError
from deita_tui.selection.case import Case, Mask
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import Result
from deita_tui.selection.select import select
from deita_tui.selection.work import Work
from deita_tui.steps import basis, counting, examples, loading
from deita_tui.steps.basis import Basis
from deita_tui.steps.loading import Arrays
from deita_tui.steps.roles import Roles
from deita_tui.steps.saving import params_of

_HINT = "What was saved stays as it is; a new selection would be made from what is there now."


def recompute(store: Store, selection: Selection) -> Result:
    """The selection as it comes out of what it was made from: the same bytes.

    Raises:
        JobError: the project no longer has what it was made from, or something else comes out;
            the message says what.
    """
    return case(store, selection).result


def case(store: Store, selection: Selection) -> Case:
    """The same, with all that it takes to ask what would be if something were otherwise.

    Raises:
        JobError: see ``recompute``.
    """
    then, params = basis.parse(selection.computed_from), params_of(selection)
    pool, allowed = _pool(store, then, params)
    work = Work()

    result = select(pool, params, allowed, work=work)

    def again(pool: Pool, params: Params, allowed: Mask | None) -> Result:
        return select(pool, params, allowed, previous=result, work=work)

    _require_same(then, basis.digests(pool, result), basis.digest_of(result))
    return Case(pool, params, allowed, result, again)


def _pool(store: Store, then: Basis, params: Params) -> tuple[Pool, Mask | None]:
    roles = _roles(store, then)
    ids = basis.from_bits(then.members)
    edited = dict(then.edited)
    members = _members(store, ids.tolist(), edited)
    found = loading.read_as(store, members, edited, freshness.from_runs(then.pending), roles)
    arrays = _as_then(then, found)
    more: dict[str, Any] = {"tags": loading.tags(store, arrays.ids, then.tags)}
    matrix = loading.vectors(store, roles)
    if then.tokenizer is not None:
        more["tokens"] = counting.known(store, then.tokenizer, arrays.versions)
    more |= examples.of(store, roles.embedder, params)[0]
    decisions = Decisions(
        array("q", freshness.from_runs(then.kept)), array("q", freshness.from_runs(then.rejected))
    )
    pool = loading.pool(arrays, decisions, *matrix, **more)
    if then.allowed is None:
        return pool, None
    return pool, loading.mask(arrays.ids, basis.from_bits(then.allowed))


def _as_then(then: Basis, arrays: Arrays) -> Arrays:
    """Without the vectors and scores that came later: a selection may be older than they are."""
    vector_ids, scores = arrays.vector_ids, dict(arrays.scores)
    if then.with_vector is not None:
        had = loading.mask(arrays.ids, basis.from_bits(then.with_vector))
        vector_ids = np.where(had, vector_ids, 0)
    for name, places in then.with_score.items():
        had = np.zeros(len(scores[name]), np.bool_)
        told = basis.from_bits(places)
        had[told[told < len(had)]] = True
        scores[name] = np.where(had, scores[name], np.nan)
    return replace(arrays, vector_ids=vector_ids, scores=scores)


def _roles(store: Store, then: Basis) -> Roles:
    known = {each.id: each for each in tastes.and_scorers(store)}
    embedders = {each.id: each for each in vectors.embedders(store)}
    gone = [part for part, id_ in then.scorers.items() if id_ not in known]
    if gone or (then.embedder is not None and then.embedder not in embedders):
        raise JobError(f"A scorer or embedder that it was made with is not there any more: {gone}.")
    scorers = {part: known[id_] for part, id_ in then.scorers.items()}
    return Roles(scorers, None if then.embedder is None else embedders[then.embedder])


def _members(store: Store, ids: Sequence[int], edited: Mapping[int, int]) -> Members:
    """The records as they were: each with the version that counted then."""
    found = tables.members_of(store, ids)
    if len(found.ids) < len(ids):
        gone = len(ids) - len(found.ids)
        were = "1 record that it was made from was" if gone == 1 else f"{gone:,} records were"
        raise JobError(f"{were} purged since.", _HINT)
    versions = found.versions[:]
    place = {id_: at for at, id_ in enumerate(ids)} if edited else {}
    for id_ in tables.edited(store).keys() - edited.keys():
        place = place or {id_: at for at, id_ in enumerate(ids)}
        if id_ in place:  # it was edited since
            versions[place[id_]] = edits.versions(store, id_)[0][1]
    for id_, version in edited.items():
        versions[place[id_]] = version
    return replace(found, versions=versions)


def _require_same(then: Basis, inputs: Mapping[str, str], result: str) -> None:
    changed = [name for name, digest in then.inputs.items() if inputs.get(name) != digest]
    if changed:
        told = ", ".join(changed)
        raise JobError(f"What it was made from reads otherwise now: {told}.", _HINT)
    if result != then.result:
        raise JobError(
            "The same records, scores and vectors give another selection now: another version of "
            "the program made it.",
            _HINT,
        )
