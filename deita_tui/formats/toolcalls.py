"""Tool calls, as a text or as OpenAI's objects."""

from typing import Any

import msgspec

from deita_tui.records import Call


class _Written(msgspec.Struct, forbid_unknown_fields=True):
    """A call as ShareGPT files write it; what has more fields stays text, so that none is lost."""

    name: str
    arguments: msgspec.Raw = msgspec.Raw(b"{}")
    id: str | None = None


_written = msgspec.json.Decoder(_Written | list[_Written])
_KNOWN = {"id", "type", "function"}


def calls_in_text(text: str) -> tuple[Call, ...] | None:
    """The calls that ``{"name": …, "arguments": …}`` texts hold; None if it is anything else."""
    try:
        value = _written.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return None
    written = value if isinstance(value, list) else [value]
    return tuple(Call(call.name, _arguments(call.arguments), call.id) for call in written) or None


def openai_calls(values: list[Any]) -> tuple[tuple[Call, ...], bool] | None:
    """OpenAI's ``tool_calls``, and whether their arguments were objects; None if unreadable."""
    calls = []
    objects = False
    for value in values:
        function = value.get("function", value) if isinstance(value, dict) else None
        if not isinstance(function, dict) or not isinstance(function.get("name"), str):
            return None
        known = _KNOWN if function is not value else _KNOWN | {"name", "arguments"}
        if not known.issuperset(value) or not {"name", "arguments"}.issuperset(function):
            return None
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            objects = True
            arguments = msgspec.json.encode(arguments if arguments is not None else {}).decode()
        name = value.get("id")
        if not isinstance(name, str | None) or value.get("type") not in (None, "function"):
            return None
        calls.append(Call(function["name"], arguments, name))
    return tuple(calls), objects


def _arguments(raw: msgspec.Raw) -> str:
    text = bytes(raw).decode()
    if text.startswith('"'):
        return str(msgspec.json.decode(text))
    return text
