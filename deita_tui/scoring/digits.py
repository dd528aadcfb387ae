"""Where the judge's answer starts, and which tokens its six digits are (D13).

Tokenizers differ in what becomes of the space that ends a template: SentencePiece makes it a token
of its own, other BPEs merge it into the digit. So nothing is looked up in a vocabulary: the prompt
is tokenized with each digit behind it, and what they share is what the judge reads.
"""

from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from deita_tui.errors import DeitaError
from deita_tui.scoring.deita import DIGITS, Template

Tokens = Callable[[str], Sequence[int]]

# A digit must be the same token whatever was judged, and the prefix the same whatever comes first:
# so the template is tried around beginnings and ends that tokenizers like to merge.
PROBES = ("a", "The", "1", " a", "  b", "\n", "\n\n", "\t", "(", '"', "#", ":", "é", "中", "🙂", "")


@dataclass(frozen=True, slots=True)
class Digits:
    """One template under one tokenizer."""

    ids: tuple[int, ...]
    """The tokens of "1" to "6", as they come right behind the template."""
    head: tuple[int, ...]
    """The tokens that start every prompt of this template: a judge computes them once."""

    def prompt(self, tokens: Tokens, text: str) -> "array[int] | None":
        """What the judge reads of ``text``, up to where a digit comes next.

        One tokenization where the text ends as its template does; all six where that is in doubt.
        None if the digits are not what they are elsewhere.
        """
        ids = tokens(text + DIGITS[0])
        if ids[-1] == self.ids[0]:
            return array("i", ids[:-1])
        found = _split(tokens, text)
        return array("i", found[0]) if found is not None and found[1] == self.ids else None

    def shares_head(self, prompt: Sequence[int]) -> bool:
        """Does ``prompt`` start with ``head``, and go on behind it?"""
        size = len(self.head)
        return len(prompt) > size and tuple(prompt[:size]) == self.head


def resolve(tokens: Tokens, template: Template, probes: Sequence[str] = PROBES) -> Digits:
    """Find the digits and the shared head of ``template`` under a tokenizer.

    Raises:
        DeitaError: the digits are not single tokens there, or not always the same.
    """
    splits: list[tuple[Sequence[int], tuple[int, ...]]] = []
    for probe in probes:
        fields = [probe] * (len(template.parts) - 1)
        found = _split(tokens, template.render(fields))
        if found is None or (splits and found[1] != splits[0][1]):
            raise DeitaError(
                f"This model has no single-token digits 1 to 6 after the {template.measures} "
                "template, so it cannot be asked for a DEITA score.",
                "Choose a model with a LLaMA-, Mistral-, Qwen- or GPT-type tokenizer.",
            )
        splits.append(found)
    return Digits(splits[0][1], tuple(_common([prefix for prefix, _ in splits])))


def _split(tokens: Tokens, text: str) -> tuple[Sequence[int], tuple[int, ...]] | None:
    """The common prefix of ``text`` + each digit, and the one token that each adds."""
    variants = [tokens(text + digit) for digit in DIGITS]
    prefix = _common(variants)
    if not prefix or any(len(variant) != len(prefix) + 1 for variant in variants):
        return None
    ids = tuple(variant[-1] for variant in variants)
    return (prefix, ids) if len(set(ids)) == len(ids) else None


def _common(rows: Sequence[Sequence[int]]) -> Sequence[int]:
    """The longest prefix that all ``rows`` share."""
    # What the least and the greatest share, all between them share too.
    least, greatest = min(map(list, rows)), max(map(list, rows))
    for place, (one, other) in enumerate(zip(least, greatest, strict=False)):
        if one != other:
            return least[:place]
    return least
