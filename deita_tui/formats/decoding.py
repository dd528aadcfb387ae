"""JSON text to values, and the true reason when it cannot be.

msgspec decodes; what it refuses is looked at again by the standard library, because msgspec calls
a lone surrogate truncated data and NaN an invalid character.
"""

import json
import math
from typing import Any, NoReturn

import msgspec

from deita_tui.formats.rows import RowError

LIMIT = 256 << 20
"""The longest row, in bytes, that is held in memory; a longer one is refused as too-long."""

decode = msgspec.json.Decoder().decode

UNREADABLE = (msgspec.DecodeError, ValueError, RecursionError)
"""What ``decode`` raises on bytes that are not JSON."""


class Overlong(bytes):
    """The start of a row that is longer than ``LIMIT``; the rest was passed over."""


def suspicious(data: bytes) -> bool:
    """May ``data`` hold a NUL, plain or escaped? Cheap, and never wrongly false."""
    return b"\\u0000" in data or b"\0" in data


def decode_row(raw: bytes) -> dict[str, Any]:
    """The object that a row's bytes hold.

    Raises:
        RowError: with the true reason.
    """
    if isinstance(raw, Overlong):
        raise RowError("too-long", f"The row is longer than {LIMIT >> 20} MB.")
    try:
        value = decode(raw)
    except UNREADABLE:
        value = _examine(raw)
    if suspicious(raw):
        check_values(value)
    if not isinstance(value, dict):
        raise RowError("not-an-object", f"The row is {_kind(value)}, not a JSON object.")
    return value


def check_values(value: object) -> None:
    """Refuse what no project can hold: NUL, lone surrogates, numbers that JSON has no word for."""
    if isinstance(value, str):
        check_text(value)
    elif isinstance(value, float):
        if not math.isfinite(value):
            raise RowError("nan", f"The row holds {value}, which is not a JSON number.")
    elif isinstance(value, dict):
        for key, inner in value.items():
            check_values(key)
            check_values(inner)
    elif isinstance(value, list):
        for inner in value:
            check_values(inner)


def check_text(text: str) -> None:
    """Refuse a text with a NUL or a lone surrogate (D18)."""
    if "\0" in text:
        raise RowError("nul", "The row holds a NUL character (\\u0000), which no text may have.")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        code = ord(text[error.start])
        raise RowError(
            "surrogate",
            f"The row holds a lone surrogate (\\u{code:04x}): half of a character.",
        ) from None


def _examine(raw: bytes) -> object:
    """Decode what msgspec would not, or say why it is no JSON."""
    if b"\0" in raw:
        raise RowError("nul", "The row holds a NUL byte, which no text may have.")
    try:
        text = raw.decode()
    except UnicodeDecodeError as error:
        raise RowError(
            "bad-utf8",
            f"The row is not UTF-8: byte 0x{raw[error.start]:02x} at position {error.start + 1}.",
        ) from None
    try:
        value = json.loads(text, parse_constant=_refuse_constant)
        check_values(value)
    except json.JSONDecodeError as error:
        raise _wrong(error, text) from None
    except RecursionError:
        raise RowError("not-json", "The row is nested too deeply.") from None
    except ValueError as error:
        raise RowError("not-json", f"The row is not JSON: {error}.") from None
    return value


def _wrong(error: json.JSONDecodeError, text: str) -> RowError:
    end = len(text.rstrip())
    cut_escape = error.msg.startswith("Invalid") and error.pos >= end - 6 and '"' not in text[-4:]
    if error.pos >= end or error.msg.startswith("Unterminated string") or cut_escape:
        return RowError("truncated", "The row ends in the middle of its JSON.")
    return RowError("not-json", f"The row is not JSON: {error.msg} at position {error.pos + 1}.")


def _refuse_constant(name: str) -> NoReturn:
    raise RowError("nan", f"The row holds {name}, which is not a JSON number.")


def _kind(value: object) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true or false"
    kinds: dict[type, str] = {str: "a string", list: "a list"}
    return kinds.get(type(value), "a number")
