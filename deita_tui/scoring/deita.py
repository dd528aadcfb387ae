"""DEITA's two scores: what the judge reads, and how six digits become one number.

The judge reads an instruction (complexity) or an instruction and its response (quality), and is
asked how likely each of the digits 1 to 6 comes next. The score is their mean under the softmax
over those six alone; a conversation's score is the product of both, summed over its turns.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Literal

DIGITS = ("1", "2", "3", "4", "5", "6")

Reads = Literal["instruction", "pair"]
Turns = Literal["sum", "mean", "max", "last"]
Missing = Literal["fail", "skip"]


@dataclass(frozen=True, slots=True)
class Template:
    """The fixed text around what is judged; the judge answers right behind its end."""

    measures: str
    reads: Reads
    parts: tuple[str, ...]
    """What stands before, between and after the fields."""

    def render(self, fields: Sequence[str]) -> str:
        """The prompt for ``fields``: the instruction, and the response if the template reads it."""
        between = zip(fields, self.parts[1:], strict=True)
        return self.parts[0] + "".join(field + part for field, part in between)

    @property
    def fingerprint(self) -> str:
        """Stands for the template in a scorer's identity: one changed space, another scorer."""
        return sha256("\0".join(self.parts).encode()).hexdigest()[:16]


# Byte for byte what the published scorers were trained on: two spaces end the instruction of the
# first, a space opens "#Question#" in the second, and one space follows either last colon.
COMPLEXITY = Template(
    "complexity",
    "instruction",
    (
        "You are a helpful assistant. Please identify the complexity score of the following "
        "user query. \n##Query: ",
        "  \n##Complexity: ",
    ),
)
QUALITY = Template(
    "quality",
    "pair",
    (
        "You are a helpful assistant. Please identify the quality score of the Response "
        "corresponding to the Question. \n #Question#:\n",
        "\n#Response#:\n",
        " \n##Quality: ",
    ),
)
TEMPLATES = {template.measures: template for template in (COMPLEXITY, QUALITY)}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the six digits say."""

    value: float
    """Between 1 and 6."""
    probabilities: tuple[float, ...]
    """Of the digits 1 to 6, adding up to 1."""
    mass: float
    """What the six hold of the whole vocabulary: near 1 for a judge that knows the template."""


def judgement(logprobs: Sequence[float]) -> Judgement | None:
    """The expected digit under the softmax over the six alone.

    Args:
        logprobs: natural-log probabilities of the digits 1 to 6 over the whole vocabulary.

    Returns:
        None where the numbers say nothing: one is NaN or +inf, or all are -inf.
    """
    highest = max(logprobs)
    if any(math.isnan(each) for each in logprobs) or math.isinf(highest):
        return None
    weights = [math.exp(each - highest) for each in logprobs]
    total = math.fsum(weights)
    probabilities = tuple(weight / total for weight in weights)
    value = math.fsum(digit * each for digit, each in enumerate(probabilities, start=1))
    return Judgement(value, probabilities, math.exp(highest) * total)


_AGGREGATES: Mapping[Turns, Callable[[Sequence[float]], float]] = {
    "sum": math.fsum,
    "mean": lambda products: math.fsum(products) / len(products),
    "max": max,
    "last": lambda products: products[-1],
}


def combine(
    complexity: Sequence[float | None],
    quality: Sequence[float | None],
    turns: Turns = "sum",
    missing: Missing = "fail",
) -> float | None:
    """A conversation's score: complexity times quality in each turn, then over the turns.

    Args:
        complexity: one value a turn; None where it could not be scored.
        quality: the same turns.
        turns: how the products become one number; the paper's is ``sum``.
        missing: ``fail``: one missing turn leaves the conversation unscored (D2); ``skip``: the
            turns that have both values stand for it.

    Returns:
        None for an unscored conversation.
    """
    products = [
        None if c is None or q is None else c * q for c, q in zip(complexity, quality, strict=True)
    ]
    present = [product for product in products if product is not None]
    if not present or (missing == "fail" and len(present) < len(products)):
        return None
    return _AGGREGATES[turns](present)
