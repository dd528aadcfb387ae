"""Two selections of a project, side by side."""

import numpy as np

from deita_store import pool as tables
from deita_store.selections import WORKING, Selection
from deita_store.store import Store
from deita_tui.selection import compare as sides
from deita_tui.selection.compare import Comparison, Side
from deita_tui.steps import loading


def compare(store: Store, first: Selection, second: Selection) -> Comparison:
    """Who came, who went, who moved, and what each is made of."""
    return sides.compare(side(store, first), side(store, second))


def side(store: Store, selection: Selection) -> Side:
    """What a selection keeps, as far as it is still in force."""
    ids, scores = tables.kept(store, selection.id)
    turns, chars = tables.sizes(store, ids)
    members = tables.members_of(store, ids)
    return Side(
        name=selection.name or WORKING,
        ids=loading.wrapped(ids),
        score=np.array(scores, np.float64),
        source=tuple(members.names[number] for number in members.sources),
        turns=loading.wrapped(turns),
        chars=loading.wrapped(chars),
    )
