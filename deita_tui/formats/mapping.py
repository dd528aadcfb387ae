"""What a user says about a file: its format, and which column plays which part."""

from dataclasses import dataclass
from typing import Self

import msgspec

from deita_tui.errors import UsageError

_EXAMPLE = "Write it like: --map instruction=prompt,response=answer"


@dataclass(frozen=True, slots=True)
class Mapping:
    """A format and its columns; whatever is left open is detected.

    Equal mappings read a file alike, so its JSON is half of an import's identity (D5).
    """

    format: str | None = None
    """A name of ``formats.names()``."""
    columns: tuple[tuple[str, str], ...] = ()
    """(part, column) pairs; a column of a table without a header is its number, from "1"."""

    @classmethod
    def parse(cls, text: str, name: str | None = None) -> Self:
        """Read ``instruction=prompt,response=answer``; a backslash keeps a comma in a name.

        Args:
            text: the columns.
            name: the format, if that is said too.

        Raises:
            UsageError: it is not written like that.
        """
        columns = []
        for pair in _split(text, ","):
            sides = [_plain(side.strip()) for side in _split(pair, "=")]
            if len(sides) != 2 or not all(sides):
                raise UsageError(f"--map {text!r} is no list of part=column pairs.", _EXAMPLE)
            columns.append((sides[0], sides[1]))
        parts = [part for part, _ in columns]
        if twice := next((part for part in parts if parts.count(part) > 1), None):
            raise UsageError(f"--map {text!r} names {twice} twice.", _EXAMPLE)
        return cls(name, tuple(columns))

    def __str__(self) -> str:
        """The columns in the language of ``--map``."""
        return ",".join(f"{_quoted(part)}={_quoted(column)}" for part, column in self.columns)

    def to_json(self) -> str:
        """Canonical JSON: equal mappings give equal text."""
        return msgspec.json.encode(
            {"format": self.format, "columns": dict(self.columns)}, order="sorted"
        ).decode()

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """The mapping that ``to_json`` wrote."""
        value = msgspec.json.decode(text)
        return cls(value["format"], tuple(sorted(value["columns"].items())))


def _split(text: str, separator: str) -> list[str]:
    parts = [""]
    escaped = False
    for character in text:
        if character == separator and not escaped:
            parts.append("")
        else:
            parts[-1] += character
        escaped = character == "\\" and not escaped
    return parts


def _plain(text: str) -> str:
    kept = []
    escaped = False
    for character in text:
        escaped = character == "\\" and not escaped
        if not escaped:
            kept.append(character)
    return "".join(kept)


def _quoted(text: str) -> str:
    for special in "\\,=":
        text = text.replace(special, "\\" + special)
    return text
