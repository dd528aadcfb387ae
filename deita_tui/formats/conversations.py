"""Conversations: ShareGPT (from, value) and OpenAI messages (role, content)."""

from typing import Any

from deita_tui.formats.media import MEDIA, attach, media_columns
from deita_tui.formats.messages import CALLING, ROLE_NAMES, ROLE_TAGS, Reading, Style
from deita_tui.formats.rows import Found
from deita_tui.formats.shape import (
    COMMON,
    Columns,
    Format,
    Part,
    RowReader,
    finish,
    is_anything,
    is_maybe_text,
    is_name,
    maybe_text,
    need,
    wrong_type,
)
from deita_tui.records import Message, Record, Role

LISTS = ("conversations", "messages", "conversation", "dialog", "dialogue", "chat", "turns")
_USUAL = {
    "from": frozenset(("system", "human", "gpt", "observation", CALLING)),
    "role": frozenset(("system", "user", "assistant", "tool")),
}
_QUICK: dict[str, Role] = {
    "system": "system",
    "human": "user",
    "user": "user",
    "gpt": "assistant",
    "assistant": "assistant",
}


def style(columns: Columns, role: str, content: str) -> Style:
    """How the messages are written, with the names that a mapping gives."""
    names = {columns[tag]: meant for tag, meant in ROLE_TAGS.items() if tag in columns}
    key = columns.get("role_tag", role)
    return Style(
        key,
        columns.get("content_tag", content),
        ROLE_NAMES | names,
        _USUAL.get(key, _USUAL["role"]) | names.keys(),
    )


def read_list(
    value: Any, name: str, written: Style, system: str = ""
) -> tuple[list[Message], dict[str, Any]]:
    """The messages of a list, behind ``system`` if they bring none, and their layout."""
    if not isinstance(value, list):
        raise wrong_type(name, value, "a list of messages")
    reading = Reading(written, system)
    for message in value:
        reading.add(message)
    return reading.messages, reading.done()


def read_conversation(
    row: dict[str, Any], columns: Columns, written: Style
) -> tuple[list[Message], dict[str, Any]]:
    """The messages of a row with its system prompt and media, and their layout."""
    name = columns["messages"]
    value = need(row, name)
    # a system message wins over the column, which then stays an extra field
    system = "" if written.begins_with_system(value) else maybe_text(row, columns.get("system"))
    messages, layout = read_list(value, name, written, system)
    return attach(messages, media_columns(row, columns), layout), layout


def _reader(role: str, content: str) -> Any:
    def bind(columns: Columns) -> RowReader:
        written = style(columns, role, content)

        def read(row: dict[str, Any]) -> tuple[Found, ...]:
            messages, layout = read_conversation(row, columns, written)
            return (finish(row, columns, Record(tuple(messages)), layout),)

        return read

    return bind


def _quick(role: str, content: str) -> Any:
    """A reader for rows of two-key messages with the plainest roles and nothing beside them."""

    def bind(columns: Columns) -> RowReader | None:
        written = style(columns, role, content)
        roles = {
            name: meant
            for name, meant in _QUICK.items()
            if name in written.usual and written.roles[name] == meant
        }
        list_at, role_at, content_at = columns["messages"], written.role, written.content
        id_at, source_at = columns.get("id", "id"), columns.get("source", "source")
        rare = {columns[part] for part in ("system", *MEDIA) if part in columns}
        texts_only = {str}

        def read(row: dict[str, Any]) -> tuple[Found, ...]:
            values = row.pop(list_at)
            meant = [roles[value[role_at]] for value in values]
            texts = [value[content_at] for value in values]
            external_id, source = row.pop(id_at, None), row.pop(source_at, None)
            if not (
                set(map(type, texts)) == texts_only
                and sum(map(len, values)) == 2 * len(texts)
                and "user" in meant
                and "assistant" in meant
                and (external_id is None or type(external_id) is str)
                and (source is None or is_name(source))
                and (not row or rare.isdisjoint(row))
                and any(texts)
            ):
                raise KeyError
            record = Record(tuple(map(Message, meant, texts)))
            return (Found(record, external_id, source, row, {}),)

        return read

    return bind


def _list_of(role: str, content: str) -> Any:
    """Does a value look like a list of such messages?"""

    def accepts(value: Any) -> bool:
        if not isinstance(value, list) or not value or not isinstance(value[0], dict):
            return False
        return role in value[0] and content in value[0]

    return accepts


TOOLS = Part("tools", ("tools",), is_anything)
"""The tools that were on offer; they stay an extra field, and the mapping tells which it is."""
TAGS = tuple(Part(tag, (), is_anything) for tag in ("role_tag", "content_tag", *ROLE_TAGS))


def _format(name: str, title: str, role: str, content: str) -> Format:
    return Format(
        name,
        title,
        (
            Part("messages", LISTS, _list_of(role, content), True, ("conversations",)),
            Part("system", ("system", "system_prompt"), is_maybe_text),
            TOOLS,
            *MEDIA.values(),
            *TAGS,
            *COMMON,
        ),
        _reader(role, content),
        _quick(role, content),
    )


SHAREGPT = _format("sharegpt", "conversations of (from, value)", "from", "value")
MESSAGES = _format("messages", "messages of (role, content)", "role", "content")
