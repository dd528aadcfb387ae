"""From the text of a filter to its tree. The language is described in ``filters``."""

import re
from typing import NoReturn, cast

from deita_store import columns
from deita_store.errors import FilterError
from deita_store.filter_checks import QUOTE_HINT, check
from deita_store.filter_tree import (
    All,
    Filter,
    Node,
    Not,
    Operator,
    Span,
    Term,
    Value,
    all_of,
    any_of,
)

MAX_LENGTH = 10_000
MAX_DEPTH = 50
MAX_VALUES = 200
"""SQLite gives up on expressions that are much longer."""

WORD = re.compile(r'(?:\\.|[^\s"():<>=!]|!(?!=))+', re.DOTALL)
"""A bare word or a name; a backslash takes the meaning from the character behind it."""
VALUE = re.compile(r'(?:\\.|[^\s"(),])+', re.DOTALL)
"""A value behind its operator, where fewer characters have a meaning."""
QUOTED = re.compile(r'"((?:\\.|[^"\\])*)(")?', re.DOTALL)
OPERATOR = re.compile(r":|\s*(<=|>=|!=|<|>|=)\s*")
_PIECE = re.compile(r'\\([\s"()\\*,:<>=!-])|(\*)|(.)', re.DOTALL)
_UNTEXT = re.compile("[\x00\ud800-\udfff]")


def parse(text: str) -> Filter:
    """Understand a filter; an empty one matches every record.

    Names that are no column may be scorers: those are looked up when the filter meets a project.

    Raises:
        FilterError: it cannot be understood.
    """
    if len(text) > MAX_LENGTH:
        message = f"A filter has at most {MAX_LENGTH:,} characters."
        raise FilterError(message, text, MAX_LENGTH, len(text))
    if wrong := _UNTEXT.search(text):
        raise FilterError("No record can hold this character.", text, *wrong.span())
    return Filter(text, _Parser(text).everything())


class _Parser:
    """Recursive descent; ``at`` is the character that is looked at next."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.at = 0
        self.depth = 0
        self.values = 0

    def everything(self) -> Node:
        self._skip_space()
        if self.at == len(self.text):
            return All(())
        if self._at_end():
            self._fail("This ) closes nothing.", self.at, self.at + 1)
        node = self._either()
        if self.at < len(self.text):
            self._fail("This ) closes nothing.", self.at, self.at + 1)
        return node

    def _either(self) -> Node:
        parts = [self._both()]
        while word := self._keyword("or"):
            if self._at_end():
                self._fail("Nothing stands behind this or.", *word, QUOTE_HINT)
            parts.append(self._both())
        return any_of(parts)

    def _both(self) -> Node:
        parts: list[Node] = []
        while True:
            if word := self._keyword("and", "or"):
                self._fail("Nothing stands before this word.", *word, QUOTE_HINT)
            parts.append(self._one())
            joined = self._keyword("and")
            if self._at_end():
                if joined:
                    self._fail("Nothing stands behind this and.", *joined, QUOTE_HINT)
                return all_of(parts)
            if not joined and self._sees("or"):
                return all_of(parts)

    def _one(self) -> Node:
        start = self.at
        if self.depth == MAX_DEPTH:
            self._fail(f"A filter nests at most {MAX_DEPTH} deep.", start, start + 1)
        self.depth += 1
        if self.text[start] == "-" or self._sees("not"):
            node = self._negation()
        elif self.text[start] == "(":
            node = self._group()
        else:
            node = self._term()
        self.depth -= 1
        return node

    def _negation(self) -> Node:
        start, end = self._keyword("not") or (self.at, self.at + 1)
        self.at = max(self.at, end)
        if self._at_end() or self.text[self.at].isspace():
            self._fail("Nothing stands here to be left out.", start, end, QUOTE_HINT)
        return Not(self._one())

    def _group(self) -> Node:
        start = self.at
        self.at += 1
        self._skip_space()
        if self.text[self.at : self.at + 1] == ")":
            self._fail("Nothing stands between the parentheses.", start, self.at + 1)
        if self.at == len(self.text):
            self._fail("This ( is never closed.", start, start + 1)
        node = self._either()
        if self.at == len(self.text):
            self._fail("This ( is never closed.", start, start + 1)
        self.at += 1
        self._skip_space()
        return node

    def _term(self) -> Node:
        start = self.at
        name, operator, values = "text", ":", []
        if self.text[start] == '"':
            values.append(self._quoted())
        else:
            word = WORD.match(self.text, start)
            self.at = word.end() if word else start
            if found := OPERATOR.match(self.text, self.at):
                name, operator = self.text[start : self.at], found[0].strip().lower()
                if not name:
                    self._fail("No name stands before this.", *found.span(), QUOTE_HINT)
                self.at = found.end()
                values = self._values(found)
            elif word:
                values.append(Value(_parts(word[0]), span=word.span()))
        return self._checked(start, name, ":" if operator == "=" else operator, values)

    def _checked(self, start: int, name: str, operator: str, values: list[Value]) -> Term:
        self.values += len(values)
        if self.values > MAX_VALUES:
            self._fail(f"A filter has at most {MAX_VALUES} values.", start, self.at)
        column = columns.find(name)
        term = Term(
            column.name if column else name.lower(),
            cast(Operator, operator),
            tuple(values),
            (start, self.at),
            (start, start + len(name)),
        )
        if column:
            check(term, column, self.text)
        self._skip_space()
        return term

    def _values(self, operator: re.Match[str]) -> list[Value]:
        values = [self._value(*operator.span())]
        while self.text[self.at : self.at + 1] == ",":
            if operator[0].strip() not in (":", "=", "!="):
                self._fail("Only one number can stand here.", self.at, self.at + 1)
            self.at += 1
            values.append(self._value(self.at - 1, self.at))
        return values

    def _value(self, before: int, behind: int) -> Value:
        if self.text[self.at : self.at + 1] == '"':
            return self._quoted()
        found = VALUE.match(self.text, self.at)
        if found is None:
            written = self.text[before:behind].strip()
            hint = "The value follows without a space." if self.text[behind:].strip() else ""
            self._fail(f"Nothing stands behind this {written}", before, behind, hint)
        self.at = found.end()
        return Value(_parts(found[0]), span=found.span())

    def _quoted(self) -> Value:
        found = QUOTED.match(self.text, self.at)
        if found is None or not found[2]:
            self._fail("This quote is never closed.", self.at, len(self.text))
        self.at = found.end()
        return Value((re.sub(r'\\(["\\])', r"\1", found[1]),), quoted=True, span=found.span())

    def _sees(self, *words: str) -> bool:
        found = WORD.match(self.text, self.at)
        return (
            found is not None
            and found[0].lower() in words
            and not OPERATOR.match(self.text, found.end())
        )

    def _keyword(self, *words: str) -> Span | None:
        """Pass over one of the words if it comes next; where it stood."""
        if not self._sees(*words):
            return None
        found = WORD.match(self.text, self.at)
        assert found is not None
        self.at = found.end()
        self._skip_space()
        return found.span()

    def _at_end(self) -> bool:
        return self.at == len(self.text) or self.text[self.at] == ")"

    def _skip_space(self) -> None:
        while self.at < len(self.text) and self.text[self.at].isspace():
            self.at += 1

    def _fail(self, message: str, start: int, end: int, hint: str = "") -> NoReturn:
        raise FilterError(message, self.text, start, end, hint)


def _parts(written: str) -> tuple[str, ...]:
    """The literal pieces of an unquoted value between its wildcards."""
    parts = [""]
    for escaped, star, plain in _PIECE.findall(written):
        if star:
            parts.append("")
        else:
            parts[-1] += escaped or plain
    return tuple(parts)
