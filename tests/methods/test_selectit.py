"""SelectIT: corrected, and with the paper's double softmax; both against loops by hand."""

import math
import statistics
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.backends import hf
from deita_tui.backends.hf import HfSettings
from deita_tui.scoring import methods
from deita_tui.scoring.methods import Next
from deita_tui.scoring.selectit import ALPHA, sentence_level, token_level
from tests.backends.conftest import write_sentencepiece
from tests.methods.test_ifd import tiny

FIELDS = ("How many apples are there?", "There are 672 apples in the boxes.")


def published(chances: np.ndarray, double: bool) -> float:
    """As the released code has it, for five prompts and five ratings.

    Args:
        chances: (5, 5) of the ratings, for each prompt, out of the whole vocabulary.
        double: takes a softmax of the normalised chances.
    """
    scores = []
    for row in chances / chances.sum(axis=1, keepdims=True):
        shares = np.exp(row) / np.exp(row).sum() if double else row
        best = int(np.argmax(shares))
        scores.append((best + 1) * sum(shares[best] - each for each in shares) / 4)
    return float(np.average(scores) / (1 + 0.2 * np.std(scores)))


@pytest.mark.parametrize("name", ["selectit", "selectit_published"])
def test_it_equals_the_published_loop_on_a_model(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "tiny"
    judge = hf.open(tiny(folder, write_sentencepiece(folder)), HfSettings(dtype="float32"))
    asked = methods.model_method(name).ask(FIELDS, judge.tokens, 1024)
    assert len(asked.questions) == 5
    assert asked.number is not None
    rows, chances = [], []
    for each in asked.questions:
        assert isinstance(each, Next)
        rows.append(judge.next_logprobs([each.prompt], each.choices)[0].tolist())
        ids = [judge.tokens(f"\n{digit}")[-1] for digit in range(1, 6)]
        chances.append(np.exp(judge.next_logprobs([each.prompt], ids)[0]))
    expected = published(np.array(chances), name.endswith("published"))
    assert asked.number(rows) == pytest.approx(expected, abs=1e-6)
    judge.close()


def test_who_is_certain_of_a_five_gives_five() -> None:
    sure = [0.0, 0.0, 0.0, 0.0, 1.0]
    assert token_level(sure) == 5
    softened = [math.exp(each) for each in sure]
    total = sum(softened)
    # What the double softmax makes of it.
    assert token_level([each / total for each in softened]) == pytest.approx(1.279, abs=1e-3)


@given(st.lists(st.floats(0, 1), min_size=5, max_size=5))
def test_wordings_that_disagree_cost_something(scores: list[float]) -> None:
    found = sentence_level(scores)
    assert found <= statistics.fmean(scores) + 1e-12
    assert found == pytest.approx(np.mean(scores) / (1 + ALPHA * np.std(scores)))


def test_one_failed_wording_leaves_no_number() -> None:
    assert math.isnan(sentence_level([1.0, math.nan, 1.0]))
