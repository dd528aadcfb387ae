"""Conversations that lie in one text, told by their headings."""

import re
from typing import Any

from deita_tui.formats.instructions import joined
from deita_tui.formats.rows import Found, RowError
from deita_tui.formats.shape import COMMON, Columns, Format, Part, RowReader, finish, need_text
from deita_tui.records import Message, Record

_SPEAKER = re.compile(r"(?:\A\n*|\n\n)(Human|Assistant): ?")

# how headings are written: (instruction, input, response), with the white space that is theirs
_HEADINGS = (
    ("### Instruction:\n", "\n\n### Input:\n", "\n\n### Response:"),
    ("Instruction: ", " Input: ", " Response: "),
    ("Instruction:\n", "\nInput:\n", "\nResponse:\n"),
    ("Instruction: ", "\nInput: ", "\nResponse: "),
)


def parse_dialogue(text: str) -> list[Message]:
    """The messages of a text with ``Human:`` and ``Assistant:`` paragraphs; none if it has none."""
    if not text.lstrip("\n").startswith("Human:"):
        return []
    pieces = _SPEAKER.split(text)
    return [
        Message("user" if speaker == "Human" else "assistant", said)
        for speaker, said in zip(pieces[1::2], pieces[2::2], strict=True)
    ]


def parse_headings(text: str) -> tuple[str, str, str, str] | None:
    """(what stands before, instruction, input, response) of a text with such headings."""
    for instruction_mark, input_mark, response_mark in _HEADINGS:
        before, found, rest = text.partition(instruction_mark)
        instruction, answered, response = rest.partition(response_mark)
        if not found or not answered or (before and not before.endswith("\n")):
            continue
        instruction, _, given = instruction.partition(input_mark)
        if response_mark.endswith(":"):
            response = response.removeprefix("\n")
        return before, instruction, given, response
    return None


def reader(columns: Columns) -> RowReader:
    """Read rows whose one text holds instruction, input and response, or a dialogue."""

    def read(row: dict[str, Any]) -> tuple[Found, ...]:
        text = need_text(row, columns["text"])
        layout: dict[str, Any] = {}
        messages = parse_dialogue(text)
        if not messages:
            parsed = parse_headings(text)
            if parsed is None:
                raise RowError(
                    "missing-field",
                    f"{columns['text']!r} has no 'Instruction: … Response: …' headings.",
                )
            before, instruction, given, response = parsed
            content, layout = joined(instruction, given)
            if before:
                layout["before"] = before
            messages = [Message("user", content), Message("assistant", response)]
        return (finish(row, columns, Record(tuple(messages)), layout),)

    return read


def _has_headings(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    return parse_headings(value) is not None or bool(parse_dialogue(value))


TEXT = Format(
    "text",
    "one text with the headings Instruction: and Response:, or Human: and Assistant:",
    (Part("text", ("text", "src", "content", "sample", "1"), _has_headings, True), *COMMON),
    reader,
)
