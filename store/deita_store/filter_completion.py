"""What could stand at the cursor of a filter that is being typed."""

import re
from collections.abc import Callable, Iterable

from deita_store import columns
from deita_store.filter_parser import QUOTED
from deita_store.filter_tree import Span, Value, spell_value
from deita_store.store import Store

Lookup = Callable[[str], Iterable[str]]
"""The values that a name has in a project; for the name "" the names of its scorers."""

_REST = re.compile(r'(?:\\.|[^\s"():<>=,])*', re.DOTALL)
_LIMIT = 50


def complete(text: str, cursor: int, values: Lookup | None = None) -> list[str]:
    """What the piece at the cursor could become, likeliest first; ``span`` is where that piece is.

    Args:
        text: the filter so far.
        cursor: a place in it.
        values: looks up sources, tags and the like; without it only fixed words are known.
    """
    start, _, name = _piece(text, cursor)
    typed = text[start:cursor]
    return _names(typed, values) if name is None else _values(name, typed, values)


def span(text: str, cursor: int) -> Span:
    """Where the name or the value begins and ends that the cursor is in."""
    start, end, _ = _piece(text, cursor)
    return start, end


def _piece(text: str, cursor: int) -> tuple[int, int, str | None]:
    """Where the piece at the cursor begins and ends, and the name whose value it is, if it is."""
    name, start, at = None, 0, 0
    while at < cursor:
        char = text[at]
        if char == '"':
            quoted = QUOTED.match(text, at)
            assert quoted is not None
            if cursor < quoted.end() or not quoted[2]:
                return at, quoted.end(), name
            start = at = quoted.end()
            continue
        at += 2 if char == "\\" else 1
        if char in ":=":
            name, start = text[start : at - 1], at
        elif char.isspace() or char in "()<>" or (char == "," and name is not None):
            name, start = name if char == "," else None, at
        elif char == "-" and start == at - 1 and name is None:
            start = at
    rest = _REST.match(text, cursor)
    return min(start, cursor), rest.end() if rest else cursor, name


def values(store: Store) -> Lookup:
    """Look values up in a project."""
    queries = {
        "": "select name from scorers order by id desc",
        "source": "select name from sources order by id",
        "import": "select distinct file_name from imports where removed_by is null order by id",
        "tag": "select tag from tags group by tag order by count(*) desc, tag",
    }

    def look_up(name: str) -> list[str]:
        query = queries.get(name)
        return [value for (value,) in store.db.execute(query)] if query else []

    return look_up


def _names(typed: str, lookup: Lookup | None) -> list[str]:
    if not typed:
        return []
    scorers = sorted(lookup("")) if lookup else []
    known = [*columns.COLUMNS, *columns.ALIASES, *scorers]
    found = []
    for name in known:
        if name.lower().startswith(typed.lower()):
            column = columns.find(name)
            found.append(name if column is None or column.kind == "number" else f"{name}:")
    return found[:_LIMIT]


def _values(name: str, typed: str, lookup: Lookup | None) -> list[str]:
    column = columns.find(name)
    if column is None:
        return []
    known = column.choices or (lookup(column.name) if lookup else ())
    plain = typed.lstrip('"').lower()
    fitting = [value for value in known if value.lower().startswith(plain)]
    return [spell_value(Value((value,))) for value in fitting[:_LIMIT]]
