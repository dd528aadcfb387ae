"""Pools whose truth is known: a cheap score, and an expensive one that correlates with it."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from deita_tui.trust.cascade import Outcome, Plan, cascade, followed
from deita_tui.trust.forecasting import Choose
from deita_tui.trust.predicting import Features, Floats, Ints


def best(count: int) -> Choose:
    """The selection of so many by score alone."""

    def choose(values: Floats) -> Ints:
        there = np.flatnonzero(~np.isnan(values))
        return there[np.argsort(-values[there], kind="stable")[:count]]

    return choose


@dataclass(frozen=True)
class Planted:
    """A pool of n records."""

    cheap: Floats
    truth: Floats
    selected: int

    @property
    def choose(self) -> Choose:
        """What is selected."""
        return best(self.selected)

    @property
    def features(self) -> Features:
        """What is known without the truth."""
        return Features(self.cheap[:, None].astype(np.float32))

    def run(self, seed: int = 0, last: Ints | None = None, **plan: Any) -> Outcome:
        """A cascade to its end; what is ``last`` is in no sample."""
        size = len(self.cheap)
        order = np.random.default_rng(seed).permutation(size)
        if last is not None:
            order = np.concatenate([order[~np.isin(order, last)], last])
        wanted = Plan(self.selected / size, seed=seed, **plan)
        nothing = np.zeros(size, np.bool_)
        work = cascade(wanted, self.features, order, np.full(size, np.nan), nothing, self.choose)
        return followed(work, self.truth)

    def found(self, outcome: Outcome) -> float:
        """The share of the full selection that the cascade's holds."""
        present = self.choose(np.where(outcome.known, self.truth, np.nan))
        return float(np.isin(self.choose(self.truth), present).mean())


def pool(correlation: float, seed: int, size: int = 6000, kind: str = "normal") -> Planted:
    """6 % of it are selected."""
    draw = np.random.default_rng((seed, 7))
    cheap = draw.standard_normal(size)
    noise = draw.standard_normal(size)
    if kind == "heavy":
        noise = draw.standard_t(3, size) / np.sqrt(3)
    elif kind == "uneven":
        noise *= np.exp(0.5 * cheap - 0.25)
    truth = correlation * cheap + np.sqrt(1 - correlation**2) * noise
    return Planted(cheap, truth, round(0.06 * size))
