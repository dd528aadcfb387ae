"""Which selection and which scorers the words of a filter and the columns of a table refer to."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from difflib import get_close_matches

from deita_store.errors import WrongArgumentError
from deita_store.store import Store


@dataclass(frozen=True, slots=True)
class Scorer:
    """A scorer that has a row in the project."""

    id: int
    name: str
    measures: str
    reads: str
    """The column of ``turns`` that names the text it scores: instruction or pair."""


@dataclass(frozen=True, slots=True)
class Selection:
    """The selection whose outcomes are shown."""

    id: int
    name: str | None
    """None: the working selection."""
    rest: str
    """What became of the records that it knew and that have no outcome row."""
    last_record: int
    complexity_id: int | None
    quality_id: int | None
    plain: bool = False
    """Is its score DEITA's own, which needs no row to be known: the sum over turns of c × q?"""


class Context:
    """What `score`, `c`, `q`, `outcome` and `is:kept` mean in one project at one moment.

    Args:
        store: the project.
        selection: the name of a saved selection, or ``working``. Default: the one saved last, or
            the working one where none is saved.

    Without any selection, `c` and `q` are the sole complexity and the sole quality scorer, if there
    is exactly one of each, and `score` is DEITA's own: the sum over the turns of their product.

    Raises:
        StoreError: there is no selection of that name.
    """

    __slots__ = ("complexity", "quality", "scorers", "selection", "store", "taste")

    def __init__(self, store: Store, selection: str | None = None) -> None:
        self.store = store
        self.selection = _selection(store, selection)
        found = [
            Scorer(*row)
            for row in store.db.execute(
                "select id, name, measures, reads from scorers"
                " where name <> 'taste (being learned)' order by id"
            )
        ]
        self.scorers = _named(found)
        """Every scorer by its name in lower case; what it measures serves too where it is alone."""
        chosen = self.selection
        self.complexity = _role(found, "complexity", chosen.complexity_id if chosen else None)
        self.quality = _role(found, "quality", chosen.quality_id if chosen else None)
        self.taste = next((s for s in found if s.measures == s.name == "taste"), None)

    def missing(self, name: str) -> str:
        """Why a column has no value for any record here; empty where it may have one."""
        if name in ("c", "q"):
            measures, scorer = _MEASURED[name]
            return "" if scorer(self) else self._unclear(measures)
        if name == "taste" and self.taste is None:
            return "No taste is learned yet: deita-tui taste DIR --learn does that."
        if self.selection is not None or name not in _SELECTED:
            return ""
        if name != "score":
            return f"Nothing is selected yet, so no record has a value for {name}."
        unclear = self.missing("c") or self.missing("q")
        return unclear and f"Nothing is selected yet, so score is the sum of c × q. {unclear}"

    def _unclear(self, measures: str) -> str:
        names = sorted({s.name for s in self.scorers.values() if s.measures == measures})
        if not names:
            return f"No record has a score for {measures} yet."
        return f"There are several scorers of {measures}: {', '.join(names)}. Ask for one by name."


_WORKING = "working"
_SELECTED = frozenset({"score", "rank", "position", "similarity", "blocked_by", "outcome"})
_MEASURED: dict[str, tuple[str, Callable[[Context], Scorer | None]]] = {
    "c": ("complexity", lambda context: context.complexity),
    "q": ("quality", lambda context: context.quality),
}


def _selection(store: Store, name: str | None) -> Selection | None:
    rows = store.db.execute(
        "select id, name, rest, last_record, complexity_id, quality_id,"
        " json_type(computed_from, '$.version') is not null and"
        " coalesce(json_extract(params, '$.formula'), 'c*q') = 'c*q'"
        " and coalesce(json_extract(params, '$.turns'), 'sum') = 'sum'"
        " and coalesce(json_extract(params, '$.missing'), 'drop') = 'drop' from selections"
        " where hidden = 0 order by name is null, id desc"
    ).fetchall()
    selections = [Selection(*row) for row in rows]
    if name is None:
        return selections[0] if selections else None
    for selection in selections:
        if (selection.name or _WORKING) == name:
            return selection
    names = [selection.name for selection in selections if selection.name]
    raise WrongArgumentError(f'{store.folder} has no selection "{name}".', nearest(name, names))


def nearest(wrong: str, known: Iterable[str]) -> str:
    """The hint for a misspelt name: the nearest of the known ones, or the first few of them."""
    names = list(known)
    folded = {name.casefold(): name for name in names}
    if close := get_close_matches(wrong.casefold(), folded, n=1, cutoff=0.6):
        return f"Did you mean {folded[close[0]]}?"
    if not names:
        return ""
    return "There is " + ", ".join(names[:8]) + (", …" if len(names) > 8 else "") + "."


def _named(scorers: list[Scorer]) -> dict[str, Scorer]:
    measures = Counter(scorer.measures for scorer in scorers)
    named = {s.measures.lower(): s for s in scorers if measures[s.measures] == 1}
    # A name given twice means the newer one.
    return named | {scorer.name.lower(): scorer for scorer in scorers}


def _role(scorers: list[Scorer], measures: str, id_: int | None) -> Scorer | None:
    if id_ is not None:
        return next((scorer for scorer in scorers if scorer.id == id_), None)
    alone = [scorer for scorer in scorers if scorer.measures == measures]
    return alone[0] if len(alone) == 1 else None
