"""Every method of the field that is no trained judge, by name.

A method says what a language model is to be asked about a turn, and what number comes of the
answers; or it needs no model at all. Its module names its source and loads when it is first used.
"""

from array import array
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Literal, Protocol, cast

from deita_tui.errors import UsageError
from deita_tui.scoring.deita import Reads
from deita_tui.scoring.digits import Tokens

Kind = Literal["text", "model", "probe", "tags"]
"""``probe`` asks a model about other turns of the pool as well, ``tags`` counts what is there."""


@dataclass(frozen=True, slots=True)
class Spoken:
    """How likely is each token of ``continuation`` behind ``prefix``? Neither is empty."""

    prefix: "array[int]"
    continuation: "array[int]"


@dataclass(frozen=True, slots=True)
class Next:
    """How likely is it that each of ``choices`` comes right behind ``prompt``?"""

    prompt: "array[int]"
    choices: tuple[int, ...]


Question = Spoken | Next


Logprobs = Sequence[float]
"""The answer to a question: natural-log probabilities, of each token or of each choice."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model is asked about one text, or why it cannot be."""

    questions: tuple[Question, ...] = ()
    number: Callable[[Sequence[Logprobs]], float] | None = None
    """Makes the number of one answer a question; NaN where they give none. There unless there is a
    problem."""
    shortened: bool = False
    problem: str | None = None

    @property
    def tokens(self) -> int:
        """Of all questions."""
        return sum(
            len(each.prefix) + len(each.continuation)
            if isinstance(each, Spoken)
            else len(each.prompt)
            for each in self.questions
        )


class ModelMethod(Protocol):
    """A method that asks a language model."""

    def config(self) -> dict[str, object]:
        """What decides its numbers beside the model: prompts by digest, rules by version."""
        ...

    def ask(self, fields: Sequence[str], tokens: Tokens, limit: int) -> Asked:
        """What to ask about a text: its instruction, and its response if the method reads it.

        Args:
            fields: as the method's ``reads`` has it.
            tokens: the model's tokenizer: plain text to ids, BOS first where the model has one.
            limit: the most tokens of a question.
        """
        ...


class TextMethod(Protocol):
    """A method that needs no model."""

    def config(self) -> dict[str, object]:
        """See ``ModelMethod``."""
        ...

    def measure(self, fields: Sequence[str]) -> float:
        """The number of a text; NaN where it has none."""
        ...


@dataclass(frozen=True, slots=True)
class Entry:
    """Where a method is, and what is to be known before it is loaded."""

    module: str
    """In ``deita_tui.scoring``; its ``make(name)`` gives the method."""
    kind: Kind
    reads: Reads
    about: str
    """A line for people."""
    source: str
    scale: float = 1.0
    """About how far its numbers lie apart: below a small share of it they say nothing."""
    passes: int = 1
    """So many times a text is read, about, for the plan."""


METHODS: Mapping[str, Entry] = {
    "ifd": Entry("ifd", "model", "pair", "how little the instruction helps with the response: a "
                 "ratio of perplexities", "Superfiltering, arXiv 2402.00530", passes=2),
    "ifd_loss": Entry("ifd", "model", "pair", "the same as a ratio of losses",
                      "Cherry LLM, arXiv 2308.12032", passes=2),
    "perplexity": Entry("perplexity", "model", "pair", "of the response, given the instruction",
                        "a baseline of DEITA, arXiv 2312.15685, table 2"),
    "direct_complexity": Entry("direct", "model", "instruction", "an untrained model's grade, from "
                               "1 to 10", "a baseline of DEITA, arXiv 2312.15685, table 11"),
    "direct_quality": Entry("direct", "model", "pair", "an untrained model's grade, from 0 to 5",
                            "a baseline of DEITA, arXiv 2312.15685, table 15"),
    "selectit": Entry("selectit", "model", "pair", "how sure a model is of its rating under five "
                      "wordings", "SelectIT, arXiv 2402.16705", passes=5),
    "selectit_published": Entry("selectit", "model", "pair", "the same with the paper's double "
                                "softmax", "SelectIT, arXiv 2402.16705", scale=0.2, passes=5),
    "ici": Entry("ici", "probe", "pair", "how much it helps as an example for its neighbours",
                 "In-context influence, arXiv 2604.25132", scale=0.1, passes=12),
    "wici": Entry("ici", "probe", "pair", "the same, and more for what is less alike",
                  "In-context influence, arXiv 2604.25132", scale=0.02, passes=12),
    "ici_published": Entry("ici", "probe", "pair", "ici as the published code takes the mean",
                           "trust-nlp/SyntheticData-Curator", scale=0.1, passes=12),
    "wici_published": Entry("ici", "probe", "pair", "wici as the published code takes the mean",
                            "trust-nlp/SyntheticData-Curator", scale=0.05, passes=12),
    "nuggets": Entry("nuggets", "probe", "pair", "how many anchors it helps with as an example",
                     "NUGGETS, arXiv 2312.10302", passes=64),
    "instag": Entry("instag", "tags", "pair", "how many tags a column, or you, gave it",
                    "InsTag, arXiv 2308.07074"),
    "instruction_chars": Entry("length", "text", "instruction", "characters of the instruction",
                               "a baseline of DEITA"),
    "response_chars": Entry("length", "text", "pair", "characters of the response",
                            "a baseline of DEITA"),
    "instruction_tokens": Entry("length", "text", "instruction", "tokens of the instruction",
                                "a baseline of DEITA"),
    "response_tokens": Entry("length", "text", "pair", "tokens of the response",
                             "a baseline of DEITA"),
    "random": Entry("chance", "text", "pair", "a number by lot, the same for the same text",
                    "the baseline of all papers"),
}  # fmt: skip
"""By the name that a scorer gets, which is also what it measures."""


def find(name: str) -> Entry:
    """The entry of a method.

    Raises:
        UsageError: there is none of that name.
    """
    if name not in METHODS:
        raise UsageError(f"There is no method {name!r}.", f"There are: {', '.join(METHODS)}.")
    return METHODS[name]


def model_method(name: str) -> ModelMethod:
    """A method that asks a model, ready to be used."""
    return cast("ModelMethod", _made(name))


def text_method(name: str) -> TextMethod:
    """A method that needs none."""
    return cast("TextMethod", _made(name))


def _made(name: str) -> object:
    return import_module(f"deita_tui.scoring.{find(name).module}").make(name)
