"""Projects to select from: records, scores and vectors of any shape, without a model."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path

import numpy as np

from deita_store import scores, selections, vectors
from deita_store.scores import Score, Scorer
from deita_store.selections import Selection
from deita_store.store import Store
from deita_store.vectors import Vector
from deita_tui import records
from deita_tui.selection.params import Params
from deita_tui.selection.result import Result
from deita_tui.steps import deriving
from deita_tui.steps.selecting import Tuner
from tests.scoring.small_project import fill
from tests.store.made import said

ME = "ada (test)"
FIFTY = Params(budget=50)
TALL = (("complexity", "instruction"), ("quality", "pair"))


@dataclass(frozen=True, slots=True)
class Made:
    """A record: what its turns get, and what it resembles."""

    complexity: tuple[float | None, ...] = (1.0,)
    quality: tuple[float | None, ...] = (1.0,)
    vector: tuple[float, ...] | None = (1.0, 0.0)
    """Of any length; None: not embedded."""
    source: str = "test"
    words: str = ""
    """How its first question begins."""
    tags: tuple[str, ...] = field(default=())


def project(folder: Path, made: Sequence[Made], name: str = "deita") -> Store:
    """A project of these records, whose ids count from 1, scored and embedded."""
    store = Store.create(folder)
    add(store, made, name)
    return store


def add(store: Store, made: Sequence[Made], name: str = "deita") -> list[int]:
    """Put more records into a project, with their scores and vectors."""
    (before,) = store.db.execute("select count(*) from records").fetchone()
    conversations = [
        [
            (f"{each.words}question {before + at} {turn}", f"answer {before + at} {turn}")
            for turn in range(len(each.complexity))
        ]
        for at, each in enumerate(made)
    ]
    ids = fill(store, conversations)
    with store.transaction() as db:
        for id_, each in zip(ids, made, strict=True):
            db.execute("insert or ignore into sources (name) values (?)", (each.source,))
            db.execute(
                "update records set source_id = (select id from sources where name = ?)"
                " where id = ?",
                (each.source, id_),
            )
            db.executemany(
                "insert into tags (tag, record_id) values (?, ?)", [(t, id_) for t in each.tags]
            )
    for _ in deriving.run(store):
        pass
    score(store, ids, made, name)
    embed(store, ids, [each.vector for each in made])
    return ids


def score(store: Store, ids: Sequence[int], made: Sequence[Made], name: str = "deita") -> None:
    """Give the turns of records their scores, by two scorers of that name."""
    for measures, reads in TALL:
        config = {"name": name, "measures": measures}
        scorer = Scorer(
            scores.ensure_scorer(store, name, measures, reads, config),
            name,
            measures,
            reads,
            config,
        )
        versions = [version(store, id_) for id_ in ids]
        texts: dict[int, list[bytes]] = {each: [] for each in versions}
        for turn in scores.turns(store, scorer, versions):
            texts[turn.conversation_id].append(turn.text)
        rows = [
            Score(text, value, None if value is not None else "no digit")
            for each, found in zip(made, texts.values(), strict=True)
            for text, value in zip(found, getattr(each, measures), strict=True)
        ]
        with store.transaction():
            scores.add(store, scorer.id, rows)
            scores.finish(store, scorer, versions)


def embed(
    store: Store,
    ids: Sequence[int],
    given: Sequence[tuple[float, ...] | None],
    name: str = "fake",
) -> int:
    """Give records their vectors; equal ones share a row, as equal texts do."""
    width = max((len(each) for each in given if each), default=2)
    embedder = vectors.ensure_embedder(store, name, width, {"name": name})
    links, rows = [], {}
    for id_, each in zip(ids, given, strict=True):
        if each is not None:
            key = blake2b(repr(each).encode(), digest_size=16).digest()
            rows[key] = Vector(key, stored(each))
            links.append((version(store, id_), key))
    with store.transaction():
        vectors.add(store, embedder, rows.values())
        vectors.link(store, embedder, links)
    return embedder


def stored(vector: Sequence[float]) -> bytes:
    """A vector as the store has it: of length 1, little-endian float16."""
    wide = np.asarray(vector, np.float64)
    return (wide / np.linalg.norm(wide)).astype("<f2").tobytes()


def version(store: Store, id_: int) -> int:
    """The version of a record that is in force."""
    (found,) = store.db.execute(
        "select conversation_id from records where id = ?", (id_,)
    ).fetchone()
    return int(found)


def clustered(count: int, seed: int = 0, dimensions: int = 8) -> list[Made]:
    """Records in clusters of near twins, some of several turns, some that lack something."""
    draw = np.random.default_rng(seed)
    centres = draw.normal(size=(max(1, count // 5), dimensions))
    found = []
    for at in range(count):
        turns = int(draw.choice([1, 1, 1, 2, 3]))
        centre = centres[draw.integers(len(centres))]
        near = centre + draw.normal(size=dimensions) * draw.choice([0.0, 0.1, 0.4])
        values = draw.integers(10, 60, size=(2, turns)) / 10
        lists = [[float(value) for value in row] for row in values]
        if draw.random() < 0.05:
            lists[int(draw.integers(2))][-1] = None  # type: ignore[call-overload]
        found.append(
            Made(
                tuple(lists[0]),
                tuple(lists[1]),
                None if draw.random() < 0.05 else tuple(near.round(3).tolist()),
                source=("alpaca", "dolly", "oasst")[at % 3],
                words=f"{'the same words again and again ' * int(draw.integers(3))}",
            )
        )
    return found


def saved(
    store: Store, params: Params = FIFTY, name: str | None = "mine"
) -> tuple[Result, Selection]:
    """Select exactly, and save."""
    tuner = Tuner(store)
    result = tuner.exact(params)
    tuner.save(result, name, ME)
    return result, selections.get(store, name)


def as_record(text: str) -> tuple[str, int, int]:
    """What ``edits.edit`` takes: a record that asks ``text``."""
    record = said(text, "an answer")
    return records.body(record).decode(), 1, sum(len(each.content) for each in record.messages)
