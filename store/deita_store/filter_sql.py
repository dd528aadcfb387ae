"""From a filter's tree to SQL over the alias ``r`` (records).

Every condition is true or false, never null: what has no score is not above 3.5, so `-score>3.5`
finds it. What a user wrote reaches SQLite as a bound parameter and in no other way.
"""

import json
from collections.abc import Sequence

from deita_store import columns, search
from deita_store.columns import Column
from deita_store.context import Context, nearest
from deita_store.errors import FilterError
from deita_store.filter_checks import check, choice, column_of, number
from deita_store.filter_tree import All, Any, Filter, Node, Not, Term, Value, terms

Sql = tuple[str, list[object]]

_LIVE = "r.live > 0"
_DECISION = "r.id in (select m.record_id from marks m where m.decision = ?)"
_STATES: dict[str, Sql] = {
    "pinned": (_DECISION, ["keep"]),
    "rejected": (_DECISION, ["reject"]),
    "undecided": (
        "r.id not in (select m.record_id from marks m where m.decision is not null)",
        [],
    ),
    "flagged": ("r.id in (select m.record_id from marks m where m.flag = 1)", []),
    "edited": (
        "r.conversation_id in (select x.id from conversations x where x.revision > 0)",
        [],
    ),
    "multi": ("r.turns > 1", []),
    # Of any scorer, which left a turn of the version in force without a value; they are few.
    "failed": (
        "r.conversation_id in (select x.conversation_id from record_scores x"
        " indexed by record_scores_failed where x.failed > 0)",
        [],
    ),
    "removed": ("r.live = 0", []),
}
_PARTS: dict[str, str] = {
    "note": "r.id in (select m.record_id from marks m where m.note <> '')",
    "tag": "r.id in (select g.record_id from tags g)",
    "rating": "r.id in (select m.record_id from marks m where m.rating is not null)",
    "external_id": "exists (select 1 from occurrences o where o.record_id = r.id"
    " and o.removed_by is null and o.external_id is not null)",
    "extras": "exists (select 1 from occurrences o where o.record_id = r.id"
    " and o.removed_by is null and o.extras is not null)",
}
# How a `name` column finds records, and the expressions that a value is compared with.
_NAMED: dict[str, tuple[str, tuple[str, ...]]] = {
    "uid": ("{}", ("r.uid",)),
    "external_id": (
        "r.id in (select o.record_id from occurrences o where o.removed_by is null and {})",
        ("o.external_id",),
    ),
    "source": ("r.source_id in (select s.id from sources s where {})", ("s.name",)),
    "import": (
        "r.id in (select o.record_id from occurrences o where o.removed_by is null"
        " and o.import_id in (select i.id from imports i where {} or {}))",
        ("i.file_name", "cast(i.id as text)"),
    ),
    "tag": ("r.id in (select g.record_id from tags g where {})", ("g.tag",)),
    "note": ("r.id in (select m.record_id from marks m where {})", ("m.note",)),
}
# Numbers that few records have: going by those records beats asking every record.
_SPARSE = frozenset({"rank", "position", "similarity", "blocked_by", "score"})


# What a search found, from its side or from that of the records: the first looks each one up, the
# second asks every record, which is quicker when many were found.
_FEW = (
    "r.id in (select n.id from json_each(?) f cross join conversations v on v.id = f.value"
    " cross join records n on n.id = v.record_id and n.conversation_id = v.id)"
)
_MANY = "r.conversation_id in (select value from json_each(?))"
_FEW_FOUND = 10_000


def where(filter_: Filter, context: Context) -> Sql:
    """A condition over ``records r`` and its parameters.

    Searching for words happens here, so that the condition itself is quick; see ``search``.

    Raises:
        FilterError: a name or a source is not there in this project.
    """
    condition, values = _Writer(filter_, context).node(filter_.node)
    if any(_asks_removed(term) for term in terms(filter_.node)):
        return condition, values
    return f"{_LIVE} and ({condition})", values


def notes(filter_: Filter, context: Context) -> list[str]:
    """What a user should know about the result: sentences, mostly none."""
    asked = {term.name for term in terms(filter_.node)}
    if any(_asks_outcome(term) for term in terms(filter_.node)):
        asked.add("outcome")
    found = list(dict.fromkeys(note for name in asked if (note := context.missing(name))))
    if "text" in asked and (note := search.note(context.store)):
        found.append(note)
    return found


def _asks_outcome(term: Term) -> bool:
    outcomes = set(columns.OUTCOMES) - {"rejected", "unscored"}
    return term.name == "is" and any(choice(value) in outcomes for value in term.values)


def _asks_removed(term: Term) -> bool:
    return term.name == "is" and any(choice(value) == "removed" for value in term.values)


class _Writer:
    def __init__(self, filter_: Filter, context: Context) -> None:
        self.text = filter_.text or str(filter_)
        self.context = context
        self.others = {name: columns.of_scorer(scorer) for name, scorer in context.scorers.items()}

    def node(self, node: Node) -> Sql:
        match node:
            case Term():
                return self._term(node)
            case Not(part):
                condition, values = self.node(part)
                return f"not ({condition})", values
            case All(parts):
                return _joined(" and ", [self.node(part) for part in parts], "1")
            case Any(parts):
                return _joined(" or ", [self.node(part) for part in parts], "0")

    def _term(self, term: Term) -> Sql:
        column = column_of(term, self.text, self.others)
        check(term, column, self.text)
        if column.kind == "number" and term.operator not in (":", "!="):
            return self._compare(term, column)
        one = {
            "number": self._number,
            "name": self._name,
            "choice": self._choice,
            "text": self._search,
        }[column.kind]
        condition, values = _joined(" or ", [one(column, value) for value in term.values], "0")
        return (f"not ({condition})", values) if term.operator == "!=" else (condition, values)

    def _compare(self, term: Term, column: Column) -> Sql:
        limit = number(term.values[0], self.text).low
        return self._numeric(column, f"{{}} {term.operator} ?", [_plain(limit)])

    def _number(self, column: Column, value: Value) -> Sql:
        found = number(value, self.text)
        if found.low is None:
            return self._numeric(column, "{} <= ?", [_plain(found.high)])
        if found.high is None:
            return self._numeric(column, "{} >= ?", [_plain(found.low)])
        return self._numeric(column, "{} between ? and ?", [_plain(found.low), _plain(found.high)])

    def _numeric(self, column: Column, test: str, values: list[object]) -> Sql:
        assert column.sql is not None
        selection = self.context.selection
        if selection is not None and column.name in _SPARSE:
            condition = test.format(f"o.{column.name}")
            return (
                "r.id in (select o.record_id from outcomes o"
                f" where o.selection_id = {selection.id:d} and {condition})",
                values,
            )
        return f"ifnull({test.format(column.sql(self.context))}, 0)", values

    def _name(self, column: Column, value: Value) -> Sql:
        if column.name == "source":
            self._see_source(value)
        template, expressions = _NAMED[column.name]
        tests = [_matches(expression, value) for expression in expressions]
        condition = template.format(*(test for test, _ in tests))
        return condition, [bound for _, values in tests for bound in values]

    def _see_source(self, value: Value) -> None:
        """A source that is not there is a slip of the finger; an empty answer would hide it."""
        test, bound = _matches("name", value)
        known = self.context.store.db.execute("select name from sources order by id").fetchall()
        found = self.context.store.db.execute(f"select 1 from sources where {test}", bound)
        if known and not found.fetchall():
            raise FilterError(
                f'No source is called "{value.text}".',
                self.text,
                *value.span,
                nearest(value.text, [name for (name,) in known]),
            )

    def _choice(self, column: Column, value: Value) -> Sql:
        chosen = choice(value)
        if column.name == "has":
            return _PARTS[chosen], []
        if column.name == "flag":
            return ("" if chosen == "yes" else "not ") + _STATES["flagged"][0], []
        if column.name == "decision":
            return _STATES["undecided"] if chosen == "none" else (_DECISION, [chosen])
        if column.name == "is" and chosen in _STATES:
            return _STATES[chosen]
        return self._outcome(chosen)

    def _outcome(self, chosen: str) -> Sql:
        selection = self.context.selection
        if selection is None:
            return self._unmeasured() if chosen == "unscored" else ("0", [])
        rows = f"select o.record_id from outcomes o where o.selection_id = {selection.id:d}"
        condition, values = f"r.id in ({rows} and o.status = ?)", [chosen]
        if chosen == selection.rest:
            condition = (
                f"({condition} or (r.id <= {selection.last_record:d} and r.id not in ({rows})))"
            )
        return condition, list(values)

    def _unmeasured(self) -> Sql:
        """Without a selection, unscored is what lacks a score that one would need."""
        return f"({columns.score(self.context)}) is null", []

    def _search(self, column: Column, value: Value) -> Sql:
        found = search.find(self.context.store, search.Query.of(value.parts))
        by = _FEW if len(found) <= _FEW_FOUND else _MANY
        # One parameter, however many were found.
        return f"(r.live > 0 and {by})", [json.dumps(found, separators=(",", ":"))]


def _joined(word: str, parts: Sequence[Sql], empty: str) -> Sql:
    if len(parts) == 1:
        return parts[0]
    values = [value for _, bound in parts for value in bound]
    return "(" + word.join(condition for condition, _ in parts) + ")" if parts else empty, values


def _plain(number_: float | None) -> object:
    """A whole number as SQLite's integer, so that large ids keep their last digits."""
    assert number_ is not None
    return int(number_) if number_.is_integer() and abs(number_) < 2**63 else number_


def _matches(expression: str, value: Value) -> Sql:
    """Equal but for the case of A to Z; `*` stands for any text, also for none."""
    if len(value.parts) == 1:
        return f"({expression} = ? collate nocase) is true", [value.parts[0]]
    pattern = "%".join(
        part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_") for part in value.parts
    )
    return f"({expression} like ? escape '\\') is true", [pattern]
