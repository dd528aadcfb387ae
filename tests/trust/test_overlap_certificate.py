"""The interval of a check holds the truth as often as it says, whatever the scores are like."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import hypergeom  # type: ignore[import-untyped]

from deita_tui.trust.certificate import CONFIDENCE, LOOKS, Check, at_least, at_most, confidence


@given(st.data())
def test_the_distribution_is_the_hypergeometric_one(data: st.DataObject) -> None:
    lot = data.draw(st.integers(1, 400))
    drawn, among = (data.draw(st.integers(0, lot)) for _ in range(2))
    count = data.draw(st.integers(-1, drawn + 1))
    oracle = hypergeom(lot, among, drawn)
    assert at_most(lot, drawn, among, count) == pytest.approx(oracle.cdf(count), abs=1e-9)
    assert at_least(lot, drawn, among, count) == pytest.approx(oracle.sf(count - 1), abs=1e-9)


def falling(values: np.ndarray) -> np.ndarray:
    return np.sort(values)[::-1]


def check_of(truth: np.ndarray, skipped: np.ndarray, size: int, drawn: np.ndarray) -> Check:
    """A check of a selection of the best ``size`` by score."""
    known = np.setdiff1d(np.arange(len(truth)), skipped)
    there = np.concatenate([known, drawn])
    after = there[np.argsort(-truth[there])][:size]
    new = np.isin(after, drawn)
    return Check(len(skipped), len(drawn), falling(truth[after[~new]]), falling(truth[after[new]]))


@pytest.mark.parametrize("skill", [0.0, 0.5, 0.9, 0.99])
def test_the_interval_is_right_in_repeated_trials_however_much_was_missed(skill: float) -> None:
    right, trials, size = 0, 200, 120
    for seed in range(trials):
        draw = np.random.default_rng((seed, 3))
        truth = draw.standard_normal(2000)
        guess = skill * truth + np.sqrt(1 - skill**2) * draw.standard_normal(2000)
        skipped = np.argsort(-guess)[600:]
        drawn = draw.choice(skipped, 200, replace=False)
        said = check_of(truth, skipped, size, drawn).overlap(size, 0.95)
        known = np.setdiff1d(np.arange(2000), np.setdiff1d(skipped, drawn))
        full = np.argsort(-truth)[:size]
        share = np.isin(full, known).mean()
        assert said.low <= said.middle <= said.high
        right += said.low - 1e-9 <= share <= said.high + 1e-9
    # Fewer than this would be had once in a thousand runs of an interval that is right.
    assert right >= 0.95 * trials - 3.1 * np.sqrt(0.95 * 0.05 * trials)


def test_what_is_wholly_drawn_is_known() -> None:
    check = Check(50, 50, falling(np.arange(100.0)), falling(np.arange(3.0)))
    assert check.overlap(100, 0.95).low == 1.0


def test_nothing_found_in_many_is_worth_more_than_nothing_found_in_few() -> None:
    kept = falling(np.arange(1000.0))
    few, many = (Check(10_000, drawn, kept, np.zeros(0)) for drawn in (300, 3000))
    assert few.overlap(1000, 0.95).low < many.overlap(1000, 0.95).low
    assert few.overlap(1000, 0.95).high == many.overlap(1000, 0.95).high == 1.0


def test_what_was_found_afterwards_is_missed_no_more() -> None:
    kept, found = falling(np.arange(1000.0)), falling(np.arange(990.0, 1000.0))
    before = Check(10_000, 1000, kept, found).overlap(1000, 0.95)
    after = Check(10_000, 1000, kept, found, later=falling(np.arange(900.0, 990.0)))
    assert after.overlap(1000, 0.95).low > before.low


def test_all_looks_together_may_be_wrong_as_often_as_one() -> None:
    assert sum(1 - confidence(look) for look in range(LOOKS)) == pytest.approx(1 - CONFIDENCE)
