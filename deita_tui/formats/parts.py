"""Message contents that are lists of parts: text, reasoning, tool calls, media."""

from dataclasses import dataclass, field
from typing import Any

import msgspec

from deita_tui.formats.rows import RowError
from deita_tui.formats.shape import kind, wrong_type
from deita_tui.formats.toolcalls import calls_in_text
from deita_tui.records import Call

_TEXT = ("text", "input_text", "output_text")
_REASONING = ("reasoning", "thinking")
_CALL = ("tool_call", "function_call")
_MEDIA = ("image", "video", "audio", "file")


@dataclass(slots=True)
class Content:
    """What a message says."""

    text: str = ""
    reasoning: str | None = None
    calls: tuple[Call, ...] = ()
    media: tuple[str, ...] = ()


@dataclass(slots=True)
class Parts:
    """A content and what restores its parts."""

    content: Content = field(default_factory=Content)
    text_key: str = ""
    """The key that the texts lie under: "text" or "value"."""
    split: list[list[Any]] = field(default_factory=list)
    """(type, length) of each part, where it is not one reasoning, one text, then calls."""


def read_parts(values: list[Any], place: int) -> Parts:
    """Read a list of parts; ``place`` is the message's, from 1."""
    parts = Parts()
    texts: list[str] = []
    thoughts: list[str] = []
    calls: list[Call] = []
    media: list[str] = []
    order: list[list[Any]] = []
    for value in values:
        name, key, inner = _typed(value, place)
        if key in ("text", "value"):
            parts.text_key = key
        if name in _CALL and (written := calls_in_text(_text(inner, name, place))):
            calls.extend(written)
            order.append([name, len(written)])
        elif name in _TEXT or name in _CALL:
            texts.append(_text(inner, name, place))
            order.append([name, len(texts[-1])])
        elif name in _REASONING:
            thoughts.append(_text(inner, name, place))
            order.append([name, len(thoughts[-1])])
        elif any(medium in name for medium in _MEDIA):
            if inner is not None:
                media.append(_reference(inner))
            order.append([name, int(inner is not None)])
        else:
            raise RowError(
                "wrong-type", f"Message {place} has a part of unknown type {name[:40]!r}."
            )
    parts.content = Content("".join(texts), "".join(thoughts) or None, tuple(calls), tuple(media))
    if not _plain(order):
        parts.split = order
    return parts


def _typed(value: Any, place: int) -> tuple[str, str, Any]:
    """A part's type, the key of its content, its content."""
    if isinstance(value, str):
        return "text", "", value
    if not isinstance(value, dict):
        raise wrong_type(f"part of message {place}", value, "an object")
    name = value.get("type")
    if not isinstance(name, str):
        raise RowError("missing-field", f"A part of message {place} has no 'type'.")
    for key in (name, "text", "value", "url", "path", "thinking"):
        if value.get(key) is not None:
            return name, key, value[key]
    return name, "", None


def _text(value: Any, name: str, place: int) -> str:
    if not isinstance(value, str):
        raise RowError(
            "wrong-type", f"A {name} part of message {place} is {kind(value)}, not text."
        )
    return value


def _reference(value: Any) -> str:
    if isinstance(value, dict) and isinstance(value.get("url"), str) and len(value) == 1:
        return str(value["url"])
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def _plain(order: list[list[Any]]) -> bool:
    """Does the order follow from the content: at most a reasoning, at most a text, then calls?"""
    names = [name for name, _ in order]
    while names and names[-1] == "tool_call":
        names.pop()
    return (
        names in ([], ["text"], ["reasoning"], ["reasoning", "text"])
        and all(size for name, size in order if name != "tool_call")
        and all(size == 1 for name, size in order if name == "tool_call")
    )
