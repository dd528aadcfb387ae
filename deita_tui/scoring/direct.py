"""Direct scoring: an untrained model is simply asked for a grade (DEITA, arXiv 2312.15685).

The prompts are those of tables 11 and 15. The paper took the number that ChatGPT wrote; here it is
the expectation over all grades, each by the probability of its tokens, which is finer than a
written number and needs no sampling.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from deita_tui.scoring import shorten
from deita_tui.scoring.deita import Template
from deita_tui.scoring.digit_scale import Rating, expected
from deita_tui.scoring.digits import Tokens
from deita_tui.scoring.methods import Asked, Logprobs

# A grade stands behind a colon and a space, as the prompts of the trained scorers have it.
_COMPLEXITY = Template(
    "direct_complexity",
    "instruction",
    (
        "We would like you to evaluate and rate the difficulty and complexity of the following "
        "question. You should give an overall score on a scale of 1 to 10, where a higher score "
        "indicates higher difficulty and complexity. You must just give a score without any other "
        "reasons.\nQuestion: ",
        "\nScore: ",
    ),
)
_QUALITY = Template(
    "direct_quality",
    "pair",
    (
        "We would like to request your feedback on the performance of AI assistant in response to "
        "the given question displayed following.\n##Tips:Please rate according to the accuracy of "
        "the response to the instruction and the input. Each assistant receives a score on a "
        "scale of 0 to 5, where a higher score indicates higher level of the accuracy. You must "
        "just give a score without any other reasons.\n##Question:\n",
        "\n##Response:\n",
        "\n##Score: ",
    ),
)
_RANGES = {"direct_complexity": (_COMPLEXITY, 1, 10), "direct_quality": (_QUALITY, 0, 5)}


@dataclass(frozen=True, slots=True)
class Direct:
    """One of the two grades."""

    rating: Rating
    grades: tuple[int, ...]

    def config(self) -> dict[str, object]:
        """See ``methods.ModelMethod``."""
        return {
            "method": f"{self.rating.template.measures}/1",
            "template": self.rating.template.fingerprint,
            "grades": f"{self.grades[0]}-{self.grades[-1]}",
            "shortening": shorten.POLICY,
        }

    def ask(self, fields: Sequence[str], tokens: Tokens, limit: int) -> Asked:
        """Which grade comes next?"""
        scale = self.rating.scale(tokens)
        template = self.rating.template
        prompt = shorten.fit(template, fields, scale, tokens, limit - scale.longest)
        if prompt.problem:
            return Asked(problem=prompt.problem)

        def grade(answers: Sequence[Logprobs]) -> float:
            return expected(self.grades, scale.logs(answers))

        return Asked(scale.questions(prompt.tokens), grade, prompt.shortened)


def make(name: str) -> Direct:
    """The one of that name."""
    template, least, most = _RANGES[name]
    grades = tuple(range(least, most + 1))
    return Direct(Rating(template, tuple(map(str, grades))), grades)
