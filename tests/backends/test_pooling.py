"""Pooling by its formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from deita_tui.backends.pooling import POOLS, Pool, pooled, weights

WEIGHED = [pool for pool in POOLS if pool != "max"]


def by_hand(states: NDArray[np.float32], pool: Pool) -> NDArray[np.float64]:
    """Token by token, as the methods are written down."""
    length = len(states)
    each = states.astype(np.float64)
    if pool in ("last", "cls"):
        return np.array(each[length - 1 if pool == "last" else 0])
    if pool == "max":
        return np.array([max(column) for column in each.T])
    if pool == "position_weighted":
        total = sum(range(1, length + 1))
        return np.array(sum((i + 1) / total * each[i] for i in range(length)))
    share = length if pool == "mean" else np.sqrt(length)
    return np.array(sum(each) / share)


@pytest.mark.parametrize("pool", POOLS)
@given(length=st.integers(1, 40), seed=st.integers(0, 1000))
def test_a_vector_is_what_the_formula_says(pool: Pool, length: int, seed: int) -> None:
    states = np.random.default_rng(seed).normal(size=(length, 7)).astype(np.float32)
    np.testing.assert_allclose(pooled(states, pool), by_hand(states, pool), atol=1e-6)


@pytest.mark.parametrize("pool", WEIGHED)
@given(lengths=st.lists(st.integers(1, 30), min_size=1, max_size=6), more=st.integers(0, 9))
def test_padding_weighs_nothing(pool: Pool, lengths: list[int], more: int) -> None:
    found = weights(pool, lengths, max(lengths) + more)
    assert found.shape == (len(lengths), max(lengths) + more)
    for row, length in zip(found, lengths, strict=True):
        assert not row[length:].any()
        np.testing.assert_array_equal(row[:length], weights(pool, [length], length)[0])
        if pool != "mean_sqrt_len":
            assert row.sum() == pytest.approx(1, abs=1e-6)


def test_position_weights_are_those_of_the_paper() -> None:
    np.testing.assert_allclose(weights("position_weighted", [4], 5), [[0.1, 0.2, 0.3, 0.4, 0]])
