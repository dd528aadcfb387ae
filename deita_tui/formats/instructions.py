"""Rows that ask once and answer once: instruction and output, under many names."""

from typing import Any

from deita_tui.formats.rows import Found
from deita_tui.formats.shape import (
    COMMON,
    Columns,
    Format,
    Part,
    RowReader,
    finish,
    is_maybe_text,
    is_name,
    is_text,
    maybe_text,
    need_text,
    wrong_type,
)
from deita_tui.records import Message, Record

SYSTEM = Part("system", ("system", "system_prompt"), is_maybe_text)
HISTORY = Part("history", ("history",), lambda value: value is None or isinstance(value, list))


def turns_of(row: dict[str, Any], columns: Columns) -> tuple[list[Message], dict[str, Any]]:
    """All messages up to the last question, and the layout that restores its input (D17)."""
    instruction = need_text(row, columns["instruction"])
    given = maybe_text(row, columns.get("input"))
    messages = []
    if system := maybe_text(row, columns.get("system")):
        messages.append(Message("system", system))
    messages.extend(_history(row, columns.get("history")))
    content, layout = joined(instruction, given)
    messages.append(Message("user", content))
    return messages, layout


def joined(instruction: str, given: str) -> tuple[str, dict[str, Any]]:
    """The user's turn, and where in it the input begins (D17)."""
    if not given:
        return instruction, {}
    return f"{instruction}\n{given}", {"input_at": len(instruction) + 1}


def reader(columns: Columns) -> RowReader:
    """Read rows of (instruction, input, output)."""

    def read(row: dict[str, Any]) -> tuple[Found, ...]:
        messages, layout = turns_of(row, columns)
        messages.append(Message("assistant", need_text(row, columns["output"])))
        return (finish(row, columns, Record(tuple(messages)), layout),)

    return read


def quick(columns: Columns) -> RowReader:
    """Read the rows that have only texts, and neither system prompt nor history."""
    instruction_at, output_at = columns["instruction"], columns["output"]
    input_at = columns.get("input")
    id_at, source_at = columns.get("id", "id"), columns.get("source", "source")
    rare = {columns[part] for part in ("system", "history") if part in columns}

    def read(row: dict[str, Any]) -> tuple[Found, ...]:
        if not rare.isdisjoint(row):
            raise KeyError
        instruction, output = row.pop(instruction_at), row.pop(output_at)
        given = "" if input_at is None else row.pop(input_at, "")
        external_id, source = row.pop(id_at, None), row.pop(source_at, None)
        if not (
            type(instruction) is type(output) is type(given) is str
            and (instruction or output)
            and (external_id is None or type(external_id) is str)
            and (source is None or is_name(source))
        ):
            raise KeyError
        layout: dict[str, Any] = {}
        if given:
            layout["input_at"] = len(instruction) + 1
            instruction = f"{instruction}\n{given}"
        record = Record((Message("user", instruction), Message("assistant", output)))
        return (Found(record, external_id, source, row, layout),)

    return read


def _history(row: dict[str, Any], column: str | None) -> list[Message]:
    history = row.pop(column, None) if column is not None else None
    if history is None:
        return []
    if not isinstance(history, list):
        raise wrong_type(str(column), history, "a list of [question, answer] pairs")
    messages = []
    for pair in history:
        if not (isinstance(pair, list) and len(pair) == 2 and all(map(is_text, pair))):
            raise wrong_type(f"{column} entry", pair, "a [question, answer] pair of texts")
        messages += [Message("user", pair[0]), Message("assistant", pair[1])]
    return messages


ALPACA = Format(
    "alpaca",
    "instruction, optional input, output",
    (
        Part("instruction", ("instruction",), is_text, True, ("prompt", "question")),
        Part("input", ("input", "context"), is_maybe_text, False, ("query", "context")),
        Part("output", ("output", "response"), is_text, True, ("response", "answer", "completion")),
        SYSTEM,
        HISTORY,
        *COMMON,
    ),
    reader,
    quick,
)

PROMPT_COMPLETION = Format(
    "prompt-completion",
    "prompt and completion",
    (
        Part("instruction", ("prompt", "inputs", "user"), is_text, True, ("prompt",)),
        Part(
            "output",
            ("completion", "response", "targets", "assistant"),
            is_text,
            True,
            ("completion", "response"),
        ),
        SYSTEM,
        *COMMON,
    ),
    reader,
    quick,
)

QUESTION_ANSWER = Format(
    "qa",
    "question and answer, optional context",
    (
        Part("instruction", ("question", "query", "problem"), is_text, True, ("question",)),
        Part("input", ("context",), is_maybe_text, False, ("context",)),
        Part("output", ("answer", "response", "solution"), is_text, True, ("answer", "response")),
        SYSTEM,
        *COMMON,
    ),
    reader,
    quick,
)

INPUT_OUTPUT = Format(
    "input-output",
    "input and output",
    (
        Part("instruction", ("input",), is_text, True, ("input",)),
        Part("output", ("output",), is_text, True, ("output",)),
        SYSTEM,
        *COMMON,
    ),
    reader,
    quick,
)
