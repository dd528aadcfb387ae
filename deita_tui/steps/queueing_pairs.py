"""The queue of pairs that are about as similar as the threshold of a selection allows.

Above it are records that were left out because of a kept one; below it kept ones with a kept one
before them. It goes by the outcome as it was saved, so that nothing is selected again.
"""

import numpy as np

from deita_store import queues as tables
from deita_store.queues import Examined
from deita_store.selections import Selection
from deita_store.store import Store
from deita_tui.selection import borderline as borders
from deita_tui.selection.borderline import Borderline, Pair
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import KEPT, TOO_SIMILAR, Result
from deita_tui.steps import loading, matrices
from deita_tui.steps.loading import places, wrapped
from deita_tui.steps.progress import Progress
from deita_tui.steps.queueing import Asked, Built, Entry, Found
from deita_tui.steps.saving import params_of

_USUAL = 200
"""So many pairs there are where nobody says how many."""
_REACH = 0.1
"""Further from the threshold than that, a pair is not borderline."""
_COMPARED = 10_000
"""So many kept records are compared with each other, the best ones: a second's work."""


def borderline(asked: Asked) -> Built:
    """The pairs nearest to the threshold, nearest first, from either side.

    Of the pairs of one record only the nearest one is there. A pair is settled once its record is
    decided, or the other one rejected.
    """
    chosen = asked.chosen()
    yield Progress(0, None, "records", "reading what was selected")
    there = tables.examined(asked.store, chosen.id)
    rejected = tables.rejected(asked.store)
    pool, result = _as_saved(asked.store, chosen, there)
    yield Progress(0, None, "records", "comparing what was kept")
    threshold = result.params.threshold
    most = count = asked.most(_USUAL)
    while True:
        found = borders.borderline(pool, result, threshold, count)
        entries = _entries(pool, found.above, found.below, threshold)
        entries = [e for e in entries if e.id not in asked.settled and e.partner not in rejected]
        if len(entries) >= most or _all(found, threshold, count):
            break
        count *= 4
    note = f"Pairs around the threshold {threshold:g}, the nearest first."
    if int(np.count_nonzero(wrapped(there.kept))) > _COMPARED:
        note += f" Of the kept, the best {_COMPARED:,} were compared with each other."
    return Found(entries[:most], note)


def _all(found: Borderline, threshold: float, count: int) -> bool:
    """Is there nothing more within reach on either side?"""
    return all(
        len(side) < count or abs(side[-1].similarity - threshold) > _REACH
        for side in (found.above, found.below)
    )


def _entries(
    pool: Pool, above: tuple[Pair, ...], below: tuple[Pair, ...], threshold: float
) -> list[Entry]:
    sides = [(each, "left out") for each in above] + [(each, "both kept") for each in below]
    sides = [side for side in sides if abs(side[0].similarity - threshold) <= _REACH]
    sides.sort(key=lambda side: (abs(side[0].similarity - threshold), side[0].record))
    entries: dict[int, Entry] = {}
    for each, what in sides:
        one, other = int(pool.ids[each.record]), int(pool.ids[each.other])
        told = f"{each.similarity:.3f} like #{other}: {what}"
        entries.setdefault(one, Entry(one, told, other))
    return list(entries.values())


def _as_saved(store: Store, selection: Selection, there: Examined) -> tuple[Pool, Result]:
    """The kept and the too similar records of a selection, as if there were no others."""
    ids, rank = wrapped(there.ids), wrapped(there.kept)
    assert selection.basis.embedder_id is not None
    known, vectors = matrices.matrix(store, selection.basis.embedder_id)
    given = tables.vectors_of(store, selection.basis.embedder_id, there.versions)
    kept = np.flatnonzero(rank)
    best = kept[np.argsort(rank[kept])][:_COMPARED].astype(np.int32)
    n = len(ids)
    none = np.zeros(n, np.bool_)
    pool = Pool(
        ids=ids,
        source=np.zeros(n, np.int32),
        sources=("",),
        turn_start=np.zeros(n + 1, np.int64),
        scores={},
        row=places(known, wrapped(given)),
        vectors=vectors,
        neighbours=None,
        similarities=None,
        pinned=none,
        rejected=none,
    )
    result = Result(
        params=params_of(selection),
        gear="exact",
        kept=best,
        status=np.where(rank > 0, KEPT, TOO_SIMILAR).astype(np.uint8),
        reason=np.zeros(n, np.uint8),
        rank=rank.astype(np.int32),
        position=wrapped(there.position).astype(np.int32),
        score=np.full(n, np.nan),
        blocker=loading.places(ids, wrapped(there.blocked_by)),
        similarity=np.frombuffer(there.similarity, np.float64) if n else np.zeros(0),
        against=np.full(n, -1, np.int32),
        examined=n,
        pool=pool,
    )
    return pool, result
