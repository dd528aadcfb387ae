from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_store import scores
from deita_store.errors import StoreError
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui import records
from deita_tui.records import Turn
from deita_tui.steps import deriving
from tests.scoring.small_project import Pair, fill, project

POOL: list[list[Pair]] = [
    [("one", "eins")],
    [("two", "zwei"), ("three", "drei")],
    [("one", "uno")],
    [("four", "")],
    [("two", "zwei"), ("one", "eins")],
]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with project(tmp_path / "project", POOL) as made:
        list(deriving.run(made))
        yield made


def scorer(store: Store, measures: str = "complexity", name: str = "s") -> Scorer:
    reads = "instruction" if measures == "complexity" else "pair"
    id_ = scores.ensure_scorer(store, name, measures, reads, {"measures": measures, "n": name})
    return next(each for each in scores.scorers(store) if each.id == id_)


def give(store: Store, by: Scorer, values: dict[str, float | None]) -> None:
    with store.transaction():
        scores.add(
            store,
            by.id,
            [
                Score(records.instruction_key(text), value, None if value else "NaN")
                for text, value in values.items()
            ],
        )


def sums(store: Store, by: Scorer) -> dict[int, tuple[int, int, float | None]]:
    with store.transaction():
        scores.finish(store, by, range(1, len(POOL) + 1))
    rows = store.db.execute(
        "select conversation_id, scored, failed, mean from record_scores where scorer_id = ?",
        (by.id,),
    )
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def test_a_scorer_is_its_config_whatever_the_order_and_the_name(store: Store) -> None:
    first = scores.ensure_scorer(store, "a", "complexity", "instruction", {"x": 1, "y": "é"})
    assert (
        scores.ensure_scorer(store, "b", "complexity", "instruction", {"y": "é", "x": 1}) == first
    )
    assert scores.ensure_scorer(store, "a", "complexity", "instruction", {"x": 2}) != first
    assert [each.name for each in scores.scorers(store)] == ["a", "a"]
    assert scores.scorers(store, "b") == []


def test_scores_are_summed_for_each_conversation(store: Store) -> None:
    by = scorer(store)
    give(store, by, {"one": 2.0, "two": 4.0, "three": None})
    assert sums(store, by) == {
        1: (1, 0, 2.0),
        2: (1, 1, 4.0),
        3: (1, 0, 2.0),
        4: (0, 1, None),  # its turn has a problem
        5: (2, 0, 3.0),
    }


def test_the_first_score_of_a_text_stays(store: Store) -> None:
    by = scorer(store)
    give(store, by, {"one": 2.0})
    give(store, by, {"one": 5.0})
    assert sums(store, by)[1] == (1, 0, 2.0)


def test_turns_tell_what_is_known_and_what_cannot_be_scored(store: Store) -> None:
    by = scorer(store)
    give(store, by, {"two": 4.0})
    turns = scores.turns(store, by, [4, 2])
    assert [(t.conversation_id, t.turn, t.known, t.problem) for t in turns] == [
        (4, 0, False, "empty response"),
        (2, 0, True, None),
        (2, 1, False, None),
    ]
    pairs = scores.turns(store, scorer(store, "quality"), [2])
    assert pairs[1].text == records.pair_key(Turn("three", "drei"))


def test_what_is_summed_is_no_longer_pending(store: Store) -> None:
    by = scorer(store)
    assert list(scores.pending(store, by.id, [5, 1, 3])) == [5, 1, 3]
    with store.transaction():
        scores.finish(store, by, [1])
    assert list(scores.pending(store, by.id, [5, 1, 3])) == [5, 3]


def test_texts_are_counted_once(store: Store) -> None:
    assert scores.texts(store, "instruction", [1, 2, 3, 4, 5]) == (6, 3)
    assert scores.texts(store, "pair", [1, 2, 3, 4, 5]) == (6, 4)


@given(st.integers(), st.sets(st.integers(1, 500)), st.integers(0, 50))
def test_the_order_depends_on_the_record_and_the_seed_alone(
    seed: int, some: set[int], limit: int
) -> None:
    everything = sorted(range(1, 501), key=lambda id_: scores.shuffled(seed, id_))
    assert len({scores.shuffled(seed, id_) for id_ in everything}) == 500
    chosen = sorted(some, key=lambda id_: scores.shuffled(seed, id_))
    assert chosen == [id_ for id_ in everything if id_ in some]
    assert chosen[:limit] == [id_ for id_ in everything if id_ in some][:limit]


def test_the_order_is_a_permutation_of_what_is_in_force(tmp_path: Path) -> None:
    pool: list[list[Pair]] = [[(f"question {n}", "answer")] for n in range(400)]
    with project(tmp_path / "large", pool) as store:
        order = scores.order(store, 7)
        assert sorted(order) == list(range(1, 401))
        assert list(order) != sorted(order)
        assert scores.order(store, 7) == order
        assert scores.order(store, 8) != order
        assert scores.order(store, 7, limit=30) == order[:30]
        assert scores.order(store, 7, ids=range(1, 50)).tolist() == [x for x in order if x < 50]
        with store.transaction() as db:
            db.execute("update records set live = 0 where id % 2 = 0")
        assert list(scores.order(store, 7)) == [each for each in order if each % 2]
        fill(store, [[("new", "one")]] * 100)
        known = [each for each in scores.order(store, 7) if each <= 400]
        assert known == [each for each in order if each % 2]


def test_a_sample_of_the_order_is_fair() -> None:
    first = sorted(range(10_000), key=lambda id_: scores.shuffled(0, id_))[:2_000]
    assert 900 < sum(id_ < 5_000 for id_ in first) < 1_100
    assert 900 < sum(id_ % 2 for id_ in first) < 1_100


def test_failures_can_be_asked_again(store: Store) -> None:
    by = scorer(store)
    give(store, by, {"one": 2.0, "two": None, "three": 1.0})
    sums(store, by)
    scores.save_health(store, by.id, {"records": 5})
    assert scores.forget_failures(store, by.id) == 1
    assert set(scores.pending(store, by.id, [1, 2, 3, 5])) == {2, 5}
    assert scores.health(store, by.id) is None
    assert scores.forget_failures(store, by.id) == 0


def test_the_best_are_those_of_the_sum_over_turns(store: Store) -> None:
    by = scorer(store)
    give(store, by, {"one": 2.0, "two": 3.0, "three": 1.5})
    # 1: 2.0, 2: 4.5, 3: 2.0, 4: has a problem, 5: 5.0
    assert list(scores.best(store, "s", 10)) == [5, 2, 1, 3]
    assert list(scores.best(store, "s", 2)) == [5, 2]
    assert list(scores.best(store, "s", 2, ids=[1, 2, 3])) == [2, 1]


def test_the_best_of_a_pair_are_those_of_the_product(store: Store) -> None:
    give(store, scorer(store), {"one": 2.0, "two": 3.0, "three": 1.5})
    quality = scorer(store, "quality")
    said = {("one", "eins"): 5.0, ("one", "uno"): 1.0, ("two", "zwei"): 1.0, ("three", "drei"): 1.0}
    with store.transaction():
        scores.add(
            store,
            quality.id,
            [Score(records.pair_key(Turn(*pair)), value) for pair, value in said.items()],
        )
    # 1: 2*5, 2: 3 + 1.5, 3: 2, 5: 3 + 10
    assert list(scores.best(store, "s", 10)) == [5, 1, 2, 3]


def test_records_with_a_missing_turn_are_not_among_the_best(store: Store) -> None:
    give(store, scorer(store), {"one": 2.0, "two": 3.0, "three": None})
    assert list(scores.best(store, "s", 10)) == [5, 1, 3]


def test_ranking_by_nothing_is_refused(store: Store) -> None:
    with pytest.raises(StoreError, match=r"No scorer is called 'lite'.*--scorer lite"):
        scores.best(store, "lite", 10)
    scores.ensure_scorer(store, "two", "complexity", "instruction", {"n": 1})
    scores.ensure_scorer(store, "two", "perplexity", "instruction", {"n": 2})
    with pytest.raises(StoreError, match="More than a pair of scorers"):
        scores.best(store, "two", 10)


def test_of_several_scorers_for_the_same_the_newest_ranks(store: Store) -> None:
    give(store, scorer(store), {"one": 2.0, "two": 3.0, "three": 3.0})
    assert list(scores.best(store, "s", 1)) == [2]
    scores.ensure_scorer(store, "s", "complexity", "instruction", {"newer": True})
    newer = scores.scorers(store, "s")[-1]
    give(store, newer, {"one": 9.0})
    assert list(scores.best(store, "s", 10)) == [1, 3]


def test_a_conversation_that_was_purged_meanwhile_is_passed_over(store: Store) -> None:
    by = scorer(store)
    with store.transaction() as db:
        db.execute("delete from records where id = 1")
        scores.finish(store, by, [1, 3])
    assert sums(store, by).keys() == {2, 3, 4, 5}


def test_what_a_run_left_out_is_kept(store: Store) -> None:
    by = scorer(store)
    assert scores.reach(store, by.id) is None
    scores.save_reach(store, by.id, {"top": 100, "by": "lite", "records": 100})
    assert scores.reach(store, by.id) == {"top": 100, "by": "lite", "records": 100}
    scores.save_reach(store, by.id, None)
    assert scores.reach(store, by.id) is None
