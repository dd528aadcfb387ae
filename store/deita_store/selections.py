"""Selections: the working one, and the named copies that stay as they were saved.

An outcome is written only for the records that were examined or decided; ``rest`` says what became
of all others that the selection knew, and the view ``record_outcomes`` answers for every record.
"""

import json
import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import astuple, dataclass
from typing import Any, Literal

from deita_store import acts
from deita_store.errors import StoreError, WrongArgumentError
from deita_store.store import Store, now

Status = Literal["kept", "too_similar", "over_budget", "rejected", "filtered", "unscored"]
Rest = Literal["over_budget", "unscored", "filtered"]

WORKING = "working"
"""The word for the working selection where a name is asked for; so it is no name of its own."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record."""

    record_id: int
    status: Status
    rank: int | None = None
    """Place among the kept, from 1."""
    position: int | None = None
    """Place in score order, from 1."""
    score: float | None = None
    blocked_by: int | None = None
    """The kept record that this one is too similar to."""
    similarity: float | None = None
    reason: str | None = None


@dataclass(frozen=True, slots=True)
class Basis:
    """What a selection was computed from (D11): one scorer each, one embedder."""

    complexity_id: int | None = None
    quality_id: int | None = None
    embedder_id: int | None = None


@dataclass(frozen=True, slots=True)
class Selection:
    """A selection without its outcomes."""

    id: int
    name: str | None
    """None: the working selection."""
    params: dict[str, Any]
    computed_from: dict[str, Any]
    basis: Basis
    kept: int
    last_record: int
    rest: Rest
    hidden: bool
    created_at: str
    journal_id: int | None


def save(
    store: Store,
    name: str | None,
    params: Mapping[str, object],
    computed_from: Mapping[str, object],
    outcomes: Iterable[Outcome],
    actor: str,
    basis: Basis = Basis(),
    rest: Rest = "over_budget",
    last_record: int | None = None,
) -> int:
    """Store a selection, and return its id.

    Without a name it takes the place of the working selection, and is no act of the journal. With
    one it is an act, and undoing it hides the selection (D14).

    Args:
        store: the project.
        name: what the user calls it.
        params: budget, threshold, … as JSON.
        computed_from: what else tells whether it is stale, as JSON.
        outcomes: one for each examined or decided record.
        actor: see ``acts.actor``.
        basis: the scorers and the embedder.
        rest: what became of the records without an outcome.
        last_record: the newest record that it knew; by default the newest there is.

    Raises:
        StoreError: there is a selection of that name.
    """
    with store.transaction() as db:
        journal_id = None
        if name is None:
            db.execute("delete from selections where name is null")
        else:
            require_free(store, name)
            journal_id = _save_act(db, name, actor)
        newest = last_record if last_record is not None else _newest_record(db)
        values = (
            name, json.dumps(params), json.dumps(computed_from), *astuple(basis), newest, rest,
            now(), journal_id,
        )  # fmt: skip
        (selection_id,) = db.execute(
            "insert into selections (name, params, computed_from, complexity_id, quality_id,"
            " embedder_id, kept, last_record, rest, created_at, journal_id)"
            " values (?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?) returning id",
            values,
        ).fetchone()
        _write_outcomes(db, selection_id, outcomes)
        return int(selection_id)


def get(store: Store, name: str | None = None) -> Selection:
    """The selection of that name, or the working one.

    Raises:
        StoreError: there is none.
    """
    rows = store.db.execute(f"{_SELECT} where hidden = 0 and name is ?", (name,)).fetchall()
    if not rows:
        called = "working selection" if name is None else f"selection {name!r}"
        others = ", ".join(str(other.name) for other in saved(store))
        raise WrongArgumentError(f"There is no {called}.", f"There are: {others}" if others else "")
    return _from_row(rows[0])


def find(store: Store, name: str | None = None) -> Selection:
    """The selection of that name; ``WORKING`` is the working one.

    Without a name: the one saved last, or the working one where none is saved.

    Raises:
        StoreError: there is none.
    """
    if name is None:
        latest = saved(store)
        if latest:
            return latest[0]
        if not is_there(store, None):
            raise StoreError(
                "Nothing is selected in this project yet.",
                f"Select: deita-tui select {store.folder} --budget N",
            )
    return get(store, None if name == WORKING else name)


def is_there(store: Store, name: str | None) -> bool:
    """Is there a selection of that name, or, for None, a working one?"""
    query = "select 1 from selections where hidden = 0 and name is ?"
    return store.db.execute(query, (name,)).fetchone() is not None


def require_free(store: Store, name: str) -> None:
    """See that a selection can be saved under ``name``, before it is made.

    Raises:
        StoreError: it is taken, or no name.
    """
    if not name.strip() or not name.isprintable() or name == WORKING:
        raise WrongArgumentError(
            f"{name!r} is no name for a selection.",
            "It stands for the one that is not saved." if name == WORKING else _VISIBLE,
        )
    if is_there(store, name):
        raise StoreError(
            f"There is a selection {name!r} already, and a saved one never changes.",
            "Choose another name, or hide the old one first.",
        )


def saved(store: Store) -> list[Selection]:
    """The named selections, the newest first."""
    rows = store.db.execute(
        f"{_SELECT} where hidden = 0 and name is not null order by id desc"
    ).fetchall()
    return [_from_row(row) for row in rows]


def hide(store: Store, name: str, actor: str) -> acts.Act:
    """Take a named selection out of sight. It is an act, and its undo shows it again."""
    with store.transaction() as db:
        selection = get(store, name)
        args = {"selection": selection.id}
        act_id = acts.append(db, actor, "hide", f"hide selection {name}", args)
        apply_hiding(db, act_id, args, True)
        return acts.get(db, act_id)


def apply_saving(
    db: sqlite3.Connection, act_id: int, args: Mapping[str, Any], forward: bool
) -> None:
    """The effect of ``save``: the selection is there, or out of sight."""
    db.execute("update selections set hidden = ? where journal_id = ?", (int(not forward), act_id))


def apply_hiding(
    db: sqlite3.Connection, act_id: int, args: Mapping[str, Any], forward: bool
) -> None:
    """The effect of ``hide``: the selection is out of sight, or there."""
    db.execute("update selections set hidden = ? where id = ?", (int(forward), args["selection"]))


_VISIBLE = "Use visible characters."

_SELECT = """
select id, name, params, computed_from, complexity_id, quality_id, embedder_id, kept, last_record,
       rest, hidden, created_at, journal_id from selections
"""


def _from_row(row: tuple[Any, ...]) -> Selection:
    id_, name, params, source, complexity, quality, embedder, kept, last, rest, hidden, at, act = (
        row
    )
    basis = Basis(complexity, quality, embedder)
    return Selection(
        id_, name, json.loads(params), json.loads(source), basis, kept, last, rest, bool(hidden),
        at, act,
    )  # fmt: skip


def _save_act(db: sqlite3.Connection, name: str, actor: str) -> int:
    return acts.append(db, actor, "save", f"save selection {name}", {})


def _newest_record(db: sqlite3.Connection) -> int:
    (newest,) = db.execute("select coalesce(max(id), 0) from records").fetchone()
    return int(newest)


def _write_outcomes(db: sqlite3.Connection, selection_id: int, outcomes: Iterable[Outcome]) -> None:
    db.executemany(
        "insert into outcomes (selection_id, record_id, status, rank, position, score,"
        " blocked_by, similarity, reason) values (?, ?, ?, ?, ?, ?, ?, ?, ?)",
        ((selection_id, *astuple(outcome)) for outcome in outcomes),
    )
    db.execute(
        "update selections set kept = (select count(*) from outcomes"
        " where selection_id = :id and status = 'kept') where id = :id",
        {"id": selection_id},
    )
