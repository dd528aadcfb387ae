"""The definition of similarity holds to the last bit, whatever it is computed with."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deita_tui.neighbours.similarity import BAND, exact, exact_lists, renormalised, widened
from tests.neighbours.oracle import Vectors, fraction, stored, unit


def made(count: int, dimensions: int, seed: int = 0) -> Vectors:
    return unit(np.random.default_rng(seed).standard_normal((count, dimensions)))


def test_every_finite_number_is_widened_as_it_is() -> None:
    every = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)].reshape(-1, 2)
    wide = widened(finite)
    assert wide.dtype == np.float32
    assert np.array_equal(wide, finite.astype(np.float32))
    assert np.array_equal(np.signbit(wide), np.signbit(finite))


@settings(deadline=None)
@given(stored())
def test_it_is_what_arithmetic_without_rounding_says(vectors: Vectors) -> None:
    found = exact(vectors, vectors[::-1])
    for a, b, similarity in zip(vectors, vectors[::-1], found, strict=True):
        length = math.sqrt(float(fraction(a, a)) * float(fraction(b, b)))
        assert similarity == min(1.0, max(-1.0, float(fraction(a, b)) / length))


@pytest.mark.parametrize("dimensions", [1, 3, 17, 256, 4096])
def test_equal_rows_are_exactly_one_and_no_pair_is_more(dimensions: int) -> None:
    vectors = made(50, dimensions)
    assert (exact(vectors, vectors) == 1).all()
    nudged = vectors.copy()
    nudged[:, 0] = np.nextafter(nudged[:, 0], np.float16(2))
    assert (exact(vectors, nudged) <= 1).all()
    assert (exact(vectors, -vectors) == -1).all()


@settings(deadline=None)
@given(
    arrays.arrays(np.float16, (9, 5), elements=st.floats(-60000, 60000, width=16, allow_nan=False)),
    st.permutations(range(9)),
)
def test_a_pair_has_one_similarity_whatever_is_in_the_batch(
    rows: Vectors, order: list[int]
) -> None:
    other = np.roll(rows, 1, axis=0)
    found = exact(rows, other)
    assert np.array_equal(found, exact(other, rows))
    assert np.array_equal(found[order], exact(rows[order], other[order]))
    each = [exact(rows[i : i + 1], other[i : i + 1])[0] for i in range(9)]
    assert np.array_equal(found, each)
    lists = np.array([[i, (i + 3) % 9, 0] for i in range(9)])
    beside = np.repeat(np.arange(9), 3), lists.ravel()
    assert np.array_equal(
        exact_lists(rows, rows, lists).ravel(), exact(rows[beside[0]], rows[beside[1]])
    )


def test_batches_of_any_size_and_memory_of_any_order_agree() -> None:
    a, b = made(700, 256), made(700, 256, seed=1)
    found = exact(a, b)
    for step in (1, 3, 64, 255):
        parts = [exact(a[i : i + step], b[i : i + step]) for i in range(0, 700, step)]
        assert np.array_equal(found, np.concatenate(parts))
    assert np.array_equal(found, exact(np.asfortranarray(a), np.asfortranarray(b)))
    assert np.array_equal(found[::2], exact(a[::2], b[::2]))


@pytest.mark.parametrize("dimensions", [1, 64, 256, 576, 4096])
def test_a_product_is_ten_times_nearer_than_the_band(dimensions: int) -> None:
    centre = np.random.default_rng(2).standard_normal(dimensions)
    vectors = unit(centre + 0.3 * np.random.default_rng(3).standard_normal((100, dimensions)))
    wide = renormalised(vectors)
    i, j = np.divmod(np.arange(100 * 100), 100)
    error = np.abs((wide @ wide.T).ravel() - exact(vectors[i], vectors[j]))
    assert error.max() < BAND / 10


def test_rows_are_renormalised_one_by_one() -> None:
    vectors = made(300, 100)
    wide = renormalised(vectors)
    assert wide.dtype == np.float32
    assert np.abs(np.linalg.norm(wide.astype(np.float64), axis=1) - 1).max() < 1e-6
    assert np.array_equal(wide[7:9], renormalised(vectors[7:9]))


def test_a_row_of_zeros_is_similar_to_nothing() -> None:
    rows = np.zeros((2, 4), np.float16)
    rows[1, 2] = 1
    assert exact(rows, rows).tolist() == [0, 1]
    assert not renormalised(rows)[0].any()


def test_what_is_not_stored_like_that_is_refused() -> None:
    with pytest.raises(TypeError, match="float16"):
        renormalised(np.ones((2, 2), np.float32))
    with pytest.raises(ValueError, match="equal shapes"):
        exact(made(2, 3), made(3, 3))
