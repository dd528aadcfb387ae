"""What is said of learned scores, against what is so."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.lite import distilling
from deita_tui.lite.distilling import Floats, Ints, Overlap


@given(st.lists(st.sets(st.integers(0, 12), max_size=3), min_size=1, max_size=30))
def test_items_that_share_a_key_are_one_group(keys: list[set[int]]) -> None:
    found = distilling.groups(keys)
    for one, mine in enumerate(keys):
        for other, theirs in enumerate(keys):
            if mine & theirs:
                assert found[one] == found[other]
    # No more than that: a group is what its keys hold together.
    reached: dict[int, set[int]] = {}
    for group, own in zip(found.tolist(), keys, strict=True):
        reached.setdefault(group, set()).update(own)
    merged = list(reached.values())
    assert all(not a & b for n, a in enumerate(merged) for b in merged[:n])
    assert sorted(set(found.tolist())) == list(range(found.max() + 1))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=60), st.integers(1, 6), st.integers(0, 3))
def test_folds_divide_no_group_and_are_even(drawn: list[int], count: int, seed: int) -> None:
    groups = np.unique(np.array(drawn), return_inverse=True)[1].astype(np.int64)
    fold = distilling.folds(groups, count, seed)
    for group in np.unique(groups):
        assert len(np.unique(fold[groups == group])) == 1
    sizes = np.bincount(fold, minlength=count)
    assert sizes.max() - sizes.min() <= np.bincount(groups).max()
    assert np.array_equal(fold, distilling.folds(groups, count, seed))


def test_perfect_and_worthless_predictions() -> None:
    draw = np.random.default_rng(2)
    true, alone = draw.normal(size=400), np.arange(400)
    perfect = distilling.errors(true, true.copy(), alone)
    assert (perfect.rmse, perfect.r2) == (0, 1)
    assert perfect.spearman == pytest.approx(1)
    worthless = distilling.errors(true, draw.normal(size=400), alone)
    assert worthless.spearman_low < 0 < worthless.spearman_high
    mean = distilling.errors(true, np.full(400, true.mean()), alone)
    assert mean.rmse == pytest.approx(mean.spread)
    assert mean.r2 == pytest.approx(0)
    assert mean.spearman == 0


def test_rank_correlation_shares_ranks_among_equals() -> None:
    one, other = np.array([1.0, 2.0, 2.0, 3.0]), np.array([10.0, 30.0, 20.0, 40.0])
    # Ranks 0, 1.5, 1.5, 3 against 0, 2, 1, 3.
    found = distilling.errors(one, other, np.arange(4)).spearman
    assert found == pytest.approx(np.corrcoef([0, 1.5, 1.5, 3], [0, 2, 1, 3])[0, 1])


def test_groups_that_move_together_widen_the_interval() -> None:
    draw = np.random.default_rng(1)
    group = np.repeat(np.arange(40), 25)
    true = draw.normal(size=40)[group] + 0.1 * draw.normal(size=1000)
    predicted = 0.6 * true + draw.normal(size=40)[group]
    together = distilling.overlap(true, predicted, group, 100, 10_000)
    apart = distilling.overlap(true, predicted, np.arange(1000), 100, 10_000)
    assert together.expected == apart.expected
    assert together.high - together.low > 1.1 * (apart.high - apart.low)


class Pool:
    """A made pool, of which a sample is known."""

    def __init__(self, seed: int, size: int, sample: int, likeness: float, together: int) -> None:
        draw = np.random.default_rng(seed)
        self.groups: Ints = np.arange(size) // together

        def values() -> Floats:
            shared = draw.normal(size=size)[self.groups] if together > 1 else 0.0
            return shared + draw.normal(size=size)

        self.true = values()
        self.learned = likeness * self.true + np.sqrt(1 - likeness**2) * values()
        self.known = draw.permutation(size)[:sample]

    def said(self, budget: int) -> Overlap:
        known = self.known
        groups = np.unique(self.groups[known], return_inverse=True)[1].astype(np.int64)
        size = len(self.true)
        return distilling.overlap(self.true[known], self.learned[known], groups, budget, size)

    def is_so(self, budget: int) -> float:
        best = [set(np.argsort(-each)[:budget]) for each in (self.true, self.learned)]
        return len(best[0] & best[1]) / budget


@pytest.mark.parametrize(
    ("size", "sample", "likeness", "together"),
    [(6_000, 600, 0.6, 1), (6_000, 600, 0.95, 1), (3_000, 1_000, 0.6, 10), (6_000, 600, 0.0, 1)],
)
def test_the_interval_holds_the_overlap_as_often_as_it_says(
    size: int, sample: int, likeness: float, together: int
) -> None:
    held, off = 0, []
    for seed in range(40):
        pool = Pool(seed, size, sample, likeness, together)
        said, so = pool.said(size // 16), pool.is_so(size // 16)
        held += said.low <= so <= said.high
        off.append(said.expected - so)
    assert held >= 36
    assert abs(np.mean(off)) < 0.03


def test_of_records_that_are_all_known_nothing_is_guessed() -> None:
    pool = Pool(3, 800, 800, 0.7, 1)
    said = pool.said(50)
    assert said.low == said.expected == said.high == pytest.approx(pool.is_so(50))


def test_chance_is_told_and_too_few_records_are_owned_up_to() -> None:
    pool = Pool(4, 6_000, 600, 0.6, 1)
    few, many = pool.said(60), pool.said(600)
    assert (few.fraction, many.fraction) == (0.01, 0.1)
    assert (few.selected, many.selected) == (6, 60)
    assert not few.tells
    assert many.tells
    assert few.high - few.low > many.high - many.low
    assert pool.said(9_000).expected == 1
