"""Report cards and comparisons, against numbers that are known otherwise."""

import numpy as np
import pytest
from scipy.stats import spearmanr  # type: ignore[import-untyped]

from deita_tui.trust.agreement import agreement
from deita_tui.trust.predicting import Floats
from deita_tui.trust.report_card import card


def test_correlations_are_spearmans_and_intervals_hold_them() -> None:
    draw = np.random.default_rng(0)
    labels = draw.integers(1, 6, 400).astype(float)
    good, length = labels + draw.standard_normal(400), 0.3 * labels + draw.standard_normal(400)
    found = card("made", labels, {"good": good}, {"length": length}, np.arange(400))
    assert found is not None
    marks = {mark.who: mark for mark in found.marks}
    for who, values in (("good", good), ("length", length)):
        told = marks[who].correlation
        assert told.value == pytest.approx(spearmanr(values, labels).statistic)
        assert told.low < told.value < told.high
    assert marks["random"].correlation.low < 0 < marks["random"].correlation.high
    over = marks["good"].over_length
    assert over is not None
    assert over.low > 0
    assert marks["length"].over_length is None


def test_the_interval_of_a_correlation_is_right_in_repeated_trials() -> None:
    right = 0
    for seed in range(20):
        draw = np.random.default_rng(seed)
        groups = np.repeat(np.arange(100), 2)
        labels: Floats = np.repeat(draw.standard_normal(100), 2) + 0.1 * draw.standard_normal(200)
        values: Floats = np.asarray(
            0.6 * np.repeat(labels[::2], 2) + 0.8 * np.repeat(draw.standard_normal(100), 2)
        )
        found = card("made", labels, {"it": values}, {"length": draw.random(200)}, groups)
        assert found is not None
        told = found.marks[0].correlation
        right += told.low <= 0.58 <= told.high  # of 0.6 as a correlation, by ranks
    assert right >= 16


def test_alternatives_are_compared_among_themselves() -> None:
    labels: Floats = np.array([2.0, 1.0] * 20)
    prompt = np.repeat(np.arange(20.0), 2)
    alternatives = np.repeat(np.arange(20), 2)
    alternatives[-2:] = -1
    found = card(
        "made", labels, {"right": labels + 10 * prompt, "equal": prompt}, {"length": -labels},
        np.repeat(np.arange(20), 2), alternatives,
    )  # fmt: skip
    assert found is not None
    assert found.pairs == 19
    shares = {mark.who: mark.pairs and mark.pairs.value for mark in found.marks}
    assert (shares["right"], shares["equal"], shares["length"]) == (1.0, 0.5, 0.0)


def test_what_tells_nothing_has_no_card() -> None:
    pairs: list[Floats] = [np.linspace(0, 4, 5), np.ones(50)]
    for labels in pairs:
        size = len(labels)
        assert card("x", labels, {"a": labels}, {"l": labels}, np.arange(size)) is None


def test_a_shift_is_told_apart_from_noise() -> None:
    draw = np.random.default_rng(1)
    first = draw.standard_normal(300)
    shifted = agreement(first, first + 0.5, np.arange(300))
    assert shifted.difference == pytest.approx(0.5)
    assert shifted.noise == pytest.approx(0.0, abs=1e-9)
    assert shifted.spearman == pytest.approx(1.0)
    noisy = agreement(first, first + draw.normal(0, 0.4, 300), np.arange(300))
    assert noisy.noise == pytest.approx(0.4, rel=0.15)
    assert noisy.difference_low < 0 < noisy.difference_high
    assert noisy.spearman_low < noisy.spearman < noisy.spearman_high
