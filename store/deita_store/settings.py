"""Settings that belong to one project, as JSON values by name."""

import json

from deita_store.store import Store


def get(store: Store, key: str, default: object = None) -> object:
    """The value of ``key``, or ``default`` where nobody has set it."""
    row = store.db.execute("select value from settings where key = ?", (key,)).fetchone()
    return default if row is None else json.loads(row[0])


def put(store: Store, key: str, value: object) -> None:
    """Set ``key`` to a value that JSON can hold."""
    with store.transaction() as db:
        db.execute(
            "insert into settings (key, value) values (?, ?) "
            "on conflict (key) do update set value = excluded.value",
            (key, json.dumps(value, ensure_ascii=False)),
        )
