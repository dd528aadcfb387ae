"""One record on its way out, and what the whole set needs."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from deita_tui.records import Message, Record

Kind = Literal["sft", "dpo", "kto"]
Row = dict[str, Any]


class Options(msgspec.Struct, frozen=True):
    """How rows are to be written, beyond the target's name."""

    kind: Kind = "sft"
    """What is trained: answers, pairs of answers, or answers with a label."""
    prompt_completion: bool = False
    """TRL: the last answer apart from all that leads to it."""
    fields: tuple[str, ...] = ()


class Item(msgspec.Struct, frozen=True):
    """A record as it is exported."""

    id: int
    uid: str
    record: Record
    layout: Mapping[str, Any] = {}
    """What the import kept to give the row its shape back (docs/formats.md)."""
    tools: object = None
    """The tools that were on offer, as the file had them."""
    fields: Mapping[str, Any] = {}
    """Further columns that were asked for, by column; None where there is no value."""

    @property
    def messages(self) -> tuple[Message, ...]:
        """The conversation."""
        return self.record.messages


class Needs:
    """What the rows of a set have between them; all rows are then written alike.

    A loader guesses the type of a column from its first rows, and a trainer stops at a column that
    is missing from a row, so every row must know about the others before the first is written.
    """

    def __init__(self) -> None:
        self.system = False
        self.history = False
        self.tools = False
        self.media: set[str] = set()
        self.keys: set[str] = set()
        """Optional keys of the messages that are used."""
        self.kinds: dict[str, str] = {}
        """Kind of each further column: ``integer``, ``number``, ``boolean`` or ``text``."""

    def note(self, row: Row, item: Item) -> None:
        """Take a row into account."""
        self.system = self.system or any(each.role == "system" for each in item.messages)
        self.history = self.history or bool(row.get("history"))
        self.tools = self.tools or bool(row.get("tools"))
        self.media |= {name for name in ("images", "videos", "audios") if row.get(name)}
        for value in row.values():
            if isinstance(value, list) and value and isinstance(value[0], dict):
                self.keys.update(*value)
        for name, value in item.fields.items():
            if value is not None:
                kinds = {_kind(value), self.kinds.get(name, _kind(value))}
                mixed = "number" if kinds == {"integer", "number"} else "text"
                self.kinds[name] = kinds.pop() if len(kinds) == 1 else mixed

    def cell(self, name: str, value: Any) -> Any:
        """A further column's value, such that all values of the column have one type."""
        if value is None:
            return None
        kind = self.kinds.get(name)
        if kind in ("integer", "boolean"):
            return value
        if kind == "number":
            return float(value)
        return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _kind(value: object) -> str:
    if isinstance(value, bool):
        return "boolean"
    if isinstance(value, int):
        # larger ones have no place in a table
        return "integer" if abs(value) < 2**63 else "text"
    return "number" if isinstance(value, float) else "text"
