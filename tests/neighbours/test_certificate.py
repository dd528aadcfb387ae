"""The certificate tells what share of the neighbours the lists hold, and how sure that is."""

import numpy as np
import pytest

from deita_tui.neighbours.certificate import Certificate, extended, interval, sample
from deita_tui.neighbours.exact import nearest
from deita_tui.neighbours.files import last_of
from deita_tui.neighbours.merging import empty
from tests.bench.vectors_made import vectors as realistic
from tests.neighbours.oracle import Vectors

K = 8


def true_lists(
    vectors: Vectors,
) -> "tuple[np.typing.NDArray[np.int32], np.typing.NDArray[np.float32]]":
    neighbours, held = empty(len(vectors), K)
    for own, rows, values in nearest(vectors, K):
        neighbours[own], held[own] = rows, values
    return neighbours, held


@pytest.fixture(scope="module")
def pool() -> Vectors:
    return realistic(3000, 24, seed=1)


def damaged(
    held: "np.typing.NDArray[np.float32]", share: float, together: bool
) -> "np.typing.NDArray[np.float32]":
    """Lists that miss a share of what they should hold, whole lists of it or here and there."""
    rng = np.random.default_rng(7)
    gone = rng.random((len(held), 1) if together else held.shape) < share
    found: np.typing.NDArray[np.float32] = -np.sort(-np.where(gone, np.float32(-1), held), axis=1)
    return found


def test_true_lists_miss_nothing(pool: Vectors) -> None:
    _, held = true_lists(pool)
    rows = sample(len(pool), 300, 0)
    found = Certificate(rows, held[rows], held[rows], last_of(held), complete=True).at(0.9)
    assert (found.recall, found.low, found.high) == (1, 1, 1)
    assert found.needed == found.found == (held[rows] > 0.9).sum()
    assert found.truncated == (held[:, -1] > 0.9).mean()


def test_where_there_is_nothing_to_find_no_recall_is_claimed(pool: Vectors) -> None:
    _, held = true_lists(pool)
    rows = sample(len(pool), 50, 0)
    found = Certificate(rows, held[rows], held[rows], last_of(held)).at(1.0)
    assert (found.recall, found.low, found.high, found.needed) == (None, None, None, 0)


def test_finding_everything_in_a_sample_leaves_doubt_about_the_rest(pool: Vectors) -> None:
    _, held = true_lists(pool)
    rows = sample(len(pool), 100, 0)
    found = Certificate(rows, held[rows], held[rows], last_of(held)).at(0.9)
    assert found.recall == found.high == 1
    assert found.low is not None
    assert 0.8 < found.low < 1
    whole = sample(len(pool), 10**6, 0)
    assert whole.tolist() == list(range(len(pool)))
    assert Certificate(whole, held, held, last_of(held)).at(0.9).low == 1


def test_lists_that_hold_everybody_are_not_truncated() -> None:
    vectors = realistic(K + 1, 4, seed=2)
    _, held = true_lists(vectors)
    rows = sample(K + 1, 100, 0)
    assert Certificate(rows, held, held, last_of(held)).at(-1.0).truncated == 0


@pytest.mark.parametrize("share", [0.002, 0.02, 0.2])
@pytest.mark.parametrize("together", [False, True])
def test_the_interval_covers_the_truth(pool: Vectors, share: float, together: bool) -> None:
    _, true = true_lists(pool)
    held = damaged(true, share, together)
    everything = np.arange(len(pool), dtype=np.int32)
    for threshold in (0.8, 0.95):
        truth = Certificate(everything, true, held, last_of(held)).at(threshold).recall
        assert truth is not None
        covered = 0
        for seed in range(200):
            rows = sample(len(pool), 300, seed)
            found = Certificate(rows, true[rows], held[rows], last_of(held)).at(threshold)
            assert found.low is not None
            assert found.high is not None
            covered += found.low <= truth <= found.high
        assert covered >= 0.9 * 200, (threshold, covered)


def test_rows_that_miss_together_widen_the_interval() -> None:
    needed = np.full(100, 10)
    scattered, together = needed.copy(), needed.copy()
    scattered[:50] -= 1
    together[:5] = 0
    narrow, wide = (interval(needed, found, 10**6) for found in (scattered, together))
    assert narrow[1] - narrow[0] < wide[1] - wide[0]
    assert narrow[0] < 0.95 < narrow[1]


def test_a_sample_that_is_extended_is_as_good_as_a_new_one(pool: Vectors) -> None:
    old = 2500
    _, before = true_lists(pool[:old])
    _, after = true_lists(pool)
    rows = sample(old, 400, 0)
    more, true = extended(pool, old, rows, before[rows], after, 0)
    assert np.array_equal(true, after[more])
    assert 75 <= len(more) - 400 <= 85
    assert len(set(more.tolist())) == len(more)


def test_rows_that_come_one_by_one_do_not_fill_the_sample(pool: Vectors) -> None:
    _, after = true_lists(pool)
    rows = sample(2000, 100, 0)
    for count in range(2000, 2200):
        true = after[rows]
        rows, _ = extended(pool[: count + 1], count, rows, true, after[: count + 1], 0)
    assert len(rows) < 125
