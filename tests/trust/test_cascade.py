"""The cascade on planted pairs: it saves where that is possible, and says the truth of it."""

import numpy as np
import pytest

from deita_tui.trust.cascade import Plan, cascade
from deita_tui.trust.predicting import Features
from tests.trust.planted import Planted, best, pool


@pytest.mark.parametrize(("kind", "most"), [("normal", 0.5), ("uneven", 0.5), ("heavy", 0.7)])
def test_it_finds_what_was_asked_for_at_part_of_the_cost(kind: str, most: float) -> None:
    shares, calls, expected = [], [], []
    for seed in range(2):
        planted = pool(0.95, seed, size=4000, kind=kind)
        outcome = planted.run(seed)
        assert outcome.end == "reached"
        shares.append(planted.found(outcome))
        calls.append(outcome.known.mean())
        expected.append(outcome.expected)
    assert np.mean(shares) > 0.965
    assert np.mean(shares) == pytest.approx(np.mean(expected), abs=0.02)
    assert np.mean(calls) < most


def test_its_interval_is_right_in_repeated_trials_also_where_little_can_be_saved() -> None:
    wrong, trials = 0, 0
    for correlation, most in ((0.95, None), (0.6, 0.35), (0.2, 0.3)):
        for seed in range(5):
            planted = pool(correlation, seed, size=3000)
            outcome = planted.run(seed, most=most)
            assert outcome.check is not None
            said = outcome.check.overlap(planted.selected, outcome.confidence)
            wrong += not said.low - 1e-9 <= planted.found(outcome) <= said.high + 1e-9
            trials += 1
    assert wrong <= 3, f"{wrong} of {trials}"  # more come once in two hundred times


def test_where_the_cheap_score_says_nothing_it_says_so_and_stops() -> None:
    planted = pool(0.0, 1)
    outcome = planted.run()
    assert outcome.end == "no saving"
    assert outcome.known.sum() == Plan(0.06).sampled(6000)
    half = dict(outcome.curve)[0.5]
    assert 0.4 < half < 0.65, "half of the records hold about half of the best"


def test_a_limit_holds_and_what_it_costs_is_told() -> None:
    planted = pool(0.6, 2)
    outcome = planted.run(most=0.3)
    assert outcome.known.mean() <= 0.3
    assert outcome.end == "limit"
    assert outcome.check is not None
    said = outcome.check.overlap(planted.selected, outcome.confidence)
    assert said.low <= planted.found(outcome) <= said.high < 0.98


def test_a_check_that_disagrees_with_the_model_makes_it_go_on() -> None:
    """A kind of record that is good whatever the cheap score says, and that no sample held."""
    planted = pool(0.97, 3)
    truth = planted.truth.copy()
    odd = np.random.default_rng(5).choice(np.flatnonzero(planted.cheap < 0), 120, replace=False)
    truth[odd] += 5
    tricked = Planted(planted.cheap, truth, planted.selected)
    plain = planted.run(last=odd, check=400)
    assert plain.look == 0
    outcome = tricked.run(last=odd, check=400)
    assert outcome.known.sum() > plain.known.sum() + 400
    assert outcome.check is not None
    said = outcome.check.overlap(planted.selected, outcome.confidence)
    assert said.low <= tricked.found(outcome) <= said.high


def test_failed_scores_are_no_reason_to_stop_or_to_ask_again() -> None:
    planted = pool(0.95, 4, size=3000)
    truth = planted.truth.copy()
    truth[np.random.default_rng(0).choice(3000, 300, replace=False)] = np.nan
    spoiled = Planted(planted.cheap, truth, planted.selected)
    assert spoiled.run().end == "reached"


def test_begun_again_it_asks_for_the_same_and_never_for_what_is_there() -> None:
    planted = pool(0.9, 5, size=3000)
    there = np.zeros(3000, np.bool_)
    there[:500] = True
    start = np.where(there, planted.truth, np.nan)
    order = np.random.default_rng(1).permutation(3000)

    def asked() -> list[list[int]]:
        work = cascade(Plan(0.06), planted.features, order, start, there, best(planted.selected))
        told: list[list[int]] = []
        answer = None
        while True:
            try:
                places = (next(work) if answer is None else work.send(answer)).places
            except StopIteration:
                return told
            told.append(places.tolist())
            answer = planted.truth[places]

    first = asked()
    every = [place for places in first for place in places]
    assert len(set(every)) == len(every)
    assert min(every) >= 500
    assert asked() == first


def test_too_few_records_are_all_scored() -> None:
    planted = pool(0.9, 6, size=50)
    outcome = planted.run()
    assert outcome.end == "all"
    assert outcome.known.all()


def test_equal_scores_everywhere_do_no_harm() -> None:
    constant = Planted(np.zeros(1000), np.ones(1000), 60)
    assert constant.run().known.any()
    assert Features(np.zeros((1, 1), np.float32)).straight == ()
