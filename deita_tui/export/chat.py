"""Messages as OpenAI and as ShareGPT write them; tools; what is true of every chat trainer."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from deita_tui.export.items import Row
from deita_tui.export.problems import Effect, Fault
from deita_tui.records import Call, Message

Arguments = Literal["text", "object"]

_EDIT = "Edit the record, or reject it."


def openai(message: Message, arguments: Arguments = "text") -> Row:
    """A message of role and content; keys that it has no use for are left out.

    Args:
        message: the message.
        arguments: whether those of a call stay JSON text, or become the object that it says.
    """
    row: Row = {"role": message.role, "content": message.content}
    if message.reasoning is not None:
        row["reasoning_content"] = message.reasoning
    if message.calls:
        row["tool_calls"] = [_openai_call(call, arguments) for call in message.calls]
    if message.call_id is not None:
        row["tool_call_id"] = message.call_id
    if message.name is not None:
        row["name"] = message.name
    return row


SHAREGPT_ROLES = {"system": "system", "user": "human", "assistant": "gpt", "tool": "observation"}


def sharegpt(message: Message) -> Row:
    """A message of from and value; an assistant message with calls is a ``function_call``."""
    row: Row = {"from": SHAREGPT_ROLES[message.role], "value": message.content}
    if message.calls:
        row = {"from": "function_call", "value": calls_text(message.calls)}
    if message.reasoning is not None:
        row["reasoning_content"] = message.reasoning
    if message.call_id is not None:
        row["tool_call_id"] = message.call_id
    if message.name is not None:
        row["name"] = message.name
    return row


def calls_text(calls: Sequence[Call]) -> str:
    """Calls as ``{"name": …, "arguments": …}``, several of them as a list."""
    written = [_written(call) for call in calls]
    return written[0] if len(written) == 1 else f"[{', '.join(written)}]"


def tools(value: object) -> list[dict[str, Any]] | None:
    """Tools as a list of objects, whether the file had a list or JSON text; None if neither."""
    if isinstance(value, str):
        try:
            value = msgspec.json.decode(value)
        except (msgspec.DecodeError, RecursionError):
            return None
    value = [value] if isinstance(value, dict) else value
    if isinstance(value, list) and all(isinstance(each, dict) for each in value):
        return value
    return None


def tools_text(value: object) -> str:
    """Tools as JSON text, "" where there are none; text that is no JSON stays as it is."""
    if isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False) if value else ""


def has_tools(value: object) -> bool:
    """Was any tool on offer?"""
    return bool(value) and value not in ("[]", "{}", "null")


def unreadable_tools(value: object) -> Iterator[Fault]:
    """The fault of tools that are no JSON objects."""
    if has_tools(value) and tools(value) is None:
        yield Fault(
            "tools-unreadable",
            "refused",
            "What the record names as tools is no list of JSON objects.",
            "Correct the tools in the file and import it again.",
        )


def order(messages: Sequence[Message], effect: Effect) -> Iterator[Fault]:
    """The rule of every chat trainer: one system prompt first, then turns that alternate.

    An answer that calls tools is followed by what the tools say, any number of messages, and that
    by an answer. Only the first breach is told: it makes the others.
    """
    rest = messages[1:] if messages and messages[0].role == "system" else messages
    before = "start"
    for place, message in enumerate(rest, start=len(messages) - len(rest) + 1):
        if message.role not in _AFTER[before]:
            yield _breach(place, message.role, before, effect)
            return
        before = "call" if message.calls else message.role
    if before not in ("assistant", "call"):
        last = "nobody" if before == "start" else f"the {before}"
        yield Fault("no-last-answer", effect, f"The last word is {last}'s, not an answer.", _EDIT)


def empty(messages: Sequence[Message]) -> Iterator[Fault]:
    """A turn that says nothing is trained, or answered, all the same."""
    for place, message in enumerate(messages, start=1):
        if not (message.content.strip() or message.calls or message.media):
            yield Fault(
                "empty-turn", "doubtful", f"Message {place} ({message.role}) is empty.", _EDIT
            )


_AFTER = {
    "start": ("user",),
    "user": ("assistant",),
    "assistant": ("user",),
    "call": ("tool",),
    "tool": ("tool", "assistant"),
}


def _breach(place: int, role: str, before: str, effect: Effect) -> Fault:
    if role == "system":
        told = f"Message {place} is a system prompt, but not the first message."
        return Fault("system-not-first", effect, told, _EDIT)
    if before == "start":
        told = f"The conversation begins with the {role}, not with the user."
        return Fault("no-first-question", effect, told, _EDIT)
    after = "a call" if before == "call" else f"the {before}"
    told = f"Message {place} is the {role}'s and follows {after}: turns do not alternate."
    return Fault("not-alternating", effect, told, _EDIT)


def _openai_call(call: Call, arguments: Arguments) -> Row:
    value: Any = call.arguments
    if arguments == "object":
        value = parsed(call.arguments, call.arguments)
    function = {"name": call.name, "arguments": value}
    named = {} if call.id is None else {"id": call.id}
    return {**named, "type": "function", "function": function}


def parsed(arguments: str, otherwise: Any = None) -> Any:
    """The object that arguments say; ``otherwise`` where they say none."""
    try:
        value = msgspec.json.decode(arguments)
    except (msgspec.DecodeError, RecursionError):
        return otherwise
    return value if isinstance(value, dict) else otherwise


def _written(call: Call) -> str:
    # As they are, so that a number keeps its digits and an import reads the same text again.
    verbatim = not call.arguments.startswith('"') and _is_json(call.arguments)
    arguments = call.arguments if verbatim else json.dumps(call.arguments, ensure_ascii=False)
    named = "" if call.id is None else f', "id": {json.dumps(call.id, ensure_ascii=False)}'
    name = json.dumps(call.name, ensure_ascii=False)
    return f'{{"name": {name}, "arguments": {arguments}{named}}}'


def _is_json(text: str) -> bool:
    try:
        msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return False
    return True
