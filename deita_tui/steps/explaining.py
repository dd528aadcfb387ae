"""One record and a selection of the project: what became of it, why, and what would change that."""

from collections.abc import Generator, Mapping
from contextlib import ExitStack
from typing import Any

import msgspec
import numpy as np

from deita_store import freshness, rows, scores, vectors
from deita_store.context import Context
from deita_store.freshness import stale
from deita_store.selections import WORKING, Selection
from deita_store.store import Store
from deita_tui.errors import DeitaError, StoreError
from deita_tui.selection import explain as explaining
from deita_tui.selection.case import Case
from deita_tui.selection.cores import one_core
from deita_tui.selection.diffs import Diff, differing
from deita_tui.selection.explain import Explanation
from deita_tui.steps import basis, embedding_windows, loading, recomputing
from deita_tui.steps.held import Held
from deita_tui.steps.progress import Progress
from deita_tui.steps.saving import params_of
from deita_tui.steps.selecting import Tuner

_NAMED = 20
"""So many records of a list are looked up."""


class TurnScore(msgspec.Struct, frozen=True):
    """What one turn got."""

    turn: int
    """From 0."""
    scores: dict[str, float | None]
    """By what the formula calls a scorer."""
    reasons: dict[str, str]
    """Why one is missing."""


class Shown(msgspec.Struct, frozen=True):
    """A record that is mentioned."""

    id: int
    uid: str
    source: str
    instruction: str
    """How its first turn begins."""


class Explained(msgspec.Struct, frozen=True):
    """All there is to say."""

    selection: str
    formula: str
    rule: str
    """How turns become a record's score."""
    threshold: float
    record: Shown
    turns: tuple[TurnScore, ...]
    about: Explanation
    differs: Diff | None
    """The record's text and its blocker's."""
    mentioned: dict[int, Shown]
    """The other records, by id."""
    stale: tuple[str, ...]
    """What is newer than the selection."""
    note: str
    """Why this is not about the selection as it was saved; empty where it is."""


def explain(
    store: Store, selection: Selection, record: int, held: Held[Case] | None = None
) -> Generator[Progress, None, Explained]:
    """Explain a record.

    The selection is computed again from what it was made from. Where the project no longer has
    that, it is made from what is there now, and ``note`` says so.

    Args:
        store: the project.
        selection: the selection.
        record: the record's id.
        held: where the selection is kept for the next question, and found from the one before.

    Raises:
        StoreError: the selection does not know the record.
    """
    if not selection.computed_from:
        raise StoreError(
            f"The selection {selection.name or WORKING} was not made by a selector.",
            "There is nothing to explain: what is in it was put in it.",
        )
    yield Progress(0, None, "records", "reading the selection")
    then, note = basis.parse(selection.computed_from), ""
    asked = Asked(selection.name or WORKING, then.scorers, selection.basis.embedder_id)
    room = Held[Case]() if held is None else held
    with ExitStack() as stack:
        try:
            made = room.of(_key(store, selection), lambda: _as_saved(store, selection))
            case = stack.enter_context(made)
        except DeitaError as error:
            note = f"{error.message} This is about what the project holds now."
            case = yield from _as_it_would_be(store, selection)
        return of_case(store, case, record, asked, tuple(stale(store, selection)), note)


class Asked(msgspec.Struct, frozen=True):
    """Of which selection something is explained, and what it was made with."""

    selection: str
    scorers: Mapping[str, int]
    """Their ids, by what the formula calls them."""
    embedder: int | None


def of_case(
    store: Store, case: Case, record: int, asked: Asked, stale: tuple[str, ...] = (), note: str = ""
) -> Explained:
    """Explain a record of a selection that is at hand.

    Raises:
        StoreError: the selection does not know the record.
    """
    place = int(loading.places(case.pool.ids, np.array([record]))[0])
    if place < 0:
        raise StoreError(
            f"The selection {asked.selection} does not know record {record}.",
            "It came later, or was removed. Select again.",
        )
    with one_core():
        about = explaining.explain(case, place)
    mentioned = _shown(store, _ids(about))
    return Explained(
        selection=asked.selection,
        formula=case.params.formula,
        rule=case.params.turns,
        threshold=case.params.threshold,
        record=_shown(store, [record])[record],
        turns=_turns(store, asked.scorers, case, place, record),
        about=about,
        differs=None
        if about.blocked_by is None
        else differing_texts(store, asked.embedder, record, about.blocked_by),
        mentioned=mentioned,
        stale=stale,
        note=note,
    )


def _key(store: Store, selection: Selection) -> object:
    """What a selection as it was saved depends on.

    That is what it says itself, and whether the project still has it; what was decided since is not
    in it. The working one gives its id to the next.
    """
    said = selection.id, selection.params, selection.computed_from
    return store.folder, said, freshness.acts(store)


def _as_saved(store: Store, selection: Selection) -> Case:
    with one_core():
        return recomputing.case(store, selection)


def _as_it_would_be(store: Store, selection: Selection) -> Generator[Progress, None, Case]:
    tuner, params = Tuner(store), params_of(selection)
    then = basis.parse(selection.computed_from)
    tuner.count_as(then.tokenizer)
    if then.tags:
        tuner.tag_by(then.tags)
    yield from tuner.prepare(params)
    with one_core():
        return tuner.case(tuner.exact(params))


def _ids(about: Explanation) -> list[int]:
    ids = {each.id for each in about.neighbours}
    ids |= {*about.also_blocked_by, *about.blocks[:_NAMED]}
    if about.blocked_by is not None:
        ids.add(about.blocked_by)
    for way in about.ways:
        ids |= {*way.records, *way.entered[:_NAMED], *way.left[:_NAMED]}
        if way.blocked_by is not None:
            ids.add(way.blocked_by)
    return sorted(ids)


def _shown(store: Store, ids: list[int]) -> dict[int, Shown]:
    found = rows.read(store, ids, Context(store))
    return {each.id: Shown(each.id, each.uid, each.source, each.instruction) for each in found}


def _turns(
    store: Store, scorers: Mapping[str, int], case: Case, place: int, record: int
) -> tuple[TurnScore, ...]:
    start, end = case.pool.turn_start[place : place + 2].tolist()
    reasons = _reasons(store, scorers, record)
    found = []
    for turn in range(end - start):
        values = {part: float(each[start + turn]) for part, each in case.pool.scores.items()}
        missing = [part for part, value in values.items() if value != value]
        found.append(
            TurnScore(
                turn,
                {part: None if part in missing else value for part, value in values.items()},
                {part: reasons.get((part, turn), "not scored yet") for part in missing},
            )
        )
    return tuple(found)


def _reasons(store: Store, scorers: Mapping[str, int], record: int) -> dict[tuple[str, int], str]:
    """Why turns of a record have no score, by what the formula calls the scorer."""
    (version,) = store.db.execute(
        "select conversation_id from records where id = ?", (record,)
    ).fetchone()
    known = {each.id: each for each in scores.scorers(store)}
    found = {}
    for part, id_ in scorers.items():
        if id_ not in known:
            continue
        given = {each.text: each.reason for each in scores.given(store, known[id_], [version])}
        for turn in scores.turns(store, known[id_], [version]):
            if reason := turn.problem or given.get(turn.text):
                found[part, turn.turn] = reason
    return found


def differing_texts(store: Store, embedder_id: int | None, first: int, second: int) -> Diff:
    """Where two records differ, in the text that the embedder reads of them."""
    told = {each.id: each.config for each in vectors.embedders(store)}
    what: Any = told.get(embedder_id or 0, {}).get("what", "conversation")
    how = embedding_windows.reading(store, what, "plain")
    return differing(*(how.text(rows.body(store, id_))[0] for id_ in (first, second)))
