"""Records as an Arrow table, for notebooks and everything that reads Arrow."""

import json
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from deita_store import rows
from deita_tui.records import from_body, spoken

if TYPE_CHECKING:
    import pyarrow as pa

    from deita_store.rows import RecordRow
    from deita_store.store import Store
    from deita_store.view import View

_AS_LISTED = (
    "id",
    "uid",
    "source",
    "external_id",
    "complexity",
    "quality",
    "score",
    "outcome",
    "decision",
    "tags",
)


def table(store: "Store", view: "View") -> "pa.Table":
    """The records of a view, in its order. A tool call stands in its message as compact JSON."""
    import pyarrow as pa

    schema = _schema()
    batches = [pa.RecordBatch.from_pylist(page, schema) for page in _pages(store, view)]
    return pa.Table.from_batches(batches, schema)


def _pages(store: "Store", view: "View") -> Iterator[list[dict[str, Any]]]:
    return ([_record(store, row) for row in page] for page in view.pages())


def _record(store: "Store", row: "RecordRow") -> dict[str, Any]:
    messages = from_body(rows.body(store, row.id)).messages
    extras = [occurrence.extras for occurrence in rows.extras(store, row.id)]
    values = {name: getattr(row, name) for name in _AS_LISTED}
    values["messages"] = [{"role": each.role, "content": spoken(each)} for each in messages]
    values["extras"] = json.dumps(extras[0], ensure_ascii=False) if extras and extras[0] else None
    return values


def _schema() -> "pa.Schema":
    import pyarrow as pa

    message = pa.struct([("role", pa.string()), ("content", pa.string())])
    return pa.schema(
        [
            ("id", pa.int64()),
            ("uid", pa.string()),
            ("source", pa.string()),
            ("external_id", pa.string()),
            ("messages", pa.list_(message)),
            ("complexity", pa.list_(pa.float64())),
            ("quality", pa.list_(pa.float64())),
            ("score", pa.float64()),
            ("outcome", pa.string()),
            ("decision", pa.string()),
            ("tags", pa.list_(pa.string())),
            ("extras", pa.string()),
        ]
    )
