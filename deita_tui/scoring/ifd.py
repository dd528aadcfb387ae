"""Instruction-following difficulty: does the instruction help to foresee the response?

Two definitions are published, and they rank differently:

- ``ifd``: PPL(A|Q) / PPL(A), the ratio of perplexities (Superfiltering, arXiv 2402.00530, §3.1).
  The prompt is the instruction and a newline; the response alone is read behind nothing.
- ``ifd_loss``: s(A|Q) / s(A), the ratio of mean losses (Cherry LLM, arXiv 2308.12032, §2.2), with
  Alpaca's prompt, and the response alone behind "### Response:".

Both: 1 or more says that the instruction does not help. Where the published code goes wrong, ours
does not: the same tokens of the response are compared on both sides (the released Superfiltering
leaves the first one out on one side), a response that does not fit loses its end on both sides,
and a failure is no number, never 0.
"""

import math
from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256

from deita_tui.scoring.digits import Tokens
from deita_tui.scoring.methods import Asked, Logprobs, Spoken

PLAIN = ("", "\n")
"""Before and behind the instruction, as Superfiltering has it."""
ALPACA = (
    "Below is an instruction that describes a task. Write a response that appropriately completes "
    "the request.\n\n### Instruction:\n",
    "\n\n### Response:",
)
RESPONSE = "### Response:"
LEAST = 4
"""A response of fewer tokens says more of its tokens than of itself."""


@dataclass(frozen=True, slots=True)
class Ifd:
    """One of the two definitions."""

    name: str
    around: tuple[str, str]
    """What stands before and behind the instruction."""
    alone: str
    """What stands before a response without its instruction."""

    def config(self) -> dict[str, object]:
        """See ``methods.ModelMethod``."""
        parts = "\0".join((*self.around, self.alone))
        return {
            "method": f"{self.name}/1",
            "prompt": sha256(parts.encode()).hexdigest()[:16],
            "shortening": "end/1",
        }

    def ask(self, fields: Sequence[str], tokens: Tokens, limit: int) -> Asked:
        """The response behind its instruction, and the same tokens behind nothing."""
        instruction, response = fields
        prompt = f"{self.around[0]}{instruction}{self.around[1]}"
        whole, start = joined(tokens, prompt, response)
        said = whole[start:]
        if not start:
            return Asked(problem="there is nothing before the response to foresee it by")
        room = limit - start
        before = array("i", tokens(self.alone))
        if not before:
            # Without a token before it, the first token of a response has no probability: it is
            # left out on both sides.
            start, before, said = start + 1, said[:1], said[1:]
        if len(said) < LEAST:
            return Asked(problem=f"the response has fewer than {LEAST} tokens")
        if room < LEAST + 1:
            return Asked(problem=f"the instruction alone fills the {limit} tokens of a question")
        kept = said[: min(limit - start, limit - len(before))]
        questions = Spoken(whole[:start], kept), Spoken(before, kept)
        return Asked(questions, self.value, shortened=len(kept) < len(said))

    def value(self, answers: Sequence[Logprobs]) -> float:
        """The ratio; NaN where the response is certain by itself."""
        given, alone = (-math.fsum(each) / len(each) for each in answers)
        if self.name == "ifd":
            return math.exp(given - alone)
        return given / alone if alone > 0 else math.nan


def joined(tokens: Tokens, before: str, behind: str) -> "tuple[array[int], int]":
    """The tokens of ``before`` and ``behind`` as one text, and where ``behind`` starts in them.

    As the published code finds it: by the number of tokens of ``before`` alone. A token that both
    share counts to ``before``, so that nothing of the response is known beforehand.
    """
    first = tokens(before)
    whole = array("i", tokens(before + behind))
    start = 0
    for one, other in zip(first, whole, strict=False):
        if one != other:
            break
        start += 1
    # Where the seam was merged, the merged token belongs to neither alone: it is foretold.
    return whole, start


def make(name: str) -> Ifd:
    """The definition of that name."""
    return Ifd(name, PLAIN, "") if name == "ifd" else Ifd(name, ALPACA, RESPONSE)
