"""What the user's decisions say of records, and the models that learned from them.

A model is a scorer that measures ``taste`` and gives each version of a record one value: in
``record_scores``, whose ``mean`` it is, and never in ``scores``, since it is about whole records.
The one in use is called ``taste``; older ones that a selection was made with stay, as
``taste@ACT`` after the newest decision that they learned from, so that the selection can be
computed again. The values of a model never change; its weights are a setting.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from deita_store import scores, settings
from deita_store.scores import Scorer
from deita_store.store import Store

TASTE = "taste"
_LEARNING = "taste (being learned)"
_MODEL = "taste:"


@dataclass(frozen=True, slots=True)
class Judged:
    """A record in force that the user has judged."""

    record_id: int
    version: int
    """The version in force."""
    decision: str | None
    """``keep`` or ``reject``; None where there is a rating alone."""
    rating: int | None
    act: int
    """The act in force that said so."""


def judged(store: Store) -> list[Judged]:
    """Every record in force with a decision or a rating, in the order of ids."""
    rows = store.db.execute(
        "select m.record_id, r.conversation_id, m.decision, m.rating, coalesce(("
        " select max(c.journal_id) from changes c join journal j on j.id = c.journal_id"
        " where c.record_id = m.record_id and j.undone = 0 and j.target is null"
        " and c.field = iif(m.decision is null, 'rating', 'decision')), 0)"
        " from marks m join records r on r.id = m.record_id and r.live > 0"
        " where m.decision is not null or m.rating is not null order by m.record_id"
    )
    return [Judged(*row) for row in rows.fetchall()]


def all(store: Store) -> list[Scorer]:  # noqa: A001 - reads best at the call
    """Every model that is there, oldest first, as scorers."""
    rows = store.db.execute(
        "select id, name, measures, reads, config from scorers where measures = ? order by id",
        (TASTE,),
    )
    return [
        Scorer(id_, name, measures, reads, json.loads(config))
        for id_, name, measures, reads, config in rows.fetchall()
    ]


def learned(store: Store) -> Scorer | None:
    """The model in use, as a scorer; None where nothing is learned."""
    return next((each for each in all(store) if each.name == TASTE), None)


def and_scorers(store: Store) -> list[Scorer]:
    """Whatever can stand in a formula: the scorers of texts and these, oldest first."""
    return sorted((*scores.scorers(store), *all(store)), key=lambda each: each.id)


def model(store: Store, scorer_id: int) -> object:
    """The weights of a model, as ``publish`` got them; None where they are not there."""
    return settings.get(store, f"{_MODEL}{scorer_id}")


def lasting_name(scorer: Scorer) -> str:
    """What a scorer is called for good: of a taste, not what it is called while it is in use."""
    if scorer.measures != TASTE:
        return scorer.name
    return f"{TASTE}@{scorer.config.get('act', 0)}"


def begin(store: Store, config: Mapping[str, object]) -> int:
    """The scorer with this ``config``; what an unfinished learning has left goes away."""
    with store.transaction():
        id_ = scores.ensure_scorer(store, _LEARNING, TASTE, "pair", config)
        for each in all(store):
            if each.name == _LEARNING and each.id != id_:
                _drop(store, each.id)
    return id_


def done(store: Store, scorer_id: int) -> set[int]:
    """The versions that a model has given a value."""
    rows = store.db.execute(
        "select conversation_id from record_scores where scorer_id = ?", (scorer_id,)
    )
    return {version for (version,) in rows}


def add(store: Store, scorer_id: int, values: Iterable[tuple[int, float]]) -> None:
    """Give versions their values, in one transaction; what has one keeps it."""
    with store.transaction() as db:
        db.executemany(
            "insert into record_scores (scorer_id, conversation_id, scored, failed, mean)"
            # A purge may have taken one away meanwhile.
            " select :scorer, :version, 1, 0, :value"
            " where exists (select 1 from conversations where id = :version)"
            " on conflict (scorer_id, conversation_id) do nothing",
            (
                {"scorer": scorer_id, "version": version, "value": value}
                for version, value in values
            ),
        )


def publish(store: Store, scorer_id: int, weights: Mapping[str, object]) -> None:
    """Have a model be the one in use; an older one goes, unless a selection was made with it."""
    with store.transaction() as db:
        _retire(store, but=scorer_id)
        db.execute("update scorers set name = ? where id = ?", (TASTE, scorer_id))
        settings.put(store, f"{_MODEL}{scorer_id}", dict(weights))


def forget(store: Store) -> bool:
    """Have no model in use; was there one?"""
    with store.transaction():
        return _retire(store)


def missing(store: Store, scorer_id: int) -> int:
    """How many records in force have no value of a model."""
    (count,) = store.db.execute(
        "select count(*) from records r where r.live > 0 and not exists"
        " (select 1 from record_scores x where x.scorer_id = ?"
        " and x.conversation_id = r.conversation_id)",
        (scorer_id,),
    ).fetchone()
    return int(count)


def in_force(store: Store) -> int:
    """How many records are in force."""
    (count,) = store.db.execute("select count(*) from records where live > 0").fetchone()
    return int(count)


def used(store: Store) -> set[int]:
    """The scorers that any selection was made with, hidden ones included."""
    rows = store.db.execute(
        "select distinct x.value from selections s, json_each(s.computed_from, '$.scorers') x"
    )
    return {id_ for (id_,) in rows}


def _retire(store: Store, but: int | None = None) -> bool:
    found = [each for each in all(store) if each.id != but]
    kept = used(store)
    for each in found:
        if each.id in kept:
            db = store.db
            db.execute("update scorers set name = ? where id = ?", (lasting_name(each), each.id))
        else:
            _drop(store, each.id)
    return any(each.name == TASTE for each in found)


def _drop(store: Store, scorer_id: int) -> None:
    db = store.db
    db.execute("delete from record_scores where scorer_id = ?", (scorer_id,))
    db.execute("delete from scorers where id = ?", (scorer_id,))
    db.execute("delete from settings where key = ?", (f"{_MODEL}{scorer_id}",))
