"""The beginning of a conversation's first turn, for a line in a table.

The same rule as ``deita_tui.records.pairs``, on as little of the body as it needs: a body is read
message by message, and no further than both beginnings are full.
"""

import json
import re
from collections.abc import Iterator
from itertools import chain
from typing import Any

LENGTH = 160

_decode = json.JSONDecoder().raw_decode
_OPENING = '{"messages":['
_SPACE = re.compile(r'("(?:[^"\\]|\\.)*")|\s+', re.DOTALL)


def heads(body: str) -> tuple[str, str]:
    """The first ``LENGTH`` characters of the first instruction and of the response to it.

    Without an answered instruction: what the user says, if anything, and nothing.
    """
    asked, answered = _Head(), _Head()
    for message in _messages(body):
        role = message["role"]
        if role == "user":
            if answered.begun:
                break
            asked.add(message.get("content", ""))
        elif role == "assistant" and asked.begun:
            answered.add(_spoken(message))
        if asked.full and answered.full:
            break
    return asked.text, answered.text


class _Head:
    """The beginning of texts that are joined by newlines."""

    def __init__(self) -> None:
        self.text = ""
        self.begun = False

    def add(self, text: str) -> None:
        if not self.full:
            # Cut before joining: a text may be large.
            text = text[:LENGTH]
            self.text = f"{self.text}\n{text}"[:LENGTH] if self.begun else text
        self.begun = True

    @property
    def full(self) -> bool:
        return len(self.text) == LENGTH


def _messages(body: str) -> Iterator[dict[str, Any]]:
    if not body.startswith(_OPENING):
        yield from json.loads(body)["messages"]
        return
    at = len(_OPENING)
    while body[at] != "]":
        message, at = _decode(body, at + (body[at] == ","))
        yield message


def _spoken(message: dict[str, Any]) -> str:
    content = message.get("content", "")
    calls = message.get("calls")
    if not calls:
        return str(content)
    return "\n".join(part for part in chain([content], map(_compact, calls)) if part)


def _compact(call: dict[str, Any]) -> str:
    arguments = call["arguments"]
    try:
        json.loads(arguments, parse_constant=_refuse)
        arguments = _SPACE.sub(r"\1", arguments)
    except ValueError:
        arguments = json.dumps(arguments, ensure_ascii=False)
    return f'{{"name":{json.dumps(call["name"], ensure_ascii=False)},"arguments":{arguments}}}'


def _refuse(constant: str) -> None:
    raise ValueError(f"{constant} is no JSON")
