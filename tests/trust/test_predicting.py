"""What is predicted is as sure as it says, without a bell curve."""

import numpy as np
import pytest

from deita_tui.trust.predicting import Features, predict


def test_probabilities_are_right_where_errors_are_uneven_and_lopsided() -> None:
    draw = np.random.default_rng(0)
    cheap = draw.standard_normal(20_000)
    errors = (draw.standard_exponential(20_000) - 1) * np.exp(0.4 * cheap)
    truth = cheap + 0.5 * errors
    known = np.arange(2000)
    found = predict(Features(cheap[:, None].astype(np.float32)), known, truth[known])
    chance = found.exceeding(2.0)[2000:]
    came = truth[2000:] >= 2.0
    for low, high in ((0.0, 0.05), (0.05, 0.2), (0.2, 0.6)):
        some = (chance >= low) & (chance < high)
        assert came[some].mean() == pytest.approx(chance[some].mean(), abs=0.04)
    assert found.exceeding(1e9).min() > 0, "nothing is impossible"


def test_a_known_record_is_predicted_by_a_model_that_has_not_seen_it() -> None:
    draw = np.random.default_rng(1)
    noise = draw.standard_normal(300)
    table = draw.standard_normal((300, 40)).astype(np.float32)
    found = predict(Features(table, tuple(range(40))), np.arange(300), noise)
    assert abs(np.corrcoef(found.centre, noise)[0, 1]) < 0.3


def test_a_vector_helps_where_the_cheap_score_does_not() -> None:
    draw = np.random.default_rng(2)
    table = draw.standard_normal((3000, 20)).astype(np.float32)
    truth = table[:, 3] - table[:, 7] + 0.3 * draw.standard_normal(3000)
    known = np.arange(800)
    found = predict(Features(table, tuple(range(1, 20))), known, truth[known])
    assert np.corrcoef(found.centre[800:], truth[800:])[0, 1] > 0.95


def test_too_few_known_scores_are_refused() -> None:
    with pytest.raises(ValueError, match="60 at least"):
        predict(Features(np.zeros((100, 1), np.float32)), np.arange(20), np.zeros(20))
