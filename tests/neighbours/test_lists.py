"""Lists by an index or by products: true similarities, nobody twice, equal rows together."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.neighbours import equals, lists
from deita_tui.neighbours.hnsw import Graph, Index
from deita_tui.neighbours.merging import empty
from deita_tui.neighbours.similarity import exact, renormalised
from tests.bench.vectors_made import vectors as realistic
from tests.neighbours.oracle import Vectors, stored, table, unit, unpadded
from tests.neighbours.oracle import lists as slow_lists

Made = tuple["np.typing.NDArray[np.int32]", "np.typing.NDArray[np.float32]"]


def by_products(vectors: Vectors, k: int) -> Made:
    neighbours, held = empty(len(vectors), k)
    done = list(lists.by_products(vectors, equals.find(vectors), neighbours, held))
    assert done == sorted(done)
    return neighbours, held


def by_index(vectors: Vectors, k: int, graph: Graph | None = None) -> Made:
    neighbours, held = empty(len(vectors), k)
    kinds = equals.find(vectors)
    index = Index.new(vectors.shape[1], len(kinds.unique), graph or Graph())
    if len(kinds.unique):
        index.add(renormalised(vectors[kinds.unique]), kinds.unique)
    for _ in lists.by_index(index, vectors, kinds, neighbours, held):
        pass
    return neighbours, held


@settings(deadline=None)
@given(stored())
def test_equal_rows_are_found_and_no_others(vectors: Vectors) -> None:
    bits = [row.tobytes() for row in vectors]
    kinds = equals.find(vectors)
    assert kinds.first.tolist() == [bits.index(each) for each in bits]
    assert kinds.unique.tolist() == sorted({bits.index(each) for each in bits})
    rows, which = kinds.members(kinds.unique, 2)
    for place, first in enumerate(kinds.unique):
        same = [row for row, each in enumerate(bits) if each == bits[first]]
        assert rows[which == place].tolist() == same[:2]


def test_rows_whose_keys_collide_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = unit(np.random.default_rng(0).integers(1, 3, (50, 2)).astype(float))
    truth = equals.find(vectors).first
    monkeypatch.setattr(np, "unique", lambda keys, **_: (keys[:1], np.array([0]), keys * 0))
    found = equals.find(vectors).first
    # Told apart at the cost of some that are equal and stand alone now.
    assert all(mine in (row, truth[row]) for row, mine in enumerate(found.tolist()))


@settings(deadline=None)
@given(stored(), st.integers(0, 9))
def test_products_give_the_true_lists(vectors: Vectors, k: int) -> None:
    assert unpadded(*by_products(vectors, k)) == slow_lists(vectors, k)


@settings(max_examples=50, deadline=None)
@given(stored(), st.integers(1, 9))
def test_of_few_vectors_an_index_misses_none(vectors: Vectors, k: int) -> None:
    neighbours, held = by_index(vectors, k)
    rows, values = unpadded(neighbours, held)
    near = table(vectors)
    assert values == [[near[i, j] for j in some] for i, some in enumerate(rows)]
    # Which of two the index takes whose similarities differ by rounding is its own affair.
    for mine, true in zip(values, slow_lists(vectors, k)[1], strict=True):
        assert mine == pytest.approx(true, abs=2e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 33])
@pytest.mark.parametrize("dimensions", [1, 4])
def test_fewer_vectors_than_a_list_has_room_for(count: int, dimensions: int) -> None:
    vectors = unit(np.random.default_rng(1).standard_normal((max(1, count), dimensions)))[:count]
    for made in (by_products, by_index):
        neighbours, held = made(vectors, 32)
        assert neighbours.shape == held.shape == (count, 32)
        assert unpadded(neighbours, held)[0] == slow_lists(vectors, 32)[0]


def test_thousands_of_equal_rows_do_not_lead_an_index_astray() -> None:
    rng = np.random.default_rng(2)
    kinds = unit(rng.standard_normal((300, 16)))
    vectors = kinds[np.concatenate([np.zeros(2000, int), np.arange(300), rng.integers(0, 300, 50)])]
    vectors = vectors[rng.permutation(len(vectors))]
    neighbours, held = by_index(vectors, 8)
    true_rows, true_values = by_products(vectors, 8)
    assert np.array_equal(held, true_values)
    assert np.array_equal(neighbours, true_rows)
    many = np.flatnonzero((vectors == kinds[0]).all(axis=1))
    assert (held[many] == 1).all()
    assert neighbours[many[20]].tolist() == many[:8].tolist()
    assert neighbours[many[3]].tolist() == [row for row in many[:9].tolist() if row != many[3]]


@pytest.fixture(scope="module")
def pool() -> Vectors:
    """A small pool with template clusters, near and exact duplicates."""
    return realistic(4000, 32, seed=3)


def test_on_a_pool_full_of_templates_almost_nothing_is_missed(pool: Vectors) -> None:
    neighbours, held = by_index(pool, 16, Graph(m=12, ef_construction=60, ef=40))
    true_rows, true_values = by_products(pool, 16)
    for threshold in (0.8, 0.9, 0.95):
        needed = true_values > threshold
        hit = np.array([np.isin(a, b) for a, b in zip(true_rows, neighbours, strict=True)])
        assert hit[needed].mean() > 0.995
    there = neighbours >= 0
    rows = np.broadcast_to(np.arange(len(pool))[:, None], neighbours.shape)
    truth = exact(pool[rows[there]], pool[neighbours[there]]).astype(np.float32)
    assert np.array_equal(held[there], truth)
    assert (neighbours != np.arange(len(pool))[:, None]).all()
    for row in neighbours:
        mine = row[row >= 0]
        assert len(set(mine.tolist())) == len(mine)
    assert (np.diff(held, axis=1)[there[:, 1:]] <= 0).all()


def test_a_graph_that_fell_apart_still_gives_lists() -> None:
    # Two rows that are opposite, many times over, in a graph with next to no links.
    rng = np.random.default_rng(4)
    vectors = unit(np.concatenate([c + 1e-3 * rng.standard_normal((40, 4)) for c in np.eye(4)]))
    neighbours, held = by_index(vectors, 39, Graph(m=2, ef_construction=2, ef=2))
    near = table(vectors)
    true = -np.sort(-(near - 3 * np.eye(len(vectors), dtype=np.float32)), axis=1)[:, :39]
    assert (held > 0.99).sum() > 0.9 * (true > 0.99).sum()
    assert neighbours.shape == (160, 39)


def test_an_index_that_is_saved_and_loaded_finds_the_same(
    tmp_path: "pytest.TempPathFactory",
) -> None:
    vectors = realistic(500, 16, seed=5)
    rows = renormalised(vectors)
    index = Index.new(16, 500, Graph())
    index.add(rows[:400], np.arange(400))
    path = tmp_path / "index"  # type: ignore[operator]
    index.save(path)
    again = Index.load(path, 16, 500, Graph())
    assert len(again) == 400
    assert np.array_equal(np.sort(again.query(rows, 9)), np.sort(index.query(rows, 9)))
    again.add(rows[400:], np.arange(400, 500))
    assert (again.query(rows, 1)[:, 0] == np.arange(500)).mean() > 0.8
    assert again.query(rows[:2], 1000).shape == (2, 500)
