"""Grades of a model that was not trained to give them: by the tokens that an answer really is."""

import math
from collections.abc import Sequence
from typing import Any

import pytest

from deita_tui.backends import hf
from deita_tui.backends.hf import HfJudge, HfSettings
from deita_tui.errors import DeitaError
from deita_tui.scoring import direct, methods
from deita_tui.scoring.deita import Template
from deita_tui.scoring.digit_scale import Scale, expected, resolve
from deita_tui.scoring.methods import Next
from tests.backends.conftest import write_bpe, write_sentencepiece
from tests.methods.test_ifd import losses, tiny

GRADES = tuple(map(str, range(1, 11)))
PLAIN = Template("grade", "instruction", ("Rate: ", "\nScore: "))


def characters(text: str) -> list[int]:
    return [0, *map(ord, text)]


def with_ten(text: str) -> list[int]:
    """A tokenizer that has a token for 10."""
    return [0, *map(ord, text.replace("10", "\ue000"))]


@pytest.fixture(scope="module", params=["bos", "no-bos"])
def judge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HfJudge:
    folder = tmp_path_factory.mktemp("models") / request.param
    size = write_sentencepiece(folder) if request.param == "bos" else write_bpe(folder)
    return hf.open(tiny(folder, size), HfSettings(device="cpu", dtype="float32"))


def answers(judge: HfJudge, questions: Sequence[Any]) -> list[list[float]]:
    found = []
    for each in questions:
        assert isinstance(each, Next)
        found.append(judge.next_logprobs([each.prompt], each.choices)[0].tolist())
    return found


def test_ten_is_its_two_tokens_and_one_is_one_alone() -> None:
    scale = resolve(characters, PLAIN, GRADES)
    assert scale.tails[9] == (ord("1"), ord("0"))
    root, behind_one = scale.forks
    assert (root, behind_one) == ((), (ord("1"),))
    # "1" has half of all, and goes on to "10" in a fifth of the cases; the others share the rest.
    first = [math.log(0.5 if chr(token) == "1" else 0.05) for token in scale.forks[()]]
    logs = scale.logs([first, [math.log(0.2)]])
    assert [math.exp(each) for each in logs] == pytest.approx([0.4, *[0.05] * 8, 0.1])
    of_all = 0.4 + 8 * 0.05 + 0.1
    mean = (0.4 * 1 + 0.05 * sum(range(2, 10)) + 0.1 * 10) / of_all
    assert expected(range(1, 11), logs) == pytest.approx(mean)


def test_ten_is_one_token_where_the_tokenizer_has_it() -> None:
    scale = resolve(with_ten, PLAIN, GRADES)
    assert list(scale.forks) == [()]
    assert [len(tail) for tail in scale.tails] == [1] * 10


def test_answers_that_cannot_be_told_apart_are_refused() -> None:
    def blind(text: str) -> list[int]:
        return [1 if letter.isdigit() else 2 for letter in text]

    with pytest.raises(DeitaError, match="are not always the same tokens"):
        resolve(blind, PLAIN, GRADES)


def test_the_sure_and_the_impossible_are_numbers() -> None:
    scale = resolve(characters, PLAIN, GRADES)
    first = [0.0 if chr(token) == "1" else -math.inf for token in scale.forks[()]]
    assert expected(range(1, 11), scale.logs([first, [0.0]])) == 10
    assert expected(range(1, 11), scale.logs([first, [-math.inf]])) == 1
    assert math.isnan(expected(range(1, 11), [-math.inf] * 10))
    assert math.isnan(expected(range(1, 11), [math.nan] * 10))


@pytest.mark.parametrize("name", ["direct_complexity", "direct_quality"])
def test_a_grade_is_the_expectation_over_whole_answers(judge: HfJudge, name: str) -> None:
    fields = ("Explain why the birds return.", "Because of the weather.")
    fields_read = fields[: len(direct.make(name).rating.template.parts) - 1]
    asked = methods.model_method(name).ask(fields_read, judge.tokens, 1024)
    assert asked.number is not None
    value = asked.number(answers(judge, asked.questions))
    # By hand: the text with each answer behind it, and what the model says of the answer's tokens.
    grades = range(1, 11) if name == "direct_complexity" else range(6)
    text = direct.make(name).rating.template.render(fields_read)
    whole = {grade: judge.tokens(f"{text}{grade}") for grade in grades}
    start = min(
        place for place in range(len(whole[5])) if len({row[place] for row in whole.values()}) > 1
    )
    chances = {g: math.exp(-math.fsum(losses(judge, row, start))) for g, row in whole.items()}
    if 10 in whole and len(whole[10]) > len(whole[1]):
        chances[1] -= chances[10]
    total = math.fsum(chances.values())
    assert value == pytest.approx(sum(g * c for g, c in chances.items()) / total, abs=1e-4)


def test_the_question_survives_a_text_that_does_not_fit() -> None:
    method = methods.model_method("direct_quality")
    asked = method.ask(("Why? " * 400, "Because. " * 900), characters, 1000)
    assert asked.shortened
    assert all(len(each.prompt) <= 1000 for each in asked.questions if isinstance(each, Next))
    (first, *_) = asked.questions
    assert isinstance(first, Next)
    assert "".join(map(chr, first.prompt)).endswith("\n##Score: ")


def test_another_prompt_would_be_another_scorer() -> None:
    configs = [methods.model_method(n).config() for n in ("direct_complexity", "direct_quality")]
    assert len({str(config["template"]) for config in configs}) == 2


def test_a_scale_sees_where_an_answer_merges_with_the_text() -> None:
    scale: Scale = resolve(characters, PLAIN, GRADES)

    def merging(text: str) -> list[int]:
        # Behind an odd text the colon swallows the space before an answer, and the answer with it.
        found = characters(text)
        return [*found[:-1], found[-1] + 5000] if "odd" in text else found

    assert scale.prompt(merging, PLAIN.render(["plain"])) is not None
    assert scale.prompt(merging, PLAIN.render(["odd"])) is None
