"""A cheap score for all records, an expensive one for those that could be selected.

A fair sample is scored first. Rounds follow, each of the records that are likeliest to be selected,
until the selection made of what is scored is expected to hold the wanted share of the one that all
scores would give; then a random part of what was skipped is scored as well, to see. docs/methods.md
has the estimates under "Cascade".
"""

from collections.abc import Generator
from dataclasses import dataclass, replace
from math import ceil
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from deita_tui.correlation import spearman
from deita_tui.trust.certificate import LOOKS, Check, confidence
from deita_tui.trust.forecasting import Choose, Forecast, forecast
from deita_tui.trust.predicting import FEWEST, Features, Floats, Ints, predict

WORTH_IT = 0.8
"""Where more than this share of all records would have to be scored, there is nothing to save."""

_BELIEF = 8.0
"""Before a check, the model is believed as if it had been right about so many missed records."""

Why = Literal["sample", "round", "check"]
End = Literal["reached", "no saving", "limit", "all"]


@dataclass(frozen=True, slots=True)
class Plan:
    """What is wanted.

    Attributes:
        fraction: of the records that are selected, about.
        goal: the share of the full selection that is to be found.
        most: the most records that may be scored, as a share; None: as many as it takes, but
            nothing beyond the sample where that would be nearly all.
        sample: records of the fair sample; 0: as many as seem right.
        check: records of the check; 0: as many as seem right.
        seed: of all draws.
    """

    fraction: float
    goal: float = 0.98
    most: float | None = None
    sample: int = 0
    check: int = 0
    seed: int = 0

    def sampled(self, size: int) -> int:
        """How many are in the sample: enough of them are to be among the selected."""
        wanted = max(0.04 * size, 50 / max(self.fraction, 1e-9))
        some = min(max(wanted, 300), 4000, max(300, 0.2 * size))
        return min(size, self.sample or round(some))

    def checked(self, size: int) -> int:
        """How many are in a check."""
        return self.check or round(min(max(0.04 * size, 300), 2000))


@dataclass(frozen=True, slots=True)
class Asked:
    """Places that are to be scored next, and what for."""

    places: Ints
    why: Why
    ahead: int
    """How many more may follow, by what is known now."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What it came to.

    Attributes:
        known: (n,) which records are scored.
        forecast: as it stood at the end.
        curve: what share of all records scored gives what overlap, as it looked after the sample.
        check: None where none was made.
        look: which of the checks it is, from 0.
        expected: the overlap, by the model, corrected by what checks found.
        fit: rank correlation of the sample's scores and what a model that had not seen them says.
    """

    end: End
    known: NDArray[np.bool_]
    forecast: Forecast | None
    curve: tuple[tuple[float, float], ...]
    check: Check | None
    look: int
    expected: float
    fit: float | None = None

    @property
    def confidence(self) -> float:
        """How often an interval like that of the check holds the truth."""
        return confidence(self.look)


Work = Generator[Asked, Floats, Outcome]


def cascade(
    plan: Plan, features: Features, order: Ints, start: Floats, there: NDArray[np.bool_],
    choose: Choose,
) -> Work:  # fmt: skip
    """Ask for scores until the goal is reached; send each answer for what was asked.

    It is a function of its arguments and of the answers: begun again with the same, it asks for the
    same, so whatever was answered before may be sent again from a memory.

    Args:
        plan: what is wanted.
        features: of the n records.
        order: (n,) the places in a random order, whose first are the sample.
        start: (n,) the scores that are there already.
        there: (n,) which of them are.
        choose: the selection.
    """
    return (yield from _Cascade(plan, features, start, there, choose).run(order))


class _Cascade:
    def __init__(
        self, plan: Plan, features: Features, start: Floats, there: NDArray[np.bool_],
        choose: Choose,
    ) -> None:  # fmt: skip
        self.plan = plan
        self.features = features
        self.values = np.where(there, start, np.nan)
        self.known = there.copy()
        self.choose = choose
        self.size = len(start)
        self.steps = 0
        self.caution = 1.0
        """How much more is missed than the model expects, by the checks so far."""
        self.sample = np.zeros(0, np.int64)
        self.fit: float | None = None
        self.lot = np.zeros(0, np.int64)
        """What the last check left unscored."""

    def run(self, order: Ints) -> Work:
        plan = self.plan
        self.sample = order[: plan.sampled(self.size)]
        yield from self.ask(self.sample, "sample", 0)
        if self.left == 0 or np.isfinite(self.values[self.known]).sum() < FEWEST:
            yield from self.ask(order, "round", 0)
            return Outcome("all", self.known, None, ((1.0, 1.0),), None, 0, 1.0)
        found = self.forecast()
        curve = self.outlook(found)
        nearly_all = self.size - self.left + found.needed(plan.goal) > WORTH_IT * self.size
        if nearly_all and plan.most is None:
            return Outcome("no saving", self.known, found, curve, None, 0, found.expected, self.fit)
        found = yield from self.rounds(found)
        look, check = 0, (yield from self.look(found, 0))
        while True:
            found = yield from self.rounds(self.forecast())
            check = replace(check, later=self.later())
            contradicted = check.overlap(found.size, confidence(look)).high < plan.goal
            if not contradicted or look + 1 == LOOKS or self.room <= 0:
                break
            self.caution *= 2
            look, check = look + 1, (yield from self.look(found, look + 1))
        expected = 1 - (1 - found.expected) * self.caution
        end: End = "limit" if contradicted or expected < plan.goal else "reached"
        if self.left == 0:
            return Outcome("all", self.known, None, curve, None, look, 1.0, self.fit)
        return Outcome(end, self.known, found, curve, check, look, max(0.0, expected), self.fit)

    def rounds(self, found: Forecast) -> Generator[Asked, Floats, Forecast]:
        """Score the likeliest until the goal is expected, or no more may be scored."""
        goal = 1 - (1 - self.plan.goal) / self.caution
        while needed := min(found.needed(goal), max(0, self.room - self.reserved)):
            # Half of them teach what the other half should be; what is little is done at once.
            little = ceil(self.size / 50)
            some = ceil(needed / 2) if needed > 2 * little else needed + little // 8
            some = min(some, max(0, self.room - self.reserved))
            yield from self.ask(found.order[:some], "round", max(0, needed - some))
            found = self.forecast()
        return found

    def look(self, found: Forecast, look: int) -> Generator[Asked, Floats, Check]:
        """Score a random part of what is skipped, and see what of it would be selected."""
        skipped = np.flatnonzero(~self.known)
        before = _mask(self.choose(self.values), self.size)
        draw = np.random.default_rng((self.plan.seed, look, 1))
        count = min(len(skipped), self.plan.checked(self.size))
        drawn = np.sort(draw.choice(skipped, size=count, replace=False))
        expected = float(found.chance[np.isin(found.order, drawn)].sum())
        yield from self.ask(drawn, "check", 0)
        after = _mask(self.choose(self.values), self.size)
        came = drawn[after[drawn]]
        moved = int((after & ~before).sum()) - len(came)
        kept = np.setdiff1d(np.flatnonzero(after), drawn)
        self.lot = np.setdiff1d(skipped, drawn)
        # A present selection that lacks much ends lower than the full one will.
        seen = int((self.values[came] >= found.limit).sum())
        self.caution = max(1.0, self.caution * (seen + _BELIEF) / (expected + _BELIEF))
        scores = self.falling(kept), self.falling(came)
        return Check(len(skipped), count, *scores, moved)

    def later(self) -> Floats:
        """Scores of the last lot that were found out after its check, of those selected."""
        selected = np.asarray(self.choose(self.values))
        return self.falling(np.intersect1d(selected, self.lot))

    def falling(self, places: Ints) -> Floats:
        """Scores, best first; what is selected whatever its score comes before all."""
        scores = self.values[places]
        return np.sort(np.where(np.isnan(scores), np.inf, scores))[::-1]

    def forecast(self) -> Forecast:
        """Learn from all that is known, and draw the rest."""
        told = np.flatnonzero(self.known & np.isfinite(self.values))
        prediction = predict(self.features, told, self.values[told], self.plan.seed)
        fair = self.sample[np.isfinite(self.values[self.sample])]
        self.fit = spearman(prediction.centre[fair], self.values[fair])
        self.steps += 1
        seed = self.plan.seed * 1000 + self.steps
        return forecast(self.values, self.known, prediction, self.choose, seed)

    def ask(self, places: Ints, why: Why, ahead: int) -> Generator[Asked, Floats, None]:
        """Have the scores of ``places``, of which some may be there."""
        missing = places[~self.known[places]]
        if len(missing):
            self.values[missing] = yield Asked(missing, why, ahead)
            self.known[missing] = True

    def outlook(self, found: Forecast) -> tuple[tuple[float, float], ...]:
        """What share of all records, scored, would give what overlap."""
        scored = self.size - self.left
        shares = [twentieths / 20 for twentieths in range(21)]
        return tuple(
            (share, min(1.0, float(found.curve[round(share * self.size) - scored])))
            for share in shares
            if round(share * self.size) >= scored
        )

    @property
    def left(self) -> int:
        """Records without a score."""
        return int(self.size - self.known.sum())

    @property
    def room(self) -> int:
        """How many more may be scored."""
        most = self.size if self.plan.most is None else round(self.plan.most * self.size)
        return min(self.left, most - (self.size - self.left))

    @property
    def reserved(self) -> int:
        """Of these, how many are kept back for the check."""
        return min(self.plan.checked(self.size), self.room) if self.plan.most is not None else 0


def _mask(places: Ints, size: int) -> NDArray[np.bool_]:
    found = np.zeros(size, np.bool_)
    found[places] = True
    return found


def followed(work: Work, truth: Floats) -> Outcome:
    """The outcome where the ``truth`` answers all that is asked: for trials."""
    answer: Floats | None = None
    while True:
        try:
            asked = next(work) if answer is None else work.send(answer)
        except StopIteration as end:
            outcome: Outcome = end.value
            return outcome
        answer = truth[asked.places]
