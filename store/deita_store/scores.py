"""Scorers, the scores they gave, and what is left for them to do.

A score belongs to a text and a scorer, so no text is scored twice in a project. ``record_scores``
sums them up for each conversation; a conversation in force that has no row there is pending.
"""

import json
from array import array
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from deita_store import settings
from deita_store.errors import WrongArgumentError
from deita_store.store import Store, now

Reads = str
_PAIR = ("complexity", "quality")
_COLUMNS = {"instruction": "t.instruction", "pair": "t.pair"}
_AMONG = "and (:ids is null or records.id in (select value from json_each(:ids)))"
_HEALTH = "health:"
_REACH = "reach:"
_MODEL = "model:"


@dataclass(frozen=True, slots=True)
class Scorer:
    """One model with one template (D11)."""

    id: int
    name: str
    measures: str
    reads: Reads
    """``instruction`` or ``pair``: which of a turn's texts it judges."""
    config: Mapping[str, object]
    """What its identity is the hash of."""


@dataclass(frozen=True, slots=True)
class Score:
    """What a scorer said of one text; the value, or the reason why there is none."""

    text: bytes
    """``turns.instruction`` or ``turns.pair``."""
    value: float | None = None
    reason: str | None = None
    probabilities: tuple[float, ...] | None = None
    """Of the digits 1 to 6."""
    mass: float | None = None
    tokens: int | None = None
    shortened: bool = False


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn as one scorer sees it."""

    conversation_id: int
    turn: int
    text: bytes
    problem: str | None
    """Why it cannot be scored."""
    known: bool
    """Its text has a score, or a reason for having none."""


def ensure_scorer(
    store: Store, name: str, measures: str, reads: Reads, config: Mapping[str, object]
) -> int:
    """The id of the scorer with this ``config``, made if it is new. Its first name stays."""
    canonical = json.dumps(config, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    identity = sha256(canonical.encode()).hexdigest()
    with store.transaction() as db:
        db.execute(
            "insert into scorers (identity, name, measures, reads, config, created_at) "
            "values (?, ?, ?, ?, ?, ?) on conflict (identity) do nothing",
            (identity, name, measures, reads, canonical, now()),
        )
        row = db.execute("select id from scorers where identity = ?", (identity,)).fetchone()
    return int(row[0])


def scorers(store: Store, name: str | None = None) -> list[Scorer]:
    """All scorers of texts, oldest first, or those called ``name``; see ``tastes`` for others."""
    rows = store.db.execute(
        "select id, name, measures, reads, config from scorers "
        "where measures <> 'taste' and (:name is null or name = :name) order by id",
        {"name": name},
    )
    return [
        Scorer(id_, label, measures, reads, json.loads(config))
        for id_, label, measures, reads, config in rows.fetchall()
    ]


def identity(store: Store, scorer_id: int) -> str:
    """What a scorer's scores are keyed by: the hash of its config, in hex."""
    (found,) = store.db.execute(
        "select identity from scorers where id = ?", (scorer_id,)
    ).fetchone()
    return str(found)


# What there is to do ----------------------------------------------------------------------------


def order(
    store: Store, seed: int, ids: Iterable[int] | None = None, limit: int | None = None
) -> "array[int]":
    """Conversations in force, in a random order that depends on nothing but the seed.

    A record keeps its place whatever else is there and however often it is edited, so that a pilot,
    a limit and an interrupted run are fair samples, and the same ones for every scorer.

    Args:
        store: the project.
        seed: any integer.
        ids: the records to choose from; None for all.
        limit: take the first so many.
    """
    store.db.create_function("shuffled", 1, lambda id_: shuffled(seed, id_), deterministic=True)
    rows = store.db.execute(
        f"select conversation_id from records where live > 0 {_AMONG} "
        "order by shuffled(id), id limit :limit",
        {"ids": _json(ids), "limit": -1 if limit is None else limit},
    )
    return array("q", (row[0] for row in rows))


def shuffled(seed: int, id_: int) -> int:
    """The place of a record in the order of ``seed``: 63 well-mixed bits (SplitMix64)."""
    bits = (id_ + (seed + 1) * 0x9E3779B97F4A7C15) & 0xFFFFFFFFFFFFFFFF
    bits = ((bits ^ (bits >> 30)) * 0xBF58476D1CE4E5B9) & 0xFFFFFFFFFFFFFFFF
    bits = ((bits ^ (bits >> 27)) * 0x94D049BB133111EB) & 0xFFFFFFFFFFFFFFFF
    return (bits ^ (bits >> 31)) >> 1


def pending(store: Store, scorer_id: int, conversations: Iterable[int]) -> "array[int]":
    """Those of ``conversations`` that the scorer has not finished, in their order."""
    done = {
        row[0]
        for row in store.db.execute(
            "select conversation_id from record_scores where scorer_id = ?", (scorer_id,)
        )
    }
    return array("q", (each for each in conversations if each not in done))


def turns(store: Store, scorer: Scorer, conversations: Sequence[int]) -> list[Turn]:
    """The turns of ``conversations``, in that order."""
    column = _COLUMNS[scorer.reads]
    rows = store.db.execute(
        f"select t.conversation_id, t.turn, {column}, t.problem, s.text is not null "
        "from json_each(:versions) c join turns t on t.conversation_id = c.value "
        f"left join scores s on s.scorer_id = :scorer and s.text = {column} "
        "order by c.key, t.turn",
        {"versions": _json(conversations), "scorer": scorer.id},
    )
    return [
        Turn(conversation_id, turn, text, problem, bool(known))
        for conversation_id, turn, text, problem, known in rows.fetchall()
    ]


def bodies(store: Store, conversations: Iterable[int]) -> dict[int, str]:
    """The texts of ``conversations`` by id."""
    rows = store.db.execute(
        "select id, body from conversations where id in (select value from json_each(?))",
        (_json(conversations),),
    )
    return dict(rows.fetchall())


def texts(store: Store, reads: Reads, conversations: Iterable[int]) -> tuple[int, int]:
    """How many scorable turns ``conversations`` have, and how many different texts in them."""
    row = store.db.execute(
        f"select count(*), count(distinct {_COLUMNS[reads]}) "
        "from json_each(?) c join turns t on t.conversation_id = c.value where t.problem is null",
        (_json(conversations),),
    ).fetchone()
    return int(row[0]), int(row[1])


def count_turns(store: Store, conversations: Iterable[int]) -> int:
    """How many turns ``conversations`` have, derived or not."""
    row = store.db.execute(
        "select coalesce(sum(turns), 0) from conversations "
        "where id in (select value from json_each(?))",
        (_json(conversations),),
    ).fetchone()
    return int(row[0])


def best(store: Store, name: str, count: int, ids: Iterable[int] | None = None) -> "array[int]":
    """The records in force that the scorers called ``name`` put highest, best first.

    With one complexity and one quality scorer of that name: by the sum of their products over the
    turns; with a single scorer: by the sum of its values. Of several that measure the same the
    newest counts. Records with a missing turn are not among them.

    Args:
        store: the project.
        name: of a scorer, or of a pair of them.
        count: how many.
        ids: the records to choose from; None for all.

    Raises:
        StoreError: there is no such scorer, or they measure what has no product.
    """
    found = list({each.measures: each for each in scorers(store, name)}.values())
    if not (len(found) == 1 or sorted(each.measures for each in found) == list(_PAIR)):
        told = "No scorer" if not found else "More than a pair of scorers"
        raise WrongArgumentError(
            f"{told} is called {name!r}, so records cannot be ranked by it.",
            f"Score with it first: deita-tui score {store.folder} --scorer {name}",
        )
    joins = "".join(
        f" left join scores s{each.id} on s{each.id}.scorer_id = {each.id} "
        f"and s{each.id}.text = {_COLUMNS[each.reads]} and t.problem is null"
        for each in found
    )
    product = " * ".join(f"s{each.id}.value" for each in found)
    rows = store.db.execute(
        "select records.id from records join turns t "
        f"on t.conversation_id = records.conversation_id {joins} where records.live > 0 {_AMONG} "
        f"group by records.id having count({product}) = count(*) "
        f"order by sum({product}) desc, records.id limit :count",
        {"ids": _json(ids), "count": count},
    )
    return array("q", (row[0] for row in rows))


def forget_failures(store: Store, scorer_id: int) -> int:
    """Make the texts that failed pending again, and the pilot with them; how many there were."""
    with store.transaction() as db:
        failed = db.execute(
            "delete from scores where scorer_id = ? and value is null", (scorer_id,)
        ).rowcount
        if failed:
            db.execute("delete from record_scores where scorer_id = ? and failed > 0", (scorer_id,))
            db.execute("delete from settings where key = ?", (f"{_HEALTH}{scorer_id}",))
    return failed


# What was found ---------------------------------------------------------------------------------


def add(store: Store, scorer_id: int, scores: Iterable[Score], job: int | None = None) -> None:
    """Store ``scores``; one that is there already stays as it is. Call it in a transaction."""
    rows = (
        (
            *(scorer_id, each.text, each.value, each.reason),
            *(each.probabilities or (None,) * 6),
            *(each.mass, each.tokens, each.shortened, job),
        )
        for each in scores
    )
    store.db.executemany(
        "insert into scores (scorer_id, text, value, reason, p1, p2, p3, p4, p5, p6, "
        "mass, tokens, shortened, job_id) values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?) "
        "on conflict (scorer_id, text) do nothing",
        rows,
    )


def finish(store: Store, scorer: Scorer, conversations: Iterable[int]) -> None:
    """Sum up ``conversations``, all of whose texts the scorer has dealt with.

    Call it in the transaction that adds the last of their scores.
    """
    column = _COLUMNS[scorer.reads]
    store.db.execute(
        "insert or replace into record_scores "
        "(scorer_id, conversation_id, scored, failed, mean) "
        "select :scorer, c.value, count(s.value), count(t.turn) - count(s.value), avg(s.value) "
        "from json_each(:versions) c left join turns t on t.conversation_id = c.value "
        "left join scores s on s.scorer_id = :scorer "
        f"and s.text = {column} and t.problem is null "
        # A purge may have taken one away meanwhile.
        "where exists (select 1 from conversations where id = c.value) group by c.value",
        {"versions": _json(conversations), "scorer": scorer.id},
    )


def given(store: Store, scorer: Scorer, conversations: Iterable[int]) -> list[Score]:
    """What the scorer said of the texts in ``conversations``, each once, without the digits."""
    column = _COLUMNS[scorer.reads]
    rows = store.db.execute(
        "select distinct s.text, s.value, s.reason, s.mass, s.tokens, s.shortened "
        "from json_each(:versions) c join turns t on t.conversation_id = c.value "
        f"join scores s on s.scorer_id = :scorer and s.text = {column} where t.problem is null",
        {"versions": _json(conversations), "scorer": scorer.id},
    )
    return [
        Score(text, value, reason, None, mass, tokens, bool(short))
        for text, value, reason, mass, tokens, short in rows.fetchall()
    ]


def count_given(store: Store, scorer: Scorer, conversations: Iterable[int]) -> int:
    """How many different texts in ``conversations`` the scorer has dealt with."""
    column = _COLUMNS[scorer.reads]
    row = store.db.execute(
        f"select count(distinct {column}) "
        "from json_each(:versions) c join turns t on t.conversation_id = c.value "
        f"join scores s on s.scorer_id = :scorer and s.text = {column} where t.problem is null",
        {"versions": _json(conversations), "scorer": scorer.id},
    ).fetchone()
    return int(row[0])


def count_failed(store: Store, scorer_id: int) -> int:
    """How many records in force have a turn that the scorer dealt with and gave no value."""
    row = store.db.execute(
        "select count(*) from record_scores s indexed by record_scores_failed "
        "join conversations c on c.id = s.conversation_id "
        "join records r on r.id = c.record_id and r.conversation_id = c.id and r.live > 0 "
        "where s.scorer_id = ? and s.failed > 0",
        (scorer_id,),
    ).fetchone()
    return int(row[0])


def failures(store: Store, scorer: Scorer) -> dict[str, int]:
    """Why the scorer gave turns of records in force no value, the most frequent reason first.

    Returns:
        The records of each reason; one with several reasons counts for each of them.
    """
    column = _COLUMNS[scorer.reads]
    rows = store.db.execute(
        "select coalesce(t.problem, v.reason), count(distinct r.id) "
        "from record_scores s indexed by record_scores_failed "
        "join conversations c on c.id = s.conversation_id "
        "join records r on r.id = c.record_id and r.conversation_id = c.id and r.live > 0 "
        "join turns t on t.conversation_id = c.id "
        f"left join scores v on v.scorer_id = s.scorer_id and v.text = {column} "
        "where s.scorer_id = ? and s.failed > 0 and coalesce(t.problem, v.reason) is not null "
        "group by 1 order by 2 desc, 1",
        (scorer.id,),
    )
    return dict(rows.fetchall())


def health(store: Store, scorer_id: int) -> dict[str, object] | None:
    """What the pilot of a scorer showed, as ``save_health`` got it; None before it."""
    found = settings.get(store, f"{_HEALTH}{scorer_id}")
    return found if isinstance(found, dict) else None


def save_health(store: Store, scorer_id: int, figures: Mapping[str, object]) -> None:
    """Keep what the pilot of a scorer showed, for ``status`` and for the next run."""
    settings.put(store, f"{_HEALTH}{scorer_id}", dict(figures))


def reach(store: Store, scorer_id: int) -> dict[str, object] | None:
    """What the runs of a scorer left out, as ``save_reach`` got it; None where nothing."""
    found = settings.get(store, f"{_REACH}{scorer_id}")
    return found if isinstance(found, dict) else None


def save_reach(store: Store, scorer_id: int, chosen: Mapping[str, object] | None) -> None:
    """Keep what the runs were limited to: it is why the other records are unscored."""
    settings.put(store, f"{_REACH}{scorer_id}", None if chosen is None else dict(chosen))


def model(store: Store, scorer_id: int) -> str:
    """What was asked for when a scorer was used last; empty where that is not known."""
    return str(settings.get(store, f"{_MODEL}{scorer_id}", ""))


def save_model(store: Store, scorer_id: int, name: str) -> None:
    """Keep what a scorer's model was asked for as: its identity is a hash that nobody can read."""
    settings.put(store, f"{_MODEL}{scorer_id}", name)


def _json(values: Iterable[int] | None) -> str | None:
    """A list of ids as one parameter; SQLite caps how many parameters there may be."""
    return None if values is None else json.dumps(list(values))
