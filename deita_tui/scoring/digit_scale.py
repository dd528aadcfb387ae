"""Whole numbers as answers, be they one token or several, and how likely each of them is.

"10" is two tokens for most tokenizers and one for others, and where it is two, the first of them is
the whole of "1". So answers are sequences: the chance of "10" is that of its "1" times that of the
"0" behind it, and the chance of "1" is that of its token times the chance that no "0" follows.
Tokens are found as those of the judges' digits are (see ``digits``): by what texts share.
"""

import math
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from deita_tui.errors import DeitaError
from deita_tui.scoring.deita import Template
from deita_tui.scoring.digits import PROBES, Tokens
from deita_tui.scoring.methods import Logprobs, Next

Tail = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Scale:
    """The answers to one template, under one tokenizer."""

    answers: tuple[str, ...]
    tails: tuple[Tail, ...]
    """The tokens of each answer, as they come right behind the template."""
    forks: Mapping[Tail, tuple[int, ...]]
    """Where answers part: what was said by then, and which tokens may come next."""

    @property
    def longest(self) -> int:
        """So many tokens of an answer may stand behind the prompt of a question."""
        return max(map(len, self.forks))

    def prompt(self, tokens: Tokens, text: str) -> "array[int] | None":
        """What the model reads of ``text``, up to where an answer comes next.

        None if the tokens of the answers are not what they are elsewhere.
        """
        first, tail = tokens(text + self.answers[0]), self.tails[0]
        # A short tail might be found where the text and the answer merged; the rest shows.
        if len(self.answers) > 1 and tuple(first[-len(tail) :]) == tail:
            return array("i", first[: -len(tail)])
        found = _split(tokens, text, self.answers)
        return array("i", found[0]) if found is not None and found[1] == self.tails else None

    def questions(self, prompt: "array[int]") -> tuple[Next, ...]:
        """What to ask behind a prompt: one question for each place where answers part."""
        return tuple(Next(prompt + array("i", said), next_) for said, next_ in self.forks.items())

    def logs(self, answers: Sequence[Logprobs]) -> list[float]:
        """Natural-log probability of each answer, over all that the model may say.

        Args:
            answers: to ``questions``, in their order.
        """
        at = {
            said: dict(zip(next_, given, strict=True))
            for (said, next_), given in zip(self.forks.items(), answers, strict=True)
        }
        return [_log(tail, at) for tail in self.tails]


@dataclass(frozen=True, slots=True)
class Rating:
    """A template, and the answers that it asks for."""

    template: Template
    answers: tuple[str, ...]
    _known: "dict[Tokens, Scale]" = field(default_factory=dict, compare=False, repr=False)

    def scale(self, tokens: Tokens) -> Scale:
        """The answers under a tokenizer; it is found out once.

        Raises:
            DeitaError: they cannot be told there.
        """
        if tokens not in self._known:
            self._known[tokens] = resolve(tokens, self.template, self.answers)
        return self._known[tokens]


def resolve(tokens: Tokens, template: Template, answers: Sequence[str]) -> Scale:
    """Find the tokens of ``answers`` behind a template.

    Raises:
        DeitaError: they differ with what stands in the template, or two are the same.
    """
    found: tuple[Tail, ...] | None = None
    for probe in PROBES:
        text = template.render([probe] * (len(template.parts) - 1))
        split = _split(tokens, text, answers)
        if split is None or found not in (None, split[1]):
            raise DeitaError(
                f"With this model's tokenizer the answers {answers[0]} to {answers[-1]} are not "
                f"always the same tokens behind the {template.measures} prompt, so it cannot be "
                "asked for them.",
                "Choose a model with a LLaMA-, Mistral-, Qwen- or GPT-type tokenizer.",
            )
        found = split[1]
    assert found is not None
    forks: dict[Tail, set[int]] = {}
    for tail in found:
        for place, token in enumerate(tail):
            forks.setdefault(tail[:place], set()).add(token)
    ordered = sorted(forks.items(), key=lambda fork: (len(fork[0]), fork[0]))
    return Scale(tuple(answers), found, {said: tuple(sorted(next_)) for said, next_ in ordered})


def expected(values: Sequence[float], logs: Sequence[float]) -> float:
    """The mean of ``values`` under their probabilities, renormalised; NaN where they say nothing.

    Args:
        values: n numbers.
        logs: of each the natural-log probability.
    """
    shares = normalised(logs)
    return math.fsum(value * share for value, share in zip(values, shares, strict=True))


def normalised(logs: Sequence[float]) -> list[float]:
    """Probabilities that add up to 1; NaN where the numbers say nothing."""
    highest = max(logs)
    if any(math.isnan(each) for each in logs) or math.isinf(highest):
        return [math.nan] * len(logs)
    weights = [math.exp(each - highest) for each in logs]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


def _log(tail: Tail, at: Mapping[Tail, Mapping[int, float]]) -> float:
    said = math.fsum(at[tail[:place]][token] for place, token in enumerate(tail))
    if tail not in at:
        return said
    # The answer is whole only if none goes on behind it.
    longer = math.fsum(math.exp(each) for each in at[tail].values())
    return said + math.log1p(-longer) if longer < 1 else -math.inf


def _split(
    tokens: Tokens, text: str, answers: Sequence[str]
) -> "tuple[Sequence[int], tuple[Tail, ...]] | None":
    """What ``text`` + each answer have in common, and the tokens that each adds."""
    rows = [list(tokens(text + answer)) for answer in answers]
    least, greatest = min(rows), max(rows)
    size = 0
    while size < min(len(least), len(greatest)) and least[size] == greatest[size]:
        size += 1
    tails = tuple(tuple(row[size:]) for row in rows)
    if not size or not all(tails) or len(set(tails)) < len(tails):
        return None
    return rows[0][:size], tails
