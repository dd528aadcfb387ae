"""Changing what a record says. The old version stays; undo points back to it."""

from deita_store import acts, changes
from deita_store.acts import Act
from deita_store.errors import WrongArgumentError
from deita_store.store import Store


def edit(store: Store, record_id: int, body: str, turns: int, chars: int, actor: str) -> Act | None:
    """Give a record a new version, and put it in force.

    Everything that was derived from the old version stays true of the old version; the new one has
    no scores and no vector until it is scored and embedded (D15).

    Args:
        store: the project.
        record_id: the record.
        body: the new body, canonical JSON.
        turns: (instruction, response) pairs in it.
        chars: characters in it, counted as the import counts them.
        actor: see ``acts.actor``.

    Returns:
        The act, or None when the record says just that already.
    """
    with changes.staging(store) as db:
        changes.choose(db, [record_id])
        current, text, newest = db.execute(
            "select r.conversation_id, c.body, (select coalesce(max(e.revision), 0)"
            " from conversations e where e.record_id = r.id and e.revision > 0)"
            " from records r join conversations c on c.id = r.conversation_id where r.id = ?",
            (record_id,),
        ).fetchone()
        if text == body:
            return None
        _check(body)
        (version,) = db.execute(
            "insert into conversations (record_id, revision, turns, chars, body)"
            " values (?, ?, ?, ?, ?) returning id",
            (record_id, newest + 1, turns, chars, body),
        ).fetchone()
        changes.stage(db, record_id, "conversation", str(current), str(version))
        return acts.act(db, actor, "edit", "edit {}", {"revision": newest + 1})


def versions(store: Store, record_id: int) -> list[tuple[int, int]]:
    """(revision, conversation id) of every version of a record, the imported one first."""
    # Only edited versions are indexed by record: the imported one is what the first edit replaced.
    edited = store.db.execute(
        "select revision, id from conversations where record_id = ? and revision > 0"
        " order by revision",
        (record_id,),
    ).fetchall()
    first = store.db.execute(
        "select coalesce((select cast(c.before as integer) from changes c where c.record_id = r.id"
        " and c.field = 'conversation' order by c.journal_id limit 1), r.conversation_id)"
        " from records r where r.id = ?",
        (record_id,),
    ).fetchone()
    if first is None:
        raise WrongArgumentError(f"There is no record {record_id} in this project.")
    return [(0, first[0]), *edited]


def _check(body: str) -> None:
    if "\0" in body or any("\ud800" <= character <= "\udfff" for character in body):
        raise WrongArgumentError("The text holds a NUL or half a character.", "Remove it.")
