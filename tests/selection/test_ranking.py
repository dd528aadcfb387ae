import math
from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.selection.params import Missing, Params, Turns
from deita_tui.selection.ranking import descending, order, rank, scores
from tests.selection.made_pools import made_pool, stored

VALUES = st.sampled_from([0.1, 0.2, 0.3, 1.0, 3.0, -1.0, 0.0, -0.0, math.nan])


def by_hand(values: list[float], turns: Turns, missing: Missing) -> float:
    there = [value for value in values if not math.isnan(value)]
    if not there or (missing == "drop" and len(there) < len(values)):
        return math.nan
    total = 0.0
    for value in there:  # from first to last
        total += value
    return {
        "sum": total,
        "mean": total / len(there),
        "max": max(there),
        "last": there[-1],
    }[turns]


@given(
    st.lists(st.lists(VALUES, max_size=5), max_size=12),
    st.sampled_from(get_args(Turns)),
    st.sampled_from(get_args(Missing)),
)
@settings(max_examples=300, deadline=None)
def test_a_score_is_what_the_rule_makes_of_the_turns(
    records: list[list[float]], turns: Turns, missing: Missing
) -> None:
    start = np.cumsum([0, *(len(each) for each in records)])
    found = scores(
        "c", {"c": np.array([value for each in records for value in each])}, start, turns, missing
    )
    expected = [by_hand(each, turns, missing) for each in records]
    np.testing.assert_array_equal(found, expected)
    ranked = [place for place, value in enumerate(expected) if not math.isnan(value)]
    assert descending(found).tolist() == sorted(ranked, key=lambda place: (-expected[place], place))


def test_the_product_is_made_per_turn() -> None:
    start = np.array([0, 2])
    values = {"c": np.array([1.0, 2.0]), "q": np.array([3.0, 5.0])}
    assert scores("c*q", values, start, "sum", "drop").tolist() == [13.0]


def test_equal_scores_go_by_id_and_unscored_ones_have_no_position() -> None:
    pool = made_pool(stored(np.eye(5)), [1.0, 7.0, np.nan, 7.0, 1.0])
    found = rank(pool, Params())
    assert order(pool, Params()).tolist() == found.order.tolist() == [1, 3, 0, 4]
    assert found.position.tolist() == [3, 1, 0, 2, 4]


@pytest.mark.parametrize("turns", get_args(Turns))
def test_a_pool_may_be_empty(turns: Turns) -> None:
    none = scores("c", {"c": np.empty(0)}, np.zeros(1, np.int64), turns, "drop")
    assert len(descending(none)) == 0
