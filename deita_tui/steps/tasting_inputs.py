"""What a taste is learned from: which judged records, and what each record looks like."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

from deita_store import pool as tables
from deita_store import queues, scores, tastes, vectors
from deita_store.context import Context
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_store.tastes import Judged
from deita_tui.steps import loading, matrices
from deita_tui.steps.loading import wrapped

PER_ACT = 100
"""One act on more records than this is a rule about them, and not so many readings: as many of
its records as this count, at random."""
MOST = 5_000
"""The newest so many judged records count."""
_ENOUGH = 0.9
"""A score or an embedder counts where it knows this share of the pool and of what was judged."""

LENGTH = "length"

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lesson:
    """The judged records that are learned from, in the order of ids."""

    ids: Ints
    versions: Ints
    keeps: NDArray[np.bool_]
    rated: int
    """How many were judged by a rating alone."""
    act: int
    """The newest act among them."""
    left_out: int
    """Judged as well, but by large acts, or long ago."""

    @property
    def counts(self) -> tuple[int, int]:
        """Keeps and rejects."""
        return int(self.keeps.sum()), int((~self.keeps).sum())

    @property
    def digest(self) -> str:
        """sha256 of which version was judged how."""
        told = [self.ids, self.versions, self.keeps.astype(np.int64)]
        return sha256(np.stack(told).astype("<i8").tobytes()).hexdigest()


@dataclass(frozen=True, slots=True)
class Looks:
    """What the records in force look like.

    Attributes:
        ids: (n,) ascending.
        versions: (n,) in force.
        names: of the columns.
        columns: (n,) each; NaN where a record has none.
        scorers: those that columns come from.
        embedder: whose vectors count; None: none.
        matrix: (m, d) its vectors.
        rows: (n,) which of them; -1: none.
        whole: (n,) has everything dealt with it that is to deal with it?
        notes: what does not count, and why.
    """

    ids: Ints
    versions: Ints
    names: tuple[str, ...]
    columns: Sequence[Floats]
    scorers: tuple[Scorer, ...]
    embedder: int | None
    matrix: NDArray[np.float16]
    rows: NDArray[np.int32]
    whole: NDArray[np.bool_]
    notes: tuple[str, ...]


def lesson(store: Store) -> Lesson:
    """What the decisions in force teach; ratings of 5 and 6 are keeps, 1 and 2 rejects."""
    told = [(each, _says(each)) for each in tastes.judged(store)]
    known = [(each, keep) for each, keep in told if keep is not None]
    by_act: defaultdict[int, list[tuple[Judged, bool]]] = defaultdict(list)
    for each, keep in known:
        by_act[each.act].append((each, keep))
    chosen = [pair for act in sorted(by_act, reverse=True) for pair in _some(by_act[act])][:MOST]
    chosen.sort(key=lambda pair: pair[0].record_id)
    return Lesson(
        np.array([each.record_id for each, _ in chosen], np.int64),
        np.array([each.version for each, _ in chosen], np.int64),
        np.array([keep for _, keep in chosen], np.bool_),
        sum(each.decision is None for each, _ in chosen),
        max((each.act for each, _ in chosen), default=0),
        len(known) - len(chosen),
    )


def looks(store: Store, lesson: Lesson) -> Looks:
    """Scores, lengths and vectors of all records in force, as far as nearly all have them."""
    with tables.snapshot(store):
        shapes = queues.shapes(store)
        ids, versions = wrapped(shapes.ids), wrapped(shapes.versions)
        judged = loading.places(ids, lesson.ids)
        whole = np.ones(len(ids), np.bool_)
        lengths = np.log1p(wrapped(shapes.chars).astype(np.float64))
        names, columns = [LENGTH, "turns"], [lengths, np.log1p(wrapped(shapes.turns))]
        used, notes = [], []
        for name, scorer in _scorers(store):
            values = loading.means(store, scorer.id, versions)
            there = ~np.isnan(values)
            if note := _lack(name, there, judged):
                notes.append(note)
                continue
            names.append(name)
            columns.append(values)
            used.append(scorer)
            whole &= _dealt_with(store, scorer, versions)
        embedder, rows, matrix = _vectors(store, versions, judged, whole, notes)
    return Looks(
        ids, versions, tuple(names), columns, tuple(used), embedder, matrix, rows, whole,
        tuple(notes),
    )  # fmt: skip


def _says(judged: Judged) -> bool | None:
    if judged.decision is not None:
        return judged.decision == "keep"
    rating = judged.rating or 0
    return True if rating >= 5 else False if 1 <= rating <= 2 else None


def _some(act: list[tuple[Judged, bool]]) -> list[tuple[Judged, bool]]:
    """All of an act, or so many at random, the same ones each time."""
    return sorted(act, key=lambda pair: scores.shuffled(0, pair[0].record_id))[:PER_ACT]


def _scorers(store: Store) -> Iterator[tuple[str, Scorer]]:
    """The newest scorer of each name and measure, by what it measures where that is clear."""
    newest = {(each.measures, each.name): each for each in scores.scorers(store)}
    measures = [each.measures for each in newest.values()]
    for (what, name), scorer in newest.items():
        yield (what if measures.count(what) == 1 else f"{what} ({name})"), scorer


def _lack(name: str, there: NDArray[np.bool_], judged: NDArray[np.int32]) -> str:
    """Why something does not count; empty where it does."""
    if not len(there) or not len(judged):
        return ""
    least = min(float(there.mean()), float(there[judged].mean()))
    if least >= _ENOUGH:
        return ""
    return f"{name} does not count: only {least:.0%} of the records have it."


def _dealt_with(store: Store, scorer: Scorer, versions: Ints) -> NDArray[np.bool_]:
    known = wrapped(tables.means(store, scorer.id)[0])
    return loading.places(known, versions) >= 0


def _vectors(
    store: Store,
    versions: Ints,
    judged: NDArray[np.int32],
    whole: NDArray[np.bool_],
    notes: list[str],
) -> tuple[int | None, NDArray[np.int32], NDArray[np.float16]]:
    """The embedder of the selection in force, or the newest that knows nearly all records."""
    chosen = Context(store).selection
    first = None
    if chosen is not None:
        (first,) = store.db.execute(
            "select embedder_id from selections where id = ?", (chosen.id,)
        ).fetchone()
    there = [each.id for each in vectors.embedders(store)]
    for id_ in sorted(there, key=lambda id_: (id_ != first, -id_)):
        vector_ids = wrapped(tables.vectors(store, id_, versions))
        if _lack("", vector_ids > 0, judged):
            continue
        known, matrix = matrices.matrix(store, id_)
        whole &= vector_ids > 0
        return id_, loading.places(known, vector_ids), matrix
    notes.append("What records are about does not count: nearly all must be embedded for that.")
    return None, np.full(len(versions), -1, np.int32), np.zeros((0, 1), np.float16)
