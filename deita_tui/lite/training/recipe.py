"""What the two draft scorers are, and how each is learned from sets of labels.

A scorer is a sum of three parts, each scaled to the same spread:

- what the labels say: ridge regression on standardised, bent columns, over ranks within each set.
  Every set counts the same, and its mean is taken out, so that only differences within a set are
  learned. For quality, half of the weight lies on differences between answers to one question;
- the length of what is judged, as a logarithm. It is the best single guess on sets that nobody has
  seen, and the labels at hand cannot say by how much;
- for complexity, how long an answer the question calls for, learned from answers in the pool.

All three are sums over the same columns, so they add up to one ``Model``.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite import models
from deita_tui.lite.features import names
from deita_tui.lite.models import Model
from deita_tui.lite.training.labels import LabelSet

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How a scorer is made; chosen as the card tells."""

    pair: bool
    size: str
    """The column that is the length."""
    within: float
    """Share of the weight on differences within a group."""
    penalty: float
    softness: float
    """How much less an embedding's axis may weigh than a column of the surface."""
    length: float
    """Weight of the length; what the labels say has 1."""
    expected: float
    """Weight of how long an answer is called for."""

    def columns(self) -> Ints:
        """Which of ``features`` it looks at."""
        called = names(self.pair)
        if not self.pair:
            return np.arange(len(called))
        # Of a pair only the answer, and how it goes with the question: what was asked says how
        # hard it is, not how good the answer is. Meaning, tried, added nothing.
        used = [
            not name.startswith("question") and "axis" not in name and name != "alike"
            for name in called
        ]
        return np.flatnonzero(used)


QUALITY = Recipe(True, "answer: characters", 0.5, 1.0, 1.0, length=0.5, expected=0.0)
COMPLEXITY = Recipe(False, "tokens", 0.0, 0.3, 0.3, length=1.0, expected=0.25)


def learn(recipe: Recipe, sets: Sequence[LabelSet], answers: Sequence[LabelSet]) -> Model:
    """A scorer, not yet calibrated.

    Args:
        recipe: which.
        sets: what is learned from.
        answers: questions of one source each, labelled with the length of their answer.
    """
    everything = [*sets, *answers] if recipe.expected else sets
    design = _Design(recipe, everything)
    about = np.concatenate([design.table(each.features) for each in everything])
    parts = [(1.0, _ridge(recipe, design, sets, recipe.within))]
    size = np.zeros(about.shape[1])
    size[design.at(names(recipe.pair).index(recipe.size))] = 1.0
    parts.append((recipe.length, size))
    if recipe.expected:
        parts.append((recipe.expected, _ridge(recipe, design, answers, 0.0)))
    weights = sum(weight * part / (about @ part).std() for weight, part in parts)
    empty = np.zeros(0)
    base = design.model
    return Model(
        base.columns, base.centre, base.spread, base.bent, np.asarray(weights), 0.0, empty, empty
    )


def calibrated(model: Model, features: NDArray[np.float32]) -> Model:
    """``model`` on a scale from 1 to 6: the rank among reference texts, (n, f), as evenly spread.

    3.5 is their median. What lies beyond them has a little room left at either end.
    """
    raw = model.predict(features)
    shares = np.linspace(0, 1, 201)
    points, at = np.unique(np.quantile(raw, shares), return_index=True)
    values = 1.05 + 4.9 * shares[at]
    room = 10 * raw.std()
    return Model(
        model.columns,
        model.centre,
        model.spread,
        model.bent,
        model.weights,
        model.bias,
        np.concatenate([[points[0] - room], points, [points[-1] + room]]),
        np.concatenate([[1.0], values, [6.0]]),
    )


class _Design:
    """Columns, standardised over sets that count the same each."""

    def __init__(self, recipe: Recipe, sets: Sequence[LabelSet]) -> None:
        columns = recipe.columns()
        tables = [each.features[:, columns].astype(np.float64) for each in sets]
        centre = np.mean([table.mean(axis=0) for table in tables], axis=0)
        spread = np.sqrt(np.mean([((t - centre) ** 2).mean(axis=0) for t in tables], axis=0))
        told = spread > 1e-6
        columns, centre, spread = columns[told], centre[told], spread[told]
        called = names(recipe.pair)
        self.flat = np.array(["axis" in called[column] for column in columns])
        empty = np.zeros(0)
        bent = np.flatnonzero(~self.flat)
        self.model = Model(columns, centre, spread, bent, empty, 0.0, empty, empty)

    def table(self, features: NDArray[np.float32]) -> Floats:
        """(n, c + 3 b)."""
        return self.model.table(features)

    def at(self, column: int) -> int:
        """Where a column of the features is in the table."""
        return int(np.flatnonzero(self.model.columns == column)[0])


def _ridge(recipe: Recipe, design: _Design, sets: Sequence[LabelSet], within: float) -> Floats:
    """Weights of the table's columns."""
    soft = np.ones(len(design.flat) + len(models.KNOTS) * int((~design.flat).sum()))
    soft[: len(design.flat)][design.flat] = recipe.softness
    gram = np.zeros((len(soft), len(soft)))
    moment = np.zeros(len(soft))
    for each in sets:
        table = design.table(each.features) * soft
        ranks = _ranks(each.labels)
        for share, rows, y in (
            (1 - within, table - table.mean(axis=0), ranks - ranks.mean()),
            (2 * within, _inside(table, each.groups), _inside(ranks[:, None], each.groups)[:, 0]),
        ):
            if share:
                gram += share / len(y) * (rows.T @ rows)
                moment += share / len(y) * (rows.T @ y)
    held = recipe.penalty * len(sets) * (1 + within) * np.eye(len(soft))
    found: Floats = soft * np.linalg.solve(gram + held, moment)
    return found


def _ranks(values: Floats) -> Floats:
    """Labels as the normal deviates of their ranks: scales differ from set to set."""
    from scipy.stats import norm, rankdata  # type: ignore[import-untyped]

    found: Floats = norm.ppf((rankdata(values) - 0.5) / len(values))
    return found


def _inside(table: Floats, groups: NDArray[np.str_]) -> Floats:
    """Rows less the mean of their group."""
    _, inverse, counts = np.unique(groups, return_inverse=True, return_counts=True)
    sums = np.zeros((len(counts), table.shape[1]))
    np.add.at(sums, inverse, table)
    return table - sums[inverse] / counts[inverse][:, None]
