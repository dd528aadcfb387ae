"""How much of everything a project holds, in a fraction of a second for a million records."""

import os
from dataclasses import dataclass
from pathlib import Path

from deita_store import vectors
from deita_store.context import Context
from deita_store.store import Store


@dataclass(frozen=True, slots=True)
class Counts:
    """What ``status`` tells."""

    records: int
    """Those in force; what was removed with its source does not count."""
    duplicates: int
    """Rows of files that were a record already."""
    refused: int
    sources: list[tuple[str, int]]
    """Each source with its records, the largest first."""
    turns: int
    scored: list[tuple[str, str, int]]
    """Each scorer: its name, what it measures, how many records it has dealt with."""
    embedded: int
    """Records that the selection's embedder has dealt with, or else the one in use."""
    embedders: list[tuple[int, int]]
    """Each embedder: its id, and how many records it has dealt with."""
    edited: int
    decided: dict[str, int]
    """How many in force are marked keep, reject, flag, rating, tag, note; only what there is."""
    selection: tuple[str, int] | None
    """The last saved selection, or else "(working)", and how many it keeps."""
    bytes: int
    """What the project takes on disk."""


def read(store: Store) -> Counts:
    """Count everything.

    Counts come from what imports noted and from narrow indexes; no text and no record is read.
    """
    sources, turns = _sources(store)
    duplicates, refused = store.db.execute(
        "select ifnull(sum(duplicates), 0), ifnull(sum(refused), 0) from imports"
        " where removed_by is null"
    ).fetchone()
    embedders = _embedders(store)
    return Counts(
        records=sum(count for _, count in sources),
        duplicates=duplicates,
        refused=refused,
        sources=sources,
        turns=turns,
        scored=_scored(store),
        embedded=dict(embedders).get(_in_use(store), 0),
        embedders=embedders,
        edited=_edited(store),
        decided=_decided(store),
        selection=_selection(store),
        bytes=_bytes(store.folder),
    )


def _sources(store: Store) -> tuple[list[tuple[str, int]], int]:
    found, turns = [], 0
    for id_, name in store.db.execute("select id, name from sources").fetchall():
        # One range of an index each: faster than letting SQLite group them.
        count, pairs = store.db.execute(
            "select count(*), ifnull(sum(turns), 0) from records where source_id = ? and live > 0",
            (id_,),
        ).fetchone()
        if count:
            found.append((name, count))
            turns += pairs
    return sorted(found, key=lambda source: (-source[1], source[0])), turns


def _scored(store: Store) -> list[tuple[str, str, int]]:
    scorers = store.db.execute(
        "select id, name, measures from scorers where measures <> 'taste' order by id"
    ).fetchall()
    return [
        (name, measures, _in_force(store, "record_scores", "scorer_id", id_))
        for id_, name, measures in scorers
    ]


def _embedders(store: Store) -> list[tuple[int, int]]:
    ids = store.db.execute("select id from embedders order by id").fetchall()
    return [(id_, _in_force(store, "record_vectors", "embedder_id", id_)) for (id_,) in ids]


def _in_use(store: Store) -> int:
    """The embedder that a selection was computed with, or else the one used last."""
    selection = Context(store).selection
    row = store.db.execute(
        "select embedder_id from selections where id = ?", (selection and selection.id,)
    ).fetchone()
    return (row and row[0]) or vectors.newest(store) or vectors.NONE


def _in_force(store: Store, table: str, owner: str, id_: int) -> int:
    """Rows of a table by version, less those of versions that are not in force: they are few."""
    (count,) = store.db.execute(
        f"select count(*) from {table} where {owner} = ?", (id_,)
    ).fetchone()
    (stale,) = store.db.execute(
        f"select count(*) from ({_STALE}) v"
        f" cross join {table} x on x.{owner} = ? and x.conversation_id = v.id",
        (id_,),
    ).fetchone()
    return int(count - stale)


# Versions that an edit or an undo has passed over, and those of records that were removed. Only
# edited versions are indexed by record: the imported one is what an edit says it replaced. (A cross
# join tells SQLite which table to begin with; it has no statistics to see that edits are few.)
_STALE = """
    select cast(c.before as integer) as id
    from (select distinct record_id from conversations where revision > 0) e
    cross join records r on r.id = e.record_id
    cross join changes c on c.record_id = e.record_id and c.field = 'conversation'
    where cast(c.before as integer) <> r.conversation_id
    union
    select e.id from conversations e cross join records r on r.id = e.record_id
    where e.revision > 0 and e.id <> r.conversation_id
    union
    select r.conversation_id from records r where r.live = 0
"""


_REMOVED = "select id from records where live = 0"


def _edited(store: Store) -> int:
    (count,) = store.db.execute(
        "select count(*) from conversations c cross join records r on r.id = c.record_id"
        " where c.revision > 0 and r.conversation_id = c.id and r.live > 0"
    ).fetchone()
    return int(count)


def _decided(store: Store) -> dict[str, int]:
    (keep, reject, flag, rating, note) = store.db.execute(
        "select count(*) filter (where decision = 'keep'),"
        " count(*) filter (where decision = 'reject'), count(*) filter (where flag = 1),"
        " count(rating), count(*) filter (where note <> '') from marks"
        f" where record_id not in ({_REMOVED})"
    ).fetchone()
    (tag,) = store.db.execute(
        f"select count(distinct record_id) from tags where record_id not in ({_REMOVED})"
    ).fetchone()
    counted = {
        "keep": keep, "reject": reject, "flag": flag, "rating": rating, "tag": tag, "note": note
    }  # fmt: skip
    return {name: count for name, count in counted.items() if count}


def _selection(store: Store) -> tuple[str, int] | None:
    selection = Context(store).selection
    if selection is None:
        return None
    (kept,) = store.db.execute(
        "select kept from selections where id = ?", (selection.id,)
    ).fetchone()
    return selection.name or "(working)", int(kept)


def _bytes(folder: Path) -> int:
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            try:
                total += os.lstat(os.path.join(path, name)).st_size
            except FileNotFoundError:
                continue  # a cache or a log that was replaced this moment
    return total
