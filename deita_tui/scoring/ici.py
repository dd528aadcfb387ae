"""In-context influence: does a turn, shown as an example, help with others that are like it?

Han and Huang, arXiv 2604.25132. Of the nearest neighbours of a turn, k-means makes five clusters,
and the most complex one of each is a *probe* b. With IFD(y|x) = PPL(y|x) / PPL(y),

    ICI(a, b) = IFD(y_b | x_b) - IFD(y_b | a, x_b)
    ici(a)    = the mean of ICI(a, b) over the probes
    wici(a)   = the mean of (1 - cos(a, b)) / 2 · ICI(a, b)

The published code (trust-nlp/SyntheticData-Curator) weighs by 1 - cos, which ranks alike, but takes
the mean over probes with a positive ICI alone, 0 where there is none, which ranks otherwise:
``ici_published`` and ``wici_published``. It also loses the response of a probe behind a long
demonstration, and takes that for the best of all: that is mended in all four (see ``shown``).
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deita_tui.scoring.digits import Tokens
from deita_tui.scoring.methods import Asked, Logprobs
from deita_tui.scoring.shown import Layout, Target, behind, loss

LAYOUT = Layout("", "\n")
"""Of the published code, which has the further input of a row behind its instruction."""
NEIGHBOURS = 32
PROBES = 5
SEED = 42


@dataclass(frozen=True, slots=True)
class Probe:
    """What a turn is tried on."""

    target: Target
    similarity: float
    """Of the records: the cosine."""


class NoProbesError(ValueError):
    """There is nothing to try a turn on; the message says why."""


@dataclass(frozen=True, slots=True)
class Ici:
    """One of the four.

    Args:
        name: which.
        probes: finds those of a turn; raises ``NoProbesError``.
        pool: what decides which they are, for the identity.
    """

    name: str
    probes: Callable[[Sequence[str]], Sequence[Probe]]
    pool: "dict[str, object]"

    def config(self) -> dict[str, object]:
        """See ``methods.ModelMethod``."""
        rules: dict[str, object] = {"neighbours": NEIGHBOURS, "probes": PROBES, "seed": SEED}
        return {"method": f"{self.name}/1", "shortening": "end/1", **rules, "pool": self.pool}

    def ask(self, fields: Sequence[str], tokens: Tokens, limit: int) -> Asked:
        """Three questions a probe: behind the turn, without it, and without its instruction."""
        try:
            probes = self.probes(fields)
        except NoProbesError as error:
            return Asked(problem=str(error))
        questions = []
        shortened = False
        for probe in probes:
            shown, cut = behind(fields, LAYOUT, probe.target, tokens, limit, apart=False)
            questions += [shown, probe.target.given, probe.target.alone]
            shortened |= cut
        similar = [probe.similarity for probe in probes]

        def number(answers: Sequence[Logprobs]) -> float:
            return self._number(influences([loss(each) for each in answers]), similar)

        return Asked(tuple(questions), number, shortened)

    def _number(self, found: Sequence[float], similar: Sequence[float]) -> float:
        published, weighs = self.name.endswith("_published"), self.name.startswith("wici")
        weights = [1 - each if weighs else 1.0 for each in similar]
        terms = [weight * each for weight, each in zip(weights, found, strict=True)]
        if published:
            helped = [term for term, each in zip(terms, found, strict=True) if each > 0]
            return math.fsum(helped) / len(helped) if helped else 0.0
        return math.fsum(terms) / len(terms) / (2 if weighs else 1)


def influences(losses: Sequence[float]) -> list[float]:
    """ICI of each probe, from three mean losses each: behind the turn, given, alone."""
    shown, given, alone = losses[0::3], losses[1::3], losses[2::3]
    return [
        math.exp(its - behind_nothing) - math.exp(after - behind_nothing)
        for after, its, behind_nothing in zip(shown, given, alone, strict=True)
    ]
