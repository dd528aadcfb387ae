"""What an export reads: records as they read at one moment, page by page.

An act of the journal is a moment: texts and marks are what the acts up to it add up to, undos and
redos up to it included. So an export can be made again after the project has moved on.
"""

import json
from array import array
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any

from deita_store.columns import COLUMNS, find
from deita_store.context import Context, nearest
from deita_store.errors import WrongArgumentError
from deita_store.rows import turn_scores
from deita_store.store import Store

PAGE = 500
_IN = "in (select value from json_each(?))"
_NUMBERS = ("score", "rank", "position", "similarity")


ActRow = tuple[int, str, str, str, str, int, int | None]
ChangeRow = tuple[int, str, str, str | int | None, str | int | None]


@dataclass(frozen=True, slots=True)
class Exported:
    """One record on its way out."""

    id: int
    uid: str
    version: int
    source: str
    external_id: str | None
    extras: dict[str, Any]
    layout: dict[str, Any]
    import_id: int
    turns: int
    chars: int
    body: str
    """The version that was in force, canonical JSON."""
    imported: str | None
    """What it said when it was imported, where it was edited since."""
    score: float | None
    values: tuple[Any, ...]
    """Of the columns that were asked for."""


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of one record, and why."""

    id: int
    uid: str
    external_id: str | None
    status: str | None
    rank: int | None
    position: int | None
    score: float | None
    blocker: str | None
    """The uid of the kept record that it is too similar to."""
    similarity: float | None
    reason: str | None
    complexity: list[float | None] | None
    """One score a turn; None where the turns were never scored."""
    quality: list[float | None] | None


class Moment:
    """The project at one act of the journal.

    Args:
        store: the project.
        texts: the act up to which edits count; None for all there are.
        marks: the act up to which notes and decisions count.
    """

    def __init__(self, store: Store, texts: int | None, marks: int | None = None) -> None:
        self.store = store
        versions = values_at(store, "conversation", texts)
        imported = values_at(store, "conversation", -1)
        self.versions = {record: int(each) for record, each in versions.items() if each}
        """The version in force of every record that was ever edited."""
        self.edited = {record for record, each in versions.items() if each != imported[record]}
        """The records that did not read as imported."""
        self.notes = values_at(store, "note", marks)
        self.decisions = values_at(store, "decision", marks)

    def version(self, record: int, current: int) -> int:
        """The version in force of a record."""
        return self.versions.get(record, current)


def values_at(store: Store, field: str, act: int | None) -> dict[int, str | None]:
    """A field of every record that was ever changed in it, as it stood after ``act``."""
    last = 2**62 if act is None else act
    rows = store.db.execute(
        "select c.record_id, c.before, c.after, c.journal_id <= :last and coalesce("
        "(select u.kind from journal u where u.target = c.journal_id and u.id <= :last"
        " order by u.id desc limit 1), 'redo') <> 'undo'"
        " from changes c where c.field = :field order by c.record_id, c.journal_id",
        {"field": field, "last": last},
    )
    values: dict[int, str | None] = {}
    for record, before, after, stands in rows.fetchall():
        values.setdefault(record, before)
        if stands:
            values[record] = after
    return values


def acts(store: Store, last: int) -> Iterator[ActRow]:
    """The acts of the journal up to ``last``, the oldest first, without exports.

    Each as its id, when, who, kind, summary, how many records, and the act that it names.
    """
    return store.db.execute(
        "select id, at, actor, kind, summary, coalesce(json_extract(args, '$.count'), 0), target"
        " from journal where id <= ? and kind <> 'export' order by id",
        (last,),
    )


def changes(store: Store, last: int) -> Iterator[ChangeRow]:
    """What acts up to ``last`` changed: act, uid, field, before, after; of texts the revision."""
    return store.db.execute(
        "select c.journal_id, r.uid, c.field,"
        " case c.field when 'conversation' then b.revision else c.before end,"
        " case c.field when 'conversation' then a.revision else c.after end"
        " from changes c join records r on r.id = c.record_id"
        " left join conversations b"
        " on c.field = 'conversation' and b.id = cast(c.before as integer)"
        " left join conversations a"
        " on c.field = 'conversation' and a.id = cast(c.after as integer)"
        " where c.journal_id <= ? order by c.journal_id, c.record_id, c.field",
        (last,),
    )


def kept(store: Store, selection_id: int) -> tuple["array[int]", int]:
    """The records that a selection kept, by rank, and how many more were removed since."""
    rows = store.db.execute(
        "select o.record_id, r.live from outcomes o join records r on r.id = o.record_id"
        " where o.selection_id = ? and o.status = 'kept' order by o.rank, o.record_id",
        (selection_id,),
    ).fetchall()
    there = array("q", (record for record, live in rows if live))
    return there, len(rows) - len(there)


def everything(store: Store) -> "array[int]":
    """Every record in force, in the order of ids."""
    return array("q", chain.from_iterable(store.db.execute(
        "select id from records where live > 0 order by id"
    )))  # fmt: skip


def embedded(store: Store, embedder_id: int, versions: Sequence[int]) -> dict[int, int]:
    """The vectors of these versions: vector's id by version, without those that have none."""
    found: dict[int, int] = {}
    for start in range(0, len(versions), PAGE):
        listed = json.dumps(list(versions[start : start + PAGE]))
        found |= store.db.execute(
            "select x.conversation_id, v.id from record_vectors x"
            " join vectors v on v.id = x.vector_id and v.vector is not null"
            f" where x.embedder_id = ? and x.conversation_id {_IN}",
            (embedder_id, listed),
        ).fetchall()
    return found


def vectors(store: Store, ids: Sequence[int]) -> Iterator[tuple[int, bytes]]:
    """Vectors by id, in the order of ids."""
    ordered = sorted(set(ids))
    for start in range(0, len(ordered), PAGE):
        part = json.dumps(ordered[start : start + PAGE])
        yield from store.db.execute(
            f"select id, vector from vectors where id {_IN} order by id", (part,)
        ).fetchall()


def columns(context: Context, names: Sequence[str]) -> list[str]:
    """The SQL of columns that a list shows too.

    Raises:
        WrongArgumentError: there is no such column.
    """
    found = []
    for name in names:
        column = find(name)
        if column is None or column.sql is None:
            known = [each.name for each in COLUMNS.values() if each.sql]
            hint = nearest(name, [*known, *context.scorers])
            raise WrongArgumentError(
                f"There is no field {name!r}.",
                f"{hint} The file's own fields are extras.NAME.".strip(),
            )
        found.append(column.sql(context))
    return found


def read(
    store: Store,
    ids: Sequence[int],
    moment: Moment,
    context: Context,
    fields: Sequence[str] = (),
) -> Iterator[Exported]:
    """Records in the order of ``ids``; one that was purged meanwhile is missing.

    Args:
        store: the project.
        ids: records.
        moment: when their texts are read.
        context: the selection that ``score`` and the like refer to.
        fields: columns beside the conversation.
    """
    more = columns(context, fields)
    for start in range(0, len(ids), PAGE):
        page = list(ids[start : start + PAGE])
        found = {each.id: each for each in _page(store, page, moment, context, more)}
        yield from (found[id_] for id_ in page if id_ in found)


def _page(
    store: Store, page: list[int], moment: Moment, context: Context, more: Sequence[str]
) -> Iterator[Exported]:
    listed = json.dumps(page)
    versions, firsts = _versions(store, page, moment)
    texts = _texts(store, [*versions.values(), *firsts.values()])
    score = columns(context, ["score"])[0]
    rows = store.db.execute(
        f"select r.id, r.uid, s.name, {score}{''.join(f', {sql}' for sql in more)}"
        f" from records r join sources s on s.id = r.source_id where r.id {_IN}",
        (listed,),
    ).fetchall()
    origins = _origins(store, listed)
    for id_, uid, source, value, *values in rows:
        if id_ not in origins or versions[id_] not in texts:
            continue
        turns, chars, body = texts[versions[id_]]
        first = firsts.get(id_)
        import_id, external, extras, layout = origins[id_]
        yield Exported(
            id_, uid, versions[id_], source, external, _object(extras), _object(layout), import_id,
            turns, chars, body, texts[first][2] if first in texts else None, value, tuple(values),
        )  # fmt: skip


def _versions(
    store: Store, page: Sequence[int], moment: Moment
) -> tuple[dict[int, int], dict[int, int]]:
    """The version of each record at the moment; and of those edited then, the imported one."""
    rows = store.db.execute(
        "select r.id, r.conversation_id, (select cast(c.before as integer) from changes c"
        " where c.record_id = r.id and c.field = 'conversation' order by c.journal_id limit 1)"
        f" from records r where r.id {_IN}",
        (json.dumps(list(page)),),
    ).fetchall()
    versions = {id_: moment.version(id_, current) for id_, current, _ in rows}
    firsts = {id_: first for id_, _, first in rows if first is not None and first != versions[id_]}
    return versions, firsts


def _texts(store: Store, versions: Sequence[int]) -> dict[int, tuple[int, int, str]]:
    rows = store.db.execute(
        f"select id, turns, chars, body from conversations where id {_IN}",
        (json.dumps(list(versions)),),
    ).fetchall()
    return {id_: (turns, chars, body) for id_, turns, chars, body in rows}


def _origins(
    store: Store, listed: str
) -> Mapping[int, tuple[int, str | None, str | None, str | None]]:
    """The first occurrence in force of each record (D4)."""
    rows = store.db.execute(
        "select o.record_id, o.import_id, o.external_id, o.extras, o.layout from occurrences o"
        f" where o.record_id {_IN} and o.removed_by is null order by o.id desc",
        (listed,),
    ).fetchall()
    return {record: rest for record, *rest in rows}


# What became of every record ---------------------------------------------------------------------


def fates(
    store: Store, moment: Moment, context: Context, last_record: int | None = None
) -> Iterator[Fate]:
    """What became of every record that a selection knew, in the order of ids.

    Args:
        store: the project.
        moment: when texts, and so the scores of turns, are read.
        context: the selection; without one there is no outcome to tell.
        last_record: the newest record that is told of.
    """
    asked = [columns(context, [name])[0] for name in ("outcome", *_NUMBERS, "external_id")]
    blocker = "null"
    reason = "null"
    if context.selection is not None:
        own = f"x.selection_id = {context.selection.id:d} and x.record_id = r.id"
        blocker = (
            f"(select b.uid from outcomes x join records b on b.id = x.blocked_by where {own})"
        )
        reason = f"(select x.reason from outcomes x where {own})"
    last, end = 0, 2**62 if last_record is None else last_record
    counted = _counted(store, context)
    while True:
        rows = store.db.execute(
            f"select r.id, r.uid, r.conversation_id, {', '.join(asked)}, {blocker}, {reason}"
            " from records r where r.live > 0 and r.id > ? and r.id <= ? order by r.id limit ?",
            (last, end, PAGE),
        ).fetchall()
        if not rows:
            return
        last = rows[-1][0]
        yield from _told(store, rows, moment, context, counted)


def _told(
    store: Store,
    rows: Sequence[tuple[Any, ...]],
    moment: Moment,
    context: Context,
    counted: Mapping[int, int],
) -> Iterator[Fate]:
    versions = {
        id_: counted.get(id_) or moment.version(id_, current) for id_, _, current, *_ in rows
    }
    listed = json.dumps(list(versions.values()))
    complexity = turn_scores(store, listed, context.complexity)
    quality = turn_scores(store, listed, context.quality)
    for id_, uid, _, status, score, rank, position, similarity, external, blocker, why in rows:
        version = versions[id_]
        yield Fate(
            id_, uid, external, status, rank, position, score, blocker, similarity, why,
            complexity.get(version), quality.get(version),
        )  # fmt: skip


def _counted(store: Store, context: Context) -> dict[int, int]:
    """Of the records that were edited before the selection, the version whose scores counted."""
    if context.selection is None:
        return {}
    rows = store.db.execute(
        "select json_extract(e.value, '$[0]'), json_extract(e.value, '$[1]')"
        " from selections s, json_each(s.computed_from, '$.edited') e where s.id = ?",
        (context.selection.id,),
    ).fetchall()
    return dict(rows)


def _object(text: str | None) -> dict[str, Any]:
    return json.loads(text) if text else {}
