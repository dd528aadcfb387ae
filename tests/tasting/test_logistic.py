"""The regression is the regression, and to the last bit the same however it is added up."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.typing import NDArray
from scipy.optimize import minimize  # type: ignore[import-untyped]

from deita_tui.lite.taste import components, logistic
from deita_tui.lite.taste.grid import FEATURES, Floats, on_grid


def examples(count: int = 150, columns: int = 6) -> tuple[Floats, NDArray[np.bool_]]:
    draw = np.random.default_rng(1)
    features = draw.normal(size=(count, columns))
    features[:, 0] = 1
    keeps = draw.random(count) < 1 / (1 + np.exp(-(features @ draw.normal(size=columns))))
    return on_grid(features, FEATURES), keeps


@pytest.mark.parametrize("penalty", [0.1, 3.0, 300.0])
def test_it_finds_what_a_general_optimiser_finds(penalty: float) -> None:
    features, keeps = examples()
    within = np.ones((2, len(keeps)), np.bool_)
    within[1, ::3] = False
    found = logistic.fit(features, keeps, within, penalty)
    ridge = np.array([0.0, *[penalty] * 5])
    for weights, some in zip(found, within, strict=True):

        def cost(at: Floats, some: NDArray[np.bool_] = some) -> float:
            values = features[some] @ at
            signed = np.where(keeps[some], values, -values)
            return float(np.logaddexp(0, -signed).sum() + (ridge * at**2).sum() / 2)

        best = minimize(cost, np.zeros(6), method="BFGS", options={"gtol": 1e-8})
        assert cost(weights) <= best.fun + 1e-6
        assert np.abs(weights - best.x).max() < 1e-4


def test_what_separates_perfectly_and_a_single_kind_still_end() -> None:
    features = np.stack([np.ones(40), np.r_[-np.ones(20), np.ones(20)]], axis=1)
    keeps = np.arange(40) >= 20
    within = np.stack([np.ones(40, np.bool_), keeps])  # the second set holds keeps alone
    found = logistic.fit(features, keeps, within, 0.1)
    assert np.isfinite(found).all()
    assert found[0, 1] > 2
    assert (logistic.sigmoid(logistic.logits(features, found))[keeps, 1] > 0.9).all()


def test_the_order_of_the_examples_changes_no_bit() -> None:
    features, keeps = examples(333)
    within = np.ones((1, len(keeps)), np.bool_)
    shuffled = np.random.default_rng(2).permutation(len(keeps))
    there = logistic.fit(features, keeps, within, 1.0)
    back = logistic.fit(features[shuffled], keeps[shuffled], within, 1.0)
    assert there.tobytes() == back.tobytes()


def test_elimination_solves() -> None:
    draw = np.random.default_rng(3)
    roots = draw.normal(size=(4, 9, 9))
    matrices = roots @ roots.transpose(0, 2, 1) + np.eye(9)
    sides = draw.normal(size=(4, 9))
    found = logistic.solve(matrices, sides)
    assert np.allclose(found, np.linalg.solve(matrices, sides[:, :, None])[:, :, 0], atol=1e-10)


def test_directions_are_orthonormal_and_hold_as_much_as_the_best_ones() -> None:
    draw = np.random.default_rng(4)
    vectors = draw.normal(size=(120, 40)) * np.linspace(3, 0.1, 40)
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float16)
    mean, directions = components.principal(vectors, 10)
    assert np.abs(directions.T @ directions - np.eye(10)).max() < 1e-9
    centred = vectors.astype(np.float64) - mean
    best = np.linalg.svd(centred, compute_uv=False)[:10]
    assert ((centred @ directions) ** 2).sum() > 0.995 * (best**2).sum()


def test_fewer_records_than_directions_give_as_many_as_there_are() -> None:
    vectors = np.eye(3, 12, dtype=np.float16)
    _, directions = components.principal(np.repeat(vectors, 5, axis=0), 10)
    assert directions.shape == (12, 2)  # three points, less their mean


_LEARN = """
from deita_tui.lite.taste import learning
from tests.tasting.tasted import drawn
judged = drawn(400, 5, dimensions=96)
found = learning.learn(judged, learning.grouped(judged.vectors, judged.keeps))
print(found.model.digest, found.auc, found.guesses.tobytes().hex())
"""


def test_a_taste_is_the_same_to_the_last_bit_with_any_number_of_threads() -> None:
    told = set()
    for threads in ("1", "2", "5"):
        names = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
        env = os.environ | dict.fromkeys(names, threads)
        done = subprocess.run(
            [sys.executable, "-c", _LEARN], capture_output=True, text=True, env=env, check=True
        )
        told.add(done.stdout)
    assert len(told) == 1
