"""A record with one message changed, as it is stored."""

from typing import NamedTuple

import msgspec

from deita_store import rows
from deita_store.store import Store
from deita_tui import records
from deita_tui.errors import UsageError
from deita_tui.records import Record


class Version(NamedTuple):
    """What a record says, and how much that is."""

    body: str
    """Canonical JSON."""
    turns: int
    chars: int


def version(store: Store, record: int, message: int, text: str) -> Version:
    """The record as it reads with another text in one message.

    Args:
        store: the project.
        record: its id.
        message: which of its messages, counted from 0.
        text: what that message says from now on; taken as it is.

    Raises:
        UsageError: there is no such message, or nothing would be left of it.
        StoreError: there is no such record.
    """
    said = records.from_body(rows.body(store, record))
    edited = _with(said, record, message, text)
    return Version(
        records.body(edited).decode(),
        records.count_turns(edited.messages),
        sum(len(each.content) for each in edited.messages),
    )


def _with(said: Record, record: int, message: int, text: str) -> Record:
    count = len(said.messages)
    if not 0 <= message < count:
        there = "one message, number 0" if count == 1 else f"{count} messages, 0 to {count - 1}"
        raise UsageError(f"Record {record} has no message {message}.", f"It has {there}.")
    old = said.messages[message]
    # An answer that only calls a tool says nothing, and may go on doing so.
    if not text.strip() and not (old.calls or old.media):
        raise UsageError(
            f"Message {message} of record {record} would be empty.",
            "An empty turn has no score. Reject the record instead if it should not be used.",
        )
    if "\0" in text or any("\ud800" <= character <= "\udfff" for character in text):
        raise UsageError("The text holds a NUL or half a character.", "Remove it.")
    messages = list(said.messages)
    messages[message] = msgspec.structs.replace(old, content=text)
    return msgspec.structs.replace(said, messages=tuple(messages))
