"""Scores and vectors with the records that they belong to, for taking them to another project."""

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from deita_store.scores import Scorer
from deita_store.store import Store

CHUNK = 2048
"""Records that are read at once."""


@dataclass(frozen=True, slots=True)
class Said:
    """What a scorer said of one turn of a record in force."""

    uid: str
    turn: int
    text: bytes
    value: float | None
    reason: str | None
    digits: tuple[float, ...] | None
    mass: float | None
    tokens: int | None
    shortened: bool


@dataclass(frozen=True, slots=True)
class Place:
    """A turn of a record in force, and the two texts that scorers read of it."""

    conversation: int
    instruction: bytes
    pair: bytes


def said(store: Store, scorer: Scorer, records: Sequence[int]) -> Iterator[list[Said]]:
    """What ``scorer`` said of ``records``, turn by turn, some of them at a time."""
    column = "instruction" if scorer.reads == "instruction" else "pair"
    for start in range(0, len(records), CHUNK):
        rows = store.db.execute(
            "select r.uid, t.turn, s.text, s.value, s.reason, s.mass, s.tokens, s.shortened,"
            " s.p1, s.p2, s.p3, s.p4, s.p5, s.p6"
            " from json_each(:ids) i join records r on r.id = i.value and r.live > 0"
            " join turns t on t.conversation_id = r.conversation_id and t.problem is null"
            f" join scores s on s.scorer_id = :scorer and s.text = t.{column}"
            " order by i.key, t.turn",
            {"ids": _json(records[start : start + CHUNK]), "scorer": scorer.id},
        ).fetchall()
        yield [
            Said(
                *(uid, turn, text, value, reason),
                None if None in digits else tuple(digits),
                *(mass, tokens, bool(short)),
            )
            for uid, turn, text, value, reason, mass, tokens, short, *digits in rows
        ]


def places(store: Store, uids: Iterable[str]) -> dict[tuple[str, int], Place]:
    """Every turn that can be scored of the records with these uids, by uid and turn."""
    rows = store.db.execute(
        "select r.uid, t.turn, r.conversation_id, t.instruction, t.pair"
        " from records r join turns t on t.conversation_id = r.conversation_id"
        " where r.uid in (select value from json_each(?)) and r.live > 0 and t.problem is null",
        (_json(list(uids)),),
    )
    return {(uid, turn): Place(*rest) for uid, turn, *rest in rows.fetchall()}


def conversations(store: Store, uids: Iterable[str]) -> dict[str, int]:
    """The version in force of each record with one of these uids."""
    rows = store.db.execute(
        "select uid, conversation_id from records"
        " where uid in (select value from json_each(?)) and live > 0",
        (_json(list(uids)),),
    )
    return dict(rows.fetchall())


def linked(
    store: Store, embedder_id: int, records: Sequence[int]
) -> Iterator[list[tuple[str, bytes, bytes | None, str | None, bool]]]:
    """(uid, hash of its text, vector, reason, shortened) of ``records``, some at a time."""
    for start in range(0, len(records), CHUNK):
        yield store.db.execute(
            "select r.uid, v.text, v.vector, v.reason, v.shortened"
            " from json_each(:ids) i join records r on r.id = i.value and r.live > 0"
            " join record_vectors x on x.embedder_id = :embedder"
            " and x.conversation_id = r.conversation_id"
            " join vectors v on v.id = x.vector_id order by i.key",
            {"ids": _json(records[start : start + CHUNK]), "embedder": embedder_id},
        ).fetchall()


def fields(store: Store) -> dict[str, int]:
    """The files' own fields that hold numbers, or lists, or texts: in how many rows in force.

    Only the first of each 50 rows is looked at where there are many.
    """
    (rows,) = store.db.execute(
        "select count(*) from occurrences where removed_by is null and extras is not null"
    ).fetchone()
    step = max(1, rows // 20_000)
    found = store.db.execute(
        "select e.key, count(*) from occurrences o, json_each(o.extras) e"
        " where o.removed_by is null and o.extras is not null and o.id % :step = 0"
        " and e.type in ('integer', 'real', 'array', 'text') group by e.key",
        {"step": step},
    )
    return {name: count * step for name, count in found.fetchall()}


def field(store: Store, name: str, after: int, limit: int) -> list[tuple[int, str, int, str]]:
    """A field of the files' own, record by record: where its first row in force has it.

    Args:
        store: the project.
        name: the field.
        after: only records with a higher id.
        limit: so many at most.

    Returns:
        (record, uid, version in force, the value as JSON text), by ascending record.
    """
    path = "$." + json.dumps(name)
    return store.db.execute(
        "select r.id, r.uid, r.conversation_id, o.extras -> :path"
        " from records r join occurrences o on o.id = (select min(f.id) from occurrences f"
        " where f.record_id = r.id and f.removed_by is null"
        " and json_type(f.extras, :path) is not null)"
        " where r.id > :after and r.live > 0 order by r.id limit :limit",
        {"path": path, "after": after, "limit": limit},
    ).fetchall()


def digests(store: Store, name: str) -> list[str]:
    """sha256 of each file in force whose rows have a field of that name."""
    path = "$." + json.dumps(name)
    rows = store.db.execute(
        "select i.sha256 from imports i where i.removed_by is null and i.sha256 is not null"
        " and exists (select 1 from occurrences o where o.import_id = i.id"
        " and o.removed_by is null and json_type(o.extras, ?) is not null) order by 1",
        (path,),
    )
    return [digest for (digest,) in rows.fetchall()]


def _json(values: Iterable[object]) -> str:
    return json.dumps(list(values))
