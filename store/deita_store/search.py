"""Finding conversations by what is said in them.

A word or phrase is looked up in the full-text index: whole words in sequence, whatever their case
and accents. Chinese, Japanese, Korean, Thai and whatever holds no word of three letters is looked
for letter by letter in the messages themselves, whatever the case. Where the index is behind, the
rest is searched without it, so that an answer is always complete.
"""

import sqlite3
from collections.abc import Iterator
from itertools import islice

from deita_store.search_index import (
    BATCH,
    behind,
    discard,
    in_memory,
    reached,
    reading,
    update,
)
from deita_store.search_text import Query, certain_piece, contents, fold
from deita_store.store import Store

__all__ = ["BATCH", "Query", "behind", "find", "note", "update"]

_CHUNK = 2_000
_MAX_PIECE = 1_000
"""SQLite refuses patterns of 50,000 bytes."""


def find(store: Store, query: Query) -> list[int]:
    """Ids of the conversations that match; some of them may no longer be in force."""
    if not query.by_word:
        return _by_letter(store, query.text)
    found, through = _indexed(store, query)
    return found + _by_word(store, query, through)


def note(store: Store) -> str:
    """What a user should know about a search made now; empty when all is indexed."""
    missing = behind(store)
    if not missing:
        return ""
    noun = "record is" if missing == 1 else "records are"
    return f"{missing:,} {noun} not indexed yet: searching is complete, but slower."


def _indexed(store: Store, query: Query) -> tuple[list[int], int]:
    """What the index finds, and how far it reaches."""
    try:
        with reading(store) as index:
            if index is None:
                return [], 0
            # Read first: what is committed meanwhile is searched without the index.
            through = reached(index)
            matching = index.execute(
                "select rowid from texts where texts match ? and rowid <= ? order by rowid",
                (query.match, through),
            )
            return [id_ for (id_,) in matching], through
    except sqlite3.DatabaseError as error:
        if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_CORRUPT:
            raise
        discard(store)
        return [], 0


def _by_letter(store: Store, text: str) -> list[int]:
    needle = fold(text)
    piece = _escaped(certain_piece(needle))
    bodies = _bodies(store, 0, "c.body like ? escape '!'", [f"%{piece}%"])
    return [id_ for id_, body in bodies if needle in fold(contents(body))]


def _by_word(store: Store, query: Query, through: int) -> list[int]:
    """Search what lies beyond the index by the same rules: in an index that is thrown away."""
    pieces = [_escaped(piece) for piece in _ascii_pieces(query.text)]
    # A letter with an accent counts as the letter, so other scripts are let through.
    plain = " and ".join(["c.body like ? escape '!'"] * len(pieces)) or "1"
    condition = f"(({plain}) or c.body glob '*[^ -~]*')"
    bodies = _bodies(store, through, condition, [f"%{piece}%" for piece in pieces])
    found: list[int] = []
    index = in_memory()
    try:
        while chunk := [(id_, contents(body)) for id_, body in islice(bodies, _CHUNK)]:
            index.executemany("insert into texts (rowid, text) values (?, ?)", chunk)
            matching = index.execute("select rowid from texts where texts match ?", (query.match,))
            found += [id_ for (id_,) in matching]
            index.execute("insert into texts (texts) values ('delete-all')")
    finally:
        index.close()
    return found


def _bodies(
    store: Store, through: int, condition: str, values: list[str]
) -> Iterator[tuple[int, str]]:
    """Versions in force beyond ``through`` that may match, oldest first."""
    yield from store.db.execute(
        "select c.id, c.body from records r join conversations c on c.id = r.conversation_id"
        f" where r.live > 0 and r.conversation_id > ? and {condition}",
        [through, *values],
    )


def _ascii_pieces(text: str) -> list[str]:
    ascii_only = "".join(char if char.isascii() and char.isalnum() else " " for char in text)
    return sorted(ascii_only.split(), key=len, reverse=True)[:3]


def _escaped(piece: str) -> str:
    piece = piece[:_MAX_PIECE]
    return piece.replace("!", "!!").replace("%", "!%").replace("_", "!_")
