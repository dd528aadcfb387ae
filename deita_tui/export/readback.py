"""Reading a row again, as an import would: what comes back is what a trainer can know of a record.

The rules of each target are told by its own module. This is the net below them: a row that says
anything else than its record is never written in silence.
"""

from collections.abc import Iterator

import msgspec

from deita_tui.export import chat
from deita_tui.export.items import Item, Options, Row
from deita_tui.export.problems import Fault
from deita_tui.export.target import Target
from deita_tui.formats import names
from deita_tui.formats.rows import RowError
from deita_tui.formats.shape import MISS, RowReader, check_messages
from deita_tui.records import Message, Record


class Readback:
    """Reads the rows of one target; the readers are made once."""

    def __init__(self, target: Target, options: Options) -> None:
        self._target = target
        self._options = options
        self._readers: dict[str, tuple[RowReader | None, RowReader]] = {}

    def faults(self, item: Item, row: Row, told: bool) -> Iterator[Fault]:
        """What the row does not say of its record.

        Args:
            item: the record.
            row: its row.
            told: another rule has told already that something is lost.
        """
        if self._target.reads is None:
            return
        yield from _sides(item, self._options)
        if not row:
            return
        try:
            found = self._read(row)
        except RowError as error:
            yield Fault("unreadable", "doubtful", f"An import would refuse the row: {error}")
            return
        if not told and _plain(found) != _plain(_expected(item, self._options)):
            yield Fault(
                "not-the-same",
                "changed",
                "Read again, the row says something else than the record: the target has no place "
                "for a part of it.",
            )

    def _read(self, row: Row) -> Record:
        assert self._target.reads is not None
        name, columns, whole = self._target.reads(row, self._options)
        there = {part: column for part, column in columns.items() if column in whole}
        key = msgspec.json.encode([name, sorted(there.items())]).decode()
        if key not in self._readers:
            found = names.get(name)
            self._readers[key] = (found.quick and found.quick(there), found.reader(there))
        quick, careful = self._readers[key]
        if quick is not None:
            try:
                (quickly,) = quick(dict(whole))
            except MISS:
                pass
            else:
                check_messages(quickly.record.messages)
                return quickly.record
        (read,) = careful(dict(whole))
        return read.record


def _plain(record: Record) -> Record:
    """The record with the arguments of its calls spaced alike: what they say is what counts."""
    if not any(each.calls for each in (*record.messages, *(record.rejected or ()))):
        return record
    rejected = record.rejected and tuple(map(_respaced, record.rejected))
    return msgspec.structs.replace(
        record, messages=tuple(map(_respaced, record.messages)), rejected=rejected
    )


def _respaced(message: Message) -> Message:
    calls = message.calls and tuple(
        msgspec.structs.replace(call, arguments=_compact(call.arguments)) for call in message.calls
    )
    return msgspec.structs.replace(message, calls=calls)


def _compact(arguments: str) -> str:
    value = chat.parsed(arguments)
    return arguments if value is None else msgspec.json.encode(value).decode()


def _expected(item: Item, options: Options) -> Record:
    record = item.record
    if options.kind != "dpo":
        record = msgspec.structs.replace(record, rejected=None)
    if options.kind != "kto":
        record = msgspec.structs.replace(record, label=None)
    return record


def _sides(item: Item, options: Options) -> Iterator[Fault]:
    if item.record.rejected and options.kind != "dpo":
        told = "Its rejected answer is left out."
        yield Fault("rejected-side", "changed", told, "--kind dpo writes pairs.")
    if item.record.label is not None and options.kind != "kto":
        told = "Its label is left out; the answer is trained on, wanted or not."
        if item.record.label:
            told = "Its label is left out."
        yield Fault("label", "changed", told, "--kind kto writes labels.")
