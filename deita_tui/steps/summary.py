"""What a selection came to, as the command line and ``Project`` report it: plain data."""

import msgspec
import numpy as np

from deita_store import pool as tables
from deita_store.store import Store
from deita_tui.selection import compare
from deita_tui.selection.compare import Mix, Side
from deita_tui.selection.result import KEPT, REASONS, UNSCORED, Result


class SelectionReport(msgspec.Struct, frozen=True):
    """A selection without its outcomes."""

    id: int | None
    """In ``selections``; None where it was not stored."""
    name: str | None
    """None: the working selection."""
    kept: int
    outcomes: dict[str, int]
    """Records by outcome."""
    unscored: dict[str, int]
    """Of these, the unscored ones by the reason."""
    pinned: int
    """Of the kept ones, those that you decided to keep."""
    overflow: int
    """Records (under a budget in tokens alone: tokens) that the pins take beyond the budget."""
    tokens: int | None
    """Of all kept records together; None where they were not counted."""
    examined: int
    mix: Mix
    pool: dict[str, int]
    """The records that it was made from, by source, the largest first."""
    params: dict[str, object]
    notes: tuple[str, ...]
    seconds: float


def report(
    store: Store, result: Result, id_: int | None, name: str | None, seconds: float
) -> SelectionReport:
    """Sum up a selection."""
    pool = result.pool
    sources = np.bincount(pool.source, minlength=len(pool.sources))
    reasons = np.bincount(result.reason[result.status == UNSCORED], minlength=len(REASONS))
    counts = result.counts()
    return SelectionReport(
        id=id_,
        name=name,
        kept=counts["kept"],
        outcomes=counts,
        unscored={REASONS[at]: int(reasons[at]) for at in np.flatnonzero(reasons)},
        pinned=int((pool.pinned & (result.status == KEPT)).sum()),
        overflow=result.overflow,
        tokens=None if pool.tokens is None else int(pool.tokens[result.kept].sum()),
        examined=result.examined,
        mix=compare.mix(side(store, result, name or WORKING, result.kept)),
        pool={pool.sources[at]: int(sources[at]) for at in np.argsort(-sources) if sources[at]},
        params=msgspec.to_builtins(result.params),
        notes=result.notes,
        seconds=round(seconds, 3),
    )


WORKING = "working"
"""What the working selection is called where names stand."""


def side(store: Store, result: Result, name: str, places: "np.typing.NDArray[np.int32]") -> Side:
    """Some records of a result, as ``selection.compare`` takes them."""
    pool = result.pool
    ids = pool.ids[places]
    turns, chars = tables.sizes(store, ids.tolist())
    return Side(
        name=name,
        ids=ids,
        score=result.score[places],
        source=tuple(pool.sources[number] for number in pool.source[places].tolist()),
        turns=np.array(turns, np.int64),
        chars=np.array(chars, np.int64),
    )
