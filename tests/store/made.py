"""Small projects of any shape, written row by row."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from deita_store.store import Store, now
from deita_tui.records import Message, Record, body, instruction_key, pair_key, pairs, uid


@dataclass(frozen=True, slots=True)
class Item:
    """A record and everything that was ever said of it. Scores are one a turn; None: failed."""

    record: Record
    source: str = "alpaca"
    external_id: str | None = None
    copies: int = 1
    """0: removed with its source."""
    complexity: tuple[float | None, ...] | None = None
    quality: tuple[float | None, ...] | None = None
    decision: str | None = None
    flag: bool = False
    rating: int | None = None
    note: str | None = None
    tags: tuple[str, ...] = ()
    outcome: str | None = None
    """A row of the selection; None leaves it to what the selection says of the rest."""
    rank: int | None = None
    score: float | None = None
    similarity: float | None = None
    revision: int = 0

    @property
    def turns(self) -> int:
        return len(pairs(self.record.messages))

    @property
    def chars(self) -> int:
        return sum(len(message.content) for message in self.record.messages)


@dataclass(frozen=True, slots=True)
class Chosen:
    """The selection of a project; without a name the working one."""

    name: str | None = "main"
    rest: str = "over_budget"
    last_record: int = field(default=2**40)


def said(*texts: str) -> Record:
    """A conversation of these texts: the user's, the assistant's, the user's, …"""
    return Record(
        tuple(Message("assistant" if n % 2 else "user", text) for n, text in enumerate(texts))
    )


def make_project(folder: Path, items: Sequence[Item], chosen: Chosen | None = None) -> Store:
    """A project of ``items``, whose ids count from 1."""
    store = Store.create(folder)
    with store.transaction() as db:
        db.execute(
            "insert into journal (at, actor, kind, summary) values (?, 'test', 'keep', 'marks')",
            (now(),),
        )
        db.execute(
            "insert into imports (path, file_name, mapping, state, rows_done, imported, duplicates,"
            " refused, started_at) values ('pool.jsonl', 'pool.jsonl', '{}', 'complete', ?, ?, ?,"
            " 2, ?)",
            (len(items), len(items), sum(max(0, item.copies - 1) for item in items), now()),
        )
        scorers = _scorers(store, items)
        for id_, item in enumerate(items, start=1):
            _insert(store, id_, item)
            _turns(store, id_, item, scorers)
            _marks(store, id_, item)
        if chosen:
            _choose(store, items, chosen, scorers)
    return store


def _insert(store: Store, id_: int, item: Item) -> None:
    db, text = store.db, body(item.record)
    db.execute("insert or ignore into sources (name) values (?)", (item.source,))
    (source,) = db.execute("select id from sources where name = ?", (item.source,)).fetchone()
    db.execute(
        "insert into records (id, uid, conversation_id, source_id, turns, chars, live)"
        " values (?, ?, ?, ?, ?, ?, ?)",
        (id_, uid(text), id_, source, item.turns, item.chars, item.copies),
    )
    db.execute(
        "insert into conversations (id, record_id, revision, turns, chars, body)"
        " values (?, ?, ?, ?, ?, ?)",
        (id_, id_, item.revision, item.turns, item.chars, text.decode()),
    )
    for copy in range(max(1, item.copies)):
        db.execute(
            "insert into occurrences (import_id, row, part, record_id, source_id, external_id,"
            " removed_by) values (1, ?, ?, ?, ?, ?, ?)",
            (id_ - 1, copy, id_, source, item.external_id, None if item.copies else 1),
        )


def _scorers(store: Store, items: Sequence[Item]) -> dict[str, int]:
    made = {}
    for measures, reads in (("complexity", "instruction"), ("quality", "pair")):
        if any(getattr(item, measures) is not None for item in items):
            made[measures] = store.db.execute(
                "insert into scorers (identity, name, measures, reads, config, created_at)"
                " values (?, ?, ?, ?, '{}', ?) returning id",
                (measures, f"fake-{measures}", measures, reads, now()),
            ).fetchone()[0]
    return made


def _turns(store: Store, id_: int, item: Item, scorers: dict[str, int]) -> None:
    turns = pairs(item.record.messages)
    keys = [(instruction_key(turn.instruction), pair_key(turn)) for turn in turns]
    store.db.executemany(
        "insert into turns (conversation_id, turn, instruction, pair) values (?, ?, ?, ?)",
        [(id_, turn, *key) for turn, key in enumerate(keys)],
    )
    for side, (measures, scorer) in enumerate(scorers.items()):
        values = getattr(item, measures)
        if values is None:
            continue
        for key, value in zip(keys, values, strict=True):
            store.db.execute(
                "insert or ignore into scores (scorer_id, text, value, reason) values (?, ?, ?, ?)",
                (scorer, key[side], value, None if value is not None else "no digit"),
            )
        known = [value for value in values if value is not None]
        mean = sum(known) / len(known) if known else None
        store.db.execute(
            "insert into record_scores (scorer_id, conversation_id, scored, failed, mean)"
            " values (?, ?, ?, ?, ?)",
            (scorer, id_, len(known), len(values) - len(known), mean),
        )


def _marks(store: Store, id_: int, item: Item) -> None:
    if item.decision or item.flag or item.rating or item.note is not None:
        store.db.execute(
            "insert into marks (record_id, decision, flag, rating, note) values (?, ?, ?, ?, ?)",
            (id_, item.decision, int(item.flag), item.rating, item.note),
        )
    store.db.executemany(
        "insert into tags (tag, record_id) values (?, ?)", [(tag, id_) for tag in item.tags]
    )


def _choose(store: Store, items: Sequence[Item], chosen: Chosen, scorers: dict[str, int]) -> None:
    (id_,) = store.db.execute(
        "insert into selections (name, params, computed_from, complexity_id, quality_id, kept,"
        " last_record, rest, created_at) values (?, '{}', '{}', ?, ?, ?, ?, ?, ?) returning id",
        (
            chosen.name,
            scorers.get("complexity"),
            scorers.get("quality"),
            sum(item.outcome == "kept" for item in items),
            chosen.last_record,
            chosen.rest,
            now(),
        ),
    ).fetchone()
    store.db.executemany(
        "insert into outcomes (selection_id, record_id, status, rank, score, similarity)"
        " values (?, ?, ?, ?, ?, ?)",
        [
            (id_, number, item.outcome, item.rank, item.score, item.similarity)
            for number, item in enumerate(items, start=1)
            if item.outcome
        ],
    )
