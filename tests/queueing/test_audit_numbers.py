"""The estimate of agreement, its interval, and the draw, as numbers."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.selection.audit import drawn, estimate, reached


def probability(lot: int, judged: int, agreeing: int, count: int) -> Fraction:
    """Of exactly ``count`` in a sample, in whole numbers."""
    if count < 0 or count > agreeing or judged - count > lot - agreeing:
        return Fraction(0)
    ways = comb(agreeing, count) * comb(lot - agreeing, judged - count)
    return Fraction(ways, comb(lot, judged))


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_interval_holds_every_share_that_the_sample_does_not_rule_out(
    data: st.DataObject,
) -> None:
    lot = data.draw(st.integers(1, 60))
    judged = data.draw(st.integers(1, lot))
    agreed = data.draw(st.integers(0, judged))
    found = estimate(lot, judged, agreed)
    tail = Fraction(1, 40)
    possible = [
        agreeing
        for agreeing in range(lot + 1)
        if sum(probability(lot, judged, agreeing, c) for c in range(agreed, judged + 1)) >= tail
        and sum(probability(lot, judged, agreeing, c) for c in range(agreed + 1)) >= tail
    ]
    assert (found.low, found.high) == (min(possible) / lot, max(possible) / lot)
    assert found.low <= found.share <= found.high


@pytest.mark.parametrize(("lot", "judged"), [(40, 10), (300, 60), (300_000, 80)])
def test_the_interval_holds_the_truth_as_often_as_it_says(lot: int, judged: int) -> None:
    draw = np.random.default_rng(2026)
    for share in (0.02, 0.3, 0.5, 0.9, 0.99):
        agreeing = round(share * lot)
        told = [
            estimate(lot, judged, int(agreed))
            for agreed in draw.hypergeometric(agreeing, lot - agreeing, judged, size=2_000)
        ]
        held = np.mean([each.low <= agreeing / lot <= each.high for each in told])
        # Of 2,000 times, chance takes away no more than 0.015 from at least 0.95.
        assert held > 0.935, (share, held)


def test_the_interval_is_no_wider_than_it_must_be() -> None:
    # Where nothing is discrete to speak of it comes close to 0.95 from above.
    lot, judged, agreeing = 100_000, 500, 50_000
    agreed = np.random.default_rng(7).hypergeometric(agreeing, lot - agreeing, judged, size=2_000)
    told = [estimate(lot, judged, int(each)) for each in agreed]
    held = np.mean([each.low <= 0.5 <= each.high for each in told])
    assert 0.935 < held < 0.97


def test_what_is_judged_whole_is_known() -> None:
    found = estimate(50, 50, 37)
    assert (found.low, found.share, found.high, found.error) == (0.74, 0.74, 0.74, 0.0)


def test_nothing_judged_says_nothing() -> None:
    found = estimate(50, 0, 0)
    assert found.share != found.share
    assert (found.low, found.high) == (0.0, 1.0)


def test_figures_that_are_in_tables() -> None:
    # Clopper and Pearson's interval for 9 of 10, of a lot so large that it might be endless.
    found = estimate(10_000_000, 10, 9)
    assert (round(found.low, 4), round(found.high, 4)) == (0.5550, 0.9975)


def test_a_draw_is_the_same_everywhere_and_fair() -> None:
    ids = np.arange(1, 1_001)
    assert drawn(ids, 42)[:5].tolist() == drawn(ids, 42)[:5].tolist()
    assert sorted(drawn(ids, 42).tolist()) == ids.tolist()
    assert drawn(ids, 42).tolist() != drawn(ids, 43).tolist()
    # Each id comes among the first fifty as often as any other: 1 time in 20.
    first = np.bincount(
        np.concatenate([drawn(ids, seed)[:50] for seed in range(2_000)]), minlength=1_001
    )[1:]
    assert abs(first.mean() - 100) < 1e-9
    chi = float(((first - 100) ** 2 / 95).sum())
    assert 850 < chi < 1_150  # of 999 degrees of freedom
    # Neighbours by id are not drawn together.
    together = np.corrcoef(
        np.array([np.isin(ids, drawn(ids, seed)[:500]) for seed in range(400)], float), rowvar=False
    )
    assert abs(np.diag(together, 1).mean()) < 0.01


def test_what_is_gone_leaves_the_order_of_the_rest() -> None:
    ids = np.arange(1, 200)
    rest = ids[ids % 7 != 0]
    order = [id_ for id_ in drawn(ids, 9).tolist() if id_ % 7]
    assert drawn(rest, 9).tolist() == order


def test_judgements_far_below_the_draw_do_not_count() -> None:
    assert reached([True] * 20 + [False] * 6 + [True] * 9) == 20
    assert reached([False] * 3 + [True] + [False] * 100) == 0


def test_skips_on_the_way_do_no_harm() -> None:
    told = [False, True, True, True, False, True, True, False, True, False, False]
    assert reached(told) == 9
    assert reached([]) == reached([False] * 10) == 0
