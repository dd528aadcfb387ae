"""Images, video and audio beside a conversation: references that are kept and never opened."""

import re
from typing import Any

import msgspec

from deita_tui.formats.shape import Columns, Part
from deita_tui.records import Message

_PLACEHOLDER = re.compile("<(image|video|audio)>")


def _is_references(value: Any) -> bool:
    """Is it one reference or a list of them? Pictures that lie in the file itself are not."""
    if isinstance(value, list):
        return all(isinstance(inner, str) for inner in value)
    return value is None or isinstance(value, str)


MEDIA = {
    name: Part(name, (name, name.removesuffix("s")), _is_references)
    for name in ("images", "videos", "audios")
}


def media_columns(row: dict[str, Any], columns: Columns) -> list[tuple[str, str]]:
    """The (kind, reference) pairs of a row; what is no reference stays an extra field."""
    found: list[tuple[str, str]] = []
    for name in MEDIA:
        column = columns.get(name)
        if column is None or not _is_references(row.get(column)):
            continue
        value = row.pop(column, None)
        kind = name.removesuffix("s")
        found += [(kind, each) for each in ([value] if isinstance(value, str) else value or ())]
    return found


def attach(
    messages: list[Message], media: list[tuple[str, str]], layout: dict[str, Any]
) -> list[Message]:
    """Give each reference to the message that has its placeholder; the rest to the first user."""
    if not media:
        return messages
    if any(kind != "image" for kind, _ in media):
        layout["media"] = [kind for kind, _ in media]
    left = {kind: [ref for each, ref in media if each == kind] for kind, _ in media}
    given: list[list[str]] = []
    for message in messages:
        asked = _PLACEHOLDER.findall(message.content)
        given.append([left[kind].pop(0) for kind in asked if left.get(kind)])
    rest = [ref for refs in left.values() for ref in refs]
    if rest:
        first = next((at for at, each in enumerate(messages) if each.role == "user"), 0)
        if messages:
            given[first] += rest
    return [
        msgspec.structs.replace(message, media=(*(message.media or ()), *refs)) if refs else message
        for message, refs in zip(messages, given, strict=True)
    ]
