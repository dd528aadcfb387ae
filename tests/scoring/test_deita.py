import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.scoring.deita import COMPLEXITY, QUALITY, TEMPLATES, Turns, combine, judgement

LOGPROBS = st.lists(st.floats(-30, 0), min_size=6, max_size=6)
VALUES = st.lists(st.tuples(st.floats(1, 6), st.floats(1, 6)), min_size=1, max_size=9)


def test_the_complexity_template_is_the_published_one() -> None:
    # hkust-nlp/deita, src/deita/selection/scorer/llama_scorer.py, complexity_template
    assert COMPLEXITY.render(["Name a colour."]) == (
        "You are a helpful assistant. Please identify the complexity score of the following user "
        "query. \n##Query: Name a colour.  \n##Complexity: "
    )


def test_the_quality_template_is_the_published_one() -> None:
    # hkust-nlp/deita, src/deita/selection/scorer/llama_scorer.py, quality_template
    assert QUALITY.render(["Name a colour.", "Blue."]) == (
        "You are a helpful assistant. Please identify the quality score of the Response "
        "corresponding to the Question. \n #Question#:\nName a colour.\n#Response#:\nBlue. \n"
        "##Quality: "
    )


def test_what_is_judged_is_taken_as_it_is() -> None:
    text = "{instruction} {0} %s \\n {output"
    assert COMPLEXITY.render([text]).count(text) == 1
    assert QUALITY.render([text, text]).count(text) == 2


def test_a_template_has_a_fingerprint_of_its_own() -> None:
    assert COMPLEXITY.fingerprint != QUALITY.fingerprint
    assert set(TEMPLATES) == {"complexity", "quality"}


def test_the_score_is_the_mean_digit_of_the_softmax() -> None:
    # By hand: digits 2 and 4 with odds 3 to 1, the others impossible.
    said = judgement([-math.inf, math.log(0.3), -math.inf, math.log(0.1), -math.inf, -math.inf])
    assert said is not None
    assert said.value == pytest.approx(2.5, abs=1e-15)
    assert said.probabilities == pytest.approx((0, 0.75, 0, 0.25, 0, 0), abs=1e-15)
    assert said.mass == pytest.approx(0.4, abs=1e-15)


@given(LOGPROBS)
def test_it_equals_the_reference_formula(logprobs: list[float]) -> None:
    # hkust-nlp/deita, src/deita/selection/scorer/base.py: softmax over six, times 1..6, summed
    weights = [math.exp(each) for each in logprobs]
    expected = sum(k * w for k, w in enumerate(weights, 1)) / sum(weights)
    said = judgement(logprobs)
    assert said is not None
    assert said.value == pytest.approx(expected, abs=1e-9)
    assert 1 <= said.value <= 6
    assert sum(said.probabilities) == pytest.approx(1)
    assert said.mass == pytest.approx(sum(weights), rel=1e-9)


@given(LOGPROBS, st.floats(-500, 500))
def test_logits_and_log_probabilities_give_the_same_number(
    logprobs: list[float], shift: float
) -> None:
    said, moved = judgement(logprobs), judgement([each + shift for each in logprobs])
    assert said is not None
    assert moved is not None
    assert moved.value == pytest.approx(said.value, abs=1e-9)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_numbers_that_say_nothing_are_no_score(bad: float) -> None:
    assert judgement([-1, -1, bad, -1, -1, -1]) is None
    assert judgement([-math.inf] * 6) is None


@given(VALUES)
def test_turns_are_multiplied_before_they_are_put_together(
    values: list[tuple[float, float]],
) -> None:
    complexity, quality = zip(*values, strict=True)
    products = [c * q for c, q in values]
    expected: dict[Turns, float] = {
        "sum": sum(products),
        "mean": sum(products) / len(products),
        "max": max(products),
        "last": products[-1],
    }
    for turns, value in expected.items():
        assert combine(complexity, quality, turns) == pytest.approx(value)


def test_sum_is_the_default_and_grows_with_the_turns() -> None:
    sums = [combine([2.0] * n, [3.0] * n) for n in range(1, 5)]
    assert sums == [6.0, 12.0, 18.0, 24.0]
    assert all(a is not None and b is not None and a < b for a, b in pairwise(sums))


def test_one_missing_turn_leaves_a_conversation_unscored() -> None:
    assert combine([2.0, None], [3.0, 4.0]) is None
    assert combine([2.0, 5.0], [None, 4.0], "last") is None


def test_missing_turns_are_skipped_on_request() -> None:
    assert combine([2.0, None, 1.0], [3.0, 4.0, 5.0], missing="skip") == 11.0
    assert combine([2.0, None], [3.0, 4.0], "last", missing="skip") == 6.0
    assert combine([None], [3.0], missing="skip") is None
    assert combine([], []) is None


def test_the_same_turns_are_asked_of_both() -> None:
    with pytest.raises(ValueError, match="zip"):
        combine([1.0], [1.0, 2.0])
