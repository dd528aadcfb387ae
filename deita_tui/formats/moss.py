"""MOSS plugin conversations: turns as ``chat.turn_N``, each said in ``<|Speaker|>: …<eo?>``."""

import re
from typing import Any

import msgspec

from deita_tui.formats.rows import Found, RowError
from deita_tui.formats.shape import (
    COMMON,
    Columns,
    Format,
    Part,
    RowReader,
    finish,
    is_maybe_text,
    maybe_text,
    need,
    wrong_type,
)
from deita_tui.records import Call, Message, Record

_KEYS = {"Human", "Inner Thoughts", "Commands", "Tool Responses", "MOSS"}
_WRAPPED = re.compile(r"\A<\|[^|]*\|>:\s?(.*?)\n?<eo[a-z]>\n?\Z", re.DOTALL)
_COMMAND = re.compile(r"(?:\A|, ?)(\w+)\((.*?)\)(?=\Z|, ?\w+\()", re.DOTALL)


def reader(columns: Columns) -> RowReader:
    """Read a conversation of numbered turns."""

    def read(row: dict[str, Any]) -> tuple[Found, ...]:
        name = columns["chat"]
        chat = need(row, name)
        if not isinstance(chat, dict):
            raise wrong_type(name, chat, "an object of turns")
        messages = []
        if system := maybe_text(row, columns.get("system")):
            messages.append(Message("system", system))
        for key in sorted(chat, key=_turn):
            messages += _messages(chat[key], key)
        return (finish(row, columns, Record(tuple(messages)), {}),)

    return read


def _messages(turn: Any, key: str) -> list[Message]:
    """A turn: the question, the thoughts with their commands, what these gave, the answer."""
    if not isinstance(turn, dict):
        raise wrong_type(key, turn, "an object")
    if strange := turn.keys() - _KEYS:
        raise RowError("bad-role", f"{key} has the unknown speaker {min(strange)[:40]!r}.")
    said = {name: _said(value, f"{key}.{name}") for name, value in turn.items()}
    if "Human" not in said or "MOSS" not in said:
        raise RowError("missing-field", f"{key} lacks 'Human' or 'MOSS'.")
    thoughts = said.get("Inner Thoughts") or None
    commands, results = said.get("Commands", "None"), said.get("Tool Responses", "None")
    messages = [Message("user", said["Human"])]
    if commands not in ("", "None"):
        calls = _calls(commands)
        messages.append(
            Message("assistant", "" if calls else commands, reasoning=thoughts, calls=calls or None)
        )
        thoughts = None
    if results not in ("", "None"):
        messages.append(Message("tool", results))
    messages.append(Message("assistant", said["MOSS"], reasoning=thoughts))
    return messages


def _said(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise wrong_type(name, value, "text")
    match = _WRAPPED.match(value)
    return match[1] if match else value


def _calls(commands: str) -> tuple[Call, ...]:
    """``Search("a"), Search("b")`` as calls; none if it is not written so."""
    matches = list(_COMMAND.finditer(commands))
    if "".join(match[0] for match in matches) != commands:
        return ()
    return tuple(Call(match[1], _json(match[2])) for match in matches)


def _json(arguments: str) -> str:
    """Arguments that are JSON as they stand, others as a JSON string."""
    try:
        msgspec.json.decode(arguments)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return msgspec.json.encode(arguments).decode()
    return arguments


def _turn(key: str) -> tuple[int, str]:
    number = key.rpartition("_")[2]
    return (int(number) if number.isascii() and number.isdigit() else 1 << 30), key


MOSS = Format(
    "moss",
    "turns of Human, Inner Thoughts, Commands, Tool Responses and MOSS",
    (
        Part(
            "chat",
            ("chat",),
            lambda value: isinstance(value, dict) and "turn_1" in value,
            True,
        ),
        Part("system", ("meta_instruction", "system"), is_maybe_text),
        *COMMON,
    ),
    reader,
    decisive=True,
)
