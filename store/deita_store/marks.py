"""What the user says about records: keep, reject, flag, rate, note, tag.

Each function takes one record or 300,000 of them and writes one act of the journal, which is one
step of undo. It returns that act, or None when everything was so already.
"""

from collections.abc import Iterable, Mapping
from typing import cast

from deita_store import acts, changes
from deita_store.acts import Act
from deita_store.errors import WrongArgumentError
from deita_store.store import Store

RATINGS = range(1, 7)
_TAG_LENGTH = 64


def keep(store: Store, ids: Iterable[int], actor: str) -> Act | None:
    """Pin records into every selection."""
    return mark(store, ids, {"decision": "keep"}, actor, "keep", "keep {}")


def reject(store: Store, ids: Iterable[int], actor: str) -> Act | None:
    """Pin records out of every selection."""
    return mark(store, ids, {"decision": "reject"}, actor, "reject", "reject {}")


def clear(store: Store, ids: Iterable[int], actor: str) -> Act | None:
    """Take decisions back: the method decides again."""
    return mark(store, ids, {"decision": None}, actor, "clear", "clear the decision of {}")


def flag(store: Store, ids: Iterable[int], actor: str) -> Act | None:
    """Flag records, to come back to them."""
    return mark(store, ids, {"flag": True}, actor, "flag", "flag {}")


def unflag(store: Store, ids: Iterable[int], actor: str) -> Act | None:
    """Take flags off."""
    return mark(store, ids, {"flag": False}, actor, "unflag", "unflag {}")


def rate(store: Store, ids: Iterable[int], rating: int | None, actor: str) -> Act | None:
    """Give records the user's own quality, 1 to 6; None takes it back."""
    told = "take back the rating of {}" if rating is None else f"rate {{}} {rating}"
    return mark(store, ids, {"rating": rating}, actor, "rate", told)


def note(store: Store, ids: Iterable[int], text: str | None, actor: str) -> Act | None:
    """Write a note on records, in place of the one that is there; None or blank removes it."""
    told = "note on {}" if text and text.strip() else "remove the note of {}"
    return mark(store, ids, {"note": text}, actor, "note", told)


def tag(store: Store, ids: Iterable[int], name: str, actor: str) -> Act | None:
    """Put a tag on records."""
    name = tag_name(name)
    return mark(store, ids, {f"tag:{name}": True}, actor, "tag", f"tag {{}} {name}", {"tag": name})


def untag(store: Store, ids: Iterable[int], name: str, actor: str) -> Act | None:
    """Take a tag off records."""
    name = tag_name(name)
    told = f"untag {{}} {name}"
    return mark(store, ids, {f"tag:{name}": False}, actor, "untag", told, {"tag": name})


def mark(
    store: Store,
    ids: Iterable[int],
    fields: Mapping[str, str | int | bool | None],
    actor: str,
    kind: str = "bulk",
    summary: str = "mark {}",
    args: Mapping[str, object] | None = None,
) -> Act | None:
    """Several marks in one act.

    Args:
        store: the project.
        ids: record ids.
        fields: ``decision`` (keep, reject or None), ``flag`` (bool), ``rating`` (1 to 6 or None),
            ``note`` (text or None), ``tag:NAME`` (bool).
        actor: see ``acts.actor``.
        kind: the act's kind in the journal.
        summary: ``{}`` stands for the records.
        args: what else the journal should hold; never text of a record.
    """
    wanted = {field: _value(field, value) for field, value in fields.items()}
    with changes.staging(store) as db:
        changes.choose(db, ids)
        for field, value in wanted.items():
            if field.startswith(changes.TAG):
                changes.stage_tag(db, field.removeprefix(changes.TAG), value is not None)
            else:
                changes.stage_mark(db, cast(changes.Mark, field), value)
        return acts.act(db, actor, kind, summary, args)


def swap(store: Store, keep: int, reject: int, actor: str) -> Act | None:
    """Pin one record in and another one out, as one act: the first one takes the other's place."""
    with changes.staging(store) as db:
        for record, decision in ((keep, "keep"), (reject, "reject")):
            changes.choose_only(db, [record])
            changes.stage_mark(db, "decision", decision)
        told = f"keep record {keep} in place of record {reject}"
        return acts.act(db, actor, "swap", told, {"kept": keep, "rejected": reject})


def decided(store: Store, limit: int) -> list[tuple[int, str]]:
    """The records that are pinned in or out, and which: ``keep`` or ``reject``; the latest first.

    Args:
        store: the project.
        limit: how many at most.
    """
    # What the journal says of a record is found by the record; a mark is as new as its last act.
    rows = store.db.execute(
        "select m.record_id, m.decision from marks m where m.decision is not null"
        " order by (select max(c.journal_id) from changes c join journal j on j.id = c.journal_id"
        " where c.record_id = m.record_id and c.field = 'decision' and j.undone = 0) desc,"
        " m.record_id limit ?",
        (limit,),
    )
    return [(int(record), str(decision)) for record, decision in rows.fetchall()]


def tag_name(name: str) -> str:
    """A tag as it is stored: without space around it.

    Raises:
        StoreError: it is empty, too long, or holds what cannot be seen.
    """
    name = name.strip()
    if not name or len(name) > _TAG_LENGTH or not name.isprintable():
        raise WrongArgumentError(
            f"{name[:_TAG_LENGTH]!r} is no tag.",
            f"A tag has 1 to {_TAG_LENGTH} visible characters, such as to-check.",
        )
    return name


def _value(field: str, value: str | int | bool | None) -> str | None:
    """A mark's value as the journal writes it: text, or null for no mark."""
    if field == "decision" and value in ("keep", "reject", None):
        return value
    if field == "flag" or (field.startswith(changes.TAG) and tag_name(field[4:]) == field[4:]):
        return "1" if value else None
    if field == "rating" and (value is None or (type(value) is int and value in RATINGS)):
        return None if value is None else str(value)
    if field == "note" and (value is None or isinstance(value, str)):
        return _note(value)
    raise WrongArgumentError(
        f"{field} cannot be {value!r}.",
        "A decision is keep, reject or none; a rating is 1 to 6, or none.",
    )


def _note(text: str | None) -> str | None:
    if text is None or not text.strip():
        return None
    # SQLite cuts text at a NUL in places, and cannot store half a surrogate pair.
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise WrongArgumentError("The note holds a NUL or half a character.", "Remove it.")
    return text
