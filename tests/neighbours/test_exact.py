"""Products of blocks find what looking at every pair finds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.backends.products import on_cpu, on_device, product
from deita_tui.neighbours import exact
from deita_tui.neighbours.exact import extend, nearest, nearest_to, pairs_above
from deita_tui.neighbours.merging import empty, merge
from deita_tui.neighbours.similarity import exact as similarity
from deita_tui.neighbours.similarity import renormalised
from tests.bench.vectors_made import vectors as realistic
from tests.neighbours.oracle import Vectors, lists, stored, table, unpadded


@pytest.fixture(autouse=True)
def small_blocks(monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks so small that a test's vectors need many of them."""
    for name, size in (("_QUERIES", 7), ("_BLOCK", 5), ("_TILE", 6), ("_HITS", 11)):
        monkeypatch.setattr(exact, name, size)


@settings(deadline=None)
@given(stored(), st.integers(0, 9))
def test_the_nearest_are_the_nearest(vectors: Vectors, k: int) -> None:
    neighbours, held = empty(len(vectors), k)
    for own, rows, values in nearest(vectors, k):
        neighbours[own], held[own] = rows, values
    assert unpadded(neighbours, held) == lists(vectors, k)


def test_products_of_torch_give_the_same_lists() -> None:
    vectors = realistic(300, 48, seed=6)
    multiply = on_device("cpu")
    wide = renormalised(vectors)
    assert np.abs(multiply(wide, wide[:50]) - wide @ wide[:50].T).max() < 1e-6
    ours, theirs = (list(nearest(vectors, 9, multiply=each)) for each in (on_cpu, multiply))
    for one, other in zip(ours, theirs, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(one, other, strict=True))


def test_little_work_is_left_to_the_processor() -> None:
    assert product(1e6) is on_cpu


@settings(deadline=None)
@given(stored(), st.integers(1, 5), st.data())
def test_some_rows_among_some_rows(vectors: Vectors, k: int, data: st.DataObject) -> None:
    rows = st.sets(st.integers(0, max(0, len(vectors) - 1))) if len(vectors) else st.just(set())
    among = np.array(sorted(data.draw(rows)), np.int32)
    within = vectors[among]
    want_rows, want_values = lists(within, k)
    found = list(nearest(vectors, k, among, among))
    got_rows = [row for _, some, values in found for row in unpadded(some, values)[0]]
    assert got_rows == [[int(among[i]) for i in row] for row in want_rows]
    assert [v for _, s, values in found for v in unpadded(s, values)[1]] == want_values


@settings(deadline=None)
@given(stored(), st.integers(0, 5), st.integers(0, 40))
def test_added_rows_enter_every_list_that_they_belong_in(
    vectors: Vectors, k: int, old: int
) -> None:
    old = min(old, len(vectors))
    neighbours, held = empty(len(vectors), k)
    for own, rows, values in nearest(vectors[:old], k):
        neighbours[own], held[own] = rows, values
    done = list(extend(vectors, old, neighbours, held))
    assert done == sorted(done)
    assert unpadded(neighbours, held) == lists(vectors, k)


@settings(deadline=None)
@given(stored(), st.floats(-1, 1))
def test_every_pair_above_a_threshold_comes_once(vectors: Vectors, threshold: float) -> None:
    found: list[tuple[int, int]] = []
    for i, j, values in pairs_above(vectors, threshold):
        assert (i < j).all()
        truth = similarity(vectors[i], vectors[j])
        assert np.abs(values - truth).max() < 1e-6
        found += zip(i.tolist(), j.tolist(), strict=True)
    i, j = np.triu_indices(len(vectors), 1)
    above = similarity(vectors[i], vectors[j]) > threshold
    assert sorted(found) == sorted(zip(i[above].tolist(), j[above].tolist(), strict=True))


@settings(deadline=None)
@given(stored(most=20), stored(most=6), st.integers(1, 4))
def test_the_nearest_to_anything(vectors: Vectors, queries: Vectors, k: int) -> None:
    if queries.shape[1] != vectors.shape[1]:
        queries = vectors[:3]
    rows, values = unpadded(*nearest_to(vectors, k, queries))
    near = table(np.concatenate([queries, vectors]))[: len(queries), len(queries) :]
    for query in range(len(queries)):
        best = sorted((-near[query, row], row) for row in range(len(vectors)))[:k]
        assert rows[query] == [row for _, row in best]
        assert values[query] == [float(-value) for value, _ in best]


def test_a_threshold_between_two_bits_is_decided_exactly(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exact, "_TILE", 2048)
    rng = np.random.default_rng(5)
    vectors = rng.standard_normal((60, 64))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    i, j = np.triu_indices(60, 1)
    truth = similarity(vectors[i], vectors[j])
    for threshold in rng.choice(truth, 30):
        count = sum(len(rows) for rows, _, _ in pairs_above(vectors, float(threshold)))
        assert count == (truth > threshold).sum()
        below = np.nextafter(threshold, -1)
        count = sum(len(rows) for rows, _, _ in pairs_above(vectors, float(below)))
        assert count == (truth > below).sum()


def test_merging_neither_doubles_nor_reorders() -> None:
    neighbours, held = empty(2, 3)
    one = np.array([0, 0, 1]), np.array([5, 3, 9]), np.array([0.5, 0.5, 0.1], np.float32)
    merge(neighbours, held, *one)
    merge(neighbours, held, *one)
    assert neighbours.tolist() == [[3, 5, -1], [9, -1, -1]]
    merge(neighbours, held, np.array([0, 0]), np.array([7, 1]), np.array([0.9, 0.5], np.float32))
    assert neighbours.tolist() == [[7, 1, 3], [9, -1, -1]]
