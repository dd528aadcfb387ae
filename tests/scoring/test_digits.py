"""Toy tokenizers with the manners of real ones, and what the real ones were seen to do."""

import json
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.errors import DeitaError
from deita_tui.scoring.deita import COMPLEXITY, DIGITS, QUALITY, TEMPLATES, Template
from deita_tui.scoring.digits import resolve

PUBLISHED = json.loads(Path(__file__).with_name("published_tokens.json").read_text())
BOTH = pytest.mark.parametrize("template", [COMPLEXITY, QUALITY], ids=lambda each: each.measures)


class Words:
    """Cuts a text by a pattern; a piece's id is the order in which pieces were first seen."""

    def __init__(self, pattern: str, change: Callable[[str], str] = str) -> None:
        self._pattern = re.compile(pattern, re.DOTALL)
        self._change = change
        self._ids: dict[str, int] = {"<s>": 0}

    def __call__(self, text: str) -> list[int]:
        pieces = self._pattern.findall(self._change(text))
        return [0, *(self._ids.setdefault(piece, len(self._ids)) for piece in pieces)]

    def piece(self, id_: int) -> str:
        return next(piece for piece, each in self._ids.items() if each == id_)


def sentencepiece() -> Words:
    """A dummy prefix; words take the space before them; digits stand alone, and so does their ▁."""
    return Words(r"▁*[^▁\d\n]+|▁+|\d|\n", lambda text: "▁" + text.replace(" ", "▁"))


def gpt2() -> Words:
    """Words and numbers take the space before them: the template's last space joins the digit."""
    return Words(r" ?[^\W\d]+| ?\d+| ?[^\s\w]+|\s+(?!\S)|\s+")


def llama3() -> Words:
    """Numbers never take a space: the template's last space stands alone."""
    return Words(r" ?[^\W\d]+|\d{1,3}| ?[^\s\w]+|\s+(?!\S)|\s+")


@BOTH
@pytest.mark.parametrize(
    ("make", "digit"), [(sentencepiece, "1"), (gpt2, " 1"), (llama3, "1")], ids=lambda x: str(x)
)
def test_digits_are_what_comes_behind_the_template(
    template: Template, make: Callable[[], Words], digit: str
) -> None:
    tokens = make()
    found = resolve(tokens, template)
    assert tokens.piece(found.ids[0]) == digit
    assert len(set(found.ids)) == 6


@BOTH
@pytest.mark.parametrize("make", [sentencepiece, gpt2, llama3])
@given(data=st.data())
def test_prompt_and_digit_are_the_tokens_of_the_whole(
    template: Template, make: Callable[[], Words], data: st.DataObject
) -> None:
    tokens = make()
    found = resolve(tokens, template)
    texts = st.text(st.characters(codec="utf-8"), max_size=40)
    text = template.render([data.draw(texts) for _ in template.parts[1:]])
    prompt = found.prompt(tokens, text)
    assert prompt is not None
    for digit, id_ in zip(DIGITS, found.ids, strict=True):
        assert [*prompt, id_] == list(tokens(text + digit))


@BOTH
def test_the_head_is_shared_by_every_prompt_that_says_so(template: Template) -> None:
    tokens = gpt2()
    found = resolve(tokens, template)
    head = tuple(tokens(template.parts[0].rstrip()))
    assert found.head == head[: len(found.head)]
    assert len(found.head) > 10
    one = found.prompt(tokens, template.render(["What is it?"] * (len(template.parts) - 1)))
    assert one is not None
    assert found.shares_head(one)
    assert not found.shares_head(one[: len(found.head)])
    assert not found.shares_head(one[1:])


@BOTH
def test_digits_that_are_no_single_tokens_are_refused(template: Template) -> None:
    def split(text: str) -> Sequence[int]:
        return list("".join(f"<{char}>" if char.isdigit() else char for char in text).encode())

    with pytest.raises(DeitaError, match=f"no single-token digits .* the {template.measures}"):
        resolve(split, template)


def test_a_tokenizer_without_digits_is_refused() -> None:
    with pytest.raises(DeitaError, match="no single-token digits"):
        resolve(lambda text: [0 if char.isdigit() else ord(char) for char in text], COMPLEXITY)


def test_a_digit_that_changes_with_the_text_is_refused() -> None:
    def moody(text: str) -> Sequence[int]:
        return [ord(char) + (1000 if "(" in text and char.isdigit() else 0) for char in text]

    with pytest.raises(DeitaError, match="no single-token digits"):
        resolve(moody, COMPLEXITY)


def test_a_text_that_changes_the_digits_gets_no_prompt() -> None:
    def moody(text: str) -> Sequence[int]:
        return [ord(char) + (1000 if "poison" in text and char.isdigit() else 0) for char in text]

    found = resolve(moody, COMPLEXITY)
    assert found.prompt(moody, COMPLEXITY.render(["poison"])) is None
    assert found.prompt(moody, COMPLEXITY.render(["bread"])) is not None


# The published scorers' own tokenizers, as recorded from llama-tokenizer-js 1.2.2 and from the
# tokenizer.model.v1 in mistral-common 1.13.1; the digits are also those of hkust-nlp/deita,
# src/deita/selection/scorer/{llama,mistral}_scorer.py.
@BOTH
@pytest.mark.parametrize(
    ("tokenizer", "ids"),
    [
        ("llama", (29896, 29906, 29941, 29946, 29945, 29953)),
        ("mistral", (28740, 28750, 28770, 28781, 28782, 28784)),
    ],
)
def test_the_published_scorers_have_their_own_digits(
    template: Template, tokenizer: str, ids: tuple[int, ...]
) -> None:
    known = PUBLISHED[tokenizer][template.measures]
    text = template.render([PUBLISHED["text"]] * (len(template.parts) - 1))
    recorded = {
        text + digit: [*known["prompt"], id_]
        for digit, id_ in zip(DIGITS, known["digits"], strict=True)
    }
    found = resolve(recorded.__getitem__, template, [PUBLISHED["text"]])
    assert found.ids == ids
    prompt = found.prompt(recorded.__getitem__, text)
    assert prompt is not None
    assert list(prompt) == known["prompt"]


def test_both_published_prompts_end_in_a_lone_space() -> None:
    # SentencePiece's ▁: 29871 in LLaMA's vocabulary, 28705 in Mistral's.
    for tokenizer, space in (("llama", 29871), ("mistral", 28705)):
        for measures in TEMPLATES:
            assert PUBLISHED[tokenizer][measures]["prompt"][-1] == space
