"""What a user, or a file, says of records, for judging scorers by it."""

import json
from collections.abc import Iterable

from deita_store.store import Store


def by_uid(store: Store, uids: Iterable[str]) -> dict[str, int]:
    """The ids of records in force, by their uids; what is not there is left out."""
    rows = store.db.execute(
        "select r.uid, r.id from json_each(?) v cross join records r on r.uid = v.value"
        " where r.live > 0",
        (json.dumps(list(uids)),),
    )
    return dict(rows.fetchall())


def ratings(store: Store) -> dict[int, int]:
    """The user's ratings of records in force, by id."""
    rows = store.db.execute(
        "select m.record_id, m.rating from marks m join records r on r.id = m.record_id"
        " where m.rating is not null and r.live > 0"
    )
    return dict(rows.fetchall())
