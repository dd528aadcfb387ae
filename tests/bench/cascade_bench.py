"""The cascade on real records, again and again: what it costs, what it finds, what it promises.

    python tests/bench/cascade_bench.py PROJECT --by lite --scorer NAME [--measures complexity]
    python tests/bench/cascade_bench.py PROJECT --by lite --planted 0.9 0.7 0.3

PROJECT is only read. With ``--scorer`` the pool is what that scorer has finished, up to the first
record of the random order that it has not: a fair sample of the project, or all of it. With
``--planted`` scores are made that correlate as said with those of ``--by``, for all records and
their real vectors. Each trial draws its own samples. The truth is the selection by all scores.
"""

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path
from time import monotonic

import msgspec
import numpy as np

from deita_store.store import Store
from deita_tui.selection.params import Params
from deita_tui.steps import roles
from deita_tui.steps.cascading_pool import Candidates, cheaply
from deita_tui.steps.selecting import Tuner
from deita_tui.trust.cascade import Plan, cascade, followed
from deita_tui.trust.predicting import Features, Floats, Ints

LETTERS = {"complexity": "c", "quality": "q"}


@dataclass(frozen=True)
class Problem:
    """A pool with its truth."""

    pool: Candidates
    inside: Ints
    """Places of the pool that take part."""
    truth: Floats

    def choose(self, values: Floats) -> Ints:
        """The selection by scores of what takes part."""
        given = np.full(len(self.pool.places), np.nan)
        given[self.inside] = values
        return np.searchsorted(self.inside, self.pool.choose(given))

    @property
    def features(self) -> Features:
        """Of what takes part."""
        known = self.pool.features
        return Features(known.table[self.inside], known.straight)


def main() -> None:
    """Run the trials, and print a table."""
    asked = _arguments()
    with Store.read(asked.project) as store:
        for name, problem in _problems(store, asked):
            _trials(name, problem, asked)


def _problems(store: Store, asked: argparse.Namespace) -> "Iterator[tuple[str, Problem]]":
    measures = set(asked.measures.split(","))
    formula = "*".join(LETTERS[each] for each in sorted(measures))
    params = Params(budget=1, formula=formula, threshold=asked.threshold)
    cheap = cheaply(store, params, asked.by, measures)
    tuner = Tuner(store)
    for _ in tuner.prepare(cheap):
        pass
    pool = Candidates.read(store, tuner, cheap, 0)
    if asked.scorer:
        named = msgspec.structs.replace(params, **dict.fromkeys(measures, asked.scorer))
        cast = roles.choose(store, named)
        done = pool.done(store, [each.id for each in cast.scorers.values()])
        first = sum(1 for _ in takewhile(bool, done[pool.order]))
        inside = np.sort(pool.order[:first])
        truth = pool.values(store, named, cast)[inside]
        yield (
            f"{asked.scorer} by {asked.by}",
            Problem(_sized(pool, len(inside), asked), inside, truth),
        )
        return
    inside = np.arange(len(pool.places))
    cheap_scores = np.where(np.isnan(pool.cheap), np.nanmean(pool.cheap), pool.cheap)
    places = np.argsort(np.argsort(cheap_scores)) + 0.5
    bell = np.sqrt(2) * _inverse(2 * places / len(places) - 1)
    for correlation in asked.planted:
        noise = np.random.default_rng(0).standard_normal(len(places))
        truth = correlation * bell + np.sqrt(1 - correlation**2) * noise
        problem = Problem(_sized(pool, len(inside), asked), inside, truth)
        yield f"planted {correlation:.2f} by {asked.by}", problem


def _sized(pool: Candidates, size: int, asked: argparse.Namespace) -> Candidates:
    from dataclasses import replace

    budget = max(1, round(asked.fraction * size))
    return replace(pool, params=msgspec.structs.replace(pool.params, budget=budget))


def _inverse(values: Floats) -> Floats:
    """The inverse error function, well enough [Winitzki 2008]."""
    a = 0.147
    log = np.log1p(-(values**2))
    first = 2 / (np.pi * a) + log / 2
    return np.asarray(np.sign(values) * np.sqrt(np.sqrt(first**2 - log / a) - first))


def _trials(name: str, problem: Problem, asked: argparse.Namespace) -> None:
    size = len(problem.inside)
    full = problem.choose(problem.truth)
    fraction = len(full) / size
    found = []
    for seed in range(asked.trials):
        began = monotonic()
        order = np.random.default_rng(seed).permutation(size)
        plan = Plan(fraction, asked.goal, asked.most, seed=seed)
        nothing = np.zeros(size, np.bool_)
        values = np.full(size, np.nan)
        work = cascade(plan, problem.features, order, values, nothing, problem.choose)
        outcome = followed(work, problem.truth)
        present = problem.choose(np.where(outcome.known, problem.truth, np.nan))
        share = float(np.isin(full, present).mean())
        check = outcome.check
        said = None if check is None else check.overlap(len(full), outcome.confidence)
        holds = None if said is None else said.low - 1e-9 <= share <= said.high + 1e-9
        found.append((outcome, share, holds, outcome.known.mean()))
        told = f"{said.low:.3f}..{said.high:.3f}" if said else "no check"
        print(
            f"{name}: {size:,} records, {len(full):,} selected; trial {seed}: {outcome.end}, "
            f"calls {outcome.known.mean():.3f}, found {share:.4f}, expected "
            f"{outcome.expected:.4f}, {told}{'' if holds in (True, None) else ' MISSED'}, fit "
            f"{outcome.fit or 0:.2f}, {monotonic() - began:.1f} s",
            flush=True,
        )
    checked = [holds for _, _, holds, _ in found if holds is not None]
    print(
        f"{name}: calls {np.mean([calls for *_, calls in found]):.3f}, found "
        f"{np.mean([share for _, share, _, _ in found]):.4f}, interval right "
        f"{sum(checked)} of {len(checked)}",
        flush=True,
    )


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("--by", default="lite")
    parser.add_argument("--scorer", default="")
    parser.add_argument("--measures", default="complexity")
    parser.add_argument("--planted", type=float, nargs="*", default=[0.95, 0.9, 0.6])
    parser.add_argument("--fraction", type=float, default=0.06)
    parser.add_argument("--threshold", type=float, default=0.9)
    parser.add_argument("--goal", type=float, default=0.98)
    parser.add_argument("--most", type=float, default=None)
    parser.add_argument("--trials", type=int, default=5)
    return parser.parse_args()


if __name__ == "__main__":
    main()
