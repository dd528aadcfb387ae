"""One message of a conversation, as ShareGPT, OpenAI and their kin write it."""

from dataclasses import replace
from typing import Any

import msgspec

from deita_tui.formats.parts import Content, read_parts
from deita_tui.formats.rows import RowError
from deita_tui.formats.shape import wrong_type
from deita_tui.formats.toolcalls import calls_in_text, openai_calls
from deita_tui.records import Call, Message, Role

CALLING = "function_call"
"""Stands in ``ROLE_NAMES`` for an assistant message that is a call."""

ROLE_NAMES: dict[str, str] = {
    **dict.fromkeys(("system", "developer"), "system"),
    **dict.fromkeys(("user", "human", "prompter"), "user"),
    **dict.fromkeys(("assistant", "gpt", "chatgpt", "bot", "bing", "bard", "model"), "assistant"),
    **dict.fromkeys(("tool", "observation", "function", "function_response"), "tool"),
    **dict.fromkeys((CALLING, "tool_call"), CALLING),
}

ROLE_TAGS = {
    "system_tag": "system",
    "user_tag": "user",
    "assistant_tag": "assistant",
    "observation_tag": "tool",
    "function_tag": CALLING,
}
"""The parts of a mapping that name a file's own roles, in LLaMA-Factory's words."""

_REASONING = ("reasoning_content", "reasoning", "thinking")


class Style(msgspec.Struct, frozen=True):
    """How the messages of a file are written."""

    role: str
    content: str
    roles: dict[str, str]
    """Role names to roles."""
    usual: frozenset[str]
    """Role names that need no mention in the layout."""

    def begins_with_system(self, values: object) -> bool:
        """Is the first message of a list a system prompt?"""
        first = values[0] if isinstance(values, list) and values else None
        name = first.get(self.role) if isinstance(first, dict) else None
        return isinstance(name, str) and self.roles.get(name) == "system"


class Reading:
    """The messages of one row, and the layout that gathers while they are read."""

    def __init__(self, style: Style, system: str = "") -> None:
        self.style = style
        self.offset = 0
        self.messages: list[Message] = []
        self.layout: dict[str, Any] = {}
        self.names: list[str] = []
        self.fields: dict[str, dict[str, Any]] = {}
        if system:
            self.messages.append(Message("system", system))
            self.names.append("system")
            self.layout["system"] = "column"
            self.offset = 1

    def add(self, value: object) -> None:
        """Read one message."""
        place = len(self.messages) + 1 - self.offset
        if not isinstance(value, dict):
            raise wrong_type(f"message {place}", value, "an object")
        # a table spells a missing key as null
        fields = {key: inner for key, inner in value.items() if inner is not None}
        name = fields.pop(self.style.role, None)
        role = self.role(name, place)
        calls = self._calls(fields)
        content = self._content(fields, calls, place)
        calls = (*calls, *content.calls)
        if role == CALLING:
            role = "assistant"
            written = calls_in_text(content.text)
            if written is not None:
                calls = (*calls, *written)
                content = replace(content, text="", calls=())
        reasoning = content.reasoning or self._reasoning(fields)
        self.messages.append(
            Message(
                role=_role(role),
                content=content.text,
                reasoning=reasoning,
                calls=calls or None,
                call_id=_take(fields, "tool_call_id"),
                name=_take(fields, "name"),
                media=content.media or None,
            )
        )
        self.names.append(str(name))
        for key, inner in fields.items():
            self.fields.setdefault(key, {})[str(len(self.messages) - 1)] = inner

    def role(self, name: object, place: int) -> str:
        """What a file's role name stands for here."""
        if name is None:
            raise RowError("missing-field", f"Message {place} has no {self.style.role!r}.")
        if not isinstance(name, str):
            raise wrong_type(f"{self.style.role} of message {place}", name, "text")
        role = self.style.roles.get(name) or self.style.roles.get(name.lower())
        if role is None:
            raise RowError(
                "bad-role",
                f"Message {place} is from {name[:40]!r}, which is no known role; "
                "map it with one of user_tag, assistant_tag, system_tag, observation_tag.",
            )
        return role

    def done(self) -> dict[str, Any]:
        """The layout, once all messages are read."""
        if not self.style.usual.issuperset(self.names):
            self.layout["roles"] = self.names
        for key, values in self.fields.items():
            whole = len(values) == len(self.messages)
            self.layout.setdefault("fields", {})[key] = list(values.values()) if whole else values
        return self.layout

    def _content(self, fields: dict[str, Any], calls: tuple[Call, ...], place: int) -> Content:
        content = fields.pop(self.style.content, None)
        if isinstance(content, str):
            return Content(content)
        if content is None:
            if calls:
                return Content()
            raise RowError("missing-field", f"Message {place} has no {self.style.content!r}.")
        if not isinstance(content, list):
            raise wrong_type(f"{self.style.content} of message {place}", content, "text or a list")
        parts = read_parts(content, place)
        if parts.text_key:
            self.layout["parts"] = parts.text_key
        if parts.split:
            self.layout.setdefault("split", {})[str(len(self.messages))] = parts.split
        return parts.content

    def _calls(self, fields: dict[str, Any]) -> tuple[Call, ...]:
        calls: tuple[Call, ...] = ()
        if isinstance(fields.get("tool_calls"), list):
            read = openai_calls(fields["tool_calls"])
            if read is not None:
                del fields["tool_calls"]
                calls, objects = read
                if objects:
                    self.layout["arguments"] = "object"
        if isinstance(fields.get(CALLING), dict):
            read = openai_calls([{"function": fields[CALLING]}])
            if read is not None:
                del fields[CALLING]
                calls = (*calls, *read[0])
                self.layout["calls"] = CALLING
        return calls

    def _reasoning(self, fields: dict[str, Any]) -> str | None:
        for key in _REASONING:
            if isinstance(fields.get(key), str):
                if key != _REASONING[0]:
                    self.layout["reasoning"] = key
                return str(fields.pop(key))
        return None


def _role(name: str) -> Role:
    roles: dict[str, Role] = {
        "system": "system",
        "user": "user",
        "assistant": "assistant",
        "tool": "tool",
    }
    return roles[name]


def _take(fields: dict[str, Any], key: str) -> str | None:
    value = fields.get(key)
    if not isinstance(value, str):
        return None
    return str(fields.pop(key))
