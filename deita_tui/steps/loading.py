"""From a project to the arrays that a selection is made from: see ``selection.pool``."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from deita_store import freshness, tastes
from deita_store import pool as tables
from deita_store.pool import Decisions, Members, Scores
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.selection.pool import Pool
from deita_tui.steps import matrices
from deita_tui.steps.roles import Roles

if TYPE_CHECKING:
    from array import array

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Moment:
    """How far scoring, embedding and editing had come when the arrays were read."""

    acts: tuple[int, ...]
    """Acts in force that changed which records there are, or what they say."""
    last_version: int
    scored: Mapping[str, tuple[int, int]]
    """By what the formula calls a scorer: versions dealt with, and turns with a value in them."""
    embedded: int


@dataclass(frozen=True, slots=True)
class Said:
    """What the user had said of records when that was read."""

    journal: int
    """The newest row of the journal."""
    marks: int
    """The newest act in force that marked records."""
    decisions: Decisions


@dataclass(frozen=True, slots=True)
class Arrays:
    """What a project says of its records to one cast of scorers and embedder, at one moment."""

    ids: Ints
    versions: Ints
    """Of each record, the version whose scores and vector count: an older one where the newest is
    not scored and embedded yet (D15)."""
    source: NDArray[np.int32]
    sources: tuple[str, ...]
    turn_start: Ints
    scores: Mapping[str, NDArray[np.float64]]
    vector_ids: Ints
    """Of each record; 0 where it has none."""
    pending: NDArray[np.bool_]
    edited: Mapping[int, int]
    """Records that read otherwise than imported: which version counts, by the record's id."""
    moment: Moment

    @property
    def last_record(self) -> int:
        """The newest record's id."""
        return int(self.ids[-1]) if len(self.ids) else 0


def read(store: Store, roles: Roles) -> Arrays:
    """Everything but decisions and the vectors themselves, in one pass over each table."""
    with tables.snapshot(store):
        members = tables.members(store)
        versions, edited, pending = _standing(store, members, roles)
        return _arrays(store, members, versions, edited, pending, roles)


def read_as(
    store: Store, members: Members, edited: Mapping[int, int], pending: Sequence[int], roles: Roles
) -> Arrays:
    """The same of given versions of given records: as it was when a selection was saved."""
    with tables.snapshot(store):
        waiting = mask(wrapped(members.ids), pending)
        return _arrays(store, members, wrapped(members.versions), edited, waiting, roles)


def said(store: Store) -> Said:
    """What the user says of records now."""
    with tables.snapshot(store):
        return Said(freshness.head(store), freshness.marks(store), tables.decisions(store))


def tags(store: Store, ids: Ints, column: str = "") -> list[tuple[str, ...]] | None:
    """The tags of each record: the user's, or those in a column of the files; None without any.

    Such a column holds a list of tags, or one text with commas between them.
    """
    found = _column_tags(store, column) if column else tables.tags(store)
    if not found:
        return None
    return [found.get(id_, ()) for id_ in ids.tolist()]


def vectors(store: Store, roles: Roles) -> tuple[Ints, NDArray[np.float16]]:
    """The ids of the embedder's vectors, ascending, and the vectors.

    A selection that compares nothing needs no embedder: then all records that have no vector, which
    is all of them, stand in one row that nobody reads.
    """
    if roles.embedder is None:
        return np.zeros(1, np.int64), np.zeros((1, 1), np.float16)
    return matrices.matrix(store, roles.embedder.id)


def pool(
    arrays: Arrays,
    decisions: Decisions,
    vector_ids: Ints,
    vectors: NDArray[np.float16],
    neighbours: "tuple[NDArray[np.int32], NDArray[np.float32]] | None" = None,
    **more: Any,
) -> Pool:
    """The pool that all this makes.

    Args:
        arrays: what the project says.
        decisions: what the user says.
        vector_ids: (m,) the ids of the vectors that are there, ascending.
        vectors: (m, d) the vectors.
        neighbours: the lists of neighbours and their similarities, where they are there.
        more: other fields of ``Pool``.
    """
    lists = neighbours or (None, None)
    return Pool(
        ids=arrays.ids,
        source=arrays.source,
        sources=arrays.sources,
        turn_start=arrays.turn_start,
        scores=arrays.scores,
        row=places(vector_ids, arrays.vector_ids),
        vectors=vectors,
        neighbours=lists[0],
        similarities=lists[1],
        pinned=mask(arrays.ids, decisions.kept),
        rejected=mask(arrays.ids, decisions.rejected),
        pending=arrays.pending if arrays.pending.any() else None,
        **more,
    )


def places(known: Ints, wanted: Ints) -> NDArray[np.int32]:
    """Where each of ``wanted`` stands in ``known``, which ascends; -1 for what is not there."""
    if not len(known):
        return np.full(len(wanted), -1, np.int32)
    found = np.searchsorted(known, wanted)
    found[found == len(known)] = 0
    return np.where(known[found] == wanted, found, -1).astype(np.int32)


def mask(ids: Ints, chosen: "Sequence[int] | array[int] | Ints") -> NDArray[np.bool_]:
    """Which of ``ids``, which ascend, are among the chosen."""
    found = np.zeros(len(ids), np.bool_)
    at = places(ids, np.asarray(chosen, np.int64))
    found[at[at >= 0]] = True
    return found


def wrapped(values: "array[int]") -> Ints:
    """An array of the store as numpy sees it, without a copy."""
    return np.frombuffer(values, np.int64) if len(values) else np.zeros(0, np.int64)


def _arrays(
    store: Store,
    members: Members,
    versions: Ints,
    edited: Mapping[int, int],
    pending: NDArray[np.bool_],
    roles: Roles,
) -> Arrays:
    ids = wrapped(members.ids)
    turn_start, scores = _scores(store, versions, roles.scorers)
    numbers = sorted(members.names)
    if roles.embedder is None:
        vector_ids = np.zeros(len(ids), np.int64)
    else:
        vector_ids = wrapped(tables.vectors(store, roles.embedder.id, versions.tolist()))
    return Arrays(
        ids=ids,
        versions=versions,
        source=np.searchsorted(np.array(numbers), wrapped(members.sources)).astype(np.int32),
        sources=tuple(members.names[number] for number in numbers),
        turn_start=turn_start,
        scores=scores,
        vector_ids=vector_ids,
        pending=pending,
        edited=dict(edited),
        moment=_moment(store, roles),
    )


def _moment(store: Store, roles: Roles) -> Moment:
    last = freshness.last_version(store)
    embedder = roles.embedder
    return Moment(
        acts=freshness.acts(store),
        last_version=last,
        scored={
            part: freshness.scored(store, scorer.id, last) for part, scorer in roles.scorers.items()
        },
        embedded=0 if embedder is None else freshness.embedded(store, embedder.id, last),
    )


def _column_tags(store: Store, column: str) -> dict[int, tuple[str, ...]]:
    told: dict[int, tuple[str, ...]] = {}
    for id_, value in tables.fields(store, column).items():
        text = str(value)
        try:
            listed = json.loads(text) if text.startswith("[") else text.split(",")
        except ValueError:
            listed = text.split(",")
        names = (str(name).strip() for name in listed)
        told[id_] = tuple(dict.fromkeys(filter(None, names)))
    return told


def _scores(
    store: Store, versions: Ints, scorers: Mapping[str, Scorer]
) -> tuple[Ints, dict[str, NDArray[np.float64]]]:
    turns = tables.turns(store, versions)  # type: ignore[arg-type]
    owners = wrapped(turns.owners)
    start = np.searchsorted(owners, np.arange(len(versions) + 1)).astype(np.int64)
    texts = {"instruction": turns.instructions, "pair": turns.pairs}
    found = {
        part: _of_records(store, scorer.id, versions, start)
        if scorer.measures == tastes.TASTE
        else given(texts[scorer.reads], tables.scores(store, scorer.id))
        for part, scorer in scorers.items()
    }
    return start, found


def _of_records(store: Store, scorer_id: int, versions: Ints, start: Ints) -> NDArray[np.float64]:
    """What is said of whole records, for each of their turns; NaN where there is nothing."""
    return np.repeat(means(store, scorer_id, versions), np.diff(start))


def means(store: Store, scorer_id: int, versions: Ints) -> NDArray[np.float64]:
    """The mean that a scorer gave each of ``versions``; NaN where there is none."""
    known, values = tables.means(store, scorer_id)
    if not len(known):
        return np.full(len(versions), np.nan)
    at = places(wrapped(known), versions)
    return np.where(at >= 0, np.frombuffer(values, np.float64)[at], np.nan)


def given(texts: bytes, scores: Scores) -> NDArray[np.float64]:
    """The score of each text, which 16 bytes name; NaN where there is none.

    They are matched by the first half of their names, among the scores in order, and believed where
    the second half fits as well.
    """
    wanted, known = _halves(texts), _halves(scores.texts)
    if not len(known):
        return np.full(len(wanted), np.nan)
    first = known[:, 0].astype(np.uint64)
    asked = wanted[:, 0].astype(np.uint64)
    at = np.empty(len(asked), np.int64)
    order = np.argsort(asked)  # in order, the search stays where it was
    at[order] = np.searchsorted(first, asked[order])
    at[at == len(first)] = 0
    fits = (known[at] == wanted).all(axis=1)
    left = np.flatnonzero(~fits & (first[at] == asked))
    while len(left):  # several share a first half
        at[left] += 1
        left = left[at[left] < len(first)]
        left = left[first[at[left]] == asked[left]]
        hit = (known[at[left]] == wanted[left]).all(axis=1)
        fits[left[hit]] = True
        left = left[~hit]
    values = np.frombuffer(scores.values, np.float64)
    return np.where(fits, values[np.minimum(at, len(first) - 1)], np.nan)


def _halves(texts: bytes) -> NDArray[np.uint64]:
    """(n, 2), big-endian: they compare as the bytes do."""
    return np.frombuffer(texts, ">u8").reshape(-1, 2)


def _standing(
    store: Store, members: Members, roles: Roles
) -> tuple[Ints, dict[int, int], NDArray[np.bool_]]:
    """The version of each record that counts (D15), and which records wait for their newest."""
    versions = wrapped(members.versions).copy()
    pending = np.zeros(len(versions), np.bool_)
    edited: dict[int, int] = {}
    told = tables.edited(store)
    if not told:
        return versions, edited, pending
    ready = tables.ready(
        store,
        [version for each in told.values() for version in each],
        [scorer.id for scorer in roles.scorers.values()],
        None if roles.embedder is None else roles.embedder.id,
    )
    at = dict(zip(told, places(wrapped(members.ids), np.array(list(told))).tolist(), strict=True))
    for id_, known in told.items():
        counts = next((version for version in known if version in ready), known[0])
        versions[at[id_]] = edited[id_] = counts
        pending[at[id_]] = counts != known[0]
    return versions, edited, pending
