"""From a project to its portrait: see ``selection.portrait``."""

import numpy as np
from numpy.typing import NDArray

from deita_store import pool as tables
from deita_store import scores
from deita_store.context import Context
from deita_store.store import Store
from deita_tui.selection.portrait import Portrait, portrait
from deita_tui.steps.loading import mask, places, wrapped


def portray(store: Store) -> Portrait:
    """The scores of all records in force, and what the selection shown keeps of them.

    Scores are those that ``c`` and ``q`` mean, or else those of the newest scorer of each. Takes
    about half a second for 300,000 records.
    """
    context = Context(store)
    with tables.snapshot(store):
        members = tables.members(store)
        ids, versions = wrapped(members.ids), wrapped(members.versions)
        found = {
            measures: _means(store, chosen.id if chosen else None, measures, versions)
            for measures, chosen in (
                ("complexity", context.complexity),
                ("quality", context.quality),
            )
        }
        kept = tables.kept(store, context.selection.id)[0] if context.selection else ()
    numbers = sorted(members.names)
    return portrait(
        np.searchsorted(np.array(numbers), wrapped(members.sources)).astype(np.int32),
        tuple(members.names[number] for number in numbers),
        found["complexity"],
        found["quality"],
        mask(ids, kept),
    )


def _means(
    store: Store, scorer: int | None, measures: str, versions: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(n,) what a scorer gives each version; NaN where it gives none."""
    known = [each.id for each in scores.scorers(store) if each.measures == measures]
    if scorer is None and not known:
        return np.full(len(versions), np.nan)
    dealt, values = tables.means(store, scorer if scorer is not None else known[-1])
    at = places(wrapped(dealt), versions)
    found = np.append(np.frombuffer(values, np.float64) if len(values) else np.zeros(0), np.nan)
    return found[at]
