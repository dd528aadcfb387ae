"""Queues of what stands out: outliers, and what the user flagged."""

import math

import numpy as np
from numpy.typing import NDArray

from deita_store import pool as tables
from deita_store import queues as queue_tables
from deita_store import scores, vectors
from deita_store.queues import Shapes
from deita_tui.figures import plural
from deita_tui.printable import printable
from deita_tui.selection.queues import far_above, in_turn
from deita_tui.steps.loading import places, wrapped
from deita_tui.steps.progress import Progress
from deita_tui.steps.queueing import Asked, Built, Entry, Found

_SEVERAL = 0.05
"""So large a share of records has several turns where a single one can be called few."""

_NOTE = 80
"""So many characters of a note are shown."""


def outliers(asked: Asked) -> Built:
    """Long records, high scores for a single turn, shortened texts: one of each in turn.

    Long is far above the rest among the logarithms of the lengths. A single turn has a high score
    where it is above that of half the records with several, whose turns add up.
    """
    yield Progress(0, None, "records", "looking at lengths")
    shapes = queue_tables.shapes(asked.store)
    lists = [_long(shapes), _few_turns(asked, shapes), _shortened(asked, shapes)]
    found: dict[int, Entry] = {}
    for listed in lists:
        for each in listed:
            if each.id in found:
                why = f"{found[each.id].why}; {each.why}"
                found[each.id] = Entry(each.id, why)
            elif each.id not in asked.settled:
                found[each.id] = each
    counts = ", ".join(
        f"{len(listed):,} {what}"
        for listed, what in zip(
            lists, ("long", "of one turn with a high score", "shortened"), strict=True
        )
    )
    order = dict.fromkeys(each.id for each in in_turn(lists) if each.id in found)
    return Found([found[id_] for id_ in order][: asked.most()], f"Outliers: {counts}.")


def _long(shapes: Shapes) -> list[Entry]:
    chars = wrapped(shapes.chars)
    far = far_above(np.log1p(chars))
    return [
        Entry(int(wrapped(shapes.ids)[at]), f"{int(chars[at]):,} characters") for at in far.tolist()
    ]


def _few_turns(asked: Asked, shapes: Shapes) -> list[Entry]:
    """Records of one turn that score higher than half of those with several."""
    turns = wrapped(shapes.turns)
    score = _scores(asked, shapes, turns)
    several = (turns > 1) & ~np.isnan(score)
    if not len(turns) or several.sum() < _SEVERAL * len(turns):
        return []
    middle = float(np.median(score[several]))
    high = np.flatnonzero((turns == 1) & (score > middle))
    high = high[np.argsort(-score[high], kind="stable")]
    ids = wrapped(shapes.ids)
    return [
        Entry(
            int(ids[at]),
            f"{score[at]:.1f} for a single turn; half of those with more: {middle:.1f}",
        )
        for at in high.tolist()
    ]


def _scores(asked: Asked, shapes: Shapes, turns: NDArray[np.int64]) -> NDArray[np.float64]:
    """Of each record the mean c × the mean q × the number of turns; NaN without."""
    basis = asked.selection.basis if asked.selection else None
    found = np.ones(len(turns))
    for measures, used in (
        ("complexity", basis.complexity_id if basis else None),
        ("quality", basis.quality_id if basis else None),
    ):
        there = [each for each in scores.scorers(asked.store) if each.measures == measures]
        chosen = [each for each in there if each.id == used] or there[-1:]
        if not chosen:
            return np.full(len(turns), math.nan)
        known, values = tables.means(asked.store, chosen[0].id)
        at = places(wrapped(known), wrapped(shapes.versions))
        if not len(known):
            return np.full(len(turns), math.nan)
        found *= np.where(at >= 0, np.frombuffer(values, np.float64)[at], np.nan)
    return found * turns


def _shortened(asked: Asked, shapes: Shapes) -> list[Entry]:
    """Records whose text did not fit, the longest first, of which most is missing."""
    told: dict[int, list[str]] = {}
    for scorer in scores.scorers(asked.store):
        for id_ in queue_tables.shortened(asked.store, scorer.id, scorer.reads):
            told.setdefault(id_, []).append(scorer.measures)
    for embedder in vectors.embedders(asked.store):
        for id_ in queue_tables.shortened_vectors(asked.store, embedder.id):
            told.setdefault(id_, []).append("the vector")
    ids = np.array(sorted(told), np.int64)
    chars = wrapped(shapes.chars)[places(wrapped(shapes.ids), ids)]
    return [
        Entry(id_, f"shortened to fit for {', '.join(dict.fromkeys(told[id_]))}")
        for id_ in ids[np.argsort(-chars, kind="stable")].tolist()
    ]


def flagged(asked: Asked) -> Built:
    """Everything that is flagged, by id, with what else was said of it."""
    yield Progress(0, None, "records", "looking for flags")
    entries = []
    for id_, decision, note in queue_tables.flagged(asked.store):
        said = [decision or "", printable(note or "")[:_NOTE]]
        entries.append(Entry(id_, " · ".join(filter(None, said))))
    told = plural(len(entries), "record")
    return Found(entries[: asked.most(len(entries))], f"{told} flagged.", decided=True)
