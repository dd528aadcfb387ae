"""Two selections as a screen shows them: the records in which they differ, with their ranks."""

from array import array
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from deita_store.rows import RecordRow
from deita_store.view import View
from deita_tui.project import Project
from deita_tui.ui import signs
from deita_tui.ui.widgets.record_table import TableColumn

if TYPE_CHECKING:
    from deita_tui.selection.compare import Comparison

LISTS = ("entered", "left", "moved")


@dataclass(frozen=True, slots=True)
class Compared:
    """Two selections, and the lists of records in which they differ."""

    found: "Comparison"
    views: Mapping[str, View]
    first: Mapping[int, int]
    """Rank of each record that A keeps."""
    second: Mapping[int, int]
    """Rank of each record that B keeps."""
    stale: frozenset[str]
    """Those of the two that are older than what is in the project."""


def compared(project: Project, first: str, second: str) -> Compared:
    """Compare two selections, and build the lists of records."""
    found = project.compare(first, second)
    ids = {
        "entered": found.entered,
        "left": found.left,
        "moved": tuple(move.id for move in found.moved),
    }
    views = {}
    for name, listed in ids.items():
        # Of what one keeps, the sign tells what the other one says.
        view = project.view("id:0", selection=first if name == "entered" else second)
        view.ids = array("q", listed)
        views[name] = view
    stale = frozenset(name for name in (first, second) if project.stale(name))
    return Compared(found, views, _ranks(project, first), _ranks(project, second), stale)


def _ranks(project: Project, name: str) -> Mapping[int, int]:
    from deita_tui.steps import comparing

    kept = comparing.side(project.store, project.selection(name)).ids
    return {id_: rank for rank, id_ in enumerate(kept.tolist(), start=1)}


def columns(told: Compared, name: str) -> list[TableColumn]:
    """What the list of that name shows beyond the records themselves."""

    def rank(side: Mapping[int, int]) -> Callable[[RecordRow], str]:
        return lambda row: f"{side[row.id]:,}" if row.id in side else "–"

    def step(row: RecordRow) -> str:
        by = told.first.get(row.id, 0) - told.second.get(row.id, 0)
        return f"{'↑' if by > 0 else '↓'}{abs(by):,}"

    first = TableColumn("rank_a", "rank A", rank(told.first), 7, right=True)
    second = TableColumn("rank_b", "rank B", rank(told.second), 7, right=True)
    if name == "entered":
        return [second, TableColumn("other", "in A", _outcome, 19)]
    if name == "left":
        return [first, TableColumn("other", "in B", _outcome, 19)]
    return [first, second, TableColumn("step", "by", step, 7, right=True)]


def _outcome(row: RecordRow) -> str:
    """What became of a record in the selection that does not keep it."""
    if row.outcome is None:
        return "not there yet"
    word = signs.OUTCOMES[row.outcome].word
    return f"like #{row.blocked_by}" if row.blocked_by is not None else word
