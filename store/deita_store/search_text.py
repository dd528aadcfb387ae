"""The text of a conversation that a search looks through, and what counts as the same letter."""

import json
import re
from dataclasses import dataclass
from typing import Any, Self

# Scripts that put no space between words, and Korean, whose endings grow onto the word: an index of
# words does not find their parts. Thai to Myanmar, Tibetan, Khmer; Hangul; kana; Han and beyond.
_UNSPACED = re.compile(
    "[\u0e00-\u109f\u1100-\u11ff\u1780-\u17ff\u19e0-\u19ff\u1a20-\u1aaf\u2e80-\u2fdf\u3005-\u30ff"
    "\u3100-\u312f\u3130-\u318f\u31a0-\u31bf\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\ua960-\ua97f"
    "\ua9e0-\ua9ff\uaa60-\uaa7f\uac00-\ud7ff\uf900-\ufaff\uff66-\uffdc\U00020000-\U0003ffff]"
)
_ALNUM = re.compile(r"[^\W_]+")
_SHORTEST_WORD = 3


@dataclass(frozen=True, slots=True)
class Query:
    """What to look for: a word or phrase, or with ``prefix`` the beginning of its last word."""

    text: str
    prefix: bool = False

    @classmethod
    def of(cls, parts: tuple[str, ...]) -> Self:
        """From the pieces of a filter's value: a star at the end asks for a beginning of a word."""
        if len(parts) > 1 and parts[-1] == "":
            return cls("*".join(parts[:-1]), prefix=True)
        return cls("*".join(parts))

    @property
    def by_word(self) -> bool:
        """Can an index of words answer it? Otherwise it is looked for letter by letter."""
        # FTS5 would take a NUL for the end of the query; no record holds one.
        if _UNSPACED.search(self.text) or "\0" in self.text:
            return False
        return any(len(word) >= _SHORTEST_WORD for word in _ALNUM.findall(self.text))

    @property
    def match(self) -> str:
        """The query as FTS5 reads it: one quoted phrase, in which nothing has a meaning."""
        quoted = self.text.replace('"', '""')
        return f'"{quoted}" *' if self.prefix else f'"{quoted}"'


def contents(body: str) -> str:
    """Everything that is said in a conversation, one message a line.

    Contents, reasoning, the names and arguments of calls, and the rejected side; not the roles.
    """
    record = json.loads(body)
    messages = record["messages"]
    if "rejected" in record:
        messages = messages + record["rejected"]
    # Nearly every message has a role and a content and nothing else.
    return "\n".join(
        [
            message["content"] if len(message) == 2 and "content" in message else _said(message)
            for message in messages
        ]
    )


def fold(text: str) -> str:
    """Text without the difference between upper and lower case, also beyond A to Z.

    A letter beyond A to Z never becomes one of them (the Kelvin sign is no k), so that SQLite's own
    idea of case, which knows only A to Z, can rule out most bodies before they are decoded.
    """
    if text.isascii():
        return text.lower()
    text = text.replace("\u212a", "\ufdd0").replace("\u0130", "\ufdd1")
    return text.lower().replace("ς", "σ")


def certain_piece(needle: str) -> str:
    """The longest piece of ``needle`` that stands in every matching body as it is, or A to Z alone.

    Quotes and backslashes are escaped in a body, and most letters beyond A to Z have two cases.
    """
    pieces = "".join(char if _is_certain(char) else "\0" for char in needle).split("\0")
    return max(pieces, key=len)


def _is_certain(char: str) -> bool:
    if char.isascii():
        return char.isprintable() and char not in '"\\'
    return char.lower() == char == char.upper()


def _said(message: dict[str, Any]) -> str:
    said = [message.get("content", ""), message.get("reasoning") or ""]
    for call in message.get("calls") or ():
        said += [call["name"], call["arguments"]]
    return "\n".join(text for text in said if text)
