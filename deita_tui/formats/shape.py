"""What a format is: the parts that its rows have, and how they become records."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

from deita_tui.formats.rows import Found, RowError
from deita_tui.records import Message, Record

Columns = dict[str, str]
"""Part to column, for the parts that a file has."""
RowReader = Callable[[dict[str, Any]], tuple[Found, ...]]
"""A row to its records; takes what it uses out of the row, raises RowError or, if it is a quick
reader, anything in ``MISS``."""

MISS = (KeyError, TypeError, ValueError, AttributeError)


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a format's rows, such as alpaca's instruction."""

    name: str
    columns: tuple[str, ...]
    """Names that files give it, the likeliest first."""
    accepts: Callable[[Any], bool]
    """Does a value look like this part?"""
    required: bool = False
    aliases: tuple[str, ...] = ()
    """Other words for it in a mapping; LLaMA-Factory's own among them."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format: recognised by its parts, read by ``reader``."""

    name: str
    title: str
    parts: tuple[Part, ...]
    reader: Callable[[Columns], RowReader]
    quick: Callable[[Columns], RowReader | None] | None = None
    """A reader for rows that hold nothing unusual; it misses on all others."""
    decisive: bool = False
    """No other format can be meant when this one fits."""
    either: tuple[str, ...] = ()
    """Parts that stand for the same: where a mapping names one, no other is looked for."""

    def part(self, word: str) -> Part | None:
        """The part that ``word`` means in a mapping."""
        for part in self.parts:
            if word == part.name:
                return part
        return next((part for part in self.parts if word in part.aliases), None)


def is_text(value: Any) -> bool:
    """Is it a string?"""
    return isinstance(value, str)


def is_maybe_text(value: Any) -> bool:
    """Is it a string, or missing?"""
    return value is None or isinstance(value, str)


def is_anything(value: Any) -> bool:
    """Yes."""
    return True


COMMON = (
    Part(
        "id",
        ("id", "_id", "uid", "uuid", "conversation_id", "prompt_id"),
        lambda value: isinstance(value, str | int) and not isinstance(value, bool),
    ),
    Part("source", ("source", "dataset"), lambda value: is_name(value)),
)
"""Parts that every format has."""


def is_name(value: Any) -> bool:
    """Is it short enough to name a source, rather than be a text?"""
    return isinstance(value, str) and 0 < len(value) <= 100 and "\n" not in value


def need(row: dict[str, Any], column: str) -> Any:
    """Take what must be there out of the row."""
    value = row.pop(column, None)
    if value is None:
        raise RowError("missing-field", f"The row has no {column!r}.")
    return value


def need_text(row: dict[str, Any], column: str) -> str:
    """Take a text that must be there out of the row."""
    value = need(row, column)
    if not isinstance(value, str):
        raise wrong_type(column, value, "text")
    return value


def maybe_text(row: dict[str, Any], column: str | None) -> str:
    """Take a text that need not be there out of the row; "" if it is not."""
    value = row.pop(column, None) if column is not None else None
    if value is None:
        return ""
    if not isinstance(value, str):
        assert column is not None
        raise wrong_type(column, value, "text")
    return value


def wrong_type(name: str, value: Any, wanted: str) -> RowError:
    """The refusal of a value that is not what its place asks for."""
    return RowError("wrong-type", f"{name!r} is {kind(value)}, not {wanted}.")


def kind(value: Any) -> str:
    """A value's type in plain words."""
    if value is None:
        return "empty (null)"
    names: list[tuple[type | tuple[type, ...], str]] = [
        (bool, "true or false"),
        ((int, float), "a number"),
        (str, "text"),
        (list, "a list"),
        (dict, "an object"),
    ]
    for types, name in names:
        if isinstance(value, types):
            return name
    return f"a {type(value).__name__}"


def finish(
    row: dict[str, Any],
    columns: Columns,
    record: Record,
    layout: dict[str, Any],
) -> Found:
    """What was found, once every part but the common ones is taken out of the row.

    Raises:
        RowError: there is nothing to learn from.
    """
    check_messages(record.messages)
    column = columns.get("id", "id")
    name = row.get(column)
    if name is None or (isinstance(name, str | int) and not isinstance(name, bool)):
        row.pop(column, None)
    else:
        name = None
    external_id = None if name is None else str(name)
    column = columns.get("source", "source")
    source = row.get(column)
    if source is None or is_name(source):
        row.pop(column, None)
    else:
        source = None
    return Found(record, external_id, source, row, layout)


def check_messages(messages: Iterable[Message]) -> None:
    """Refuse a conversation in which nobody asks or nobody answers."""
    roles = set()
    said = False
    for message in messages:
        roles.add(message.role)
        if message.role in ("user", "assistant"):
            said = said or bool(message.content or message.calls or message.media)
    if not roles:
        raise RowError("no-messages", "The conversation has no messages.")
    if "user" not in roles:
        raise RowError("no-user", "No message is from the user: there is nothing to answer.")
    if "assistant" not in roles:
        raise RowError("no-assistant", "No message is from the assistant: nothing is answered.")
    if not said:
        raise RowError("no-text", "Every message of the user and the assistant is empty.")
