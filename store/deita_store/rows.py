"""Rows of a table of records, read by id: one query for each need, whatever the number of rows."""

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from difflib import get_close_matches
from typing import Any

from deita_store import columns
from deita_store.context import Context, Scorer
from deita_store.errors import StoreError, WrongArgumentError
from deita_store.heads import heads
from deita_store.store import Store

__all__ = ["Context", "Occurrence", "RecordRow", "body", "extras", "find", "read"]


@dataclass(frozen=True, slots=True)
class RecordRow:
    """One record as a line of a table."""

    id: int
    uid: str
    """Empty where the record was purged since its id was read."""
    external_id: str | None = None
    source: str = ""
    turns: int = 0
    chars: int = 0
    instruction: str = ""
    """How the first turn begins; see ``heads``. Text of the file: it may hold anything."""
    response: str = ""
    complexity: list[float | None] | None = None
    """One score a turn, None where it failed; no list where the turns were never scored."""
    quality: list[float | None] | None = None
    c: float | None = None
    q: float | None = None
    score: float | None = None
    taste: float | None = None
    """The chance that the user would keep it; None where nothing is learned, or not of it."""
    outcome: str | None = None
    rank: int | None = None
    position: int | None = None
    blocked_by: int | None = None
    similarity: float | None = None
    decision: str | None = None
    flag: bool = False
    rating: int | None = None
    tags: tuple[str, ...] = ()
    note: str | None = None
    revision: int = 0
    copies: int = 1
    """Rows of files that are this record."""

    @property
    def edited(self) -> bool:
        """Is the version in force another than the imported one?"""
        return self.revision > 0


@dataclass(frozen=True, slots=True)
class Occurrence:
    """One row of a file that is this record."""

    import_id: int
    file_name: str
    row: int
    part: int
    source: str
    external_id: str | None
    extras: dict[str, object]
    layout: dict[str, object]


_LISTS = {"instruction", "response", "complexity", "quality", "tags"}
_SCALARS = [field.name for field in fields(RecordRow) if field.name not in _LISTS]
_IN = "in (select value from json_each(?))"


def read(store: Store, ids: Iterable[int], context: Context | None = None) -> list[RecordRow]:
    """The rows of ``ids``, in that order; a handful of queries for all of them together."""
    wanted = list(ids)
    context = context or Context(store)
    listed = json.dumps(wanted)
    expressions = [_expression(name, context) for name in _SCALARS]
    found = store.db.execute(
        f"select {', '.join(expressions)}, r.conversation_id, c.body"
        " from records r join conversations c on c.id = r.conversation_id"
        f" where r.id {_IN}",
        [listed],
    ).fetchall()
    versions = json.dumps([version for *_, version, _ in found])
    complexity = turn_scores(store, versions, context.complexity)
    quality = turn_scores(store, versions, context.quality)
    tags = _tags(store, listed)
    made = {}
    for *scalars, version, text in found:
        values = dict(zip(_SCALARS, scalars, strict=True))
        instruction, response = heads(text)
        made[values["id"]] = RecordRow(
            **(values | {"flag": bool(values["flag"])}),
            instruction=instruction,
            response=response,
            complexity=complexity.get(version),
            quality=quality.get(version),
            tags=tuple(tags.get(values["id"], ())),
        )
    return [made.get(id_) or RecordRow(id_, "") for id_ in wanted]


def body(store: Store, id_: int) -> str:
    """The version in force of a record, as canonical JSON.

    Raises:
        StoreError: there is no such record.
    """
    row = store.db.execute(
        "select c.body from records r join conversations c on c.id = r.conversation_id"
        " where r.id = ?",
        (id_,),
    ).fetchone()
    if row is None:
        raise _no_record(store, str(id_))
    return str(row[0])


def extras(store: Store, id_: int) -> list[Occurrence]:
    """The rows of files that are this record, oldest first, without those that were removed."""
    rows = store.db.execute(
        "select o.import_id, i.file_name, o.row, o.part, s.name, o.external_id, o.extras, o.layout"
        " from occurrences o join imports i on i.id = o.import_id"
        " join sources s on s.id = o.source_id"
        " where o.record_id = ? and o.removed_by is null order by o.id",
        (id_,),
    )
    return [
        Occurrence(
            import_id, file_name, row, part, source, external, _object(more), _object(layout)
        )
        for import_id, file_name, row, part, source, external, more, layout in rows.fetchall()
    ]


def _object(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}


def find(store: Store, ref: str) -> int:
    """The id of a record that is named by its id or its uid; `#12` is 12.

    Sixteen digits can be both: they are the uid if a record has it.

    Raises:
        StoreError: there is none.
    """
    named = ref.strip().lower()
    row = store.db.execute("select id from records where uid = ?", (named,)).fetchone()
    number = named.removeprefix("#")
    # Beyond 18 digits SQLite has no such integer, let alone a record.
    if row is None and number.isascii() and number.isdigit() and len(number) <= 18:
        row = store.db.execute("select id from records where id = ?", (int(number),)).fetchone()
    if row is None:
        raise _no_record(store, ref)
    return int(row[0])


def require(store: Store, ids: Sequence[int]) -> None:
    """See that there are records with all these ids.

    Raises:
        StoreError: one of them is not there; the first one is named.
    """
    missing = store.db.execute(
        "select f.value from json_each(?) f where f.value not in (select id from records)"
        " order by f.key limit 1",
        (json.dumps(list(ids)),),
    ).fetchone()
    if missing:
        raise _no_record(store, str(missing[0]))


def _no_record(store: Store, ref: str) -> StoreError:
    if ref.strip().lstrip("#").isdigit():
        (last,) = store.db.execute("select max(id) from records").fetchone()
        hint = f"Ids go from 1 to {last}." if last else "The project is empty."
        return WrongArgumentError(f"{store.folder} has no record {ref}.", hint)
    begun = store.db.execute(
        "select uid from records where uid >= ? and uid < ? limit 20", (ref[:2], ref[:2] + "g")
    )
    close = get_close_matches(ref, [uid for (uid,) in begun], n=1, cutoff=0.8)
    hint = f"Did you mean {close[0]}?" if close else "Name it by its id or its uid."
    return WrongArgumentError(f'{store.folder} has no record "{ref}".', hint)


def _expression(name: str, context: Context) -> str:
    sql = columns.COLUMNS[name].sql
    assert sql is not None
    return sql(context)


def turn_scores(
    store: Store, versions: str, scorer: Scorer | None
) -> dict[int, list[float | None]]:
    """Scores by version and turn, of the versions for which the scorer has said anything at all."""
    if scorer is None:
        return {}
    found = store.db.execute(
        "select t.conversation_id, s.value, s.text is not null or x.scorer_id is not null"
        " from turns t"
        f" left join scores s on s.scorer_id = ? and s.text = t.{scorer.reads}"
        " left join record_scores x"
        " on x.scorer_id = ? and x.conversation_id = t.conversation_id"
        f" where t.conversation_id {_IN} order by t.conversation_id, t.turn",
        (scorer.id, scorer.id, versions),
    )
    scores: defaultdict[int, list[float | None]] = defaultdict(list)
    judged = set()
    for version, value, said in found:
        scores[version].append(value)
        if said:
            judged.add(version)
    return {version: scores[version] for version in judged}


def _tags(store: Store, listed: str) -> dict[int, Sequence[str]]:
    tags: defaultdict[int, list[str]] = defaultdict(list)
    for id_, tag in store.db.execute(
        f"select record_id, tag from tags where record_id {_IN} order by tag", (listed,)
    ):
        tags[id_].append(tag)
    return dict(tags)
