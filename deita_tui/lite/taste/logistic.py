"""Logistic regression with a ridge, for several sets of examples at once.

Minimises, over the weights b of a set,

    sum of log(1 + exp(-s * (x·b)))  +  penalty / 2 * sum of b², without the first weight,

with s = 1 for a keep and -1 for a reject, by Newton's method with halved steps (Hastie,
Tibshirani, Friedman, The Elements of Statistical Learning, 2nd ed., §4.4.1). Features and weights
lie on a grid, so that the outcome does not depend on threads or libraries; see ``grid``.
"""

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.taste.grid import CURVATURES, RESIDUALS, WEIGHTS, Floats, on_grid

_STEPS = 60
_HALVINGS = 12
_STILL = 2.0**-22
"""A step this small ends it."""
_ROWS = 64
"""Examples that are multiplied at a time: too few for a library to wake its threads, which would
take longer than the product. On the grid the sums are the same."""


def fit(
    features: Floats, keeps: NDArray[np.bool_], within: NDArray[np.bool_], penalty: float,
    start: Floats | None = None,
) -> Floats:  # fmt: skip
    """The weights that fit best, (sets, p).

    Args:
        features: (n, p) on the grid ``FEATURES``; the first column is ones.
        keeps: (n,) what was said of each.
        within: (sets, n) which examples belong to each set.
        penalty: of the weights, all but the first; above 0.
        start: (sets, p) weights to begin with, such as those of a similar penalty.
    """
    sets, count = within.shape[0], features.shape[1]
    weights = np.zeros((sets, count)) if start is None else start.copy()
    ridge = np.full(count, penalty)
    ridge[0] = 0.0
    left = np.arange(sets)
    for _ in range(_STEPS):
        step = _newton(features, keeps, within[left], weights[left], ridge)
        moved = _descended(features, keeps, within[left], weights[left], step, ridge)
        still = np.abs(moved - weights[left]).max(axis=1) <= _STILL
        weights[left] = moved
        left = left[~still]
        if not len(left):
            break
    return weights


def logits(features: Floats, weights: Floats) -> Floats:
    """What each set's weights make of each example, (n, sets)."""
    found: Floats = (_blocks(features) @ weights.T).reshape(-1, len(weights))[: len(features)]
    return found


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-x)), without overflow."""
    small = np.exp(-np.abs(values))
    found: Floats = np.where(values >= 0, 1.0, small) / (1.0 + small)
    return found


def losses(values: Floats, keeps: NDArray[np.bool_]) -> Floats:
    """The log loss of each logit, in nats."""
    signed = np.where(keeps, values, -values)
    found: Floats = np.log1p(np.exp(-np.abs(signed))) + np.maximum(-signed, 0.0)
    return found


def _newton(
    features: Floats,
    keeps: NDArray[np.bool_],
    within: NDArray[np.bool_],
    weights: Floats,
    ridge: Floats,
) -> Floats:
    chance = sigmoid(logits(features, weights))
    residuals = on_grid(np.where(within.T, chance - keeps[:, None], 0.0), RESIDUALS)
    rows = _blocks(features)
    turned = rows.transpose(0, 2, 1)
    gradient = (turned @ _blocks(residuals)).sum(axis=0).T + ridge * weights
    curvature = _blocks(on_grid(np.where(within.T, chance * (1 - chance), 0.0), CURVATURES))
    hessian = np.empty((len(weights), len(ridge), len(ridge)))
    for each in range(len(weights)):
        hessian[each] = (turned @ (rows * curvature[:, :, each, None])).sum(axis=0)
    # Where all is certain the first weight has no curvature left.
    hessian += np.diag(np.maximum(ridge, 2.0**-CURVATURES))
    return solve(hessian, gradient)


def _descended(
    features: Floats,
    keeps: NDArray[np.bool_],
    within: NDArray[np.bool_],
    weights: Floats,
    step: Floats,
    ridge: Floats,
) -> Floats:
    """The weights after the step, or after so small a part of it that it does not ascend."""

    def cost(at: Floats) -> Floats:
        each = losses(logits(features, at), keeps[:, None])
        found: Floats = np.where(within.T, each, 0.0).sum(axis=0) + (ridge * at**2).sum(axis=1) / 2
        return found

    before, size = cost(weights), np.ones((len(weights), 1))
    for _ in range(_HALVINGS):
        moved = on_grid(weights - size * step, WEIGHTS)
        worse = cost(moved) > before * (1 + 1e-12)
        if not worse.any():
            return moved
        size[worse] /= 2
    return np.where(worse[:, None], weights, moved)


def solve(matrices: Floats, sides: Floats) -> Floats:
    """Positive definite systems, (k, p, p) and (k, p) give (k, p): elimination, row by row.

    Elementwise and in a fixed order, where LAPACK may add in an order that depends on threads.
    """
    left, right = matrices.copy(), sides.copy()
    size = right.shape[1]
    for at in range(size):
        factor = left[:, at + 1 :, at] / left[:, at, at, None]
        left[:, at + 1 :, at + 1 :] -= factor[:, :, None] * left[:, at, None, at + 1 :]
        right[:, at + 1 :] -= factor * right[:, at, None]
    for at in range(size - 1, -1, -1):
        right[:, at] /= left[:, at, at]
        right[:, :at] -= left[:, :at, at] * right[:, at, None]
    return right


def _blocks(rows: Floats) -> Floats:
    """(n, k) as (blocks, ``_ROWS``, k), with rows of zeros behind the last."""
    count = -(-len(rows) // _ROWS)
    if len(rows) < count * _ROWS:
        rows = np.concatenate([rows, np.zeros((count * _ROWS - len(rows), rows.shape[1]))])
    return rows.reshape(count, _ROWS, rows.shape[1])
