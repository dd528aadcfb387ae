"""Vectors as they are stored."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.embedding.normalising import NOT_A_NUMBER, ZERO, normalised


@given(
    rows=st.integers(1, 20),
    width=st.integers(1, 40),
    scale=st.sampled_from([1e-30, 1e-8, 1.0, 1e4, 1e30]),
    seed=st.integers(0, 99),
)
def test_a_vector_keeps_its_direction_and_gets_length_1(
    rows: int, width: int, scale: float, seed: int
) -> None:
    vectors = np.random.default_rng(seed).normal(size=(rows, width)) + 0.1
    found, reasons = normalised((vectors * scale).astype(np.float32))
    assert found.dtype == np.dtype("<f2")
    assert not reasons
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    np.testing.assert_allclose(found.astype(float), unit, atol=1e-3)


def test_what_is_no_vector_has_a_reason() -> None:
    vectors = np.array(
        [[1, 2], [0, 0], [np.nan, 1], [np.inf, 1], [3, 4], [-0.0, 0.0]], dtype=np.float32
    )
    found, reasons = normalised(vectors)
    assert reasons == {1: ZERO, 2: NOT_A_NUMBER, 3: NOT_A_NUMBER, 5: ZERO}
    np.testing.assert_allclose(found[4].astype(float), [0.6, 0.8], atol=1e-3)
    assert normalised(vectors, "out of memory")[1][2] == "out of memory"


@pytest.mark.parametrize("width", [1, 4096])
def test_no_vectors_at_all(width: int) -> None:
    found, reasons = normalised(np.zeros((0, width), np.float32))
    assert (found.shape, reasons) == ((0, width), {})
