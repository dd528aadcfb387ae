"""What every record is told: status, reason, rank, position; and what moves them."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.errors import UsageError
from deita_tui.selection import result as outcome
from deita_tui.selection.params import Params
from deita_tui.selection.select import select
from tests.selection.made_pools import (
    from_sources,
    listed,
    made_pool,
    mask,
    pools,
    stored,
    thresholds,
)


def test_every_record_has_an_outcome() -> None:
    near = stored(np.array([[1, 0], [1, 0.1], [0, 1], [1, 1], [1, 1], [1, 1], [-1, 0]]))
    pool = made_pool(
        near,
        [9, 8, 7, 6, 5, np.nan, 4, 3],
        row=[0, 1, 2, 3, -1, 4, 5, 6],
        rejected=mask(8, 2),
        pending=mask(8, 1, 5),
    )
    allowed = ~mask(8, 3)
    found = select(pool, Params(budget=2), allowed)
    names = [outcome.STATUSES[status] for status in found.status]
    assert names == [
        "kept",
        "too_similar",
        "rejected",
        "filtered",
        "unscored",
        "unscored",
        "kept",
        "over_budget",
    ]
    reasons = [outcome.REASONS[reason] for reason in found.reason]
    assert reasons == ["", "edited, pending", "", "", "not embedded", "edited, pending", "", ""]
    assert found.rank.tolist() == [1, 0, 0, 0, 0, 0, 2, 0]
    assert found.position.tolist() == [1, 2, 3, 4, 5, 0, 6, 7]
    assert (found.blocker[1], found.examined) == (0, 3)
    assert found.counts() == {
        "kept": 2,
        "too_similar": 1,
        "over_budget": 1,
        "rejected": 1,
        "filtered": 1,
        "unscored": 2,
    }


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_smaller_budget_keeps_a_prefix(data: st.DataObject) -> None:
    pool = data.draw(pools())
    threshold = data.draw(thresholds(pool))
    pins = int((pool.pinned & ~pool.rejected).sum())
    large, small = sorted(data.draw(st.tuples(*[st.integers(1, 30)] * 2)), reverse=True)
    wide = select(pool, Params(threshold=threshold, budget=large))
    narrow = select(pool, Params(threshold=threshold, budget=small))
    assert narrow.kept.tolist() == wide.kept[: max(small, pins)].tolist()
    tokens = select(pool, Params(threshold=threshold, budget_tokens=30)).kept
    everything = select(pool, Params(threshold=threshold)).kept
    assert tokens.tolist() == everything[: len(tokens)].tolist()


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_the_order_of_the_input_means_nothing(data: st.DataObject) -> None:
    """Records get other ids and vectors other rows; without ties the same ones are kept."""
    pool = data.draw(pools(decided=False))
    random = np.random.default_rng(data.draw(st.integers(0, 2**32 - 1)))
    score = random.permutation(pool.size).astype(np.float64)
    pool = replace(pool, scores={**pool.scores, "c": score})
    params = Params(threshold=data.draw(thresholds(pool)), budget=8)
    records, rows = random.permutation(pool.size), random.permutation(len(pool.vectors))
    shuffled = replace(
        pool,
        scores={**pool.scores, "c": score[records]},
        row=np.argsort(rows)[pool.row[records]].astype(np.int32),
        vectors=pool.vectors[rows],
    )
    found = select(pool, params)
    other = select(shuffled, params)
    assert records[other.kept].tolist() == found.kept.tolist()
    np.testing.assert_array_equal(other.similarity, found.similarity[records])


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_of_what_is_kept_no_two_are_too_similar_and_what_is_not_has_a_reason(
    data: st.DataObject,
) -> None:
    pool = data.draw(pools(decided=False))
    threshold = data.draw(thresholds(pool))
    found = select(pool, Params(threshold=threshold))
    again = select(pool, Params(threshold=threshold), mask(pool.size, *found.kept.tolist()))
    assert again.kept.tolist() == found.kept.tolist()
    out = np.flatnonzero(found.status == outcome.TOO_SIMILAR)
    assert len(out) + len(found.kept) == pool.size
    assert (found.similarity[out] > threshold).all()
    assert (found.position[found.blocker[out]] < found.position[out]).all()


def test_above_one_nothing_is_too_similar_and_below_minus_one_everything_is() -> None:
    copies = made_pool(stored(np.ones((6, 3))), [1, 6, 5, 2, 4, 3])
    everything = select(copies, Params(threshold=1, budget=4))
    assert everything.kept.tolist() == [1, 2, 4, 5]
    assert (everything.examined, everything.similarity[3]) == (
        4,
        pytest.approx(np.nan, nan_ok=True),
    )
    mixed = made_pool(stored(np.array([[1, 0], [0, 1], [-1, 0.5]])), [1, 3, 2])
    assert select(mixed, Params(threshold=-1)).kept.tolist() == [1]
    assert select(replace(mixed, pinned=mask(3, 0, 2)), Params(threshold=-1)).kept.tolist() == [
        2,
        0,
    ]


def test_records_of_one_text_have_similarity_one() -> None:
    twins = made_pool(stored(np.array([[0.3, 0.7]])), [2, 1], row=[0, 0])
    found = select(twins, Params(threshold=0.9999999))
    assert (found.blocker[1], found.similarity[1]) == (0, 1.0)
    assert select(twins, Params(threshold=1)).kept.tolist() == [0, 1]


def test_pins_stay_whatever_they_are_like_and_count() -> None:
    rows = stored(np.array([[1, 0], [1, 0.01], [1, 0.02], [0, 1], [0.7, -0.7]]))
    pool = made_pool(rows, [1, 5, 4, 3, np.nan], pinned=mask(5, 0, 2, 4), rejected=mask(5, 4))
    found = select(pool, Params(budget=3))
    assert found.kept.tolist() == [2, 0, 3]
    assert found.status[4] == outcome.REJECTED
    assert found.blocker[1] == 2
    cut = select(pool, Params(budget=1))
    assert (cut.kept.tolist(), cut.overflow) == ([2, 0], 1)
    assert cut.status[1] == cut.status[3] == outcome.OVER_BUDGET


def test_a_pin_needs_neither_score_nor_vector_nor_filter() -> None:
    pool = made_pool(stored(np.eye(3)), [np.nan, 1, 2], row=[-1, 0, 1], pinned=mask(3, 0))
    found = select(pool, Params(), np.array([False, True, True]))
    assert found.kept.tolist() == [0, 2, 1]


def test_rejecting_what_blocks_frees_what_it_blocked() -> None:
    rows = stored(np.array([[1, 0], [1, 0.1], [1, -0.1], [0, 1]]))
    pool = made_pool(rows, [4, 3, 2, 1])
    assert select(pool, Params()).kept.tolist() == [0, 3]
    freed = select(replace(pool, rejected=mask(4, 0)), Params(threshold=0.985))
    assert freed.kept.tolist() == [1, 2, 3]


def test_the_other_set_counts_and_is_not_chosen_from() -> None:
    rows = stored(np.array([[1, 0], [0, 1], [1, 1]]))
    pool = made_pool(rows, [3, 2, 1], against=stored(np.array([[0, 1], [1, 0.05]])))
    for gear in ("exact", "instant"):
        found = select(listed(pool, 2), Params(budget=5), gear=gear)
        assert found.kept.tolist() == [2]
        assert found.against.tolist() == [1, 0, -1]
        assert found.blocker.tolist() == [-1, -1, -1]
        assert outcome.REASONS[found.reason[0]] == "too similar to a record of the other set"
        assert found.similarity[1] == 1


def test_a_budget_in_tokens_ends_at_the_first_that_does_not_fit() -> None:
    pool = from_sources("aaaaa", tokens=np.array([5, 4, 9, 1, 1]))
    found = select(pool, Params(budget_tokens=10))
    assert found.kept.tolist() == [0, 1]
    assert set(found.status[2:]) == {outcome.OVER_BUDGET}
    assert select(pool, Params(budget_tokens=10, budget=1)).kept.tolist() == [0]
    pinned = select(replace(pool, pinned=mask(5, 2, 1)), Params(budget_tokens=10))
    assert (pinned.kept.tolist(), pinned.overflow) == ([1, 2], 3)
    with pytest.raises(UsageError, match="length"):
        select(from_sources("a"), Params(budget_tokens=10))


def test_the_head_is_what_is_selected_from() -> None:
    found = select(from_sources("aaaaa"), Params(head=0.4))
    assert found.kept.tolist() == [0, 1]
    assert {outcome.REASONS[reason] for reason in found.reason[2:]} == {
        "not among the best that are selected from"
    }


def test_an_instant_selection_needs_lists() -> None:
    with pytest.raises(UsageError, match="lists of neighbours"):
        select(from_sources("aa"), Params(), gear="instant")


def test_an_empty_pool_gives_an_empty_selection() -> None:
    pool = made_pool(np.empty((0, 4), np.float16), [])
    for selector in ("deita", "topk", "random", "balanced", "kcenter"):
        assert len(select(pool, Params(selector=selector)).kept) == 0
