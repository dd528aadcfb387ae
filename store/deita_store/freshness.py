"""What has changed in a project since a selection was made (D6).

Cheap to ask, and true again after an undo: undoing what made a selection stale makes it fresh.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from deita_store import pool
from deita_store.selections import Selection
from deita_store.store import Store

VERSION = 1
"""Of what a selection says it was computed from, and of how it is computed from that."""

_TEXTS = "('edit', 'remove', 'replace', 'purge')"
"""Kinds of acts that change which records there are, or what they say."""

_SILENT = "('save', 'hide', 'export')"
"""Kinds of acts that no selection and no filter can see."""


def stale(store: Store, selection: Selection) -> list[str]:
    """Sentences that say what is newer in the project than a selection; empty while it is fresh.

    What was not computed, but written by hand, cannot be stale.
    """
    then = selection.computed_from
    if "version" not in then:
        return []
    if then["version"] != VERSION:
        return ["Another version of the program made it."]
    found = [*_decisions(store, then), *_records(store, then), *_texts(store, then)]
    return [*found, *_measures(store, then), *_asked(store, then, selection.params)]


def _decisions(store: Store, then: Mapping[str, Any]) -> Sequence[str]:
    now = pool.decisions(store)
    pairs = ((now.kept, then["kept"]), (now.rejected, then["rejected"]))
    if all(runs(is_) == was for is_, was in pairs):
        return ()
    changed: set[int] = set()
    for is_, was in pairs:
        changed |= set(is_) ^ set(from_runs(was))
    return (f"{_records_were(len(changed))} decided otherwise since.",)


def _records(store: Store, then: Mapping[str, Any]) -> Sequence[str]:
    told = []
    if count := arrived(store, then["last_record"]):
        told.append(f"{_records_were(count)} imported since.")
    # What was removed comes back under its old id when a file has it again: that is no act.
    if list(acts(store)) == list(then["acts"]):
        known = _in_force(store, then["last_record"])
        if again := known - then["records"]:
            told.append(f"{_records_were(again)} imported again since.")
    return told


def _texts(store: Store, then: Mapping[str, Any]) -> Sequence[str]:
    changed = set(acts(store)) ^ set(then["acts"])
    if not changed:
        return ()
    count = touched(store, changed)
    return (f"{_records_were(count)} edited, removed or brought back since.",)


def _measures(store: Store, then: Mapping[str, Any]) -> Sequence[str]:
    last, told = then["last_version"], []
    newer = [
        part
        for part, scorer in then["scorers"].items()
        if list(scored(store, scorer, last)) != list(then["scored"][part])
    ]
    if newer:
        told.append(f"There are newer scores: {', '.join(newer)}.")
    if "taste" in then["scorers"] and then["scorers"]["taste"] != _taste(store):
        told.append("Your taste was learned anew, or forgotten, since.")
    embedder = then["embedder"]
    if embedder is not None and embedded(store, embedder, last) != then["embedded"]:
        told.append("There are newer vectors.")
    return told


def _asked(store: Store, then: Mapping[str, Any], params: Mapping[str, Any]) -> Sequence[str]:
    by_tags = str(params.get("selector", "")).startswith("tags")
    filters = f"{params.get('require', '')} {params.get('exclude', '')}"
    if not (by_tags or asks_for_marks(filters)) or marks(store) == then["marks"]:
        return ()
    return ("Marks that its filters or its tags ask for may have changed since.",)


def asks_for_marks(filter: str) -> bool:  # noqa: A002 - as everywhere else
    """May what a filter finds change when the user marks, tags or edits a record?"""
    return bool(_OF_MARKS.search(filter))


def _records_were(count: int) -> str:
    return "1 record was" if count == 1 else f"{count:,} records were"


def runs(ids: Iterable[int]) -> str:
    """Ascending ids as ``3,7-12``."""
    listed = list(ids)
    if not listed:
        return ""
    ends = [at for at, (a, b) in enumerate(pairwise(listed), start=1) if b != a + 1]
    told = []
    for start, end in pairwise([0, *ends, len(listed)]):
        first, last = listed[start], listed[end - 1]
        told.append(str(first) if first == last else f"{first}-{last}")
    return ",".join(told)


def from_runs(text: str) -> list[int]:
    """The ids that ``runs`` wrote."""
    found: list[int] = []
    for part in filter(None, text.split(",")):
        first, _, last = part.partition("-")
        found.extend(range(int(first), int(last or first) + 1))
    return found


_OF_MARKS = re.compile(
    r"\b(decision|flag|rating|tags?|note|is|has|revision)\s*[:!<>=]", re.IGNORECASE
)


# What there is now ------------------------------------------------------------------------------


def head(store: Store) -> int:
    """The newest row of the journal; 0 while it is empty."""
    (newest,) = store.db.execute("select coalesce(max(id), 0) from journal").fetchone()
    return int(newest)


def acts(store: Store) -> tuple[int, ...]:
    """The acts in force that changed which records there are, or what they say."""
    rows = store.db.execute(
        "select id from journal where target is null and undone = 0"
        f" and kind in {_TEXTS} order by id"
    )
    return tuple(id_ for (id_,) in rows.fetchall())


def marks(store: Store) -> int:
    """The newest act in force that marked records: a decision, a tag, a rating, a note."""
    (newest,) = store.db.execute(
        "select coalesce(max(id), 0) from journal where target is null and undone = 0"
        f" and kind not in {_TEXTS} and kind not in {_SILENT}"
    ).fetchone()
    return int(newest)


def touched(store: Store, act_ids: set[int]) -> int:
    """How many records these acts were about, all together."""
    return sum(
        count
        for id_, count in store.db.execute(
            "select id, coalesce(json_extract(args, '$.count'), 0) from journal"
            f" where target is null and kind in {_TEXTS}"
        ).fetchall()
        if id_ in act_ids
    )


def last_version(store: Store) -> int:
    """The newest version of any record."""
    (newest,) = store.db.execute("select coalesce(max(id), 0) from conversations").fetchone()
    return int(newest)


def arrived(store: Store, last_record: int) -> int:
    """How many records in force are newer than that one."""
    (count,) = store.db.execute(
        "select count(*) from records where id > ? and live > 0", (last_record,)
    ).fetchone()
    return int(count)


def newest(store: Store) -> int:
    """The newest record's id, in force or not; 0 where there is none."""
    (id_,) = store.db.execute("select ifnull(max(id), 0) from records").fetchone()
    return int(id_)


def _in_force(store: Store, last_record: int) -> int:
    """How many records up to that one are in force."""
    (count,) = store.db.execute(
        "select count(*) from records where id <= ? and live > 0", (last_record,)
    ).fetchone()
    return int(count)


def scored(store: Store, scorer_id: int, last_version: int) -> tuple[int, int]:
    """Versions up to that one which a scorer has dealt with, and turns with a value in them."""
    count, values = store.db.execute(
        "select count(*), coalesce(sum(scored), 0) from record_scores"
        " where scorer_id = ? and conversation_id <= ?",
        (scorer_id, last_version),
    ).fetchone()
    return int(count), int(values)


def _taste(store: Store) -> int | None:
    """The model of the user's taste that is in use."""
    row = store.db.execute(
        "select id from scorers where measures = 'taste' and name = 'taste'"
    ).fetchone()
    return None if row is None else int(row[0])


def embedded(store: Store, embedder_id: int, last_version: int) -> int:
    """Versions up to that one which an embedder has dealt with."""
    (count,) = store.db.execute(
        "select count(*) from record_vectors where embedder_id = ? and conversation_id <= ?",
        (embedder_id, last_version),
    ).fetchone()
    return int(count)
