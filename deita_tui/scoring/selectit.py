"""SelectIT: how sure is the model of its own rating, and how far does that depend on the words?

Li et al., arXiv 2402.16705. The model rates a turn from 1 to 5 under five wordings of one question.

- token level: S = k* · Σ_k (P'_k* - P'_k) / 4, where k* is the likeliest rating: the rating, less
  the more the model hesitates.
- sentence level: mean(S) / (1 + α · std(S)) over the five wordings, α = 0.2, std of the population.
- model level is a weighted mean over models of several sizes: score with each, and put it into the
  formula.

The paper's P' is a softmax of probabilities, not of logits (equation 2), so a model that is certain
of a 5 gets 1.279 and not 5, and ratings far apart in certainty come out close; that is
``selectit_published``.
In ``selectit`` P' are the probabilities themselves, renormalised over the five ratings. The
published code has had both. Where it skips what fails, and so shifts all later rows, ours gives no
number.
"""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from deita_tui.scoring import shorten
from deita_tui.scoring.deita import Template
from deita_tui.scoring.digit_scale import Rating, normalised
from deita_tui.scoring.digits import Tokens
from deita_tui.scoring.methods import Asked, Logprobs

ALPHA = 0.2
RATINGS = ("1", "2", "3", "4", "5")
# The first five of the released file, and the line break that each line of it ends with.
_WORDINGS = (
    "Assign a score from 1 to 5 to each assistant based on how accurately they follow the "
    "instructions and response provided, ensuring the score is represented clearly on its own.\n",
    "Score each assistant on a scale from zero to five, reflecting the accuracy of their adherence "
    "to the instructions and input, and present this score plainly without the need for extra "
    "details.\n",
    "Rate each assistant's response accuracy to the given task and input on a scale of 1 to 5, "
    "with 5 being the most precise; the score should be self-explanatory and presented as a single "
    "line.\n",
    "Evaluate the assistants by the correctness of their response to the provided directions and "
    "response, giving them a rating between 0 and 5—where a 5 indicates top accuracy—and output "
    "the score clearly as a standalone line.\n",
    "Rate each assistant on a scale of 1 to 5 based on their adherence to the instructions and the "
    "accuracy of their responses, with the score clearly displayed.\n",
)
_PARTS = ("\nInstruction:", "\nResponse:", "\nThe answer is: \n")


@dataclass(frozen=True, slots=True)
class SelectIt:
    """The sentence-level score of one model."""

    name: str
    ratings: tuple[Rating, ...]
    """One for each wording."""

    def config(self) -> dict[str, object]:
        """See ``methods.ModelMethod``."""
        prints = ",".join(each.template.fingerprint for each in self.ratings)
        return {
            "method": f"{self.name}/1",
            "templates": sha256(prints.encode()).hexdigest()[:16],
            "alpha": ALPHA,
            "shortening": shorten.POLICY,
        }

    def ask(self, fields: Sequence[str], tokens: Tokens, limit: int) -> Asked:
        """One question a wording."""
        scales = [each.scale(tokens) for each in self.ratings]
        prompts = [
            shorten.fit(rating.template, fields, scale, tokens, limit - scale.longest)
            for rating, scale in zip(self.ratings, scales, strict=True)
        ]
        for prompt in prompts:
            if prompt.problem:
                return Asked(problem=prompt.problem)
        asked = [
            scale.questions(prompt.tokens) for scale, prompt in zip(scales, prompts, strict=True)
        ]

        def number(answers: Sequence[Logprobs]) -> float:
            left = iter(answers)
            return sentence_level(
                [
                    token_level(self._shares(scale.logs([next(left) for _ in questions])))
                    for scale, questions in zip(scales, asked, strict=True)
                ]
            )

        shortened = any(prompt.shortened for prompt in prompts)
        return Asked(tuple(each for questions in asked for each in questions), number, shortened)

    def _shares(self, logs: Sequence[float]) -> list[float]:
        shares = normalised(logs)
        return normalised(shares) if self.name == "selectit_published" else shares


def token_level(shares: Sequence[float]) -> float:
    """The likeliest rating, times its mean lead over the others; the lower of equal ones.

    Args:
        shares: of the ratings 1, 2, … .
    """
    best = max(range(len(shares)), key=lambda place: shares[place])
    lead = math.fsum(shares[best] - each for each in shares) / (len(shares) - 1)
    return (best + 1) * lead


def sentence_level(scores: Sequence[float]) -> float:
    """Their mean, and less of it the more they depend on the wording."""
    if any(math.isnan(each) for each in scores):
        return math.nan
    return statistics.fmean(scores) / (1 + ALPHA * statistics.pstdev(scores))


def make(name: str) -> SelectIt:
    """As it says, or with the paper's double softmax."""
    first, *rest = _PARTS
    templates = (Template("SelectIT", "pair", (wording + first, *rest)) for wording in _WORDINGS)
    return SelectIt(name, tuple(Rating(each, RATINGS) for each in templates))
