"""From records to their vectors and back, a few at a time."""

import json
from collections.abc import Iterable

from deita_store.store import Store


def vector_of(store: Store, embedder_id: int, record_id: int) -> int | None:
    """The id of a record's vector as it reads now; None where it has none."""
    row = store.db.execute(
        "select v.id from records r join record_vectors x "
        "on x.embedder_id = ? and x.conversation_id = r.conversation_id "
        "join vectors v on v.id = x.vector_id and v.vector is not null where r.id = ?",
        (embedder_id, record_id),
    ).fetchone()
    return None if row is None else int(row[0])


def records_of(
    store: Store, embedder_id: int, vector_ids: Iterable[int]
) -> dict[int, list[tuple[int, str]]]:
    """The records in force that have each vector, as (id, uid), ids ascending.

    Several records share a vector where they read alike. A vector that only removed records or
    older versions have is missing.
    """
    found: dict[int, list[tuple[int, str]]] = {}
    rows = store.db.execute(
        "select x.vector_id, r.id, r.uid from record_vectors x "
        "join conversations c on c.id = x.conversation_id "
        "join records r on r.id = c.record_id and r.conversation_id = c.id and r.live > 0 "
        "where x.embedder_id = ? and x.vector_id in (select value from json_each(?)) order by r.id",
        (embedder_id, json.dumps(list(vector_ids))),
    )
    for vector, record, uid in rows.fetchall():
        found.setdefault(vector, []).append((record, uid))
    return found
