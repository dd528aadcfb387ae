"""What is said of a model is so: AUC, its interval, calibration, and folds that leak nothing."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from deita_tui.lite.taste import folds, learning, measuring
from deita_tui.lite.taste.learning import Judged
from tests.tasting.tasted import drawn


def learned(judged: Judged) -> learning.Learned:
    return learning.learn(judged, learning.grouped(judged.vectors, judged.keeps))


@given(
    arrays.arrays(np.int8, 30, elements=st.integers(0, 5)),
    arrays.arrays(np.bool_, 30),
    arrays.arrays(np.int64, 30, elements=st.integers(0, 2)),
)
def test_an_auc_is_the_share_of_pairs_in_the_right_order(
    values: "np.typing.NDArray[np.int8]",
    keeps: "np.typing.NDArray[np.bool_]",
    fold: "np.typing.NDArray[np.int64]",
) -> None:
    pairs = [
        (values[a] > values[b]) + 0.5 * (values[a] == values[b])
        for a in range(30)
        for b in range(30)
        if keeps[a] and not keeps[b] and fold[a] == fold[b]
    ]
    if pairs:
        found = measuring.auc(values.astype(np.float64), keeps, fold)
        assert found == pytest.approx(np.mean(pairs))


def test_the_interval_covers_as_often_as_it_says() -> None:
    draw = np.random.default_rng(0)
    inside = 0
    for _ in range(400):
        # Two normals 1.19 apart: P(keep above reject) = 0.80.
        values = np.r_[draw.normal(1.1902, 1, 40), draw.normal(0, 1, 25)]
        keeps = np.arange(65) < 40
        area = measuring.auc(values, keeps, np.zeros(65, np.int64))
        low, high = measuring.interval(area, 40, 25)
        inside += low <= 0.8 <= high
    assert 0.92 <= inside / 400 <= 0.985


def test_no_interval_is_certain_and_each_holds_its_value() -> None:
    for area in (0.0, 0.3, 0.5, 0.84, 1.0):
        low, high = measuring.interval(area, 30, 20)
        assert low <= area <= high
        assert high - low > 0.05
    narrow, wide = measuring.interval(0.8, 400, 400), measuring.interval(0.8, 20, 20)
    assert wide[0] < narrow[0] < narrow[1] < wide[1]


@given(st.integers(1, 60), st.integers(0, 40), st.integers(0, 2**20))
def test_folds_hold_whole_groups_and_both_kinds(count: int, chain: int, seed: int) -> None:
    draw = np.random.default_rng(seed)
    size = 60 + count
    grouped = np.unique(np.r_[np.arange(size - min(chain, 12)), [0] * min(chain, 12)], False, True)[
        1
    ]
    keeps = draw.random(size) < 0.4
    placed = folds.folds(grouped, keeps)
    for group in np.unique(grouped):
        assert len(set(placed[grouped == group].tolist())) == 1
    sizes = np.bincount(placed, minlength=folds.FOLDS)
    assert sizes.min() >= size // folds.FOLDS - 13
    if 15 <= keeps.sum() <= size - 15:
        assert all(keeps[placed == fold].any() for fold in range(folds.FOLDS))
        assert all((~keeps[placed == fold]).any() for fold in range(folds.FOLDS))


def test_near_twins_are_one_group_and_a_chain_of_all_is_cut() -> None:
    turned = np.array([[np.cos(at / 50), np.sin(at / 50)] for at in (0, 1, 2, 60, 61)])
    grouped, alike = folds.groups(turned.astype(np.float16), 5)
    assert alike > 0.9  # at 0.9 three of five would be one group: more than may be
    far = np.eye(30, dtype=np.float16)
    far[1] = far[0]
    grouped, alike = folds.groups(far, 30)
    assert alike == 0.9
    assert grouped[0] == grouped[1]
    assert len(set(grouped.tolist())) == 29
    assert folds.groups(None, 3)[0].tolist() == [0, 1, 2]


def test_a_taste_is_found_and_what_is_said_of_it_holds_for_others() -> None:
    judged, others = drawn(300, 1), drawn(4000, 2)
    found = learned(judged)
    given_ = found.model.logits(
        [others.columns[others.names.index(c.name)] for c in found.model.columns],
        others.vectors,  # type: ignore[arg-type]
        np.arange(4000, dtype=np.int32),
    )
    true = measuring.auc(given_, others.keeps, np.zeros(4000, np.int64))
    assert found.low <= true <= found.high
    assert found.auc > 0.75
    chances = found.model.calibrated(given_)
    assert measuring.error(measuring.bins(chances, others.keeps)) < 0.08
    assert measuring.brier(chances, others.keeps) < 0.2
    assert abs(found.brier - measuring.brier(chances, others.keeps)) < 0.03
    assert [each.name for each in found.leanings][-1] == "other"
    assert sum(each.share for each in found.leanings) == pytest.approx(1)


def test_noise_is_no_taste() -> None:
    found = [learned(drawn(60, seed, strength=0.0)) for seed in range(20)]
    assert sum(each.low <= 0.5 <= each.high for each in found) >= 18
    assert abs(np.mean([each.auc for each in found]) - 0.5) < 0.06
    assert np.mean([each.brier - each.brier_of_share for each in found]) < 0.02


def test_twins_with_like_decisions_are_no_proof_of_a_taste() -> None:
    draw = np.random.default_rng(6)
    vectors = np.repeat(draw.normal(size=(60, 64)), 3, axis=0)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    keeps = np.repeat(draw.random(60) < 0.5, 3)  # each thrice, judged alike, and at random
    judged = Judged((), [], (), vectors, keeps)
    grouped = learning.grouped(vectors, keeps)
    assert grouped.keeps + grouped.rejects == 60
    alone = learning.Grouped(np.arange(180), 1.0, 90, 90)
    assert learning.learn(judged, alone).auc > 0.85  # each twin gives away the other
    assert learning.learn(judged, grouped).low <= 0.5


def test_a_chance_is_within_and_what_is_missing_counts_as_usual() -> None:
    found = learned(drawn(200, 7))
    nothing = [np.full(3, np.nan) for _ in found.model.columns]
    given_ = found.model.logits(nothing, np.zeros((0, 24), np.float16), np.full(3, -1, np.int32))
    assert np.allclose(given_, found.model.offset)
    wild = found.model.calibrated(np.array([-1e9, 0.0, 1e9]))
    assert 0 < wild[0] < wild[1] < wild[2] < 1


def test_platt_gives_a_slope_only_to_what_tells_apart() -> None:
    draw = np.random.default_rng(8)
    values = draw.normal(size=500)
    keeps = draw.random(500) < 1 / (1 + np.exp(-(2 * values - 1)))
    slope, shift = measuring.platt(values, keeps)
    assert slope == pytest.approx(2, abs=0.5)
    assert shift == pytest.approx(-1, abs=0.4)
    assert measuring.platt(-values, keeps)[0] == 0
    assert measuring.platt(np.zeros(500), keeps)[0] == 0
    apart = measuring.platt(np.r_[np.full(20, -5.0), np.full(20, 5.0)], np.arange(40) >= 20)
    assert np.isfinite(apart).all()
