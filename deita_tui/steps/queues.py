"""Queues: the records that are worth a person's time, in the order in which they are worth it.

``KINDS`` is the table of them. A kind says whether a project has what it takes, and builds a list
of records with a line for each that says why it is there. Any filter is a queue as well:
``where:FILTER``. What each kind goes by is in ``docs/methods.md``.
"""

import re
from array import array
from bisect import bisect_left
from collections.abc import Generator

from deita_store import queues as tables
from deita_store import selections
from deita_store.context import Context, nearest
from deita_store.context import Selection as Chosen
from deita_store.selections import Selection
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.steps import queueing_lacks as lacking
from deita_tui.steps.progress import Progress
from deita_tui.steps.queueing import Asked, Built, Entry, Found, Kind, Queue, QueueKind

__all__ = ["KINDS", "WHERE", "Asked", "Built", "Entry", "Found", "Kind", "Queue", "QueueKind"]

WHERE = "where:"
_IDS = re.compile(r"id:\d+(,\d+){3,}")
"""What stands before a filter that is to be a queue."""


def kinds(store: Store, selection: str | None = None) -> list[QueueKind]:
    """Every kind of queue, and whether the project has what it takes."""
    chosen = _selection(store, selection)
    told = ((name, kind, kind.missing(store, chosen)) for name, kind in KINDS.items())
    return [
        QueueKind(
            name, kind.title, kind.help, not why, why, None if why else kind.count(store, chosen)
        )
        for name, kind, why in told
    ]


def queue(
    store: Store, name: str, selection: str | None = None, limit: int | None = None
) -> Generator[Progress, None, Queue]:
    """Build a queue.

    Args:
        store: the project.
        name: that of a kind, or ``where:FILTER``.
        selection: whose outcomes count; default: the one saved last, or the working one.
        limit: how many records at most.

    Raises:
        UsageError: there is no such kind, the project lacks what it takes, or the limit is none.
        FilterError: the filter makes no sense.
        StoreError: there is no selection of that name.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"A queue of {limit} records holds nothing to look at.")
    if name.startswith(WHERE):
        return (yield from _filtered(store, name, selection, limit))
    if name not in KINDS:
        hint = nearest(name, KINDS)
        raise UsageError(f"There is no queue called {name!r}.", f"{hint} Or where:FILTER.")
    chosen = _selection(store, selection)
    kind = KINDS[name]
    if why := kind.missing(store, chosen):
        raise UsageError(f"The queue {name} has nothing to go by.", why)
    yield Progress(0, None, "records", f"looking for {kind.title}")
    place = tables.place(store, name)
    settled = tables.decided(store)
    # The record that was left last is looked for even if it is decided by now: that tells where
    # to go on.
    asked = Asked(store, chosen, limit, frozenset(settled - {place}))
    found = yield from kind.build(asked)
    entries = list(found.entries)[: asked.most(len(found.entries))]
    at = next((at for at, each in enumerate(entries) if each.id == place), 0)
    if not found.decided:
        entries = [each for each in entries if each.id not in settled]
    return Queue(
        name=name,
        title=kind.title,
        ids=array("q", (each.id for each in entries)),
        notes={each.id: each.why for each in entries if each.why},
        place=min(at, max(0, len(entries) - 1)),
        partner={each.id: each.partner for each in entries if each.partner is not None},
        note=found.note,
        selection=found.selection or _called(chosen),
    )


def remember(store: Store, name: str, record_id: int) -> None:
    """Note where somebody is in a queue. It is no act of the journal."""
    tables.remember(store, name, record_id)


def _filtered(
    store: Store, name: str, selection: str | None, limit: int | None
) -> Generator[Progress, None, Queue]:
    """The records that a filter finds, decided or not, by id."""
    from deita_store.view import View

    yield Progress(0, None, "records", "looking for what the filter finds")
    view = View(store, name.removeprefix(WHERE), context=Context(store, selection))
    ids = view.ids if limit is None else view.ids[:limit]
    place = tables.place(store, name) or 0
    return Queue(
        name=name,
        title=_title(name.removeprefix(WHERE).strip(), len(ids)),
        ids=ids,
        notes={},
        # What is no longer found was followed by what has the next id.
        place=min(bisect_left(ids, place), max(0, len(ids) - 1)),
        note=view.note,
        selection=_called(view.context.selection),
    )


def _title(text: str, count: int) -> str:
    """A filter's own words; a long list of ids says nothing to anybody."""
    if _IDS.fullmatch(text):
        return f"{count:,} records"
    return text or "every record"


def _selection(store: Store, name: str | None) -> Selection | None:
    """The selection that is meant; None where nothing is selected and none was named."""
    if name is None and not selections.saved(store) and not selections.is_there(store, None):
        return None
    return selections.find(store, name)


def _called(selection: Selection | Chosen | None) -> str | None:
    return None if selection is None else selection.name or selections.WORKING


# The kinds ---------------------------------------------------------------------------------------


def _borderline(asked: Asked) -> Built:
    from deita_tui.steps import queueing_pairs

    return queueing_pairs.borderline(asked)


def _edge(asked: Asked) -> Built:
    from deita_tui.steps import queueing_ranks

    return queueing_ranks.edge(asked)


def _undecided(asked: Asked) -> Built:
    from deita_tui.steps import queueing_ranks

    return queueing_ranks.undecided(asked)


def _undecided_count(store: Store, selection: Selection | None) -> int | None:
    return None if selection is None else tables.undecided_count(store, selection.id)


def _disagree(asked: Asked) -> Built:
    from deita_tui.steps import queueing_scores

    return queueing_scores.disagree(asked)


def _uncertain(asked: Asked) -> Built:
    from deita_tui.steps import queueing_scores

    return queueing_scores.uncertain(asked)


def _outliers(asked: Asked) -> Built:
    from deita_tui.steps import queueing_odd

    return queueing_odd.outliers(asked)


def _flagged(asked: Asked) -> Built:
    from deita_tui.steps import queueing_odd

    return queueing_odd.flagged(asked)


def _audit_kept(asked: Asked) -> Built:
    from deita_tui.steps import auditing

    return auditing.sample(asked, "kept")


def _audit_dropped(asked: Asked) -> Built:
    from deita_tui.steps import auditing

    return auditing.sample(asked, "dropped")


def _taste(asked: Asked) -> Built:
    from deita_tui.steps import queueing_taste

    return queueing_taste.disagreement(asked)


KINDS: dict[str, Kind] = {
    "borderline": Kind(
        "borderline pairs",
        "Pairs that are about as similar as the threshold allows.",
        lacking.pairs,
        _borderline,
    ),
    "edge": Kind(
        "budget edge",
        "The last that were kept and the first that were not, on either side of the budget.",
        lacking.budget,
        _edge,
    ),
    "disagree": Kind(
        "scorer disagreement",
        "Records that two scorers of the same thing rank most differently.",
        lacking.two_scorers,
        _disagree,
    ),
    "uncertain": Kind(
        "uncertain scores",
        "Records whose scorer spread its answer over several digits, or hardly answered by one.",
        lacking.digits,
        _uncertain,
    ),
    "outliers": Kind(
        "outliers",
        "Very long records, high scores for few turns, texts that were shortened to fit.",
        lacking.nothing,
        _outliers,
    ),
    "flagged": Kind(
        "flagged",
        "What you flagged for a second look, decided or not.",
        lacking.flags,
        _flagged,
        lambda store, selection: tables.flag_count(store),
    ),
    "undecided": Kind(
        "undecided",
        "What you have not decided, from the top of the ranking.",
        lacking.nothing,
        _undecided,
        _undecided_count,
    ),
    "audit-kept": Kind(
        "audit of the kept",
        "A random sample of what a saved selection kept: how often would you have?",
        lacking.saved,
        _audit_kept,
    ),
    "audit-dropped": Kind(
        "audit of the dropped",
        "A random sample of what a saved selection left out: how often would you have?",
        lacking.saved,
        _audit_dropped,
    ),
    "taste": Kind(
        "your taste against the score",
        "What you would keep and the score does not, as learned from you, and the reverse.",
        lacking.taste,
        _taste,
    ),
}
"""Every kind by its name, in the order in which they are offered. A kind that another module adds
is one row more, with a function that imports that module."""
