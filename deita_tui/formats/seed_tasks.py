"""Self-Instruct seed tasks: one instruction with several instances of (input, output)."""

from typing import Any

from deita_tui.formats.instructions import joined
from deita_tui.formats.rows import Found, RowError
from deita_tui.formats.shape import (
    COMMON,
    Columns,
    Format,
    Part,
    RowReader,
    finish,
    is_text,
    maybe_text,
    need,
    need_text,
    wrong_type,
)
from deita_tui.records import Message, Record


def reader(columns: Columns) -> RowReader:
    """Read rows of an instruction and its instances: a record for each instance."""

    def read(row: dict[str, Any]) -> tuple[Found, ...]:
        instruction = need_text(row, columns["instruction"])
        name = columns["instances"]
        instances = need(row, name)
        if not isinstance(instances, list) or not all(isinstance(each, dict) for each in instances):
            raise wrong_type(name, instances, "a list of objects")
        if not instances:
            raise RowError("no-messages", f"{name!r} holds no instance.")
        return tuple(_one(instruction, dict(each), row, columns) for each in instances)

    return read


def _one(
    instruction: str, instance: dict[str, Any], row: dict[str, Any], columns: Columns
) -> Found:
    content, layout = joined(instruction, maybe_text(instance, "input"))
    messages = (Message("user", content), Message("assistant", need_text(instance, "output")))
    if instance:
        layout["instance"] = instance
    return finish(dict(row), columns, Record(messages), layout)


SEED_TASKS = Format(
    "seed-tasks",
    "an instruction with instances of input and output",
    (
        Part("instruction", ("instruction",), is_text, True),
        Part("instances", ("instances",), lambda value: isinstance(value, list), True),
        *COMMON,
    ),
    reader,
    decisive=True,
)
