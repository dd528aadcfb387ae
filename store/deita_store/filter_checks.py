"""Does a condition make sense for the column that it names?"""

import re
from difflib import get_close_matches

from deita_store import columns
from deita_store.columns import Column
from deita_store.context import nearest
from deita_store.errors import FilterError
from deita_store.filter_tree import Range, Term, Value

QUOTE_HINT = "To search for it as it stands, put it in double quotes."

_NUMBER = r"[+-]?(?:\d+(?:\.(?!\.)\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
_RANGE = re.compile(rf"({_NUMBER})?\.\.({_NUMBER})?")
_SINGLE = re.compile(_NUMBER)


def column_of(term: Term, text: str, others: dict[str, Column] | None = None) -> Column:
    """The column that a term names: one of ours, or one of ``others`` by its name in lower case.

    Raises:
        FilterError: there is none of that name.
    """
    others = others or {}
    if column := columns.find(term.name) or others.get(term.name.lower()):
        return column
    known = [*columns.COLUMNS, *columns.ALIASES, *others]
    close = get_close_matches(term.name.lower(), known, n=1, cutoff=0.6)
    hint = f"Did you mean {close[0]}? " if close else ""
    raise FilterError(f'Nothing is called "{term.name}".', text, *term.name_span, hint + QUOTE_HINT)


def check(term: Term, column: Column, text: str) -> None:
    """See that operator and values suit the column.

    Raises:
        FilterError: they do not.
    """
    if column.kind != "number" and term.operator not in (":", "!="):
        raise FilterError(
            f"{column.name} is no number, so nothing is above or below it.",
            text,
            *term.span,
            f"Write for example {column.example}.",
        )
    for value in term.values:
        _check_value(value, term, column, text)


def number(value: Value, text: str) -> Range:
    """A number as a range of one, or the range that was written.

    Raises:
        FilterError: it is neither.
    """
    written = "" if value.quoted else value.text
    if _SINGLE.fullmatch(written):
        return Range(float(written), float(written))
    found = _RANGE.fullmatch(written)
    if found is None or not any(found.groups()):
        raise FilterError(
            f'"{value.text}" is no number.', text, *value.span, "Write 3, 3.5, 2..5, 2.. or ..5."
        )
    low, high = (None if end is None else float(end) for end in found.groups())
    if low is not None and high is not None and low > high:
        raise FilterError("The range is empty: its end lies below its start.", text, *value.span)
    return Range(low, high)


def choice(value: Value) -> str:
    """A choice as it is listed: lower case, with underscores."""
    return value.text.lower().replace("-", "_")


def _check_value(value: Value, term: Term, column: Column, text: str) -> None:
    if column.kind == "number":
        found = number(value, text)
        if term.operator not in (":", "!=") and found.low != found.high:
            raise FilterError(
                f"{term.operator} takes one number.",
                text,
                *value.span,
                f"Write {column.name}:{value.text} for a range.",
            )
    elif column.kind == "choice" and choice(value) not in column.choices:
        raise FilterError(
            f'{"A record" if column.name == "is" else column.name} is never "{value.text}".',
            text,
            *value.span,
            nearest(choice(value), column.choices),
        )
    elif column.kind == "text" and not any(value.parts):
        raise FilterError("There is nothing to look for.", text, *value.span)
