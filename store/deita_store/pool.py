"""What a selection needs of a project, as flat arrays: one pass over each table, no text read.

The arrays are plain ``array``s and lists, so that this package needs no numpy; whoever computes
with them wraps them without a copy. Everything is by *place*: the place of a record among the
members of the pool, from 0, in the order of ids.
"""

import json
import math
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain, repeat

from deita_store.store import Store

_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Members:
    """The records of a pool, in the order of ids."""

    ids: "array[int]"
    versions: "array[int]"
    """Of each record, the version whose scores and vector count."""
    sources: "array[int]"
    """Of each record, the id of its source."""
    names: Mapping[int, str]
    """The sources by id."""


@dataclass(frozen=True, slots=True)
class Turns:
    """The turns of the members, record by record, each record's in their order."""

    owners: "array[int]"
    """The place of the record that a turn belongs to."""
    instructions: bytes
    """What a scorer of instructions reads, by its hash: 16 bytes a turn, zeros where it cannot be
    scored."""
    pairs: bytes
    """The same for a scorer of instruction and response."""


@dataclass(frozen=True, slots=True)
class Scores:
    """What one scorer gave."""

    texts: bytes
    """The hashes of the texts that have a value, 16 bytes each, ascending."""
    values: "array[float]"


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the user decided, as ids in ascending order."""

    kept: "array[int]"
    rejected: "array[int]"


@contextmanager
def snapshot(store: Store) -> Iterator[None]:
    """All that is read inside is of one moment, whatever is written meanwhile."""
    nested = store.db.in_transaction
    if not nested:
        store.db.execute("begin")
    try:
        yield
    finally:
        if not nested:
            store.db.execute("rollback")


def members(store: Store) -> Members:
    """The records in force, with their versions in force."""
    # Flat, row after row: no tuple outlives its row, and nothing is there to be collected.
    flat = array(
        "q",
        chain.from_iterable(
            store.db.execute(
                "select id, conversation_id, source_id from records where live > 0 order by id"
            )
        ),
    )
    return Members(flat[0::3], flat[1::3], flat[2::3], _sources(store))


def members_of(store: Store, ids: Sequence[int]) -> Members:
    """These records, in force or not, with their versions in force; those that are there."""
    flat = array(
        "q",
        chain.from_iterable(
            store.db.execute(
                "select r.id, r.conversation_id, r.source_id"
                " from json_each(?) v cross join records r on r.id = v.value",
                (_json(ids),),
            )
        ),
    )
    return Members(flat[0::3], flat[1::3], flat[2::3], _sources(store))


def turns(store: Store, versions: Sequence[int]) -> Turns:
    """The turns of ``versions``. A version whose turns were not derived yet has none here."""
    # A cross join begins with the list and keeps its order.
    rows = store.db.execute(
        "select v.key, iif(t.problem is null, t.instruction, zeroblob(16)),"
        " iif(t.problem is null, t.pair, zeroblob(16))"
        " from json_each(?) v cross join turns t on t.conversation_id = v.value",
        (_json(versions),),
    )
    flat = list(chain.from_iterable(rows))
    return Turns(array("q", flat[0::3]), b"".join(flat[1::3]), b"".join(flat[2::3]))


def scores(store: Store, scorer_id: int) -> Scores:
    """Everything that a scorer gave a value: one pass over its scores, which lie in this order."""
    flat = list(
        chain.from_iterable(
            store.db.execute(
                "select text, value from scores where scorer_id = ? and value is not null"
                " order by text",
                (scorer_id,),
            )
        )
    )
    return Scores(b"".join(flat[0::2]), array("d", flat[1::2]))


def means(store: Store, scorer_id: int) -> tuple["array[int]", "array[float]"]:
    """The versions that a scorer has dealt with, ascending, and the mean of each over its turns.

    NaN where no turn has a value.
    """
    rows = store.db.execute(
        "select conversation_id, mean from record_scores where scorer_id = ?"
        " order by conversation_id",
        (scorer_id,),
    )
    versions, values = array("q"), array("d")
    while some := rows.fetchmany(_CHUNK):
        versions.extend(version for version, _ in some)
        values.extend(math.nan if mean is None else mean for _, mean in some)
    return versions, values


def vectors(store: Store, embedder_id: int, versions: Iterable[int]) -> "array[int]":
    """The vector that each of ``versions`` has of an embedder, by its id; 0 where there is none.

    What could not be embedded has a row as well: it is not among the vectors that are there.
    """
    given = dict(
        store.db.execute(
            "select conversation_id, vector_id from record_vectors where embedder_id = ?",
            (embedder_id,),
        )
    )
    return array("q", map(given.get, versions, repeat(0)))


def decisions(store: Store) -> Decisions:
    """The records that the user keeps and rejects, whatever any selection makes of them."""
    rows = store.db.execute(
        "select record_id, decision from marks where decision is not null order by record_id"
    ).fetchall()
    return Decisions(
        array("q", (id_ for id_, decision in rows if decision == "keep")),
        array("q", (id_ for id_, decision in rows if decision == "reject")),
    )


def tags(store: Store) -> dict[int, tuple[str, ...]]:
    """The tags of every record that has any, by its id, in alphabetical order."""
    found: dict[int, list[str]] = {}
    for id_, tag in store.db.execute("select record_id, tag from tags order by record_id, tag"):
        found.setdefault(id_, []).append(tag)
    return {id_: tuple(names) for id_, names in found.items()}


def fields(store: Store, name: str) -> dict[int, object]:
    """A field of the file's own, by the id of the record, where its first row has it."""
    path = "$." + json.dumps(name)
    rows = store.db.execute(
        "select record_id, json_extract(extras, :path) from occurrences"
        " where removed_by is null and json_type(extras, :path) is not null"
        " order by record_id, id desc",
        {"path": path},
    )
    return dict(rows.fetchall())


def edited(store: Store) -> dict[int, list[int]]:
    """Of every record in force that reads otherwise than imported: its versions, newest first.

    The version in force comes first, and then those that it came after, down to the imported one.
    An edit that was undone is none of them: nothing ever came after it.
    """
    rows = store.db.execute(
        "select r.id, r.conversation_id from conversations c"
        " cross join records r on r.id = c.record_id"
        " where c.revision > 0 and r.conversation_id = c.id and r.live > 0"
    ).fetchall()
    found = {}
    for id_, current in rows:
        before = store.db.execute(
            "select cast(c.before as integer) from changes c join journal j on j.id = c.journal_id"
            " where c.record_id = ? and c.field = 'conversation' and j.undone = 0"
            " order by c.journal_id desc",
            (id_,),
        )
        found[id_] = [current, *chain.from_iterable(before)]
    return found


def ready(
    store: Store, versions: Sequence[int], scorers: Sequence[int], embedder_id: int | None
) -> set[int]:
    """Those of ``versions`` that all the scorers, and the embedder, have dealt with."""
    left = set(versions)
    asked = [("record_scores", "scorer_id", scorer) for scorer in scorers]
    if embedder_id is not None:
        asked.append(("record_vectors", "embedder_id", embedder_id))
    for table, owner, id_ in asked:
        rows = store.db.execute(
            f"select v.value from json_each(?) v cross join {table} x"
            f" on x.{owner} = ? and x.conversation_id = v.value",
            (_json(left), id_),
        )
        left = set(chain.from_iterable(rows))
    return left


def kept(store: Store, selection_id: int) -> tuple["array[int]", "array[float]"]:
    """The records that a selection keeps, in the order of their ranks, and their scores."""
    rows = store.db.execute(
        "select o.record_id, o.score from outcomes o join records r on r.id = o.record_id"
        " where o.selection_id = ? and o.status = 'kept' and r.live > 0 order by o.rank",
        (selection_id,),
    ).fetchall()
    scores = (math.nan if score is None else score for _, score in rows)
    return array("q", (id_ for id_, _ in rows)), array("d", scores)


def sizes(store: Store, ids: Sequence[int]) -> tuple["array[int]", "array[int]"]:
    """How many turns and characters each of the records has."""
    rows = store.db.execute(
        "select r.turns, r.chars from json_each(?) v cross join records r on r.id = v.value",
        (_json(ids),),
    )
    flat = array("q", chain.from_iterable(rows))
    return flat[0::2], flat[1::2]


def _sources(store: Store) -> dict[int, str]:
    return dict(store.db.execute("select id, name from sources").fetchall())


def _json(values: Iterable[int]) -> str:
    """A list of ids as one parameter; SQLite caps how many parameters there may be."""
    # Arrays, this package's or numpy's, turn themselves into lists of Python's own numbers.
    return json.dumps(values.tolist() if hasattr(values, "tolist") else list(values))
