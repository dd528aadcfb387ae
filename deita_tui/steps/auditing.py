"""The audit of a saved selection: a random sample of what it kept, and of what it left out.

What is judged is what the method did by itself: records that the user had pinned when it was
saved are in neither lot, nor are those that a filter took out, or that have no score. A sample is
drawn once for each selection and side, by its number in the journal; see ``selection.audit``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deita_store import freshness, selections
from deita_store import queues as tables
from deita_store.selections import WORKING, Selection
from deita_store.store import Store
from deita_tui.selection.audit import CONFIDENCE, drawn, estimate, reached
from deita_tui.steps import basis, loading
from deita_tui.steps.progress import Progress
from deita_tui.steps.queueing import Asked, Built, Entry, Found

Side = Literal["kept", "dropped"]

SAMPLE = 400
"""So many records the queue of an audit has: enough for an error of 0.05, whatever the share."""

_HEAD = 4_000
"""So much of a sample is held in memory, and so many judgements count at most."""

_AGREES = {"kept": "keep", "dropped": "reject"}


@dataclass(frozen=True, slots=True)
class Audit:
    """How often the user agrees with one side of a selection."""

    selection: str | None
    """Its name; None where no selection is saved."""
    side: Side
    lot: int
    """How many records the method kept, or left out, by itself."""
    sample: int
    """How far down the random sample the judgements go; later ones do not count."""
    judged: int
    agreed: int
    share: float
    """NaN where nothing is judged."""
    low: float
    """The lower end of the interval."""
    high: float
    told: str
    """In a few words, for a line; empty where nothing is judged."""

    @property
    def sentence(self) -> str:
        """The same, told in full."""
        if self.selection is None:
            return "No selection is saved, so there is nothing to audit."
        did = "kept" if self.side == "kept" else "left out"
        if not self.judged:
            return f"Of what {self.selection} {did}, nothing of the random sample is judged yet."
        return (
            f"You agree with {self.agreed:,} of {self.judged:,} that {self.selection} {did}: "
            f"{self.share:.2f}. Of all {self.lot:,} it would be {self.low:.2f} to {self.high:.2f} "
            f"({CONFIDENCE:.0%} interval)."
        )


def audit(store: Store, side: Side, selection: str | None = None) -> Audit:
    """How often the user agrees with a side of a saved selection; see ``Project.audit``."""
    chosen = about(store, selection)
    if chosen is None:
        return Audit(None, side, 0, 0, 0, 0, math.nan, 0.0, 1.0, "")
    lot, head = _drawn(store, chosen, side)
    said = tables.decisions_of(store, head)
    sample = reached([id_ in said for id_ in head])
    words = [said[id_] for id_ in head[:sample] if id_ in said]
    agreed = words.count(_AGREES[side])
    found = estimate(lot, len(words), agreed)
    told = f"agreement of audit {found.share:.2f} ± {_up(found.error):.2f}" if words else ""
    return Audit(
        chosen.name, side, lot, sample, len(words), agreed, found.share, found.low, found.high, told
    )


def about(store: Store, selection: str | None) -> Selection | None:
    """The saved selection that an audit is about; None where there is none.

    The working selection changes with every decision, so the one saved last stands for it.

    Raises:
        StoreError: there is no selection of that name.
    """
    if selection is not None and selection != WORKING:
        found = selections.find(store, selection)
        return found if found.computed_from else None
    return next((each for each in selections.saved(store) if each.computed_from), None)


def sample(asked: Asked, side: Side) -> Built:
    """The queue of an audit: what is not judged of the sample, in the order of the draw."""
    yield Progress(0, None, "records", "drawing a sample")
    chosen = about(asked.store, None if asked.selection is None else asked.selection.name)
    assert chosen is not None
    lot, head = _drawn(asked.store, chosen, side)
    # More than usual is there for who asks for so many: the draw goes on.
    size = min(SAMPLE if asked.limit is None else len(head), len(head))
    did = "kept" if side == "kept" else "left out"
    numbered = enumerate(head[:size], start=1)
    entries = [
        Entry(id_, f"no. {at:,} of the draw") for at, id_ in numbered if id_ not in asked.settled
    ]
    note = f"A random sample of the {lot:,} records that {chosen.name} {did}."
    if lot and not entries:
        estimated = audit(asked.store, side, chosen.name).sentence
        note = f"All {size:,} of the sample are judged. {estimated}"
    return Found(entries, note, selection=chosen.name)


def _drawn(store: Store, selection: Selection, side: Side) -> tuple[int, Sequence[int]]:
    """How many records are in the lot, and the first of its sample."""
    # What is removed or purged leaves the lot, and an undo brings it back.
    key = (
        store.project_id, selection.journal_id, selection.id, side,
        freshness.acts(store), tables.in_force(store),
    )  # fmt: skip
    if key not in _LOTS:
        ids = _lot(store, selection, side)
        digest = blake2b(f"{selection.computed_from['result']} {side}".encode(), digest_size=8)
        order = drawn(ids, int.from_bytes(digest.digest(), "big"))
        if len(_LOTS) >= _HELD:
            _LOTS.clear()
        _LOTS[key] = len(ids), order[:_HEAD].tolist()
    return _LOTS[key]


_LOTS: dict[tuple[object, ...], tuple[int, Sequence[int]]] = {}
"""Samples that were drawn lately: a screen asks after each decision."""
_HELD = 8


def _lot(store: Store, selection: Selection, side: Side) -> NDArray[np.int64]:
    """The records that the method kept, or left out, by itself, ascending."""
    then = basis.parse(selection.computed_from)
    known = basis.from_bits(then.members)
    known = known[loading.mask(known, tables.members_in_force(store))]
    status = tables.outcomes(store, selection.id)
    wanted = ("kept",) if side == "kept" else ("too_similar", "over_budget")
    found = np.zeros(len(known), np.bool_)
    if selection.rest in wanted:
        found[:] = True
        for ids in status.values():
            found[loading.mask(known, ids)] = False
    for word in wanted:
        found |= loading.mask(known, status.get(word, ()))
    pinned = [*freshness.from_runs(then.kept), *freshness.from_runs(then.rejected)]
    return known[found & ~loading.mask(known, pinned)]


def _up(error: float) -> float:
    """Rounded up to what is shown: an error is never told smaller than it is."""
    return math.ceil(error * 100 - 1e-9) / 100
