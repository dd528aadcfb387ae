"""The one list of names: what a filter asks, a table shows, a sort orders by and JSON carries."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from deita_store.context import Context, Scorer

Kind = Literal["number", "name", "choice", "text"]


@dataclass(frozen=True, slots=True)
class Column:
    """One name.

    ``sql`` gives an expression over the alias ``r`` (records); it is None for what can only be
    asked. A ``number`` compares and takes ranges, a ``name`` matches whole and takes wildcards, a
    ``choice`` takes one of ``choices``, a ``text`` is searched for.
    """

    name: str
    kind: Kind
    title: str
    help: str
    example: str
    sql: Callable[[Context], str] | None = None
    choices: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()


OUTCOMES = ("kept", "too_similar", "over_budget", "rejected", "filtered", "unscored")
STATES = (
    *OUTCOMES,
    "pinned",
    "undecided",
    "flagged",
    "edited",
    "multi",
    "failed",
    "removed",
)
PARTS = ("note", "tag", "rating", "external_id", "extras")


def scorer_mean(scorer: Scorer | None) -> str:
    """The mean over the scored turns of the version in force."""
    if scorer is None:
        return "null"
    return (
        f"(select x.mean from record_scores x where x.scorer_id = {scorer.id:d}"
        " and x.conversation_id = r.conversation_id)"
    )


def score(context: Context) -> str:
    """The selection's score; without a selection, the sum over turns of complexity × quality."""
    if context.selection is None:
        return _product(context)
    found = _outcome(context, "score")
    # Only what it examined has a row, but what it goes by is known of every record.
    return f"coalesce({found}, {_product(context)})" if context.selection.plain else found


def _product(context: Context) -> str:
    if context.complexity is None or context.quality is None:
        return "null"
    # For the many records of one turn the mean is the turn's value, and much quicker to find.
    single = f"{scorer_mean(context.complexity)} * {scorer_mean(context.quality)}"
    # A turn without both values makes the sum null (D2): count() only counts complete ones.
    several = (
        "select case when count(*) = count(a.value * b.value) then sum(a.value * b.value) end"
        " from turns t"
        f" left join scores a on a.scorer_id = {context.complexity.id:d}"
        f" and a.text = t.{context.complexity.reads}"
        f" left join scores b on b.scorer_id = {context.quality.id:d}"
        f" and b.text = t.{context.quality.reads}"
        " where t.conversation_id = r.conversation_id"
    )
    return f"iif(r.turns = 1, {single}, ({several}))"


def outcome(context: Context) -> str:
    """What became of the record; null for one that the selection did not know."""
    if context.selection is None:
        return "null"
    found = _outcome(context, "status")
    # `rest` is one of three words that a constraint names, not text of a user.
    return (
        f"case when r.id <= {context.selection.last_record:d}"
        f" then coalesce({found}, '{context.selection.rest}') end"
    )


def _outcome(context: Context, column: str) -> str:
    if context.selection is None:
        return "null"
    return (
        f"(select x.{column} from outcomes x where x.selection_id = {context.selection.id:d}"
        " and x.record_id = r.id)"
    )


def _plain(expression: str) -> Callable[[Context], str]:
    return lambda context: expression


def _mark(column: str) -> Callable[[Context], str]:
    return _plain(f"(select x.{column} from marks x where x.record_id = r.id)")


_OCCURRENCE = (
    "(select x.external_id from occurrences x where x.record_id = r.id and x.removed_by is null"
    " order by x.id limit 1)"
)
_IMPORT = (
    "(select i.file_name from occurrences x join imports i on i.id = x.import_id"
    " where x.record_id = r.id and x.removed_by is null order by x.id limit 1)"
)
# Asked this way, an index of the edited versions alone answers.
_REVISION = (
    "ifnull((select x.revision from conversations x where x.record_id = r.id and x.revision > 0"
    " and x.id = r.conversation_id), 0)"
)

_LIST = (
    Column(
        "id", "number", "id", "the record's number in this project", "id:1..500", _plain("r.id"),
    ),
    Column(
        "uid", "name", "uid", "the hash of its content as imported", "uid:9f3c*", _plain("r.uid"),
    ),
    Column(
        "external_id", "name", "external id", "the file's own id", "external:CC-687",
        _plain(_OCCURRENCE), aliases=("external",),
    ),
    Column(
        "source", "name", "source", "the set it came from first", "source:alpaca,dolly",
        _plain("(select x.name from sources x where x.id = r.source_id)"), aliases=("src",),
    ),
    Column(
        "import", "name", "import", "the file it came from first: its name, or the import's number",
        "import:chats.jsonl", _plain(_IMPORT),
    ),
    Column(
        "copies", "number", "copies", "how often it occurs in the files", "copies>1",
        _plain("r.live"),
    ),
    Column(
        "turns", "number", "turns", "(instruction, response) pairs", "turns:2..5",
        _plain("r.turns"),
    ),
    Column(
        "chars", "number", "chars", "characters of all messages", "chars>10000", _plain("r.chars"),
    ),
    Column("score", "number", "score", "the selection's score", "score>3.5", score),
    Column(
        "c", "number", "c", "complexity, the mean over its scored turns", "c>=4",
        lambda context: scorer_mean(context.complexity), aliases=("complexity",),
    ),
    Column(
        "q", "number", "q", "quality, the mean over its scored turns", "q<3",
        lambda context: scorer_mean(context.quality), aliases=("quality",),
    ),
    Column(
        "taste", "number", "taste", "the chance that you would keep it, as learned from you",
        "taste<0.2", lambda context: scorer_mean(context.taste),
    ),
    Column(
        "rank", "number", "rank", "its place among the kept", "rank:1..100",
        lambda context: _outcome(context, "rank"),
    ),
    Column(
        "position", "number", "position", "its place in the order of scores", "position<=10000",
        lambda context: _outcome(context, "position"),
    ),
    Column(
        "similarity", "number", "sim", "cosine to the kept record that it resembles",
        "similarity:0.88..0.92", lambda context: _outcome(context, "similarity"),
        aliases=("sim",),
    ),
    Column(
        "blocked_by", "number", "blocked by", "the id of the kept record that it resembles",
        "blocked_by:1402", lambda context: _outcome(context, "blocked_by"), aliases=("blocker",),
    ),
    Column(
        "outcome", "choice", "outcome", "what the selection made of it", "outcome:too_similar",
        outcome, choices=OUTCOMES,
    ),
    Column(
        "decision", "choice", "decision", "your own word on it", "decision:keep",
        _mark("decision"), choices=("keep", "reject", "none"),
    ),
    Column(
        "flag", "choice", "flag", "whether you flagged it", "flag:yes",
        _plain("ifnull((select x.flag from marks x where x.record_id = r.id), 0)"),
        choices=("yes", "no"),
    ),
    Column("rating", "number", "rating", "your rating from 1 to 6", "rating>=5", _mark("rating")),
    Column(
        "tag", "name", "tags", "a tag that you gave it", "tag:todo",
        _plain("(select min(x.tag) from tags x where x.record_id = r.id)"), aliases=("tags",),
    ),
    Column("note", "name", "note", "the whole of your note", "note:*licence*", _mark("note")),
    Column(
        "revision", "number", "revision", "how often it was edited", "revision>0",
        _plain(_REVISION),
    ),
    Column(
        "text", "text", "text", "words of its messages; bare words do the same",
        'text:"red black tree"',
    ),
    Column("is", "choice", "", "a state it is in", "is:undecided", choices=STATES),
    Column("has", "choice", "", "something it has", "has:note", choices=PARTS),
)  # fmt: skip

COLUMNS: dict[str, Column] = {column.name: column for column in _LIST}
"""Every name, in the order that help shows them. Scorers come on top, by their own names."""

ALIASES: dict[str, str] = {alias: column.name for column in _LIST for alias in column.aliases}


def find(name: str) -> Column | None:
    """The column of a name or alias, in whatever case."""
    folded = name.lower()
    return COLUMNS.get(ALIASES.get(folded, folded))


def of_scorer(scorer: Scorer) -> Column:
    """A column for a scorer beyond complexity and quality: the mean over its scored turns."""
    return Column(
        scorer.name,
        "number",
        scorer.name,
        f"{scorer.measures}, the mean over its scored turns",
        f"{scorer.name}>1",
        lambda context: scorer_mean(scorer),
    )
