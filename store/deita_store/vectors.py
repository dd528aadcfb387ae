"""Embedders, the vectors they gave, and which vector each version has.

A vector belongs to a rendered text and an embedder, so no text is embedded twice in a project.
``record_vectors`` says which vector a version has; a version in force without a row is pending.
"""

import json
from array import array
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain

from deita_store import settings
from deita_store.errors import StoreError
from deita_store.store import Store, now

NONE = 0
"""Stands for "no vector" where ids of vectors are listed; SQLite's own ids begin at 1."""

_LAST = "embedder"
_MODEL = "embedding-model:"
_REACH = "embedding-reach:"
_PARAMETERS = 900
"""SQLite may be built to take no more than 999 in a statement."""
_CHUNK = 8192


@dataclass(frozen=True, slots=True)
class Embedder:
    """One model with one way to render and pool (D11)."""

    id: int
    name: str
    dimensions: int
    config: Mapping[str, object]
    """What its identity is the hash of."""


@dataclass(frozen=True, slots=True)
class Vector:
    """What an embedder made of one text; the vector, or the reason why there is none."""

    text: bytes
    """16-byte hash of the text as it was rendered."""
    vector: bytes | None = None
    """Little-endian float16, of length 1."""
    reason: str | None = None
    shortened: bool = False


def ensure_embedder(store: Store, name: str, dimensions: int, config: Mapping[str, object]) -> int:
    """The id of the embedder with this ``config``, made if it is new. Its first name stays.

    It is taken to be the one in use from now on: see ``newest``.
    """
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    identity = sha256(canonical.encode()).hexdigest()
    with store.transaction() as db:
        db.execute(
            "insert into embedders (identity, name, dimensions, config, created_at) "
            "values (?, ?, ?, ?, ?) on conflict (identity) do nothing",
            (identity, name, dimensions, canonical, now()),
        )
        row = db.execute("select id from embedders where identity = ?", (identity,)).fetchone()
        settings.put(store, _LAST, row[0])
    return int(row[0])


def embedders(store: Store) -> list[Embedder]:
    """All embedders, oldest first."""
    rows = store.db.execute("select id, name, dimensions, config from embedders order by id")
    return [
        Embedder(id_, name, dimensions, json.loads(config))
        for id_, name, dimensions, config in rows.fetchall()
    ]


def newest(store: Store) -> int | None:
    """The embedder that was used last; None where nothing was ever embedded."""
    last = settings.get(store, _LAST)
    if isinstance(last, int):
        return last
    (found,) = store.db.execute("select max(id) from embedders").fetchone()
    return None if found is None else int(found)


def find(store: Store, name: str | int | None = None) -> Embedder:
    """The embedder of an id or a name, the newest of that name; without either the one in use.

    Raises:
        StoreError: there is none.
    """
    there = embedders(store)
    wanted = newest(store) if name is None else name
    for each in reversed(there):
        if each.id == wanted or each.name == wanted:
            return each
    if not there:
        raise StoreError(
            "Nothing is embedded in this project.", f"Embed it: deita-tui embed {store.folder}"
        )
    names = ", ".join(dict.fromkeys(each.name for each in there))
    raise StoreError(f"No embedder is called {name!r} in this project.", f"There are: {names}.")


def identity(store: Store, embedder_id: int) -> str:
    """What an embedder's vectors are keyed by: the hash of its config, in hex."""
    (found,) = store.db.execute(
        "select identity from embedders where id = ?", (embedder_id,)
    ).fetchone()
    return str(found)


# What there is to do ----------------------------------------------------------------------------


def pending(store: Store, embedder_id: int, conversations: Iterable[int]) -> "array[int]":
    """Those of ``conversations`` that have no row for the embedder, in their order."""
    rows = store.db.execute(
        "select conversation_id from record_vectors where embedder_id = ?", (embedder_id,)
    )
    done = set(chain.from_iterable(rows))
    return array("q", (each for each in conversations if each not in done))


def bodies(store: Store, conversations: Sequence[int]) -> list[tuple[int, str]]:
    """Versions and their texts as JSON, in no order; one that is not there any more is missing."""
    return store.db.execute(
        "select id, body from conversations where id in (select value from json_each(?))",
        (json.dumps(list(conversations)),),
    ).fetchall()


def known(store: Store, embedder_id: int, texts: Iterable[bytes]) -> set[bytes]:
    """Which of ``texts`` the embedder has dealt with."""
    wanted = list(texts)
    found: set[bytes] = set()
    for start in range(0, len(wanted), _PARAMETERS):
        part = wanted[start : start + _PARAMETERS]
        marks = ",".join("?" * len(part))
        found.update(
            chain.from_iterable(
                store.db.execute(
                    f"select text from vectors where embedder_id = ? and text in ({marks})",
                    (embedder_id, *part),
                )
            )
        )
    return found


def forget_failures(store: Store, embedder_id: int) -> int:
    """Make the texts that have no vector pending again; how many there were."""
    # Without an index on vector_id each deleted vector would look through all links for its own:
    # they are gone by then.
    store.db.execute("pragma foreign_keys = off")
    try:
        with store.transaction() as db:
            db.execute(
                "delete from record_vectors where embedder_id = :embedder and vector_id in "
                "(select id from vectors where +embedder_id = :embedder and vector is null)",
                {"embedder": embedder_id},
            )
            return db.execute(
                "delete from vectors where +embedder_id = ? and vector is null", (embedder_id,)
            ).rowcount
    finally:
        store.db.execute("pragma foreign_keys = on")


# What was found ---------------------------------------------------------------------------------


def add(store: Store, embedder_id: int, rows: Iterable[Vector]) -> None:
    """Store ``rows``; one whose text is there already stays as it is. Call it in a transaction."""
    store.db.executemany(
        "insert into vectors (embedder_id, text, vector, reason, shortened) "
        "values (?, ?, ?, ?, ?) on conflict (embedder_id, text) do nothing",
        [(embedder_id, each.text, each.vector, each.reason, each.shortened) for each in rows],
    )


def link(store: Store, embedder_id: int, links: Iterable[tuple[int, bytes]]) -> None:
    """Say which text's vector each conversation has. Call it in the transaction that adds them.

    Args:
        store: the project.
        embedder_id: the embedder.
        links: conversations with the hash of their text, which ``add`` has seen.
    """
    store.db.executemany(
        "insert or replace into record_vectors (embedder_id, conversation_id, vector_id) "
        "select v.embedder_id, c.id, v.id from vectors v, conversations c "
        # A purge may have taken a conversation away meanwhile.
        "where v.embedder_id = ? and v.text = ? and c.id = ?",
        [(embedder_id, text, conversation) for conversation, text in links],
    )


def rows(store: Store, embedder_id: int, after: int = 0) -> Iterator[tuple[int, bytes]]:
    """Vectors by ascending id: the id, and the vector as it is stored.

    A row never changes and new ones get higher ids, until a purge deletes some (and every cache).

    Args:
        store: the project.
        embedder_id: the embedder.
        after: only those with a higher id.
    """
    while True:
        # By id, not by the index on texts: the rows lie in the file in this order.
        chunk = store.db.execute(
            "select id, vector from vectors not indexed "
            "where id > ? and embedder_id = ? and vector is not null order by id limit ?",
            (after, embedder_id, _CHUNK),
        ).fetchall()
        yield from chunk
        if len(chunk) < _CHUNK:
            return
        after = chunk[-1][0]


def record_rows(store: Store, embedder_id: int) -> "tuple[array[int], array[int]]":
    """The records in force, ids ascending, and the vector of each, ``NONE`` where it has none.

    A record whose text failed has none, like one that was not embedded yet: see ``reasons``.
    """
    found = array(
        "q",
        chain.from_iterable(
            store.db.execute(
                "select r.id, ifnull(x.vector_id, 0) from records r left join record_vectors x "
                "on x.embedder_id = ? and x.conversation_id = r.conversation_id "
                "where r.live > 0 order by r.id",
                (embedder_id,),
            )
        ),
    )
    records, vectors = found[::2], found[1::2]
    failed = set(_failed(store, embedder_id))
    if failed:
        vectors = array("q", (NONE if each in failed else each for each in vectors))
    return records, vectors


def reasons(store: Store, embedder_id: int) -> dict[int, str]:
    """The records in force whose text has no vector although it was embedded, and why."""
    failed = _failed(store, embedder_id)
    if not failed:
        return {}
    found = store.db.execute(
        "select r.id, x.vector_id from record_vectors x "
        "join conversations c on c.id = x.conversation_id "
        "join records r on r.id = c.record_id and r.conversation_id = c.id and r.live > 0 "
        "where x.embedder_id = ? and x.vector_id in (select value from json_each(?)) order by r.id",
        (embedder_id, json.dumps(list(failed))),
    )
    return {record: failed[vector] for record, vector in found.fetchall()}


def _failed(store: Store, embedder_id: int) -> dict[int, str]:
    rows = store.db.execute(
        # The plus keeps SQLite from going through the index on texts to each row by itself.
        "select id, reason from vectors where +embedder_id = ? and vector is null",
        (embedder_id,),
    )
    return dict(rows.fetchall())


# What it was asked for --------------------------------------------------------------------------


def model(store: Store, embedder_id: int) -> str:
    """What was asked for when an embedder was used last; empty where that is not known."""
    return str(settings.get(store, f"{_MODEL}{embedder_id}", ""))


def save_model(store: Store, embedder_id: int, name: str) -> None:
    """Keep what an embedder was asked for as: its identity is a hash that nobody can read."""
    settings.put(store, f"{_MODEL}{embedder_id}", name)


def reach(store: Store, embedder_id: int) -> dict[str, object] | None:
    """What the last run of an embedder left out, as ``save_reach`` got it; None where nothing."""
    found = settings.get(store, f"{_REACH}{embedder_id}")
    return found if isinstance(found, dict) else None


def save_reach(store: Store, embedder_id: int, chosen: Mapping[str, object] | None) -> None:
    """Keep what a run was limited to: it is why the other records have no vector."""
    settings.put(store, f"{_REACH}{embedder_id}", None if chosen is None else dict(chosen))
