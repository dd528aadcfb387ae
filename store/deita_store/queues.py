"""What queues ask of a project, and the place in each where somebody was last.

A place is the id of a record, in the setting ``queue.place:NAME``. Those of queues that are filters
lie in one setting, by a hash: a filter may quote a record, and settings outlive a purge.
"""

import json
import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import chain
from typing import Any

from deita_store import settings
from deita_store.store import Store

_PLACE = "queue.place:"
_FILTER = "where:"
_FILTERS = 100
"""Of so many filters the places are remembered, the latest ones."""


def place(store: Store, name: str) -> int | None:
    """The record where somebody was last in the queue of that name; None where nobody was."""
    if name.startswith(_FILTER):
        found = _filters(store).get(_hash(name))
    else:
        found = settings.get(store, _PLACE + name)
    return found if isinstance(found, int) else None


def remember(store: Store, name: str, record_id: int) -> None:
    """Note that somebody is at this record in a queue.

    A project that is open for reading only remembers nothing.
    """
    if store.read_only or place(store, name) == record_id:
        return
    if not name.startswith(_FILTER):
        settings.put(store, _PLACE + name, record_id)
        return
    with store.transaction():
        known = _filters(store)
        known.pop(_hash(name), None)
        known[_hash(name)] = record_id
        settings.put(store, _PLACE + _FILTER, dict(list(known.items())[-_FILTERS:]))


def decided(store: Store) -> set[int]:
    """The records that the user keeps or rejects."""
    rows = store.db.execute("select record_id from marks where decision is not null")
    return {id_ for (id_,) in rows.fetchall()}


def rejected(store: Store) -> set[int]:
    """The records that the user rejects."""
    rows = store.db.execute("select record_id from marks where decision = 'reject'")
    return {id_ for (id_,) in rows.fetchall()}


def _filters(store: Store) -> dict[str, Any]:
    found = settings.get(store, _PLACE + _FILTER)
    return found if isinstance(found, dict) else {}


def _hash(name: str) -> str:
    told = name.removeprefix(_FILTER).strip().encode("utf-8", "backslashreplace")
    return blake2b(told, digest_size=8).hexdigest()


# What is there -----------------------------------------------------------------------------------


def flag_count(store: Store) -> int:
    """How many records in force are flagged."""
    (count,) = store.db.execute(
        "select count(*) from marks m join records r on r.id = m.record_id"
        " where m.flag = 1 and r.live > 0"
    ).fetchone()
    return int(count)


def undecided_count(store: Store, selection_id: int) -> int:
    """How many records in force a selection keeps that nobody has decided."""
    (count,) = store.db.execute(
        "select count(*) from outcomes o"
        " cross join records r on r.id = o.record_id and r.live > 0"
        " left join marks m on m.record_id = o.record_id"
        " where o.selection_id = ? and o.status = 'kept' and m.decision is null",
        (selection_id,),
    ).fetchone()
    return int(count)


def has_scored(store: Store, scorer_id: int) -> bool:
    """Has a scorer dealt with any record?"""
    query = "select 1 from record_scores where scorer_id = ? limit 1"
    return store.db.execute(query, (scorer_id,)).fetchone() is not None


def has_digits(store: Store, scorer_id: int) -> bool:
    """Does a scorer say how likely each digit was? Its first score tells."""
    row = store.db.execute(
        "select p1 is not null from scores where scorer_id = ? and value is not null limit 1",
        (scorer_id,),
    ).fetchone()
    return bool(row and row[0])


def in_force(store: Store) -> int:
    """How many records are in force."""
    (count,) = store.db.execute("select count(*) from records where live > 0").fetchone()
    return int(count)


def members_in_force(store: Store) -> "array[int]":
    """The records in force, ascending."""
    rows = store.db.execute("select id from records where live > 0 order by id")
    return array("q", chain.from_iterable(rows))


def decisions_of(store: Store, ids: Sequence[int]) -> dict[int, str]:
    """What the user decided of these records; those without a decision are left out."""
    rows = store.db.execute(
        "select m.record_id, m.decision from json_each(?) v cross join marks m"
        " on m.record_id = v.value and m.decision is not null",
        (json.dumps(list(ids)),),
    )
    return dict(rows.fetchall())


# What a selection made of records ----------------------------------------------------------------


def outcomes(store: Store, selection_id: int) -> dict[str, "array[int]"]:
    """The records that have a row in a selection, ascending, by their status."""
    found: dict[str, array[int]] = {}
    rows = store.db.execute(
        "select record_id, status from outcomes where selection_id = ? order by record_id",
        (selection_id,),
    )
    for id_, status in rows:
        found.setdefault(status, array("q")).append(id_)
    return found


def kept(store: Store, selection_id: int) -> list[tuple[int, int, float | None]]:
    """The records in force that a selection keeps, by rank: id, rank, score."""
    return store.db.execute(
        "select o.record_id, o.rank, o.score from outcomes o"
        " cross join records r on r.id = o.record_id and r.live > 0"
        " where o.selection_id = ? and o.status = 'kept' order by o.rank",
        (selection_id,),
    ).fetchall()


def over_budget(store: Store, selection_id: int) -> dict[int, float | None]:
    """The records in force with a row that says that the budget left them out, and their scores.

    What was left out over budget for a reason of its own, such as a full share, is not there.
    """
    rows = store.db.execute(
        "select o.record_id, o.score from outcomes o"
        " cross join records r on r.id = o.record_id and r.live > 0"
        " where o.selection_id = ? and o.status = 'over_budget' and o.reason is null",
        (selection_id,),
    )
    return dict(rows.fetchall())


@dataclass(frozen=True, slots=True)
class Examined:
    """Of a selection, the kept and the too similar records in force, ascending by id."""

    ids: "array[int]"
    versions: "array[int]"
    """In force."""
    kept: "array[int]"
    """Its rank, from 1; 0 where it was too similar."""
    position: "array[int]"
    blocked_by: "array[int]"
    """0 where nothing in force is named."""
    similarity: "array[float]"
    """NaN where there is none."""


def examined(store: Store, selection_id: int) -> Examined:
    """What a selection kept, and what it left out as too similar."""
    rows = store.db.execute(
        "select o.record_id, r.conversation_id, iif(o.status = 'kept', o.rank, 0),"
        " coalesce(o.position, 0), coalesce(o.blocked_by, 0), o.similarity"
        " from outcomes o cross join records r on r.id = o.record_id and r.live > 0"
        " where o.selection_id = ? and o.status in ('kept', 'too_similar') order by o.record_id",
        (selection_id,),
    ).fetchall()
    ids, versions, rank, position, blocker = (
        array("q", (row[column] for row in rows)) for column in range(5)
    )
    similarity = array("d", (math.nan if row[5] is None else row[5] for row in rows))
    return Examined(ids, versions, rank, position, blocker, similarity)


def vectors_of(store: Store, embedder_id: int, versions: Sequence[int]) -> "array[int]":
    """The vector that each of a few versions has of an embedder, by its id; 0 where it has none."""
    rows = store.db.execute(
        "select coalesce(x.vector_id, 0) from json_each(?) v left join record_vectors x"
        " on x.embedder_id = ? and x.conversation_id = v.value order by v.key",
        (json.dumps(list(versions)), embedder_id),
    )
    return array("q", chain.from_iterable(rows))


# What scorers said -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Doubt:
    """A turn of a record in force whose scorer is not sure of its answer."""

    record_id: int
    value: float
    sure: float
    """What the six digits hold of the answer, times the chance that two draws from them are equal:
    1 where one digit has it all, 1/6 of what they hold where they are alike."""
    digits: float
    """So many digits, as likely as each other, would be as uncertain."""
    mass: float | None
    """What the six digits hold of the answer."""


def doubts(store: Store, scorer_id: int, reads: str, limit: int) -> tuple[list[Doubt], bool]:
    """The ``limit`` texts that a scorer is least sure of, as turns of records; and is that all?

    The least sure first.
    """
    square = " + ".join(f"p{digit} * p{digit}" for digit in range(1, 7))
    least = (
        f"select text, value, coalesce(mass, 1) * ({square}), 1 / ({square}), mass from scores"
        " where scorer_id = ? and value is not null and p1 is not null order by 3, text limit ?"
    )
    told = {text: numbers for text, *numbers in store.db.execute(least, (scorer_id, limit))}
    rows = _turns_of(store, reads, f"select text from ({least})", (scorer_id, limit))
    found = [Doubt(id_, *told[text]) for id_, text in rows]
    return sorted(found, key=lambda each: (each.sure, each.record_id)), len(told) < limit


def shortened(store: Store, scorer_id: int, reads: str) -> list[int]:
    """The records in force of which a scorer had to shorten a text, ascending."""
    texts = "select text from scores where scorer_id = ? and shortened = 1"
    return sorted({id_ for id_, _ in _turns_of(store, reads, texts, (scorer_id,))})


def _turns_of(
    store: Store, reads: str, texts: str, values: tuple[int, ...]
) -> list[tuple[int, bytes]]:
    """The records in force that say one of these texts, with the text; ``texts`` is a query.

    No index finds the turns of a text, so one pass over all turns looks each up among the texts.
    """
    column = _READS[reads]
    return store.db.execute(
        f"select r.id, {column} from turns t"
        " cross join conversations c on c.id = t.conversation_id"
        " cross join records r on r.id = c.record_id and r.conversation_id = c.id and r.live > 0"
        f" where t.problem is null and {column} in ({texts})",
        values,
    ).fetchall()


_READS = {"instruction": "t.instruction", "pair": "t.pair"}


def shortened_vectors(store: Store, embedder_id: int) -> list[int]:
    """The records in force whose text an embedder shortened."""
    rows = store.db.execute(
        "select r.id from record_vectors x"
        " cross join conversations c on c.id = x.conversation_id"
        " cross join records r on r.id = c.record_id and r.conversation_id = c.id and r.live > 0"
        " where x.embedder_id = :embedder and x.vector_id in"
        " (select id from vectors where embedder_id = :embedder and shortened = 1) order by r.id",
        {"embedder": embedder_id},
    )
    return [id_ for (id_,) in rows.fetchall()]


# What records are like ---------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Shapes:
    """The records in force, ascending by id."""

    ids: "array[int]"
    versions: "array[int]"
    turns: "array[int]"
    chars: "array[int]"


def shapes(store: Store) -> Shapes:
    """How many turns and characters each record in force has."""
    flat = array(
        "q",
        chain.from_iterable(
            store.db.execute(
                "select id, conversation_id, turns, chars from records where live > 0 order by id"
            )
        ),
    )
    return Shapes(flat[0::4], flat[1::4], flat[2::4], flat[3::4])


def flagged(store: Store) -> list[tuple[int, str | None, str | None]]:
    """The records in force that are flagged, by id, each with its decision and its note."""
    return store.db.execute(
        "select m.record_id, m.decision, m.note from marks m"
        " join records r on r.id = m.record_id and r.live > 0"
        " where m.flag = 1 order by m.record_id"
    ).fetchall()
