"""Preference pairs and KTO: the chosen side is the record, the other is kept beside it."""

from typing import Any

import msgspec

from deita_tui.formats.conversations import (
    LISTS,
    TAGS,
    TOOLS,
    read_conversation,
    read_list,
    style,
)
from deita_tui.formats.dialogue import parse_dialogue
from deita_tui.formats.instructions import HISTORY, SYSTEM, turns_of
from deita_tui.formats.instructions import reader as read_instruction
from deita_tui.formats.media import MEDIA
from deita_tui.formats.messages import Style
from deita_tui.formats.rows import Found, RowError
from deita_tui.formats.shape import (
    COMMON,
    Columns,
    Format,
    Part,
    RowReader,
    finish,
    is_maybe_text,
    is_text,
    need,
    wrong_type,
)
from deita_tui.records import Message, Record


def reader(columns: Columns) -> RowReader:
    """Read rows of a context, a chosen answer and a rejected one."""

    def read(row: dict[str, Any]) -> tuple[Found, ...]:
        written = _style_of_row(row, columns)
        chosen, whole, chosen_layout = _side(row, columns["chosen"], written)
        rejected, also_whole, rejected_layout = _side(row, columns["rejected"], written)
        if whole != also_whole:
            raise _mixed(columns, whole)
        layout: dict[str, Any] = {}
        if not whole:
            context, layout = _context(row, columns, written)
            if context[-1].role == "assistant":
                raise RowError(
                    "bad-role", "What the chosen and rejected answers answer ends with an answer."
                )
            chosen, rejected = [*context, *chosen], [*context, *rejected]
        at = _parting(chosen, rejected)
        if at != len(chosen) - 1:
            layout["rejected_at"] = at
        for name, kept in (("chosen", chosen_layout), ("rejected", rejected_layout)):
            if kept:
                layout[name] = kept
        record = Record(tuple(chosen), tuple(rejected[at:]))
        return (finish(row, columns, record, layout),)

    return read


def _context(
    row: dict[str, Any], columns: Columns, written: Style
) -> tuple[list[Message], dict[str, Any]]:
    """What both answers answer."""
    messages_at, prompt_at = columns.get("messages"), columns.get("instruction")
    if messages_at in row:
        return read_conversation(row, columns, written)
    if isinstance(row.get(prompt_at or ""), list):
        return read_conversation(row, columns | {"messages": str(prompt_at)}, written)
    if prompt_at is None:
        raise RowError("missing-field", "The row has answers, but nothing that they answer.")
    return turns_of(row, columns)


def _side(
    row: dict[str, Any], name: str, written: Style
) -> tuple[list[Message], bool, dict[str, Any]]:
    """One side's messages, whether they are a whole conversation, and their layout."""
    value = need(row, name)
    if isinstance(value, str):
        messages = parse_dialogue(value)
        return messages or [Message("assistant", value)], bool(messages), {}
    if isinstance(value, dict):
        value = [value]
    if not isinstance(value, list):
        raise wrong_type(name, value, "a text, a message or a list of messages")
    messages, layout = read_list(value, name, written)
    if not messages:
        raise RowError("no-messages", f"{name!r} has no messages.")
    return messages, any(message.role == "user" for message in messages), layout


def _mixed(columns: Columns, chosen_is_whole: bool) -> RowError:
    """The refusal of a row whose sides do not begin at the same place."""
    sides = columns["chosen"], columns["rejected"]
    whole, part = sides if chosen_is_whole else sides[::-1]
    return RowError(
        "wrong-type",
        f"{whole!r} is a whole conversation, but {part!r} is only an answer; "
        "both must be the one or the other.",
    )


def _parting(chosen: list[Message], rejected: list[Message]) -> int:
    """The place of the first message that differs; of the last one if none does."""
    most = min(len(chosen), len(rejected)) - 1
    at = 0
    while at < most and chosen[at] == rejected[at]:
        at += 1
    return at


def _style_of_row(row: dict[str, Any], columns: Columns) -> Style:
    """ShareGPT's or OpenAI's keys, whichever the messages of the row have."""
    for part in ("chosen", "messages", "instruction"):
        value = row.get(columns.get(part, ""))
        first = value[0] if isinstance(value, list) and value else value
        if isinstance(first, dict):
            return _style_of(first, columns)
    return style(columns, "role", "content")


def _style_of(message: Any, columns: Columns) -> Style:
    if isinstance(message, dict) and "from" in message and "role" not in message:
        return style(columns, "from", "value")
    return style(columns, "role", "content")


def _is_side(value: Any) -> bool:
    return isinstance(value, str | dict) or (isinstance(value, list) and bool(value))


def _is_prompt(value: Any) -> bool:
    return isinstance(value, str) or _is_messages(value)


def _is_messages(value: Any) -> bool:
    return isinstance(value, list) and bool(value) and isinstance(value[0], dict)


PREFERENCE = Format(
    "preference",
    "a prompt or conversation with a chosen and a rejected answer",
    (
        Part("chosen", ("chosen",), _is_side, True),
        Part("rejected", ("rejected",), _is_side, True),
        Part("messages", LISTS, _is_messages, False, ("conversations",)),
        Part("instruction", ("prompt", "instruction", "question"), _is_prompt, False, ("prompt",)),
        Part("input", ("input",), is_maybe_text, False, ("query",)),
        SYSTEM,
        HISTORY,
        TOOLS,
        *MEDIA.values(),
        *TAGS,
        *COMMON,
    ),
    reader,
    decisive=True,
    either=("messages", "instruction"),
)


def kto_reader(columns: Columns) -> RowReader:
    """Read conversations or prompts with an answer, and whether the answer was wanted."""
    single = read_instruction(columns) if "instruction" in columns else None

    def read(row: dict[str, Any]) -> tuple[Found, ...]:
        label = _label(need(row, columns["label"]), columns["label"])
        if single is not None:
            (found,) = single(row)
        else:
            name = columns["messages"]
            value = row.get(name)
            first = value[0] if isinstance(value, list) and value else None
            messages, layout = read_conversation(row, columns, _style_of(first, columns))
            found = finish(row, columns, Record(tuple(messages)), layout)
        found.record = msgspec.structs.replace(found.record, label=label)
        return (found,)

    return read


def _label(value: Any, name: str) -> bool:
    if isinstance(value, str) and value.lower() in ("true", "false"):
        return value.lower() == "true"
    if not isinstance(value, bool):
        raise wrong_type(name, value, "true or false")
    return value


def _is_label(value: Any) -> bool:
    return isinstance(value, bool) or (
        isinstance(value, str) and value.lower() in ("true", "false")
    )


LABEL = Part("label", ("label", "kto_tag"), _is_label, True, ("kto_tag",))

KTO = Format(
    "kto",
    "conversations with a label: was the answer wanted?",
    (
        Part("messages", LISTS, _is_messages, True, ("conversations",)),
        LABEL,
        SYSTEM,
        TOOLS,
        *MEDIA.values(),
        *TAGS,
        *COMMON,
    ),
    kto_reader,
)

KTO_PAIRS = Format(
    "kto-pairs",
    "prompt and completion with a label: was the answer wanted?",
    (
        Part("instruction", ("prompt", "instruction"), is_text, True, ("prompt",)),
        Part("input", ("input",), is_maybe_text, False, ("query",)),
        Part(
            "output",
            ("completion", "response", "output"),
            is_text,
            True,
            ("completion", "response"),
        ),
        LABEL,
        SYSTEM,
        *COMMON,
    ),
    kto_reader,
)
