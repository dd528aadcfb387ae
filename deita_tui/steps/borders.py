"""Help with the threshold: what is kept at which, and the pairs of records on either side of it."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from deita_store import rows
from deita_store.context import Context
from deita_tui.neighbours.certificate import Recall
from deita_tui.selection import borderline, curve
from deita_tui.selection.borderline import Pair
from deita_tui.selection.curve import Point
from deita_tui.selection.diffs import Diff
from deita_tui.selection.params import Params
from deita_tui.selection.task import Gear
from deita_tui.steps.explaining import differing_texts
from deita_tui.steps.selecting import Tuner

Side = Literal["above", "below"]

THRESHOLDS = (0.7, 0.75, 0.8, 0.85, 0.875, 0.9, 0.925, 0.95, 0.975, 1.0)


class BorderPair(msgspec.Struct, frozen=True):
    """Two records that are about as similar as the threshold allows."""

    side: Side
    """Above: the first is left out because of the other. Below: both are kept."""
    similarity: float
    id: int
    other: int
    """The kept one that stands before it."""
    instruction: str
    """How the first record's first turn begins."""
    other_instruction: str
    differs: Diff
    """The words of the two."""


class Curve(msgspec.Struct, frozen=True):
    """What is kept at which threshold."""

    gear: Gear
    """How the numbers came about; see ``selection.select``."""
    points: tuple[Point, ...]
    recall: tuple[Recall, ...]
    """Of the lists that an instant curve goes by, at each of its thresholds; else empty."""


def points(tuner: Tuner, params: Params, thresholds: Sequence[float] | None = None) -> Curve:
    """How many records are kept at each threshold, and how redundant they are.

    Without a budget nothing bounds the walk, so the lists of neighbours decide where they are
    there; with one, every number is exact.
    """
    pool = tuner.pool(params)
    bounded = params.budget or params.budget_tokens or params.shares
    gear: Gear = "exact" if bounded or pool.neighbours is None else "instant"
    asked = sorted(thresholds or THRESHOLDS)
    found = curve.curve(pool, params, asked, tuner.allowed(params), gear, tuner.work)
    certificate = tuner.certificate if gear == "instant" else None
    return Curve(gear, tuple(found), certificate.grid(asked) if certificate else ())


def pairs(tuner: Tuner, params: Params, count: int) -> list[BorderPair]:
    """The pairs nearest to the threshold, nearest first: ``count`` above it, and as many below."""
    result = tuner.exact(params)
    found = borderline.borderline(result.pool, result, params.threshold, count)
    sides: list[tuple[Side, Pair]] = [("above", each) for each in found.above]
    sides += [("below", each) for each in found.below]
    ids = result.pool.ids
    mentioned = {int(ids[at]) for _, each in sides for at in (each.record, each.other)}
    shown = {
        each.id: each for each in rows.read(tuner.store, sorted(mentioned), Context(tuner.store))
    }
    embedder_id = None if tuner.roles.embedder is None else tuner.roles.embedder.id
    return [
        BorderPair(
            side=side,
            similarity=each.similarity,
            id=one.id,
            other=other.id,
            instruction=one.instruction,
            other_instruction=other.instruction,
            differs=differing_texts(tuner.store, embedder_id, one.id, other.id),
        )
        for side, each in sides
        for one, other in [(shown[int(ids[each.record])], shown[int(ids[each.other])])]
    ]
