"""Perplexity of a response given its instruction: exp of the mean loss of its tokens.

DEITA's baseline "Perplexity" (arXiv 2312.15685, §2.3): the model is asked as it is, and high is
hard. What stands between the two is a newline, as in ``ifd``.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from deita_tui.scoring.digits import Tokens
from deita_tui.scoring.ifd import LEAST, joined
from deita_tui.scoring.methods import Asked, Logprobs, Spoken


@dataclass(frozen=True, slots=True)
class Perplexity:
    """PPL(R|I)."""

    def config(self) -> dict[str, object]:
        """See ``methods.ModelMethod``."""
        return {"method": "perplexity/1", "between": "\n", "shortening": "end/1"}

    def ask(self, fields: Sequence[str], tokens: Tokens, limit: int) -> Asked:
        """The response behind its instruction."""
        whole, start = joined(tokens, f"{fields[0]}\n", fields[1])
        said = whole[start:]
        if not start or len(said) < 1:
            return Asked(problem="the response has no token of its own")
        kept = said[: max(limit - start, 0)]
        if len(kept) < min(LEAST, len(said)):
            return Asked(problem=f"the instruction alone fills the {limit} tokens of a question")
        return Asked((Spoken(whole[:start], kept),), self.value, shortened=len(kept) < len(said))

    def value(self, answers: Sequence[Logprobs]) -> float:
        """Exp of the mean negative log-probability."""
        (said,) = answers
        return math.exp(-math.fsum(said) / len(said))


def make(name: str) -> Perplexity:
    """There is one."""
    return Perplexity()
