import numpy as np
import pytest

from deita_tui.errors import UsageError
from deita_tui.selection.formula import evaluate, ranks

SCORES = {
    "c": np.array([2.0, 4.0, np.nan, 3.0]),
    "q": np.array([5.0, 1.0, 2.0, np.nan]),
    "lite-c+x": np.array([1.0, 2.0, 3.0, 4.0]),
    "gpt2 ppl": np.array([10.0, 0.0, 5.0, 2.0]),
    "rank": np.array([1.0, 1.0, 1.0, 1.0]),
}


@pytest.mark.parametrize(
    ("formula", "expected"),
    [
        ("c*q", [10, 4, np.nan, np.nan]),
        (" c ^ 2 * q^0.5 ", [4 * 5**0.5, 16, np.nan, np.nan]),
        ("lite-c+x*c", [2, 8, np.nan, 12]),
        ('c/"gpt2 ppl"', [0.2, np.nan, np.nan, 1.5]),
        ("c*'gpt2 ppl'^-1", [0.2, np.nan, np.nan, 1.5]),
        ("rank*c", [2, 4, np.nan, 3]),
        ("rank(c)*rank( q )", [1 / 3, 1 / 3, np.nan, np.nan]),
        ("q^1e4", [np.nan, 1, np.nan, np.nan]),
    ],
)
def test_a_formula_is_a_product_of_powers(formula: str, expected: list[float]) -> None:
    np.testing.assert_allclose(evaluate(formula, SCORES), expected)


def test_equal_values_share_a_rank() -> None:
    found = ranks(np.array([3.0, 1.0, 3.0, np.nan, 2.0]))
    np.testing.assert_array_equal(found, [0.875, 0.25, 0.875, np.nan, 0.5])
    assert len(ranks(np.empty(0))) == 0


@pytest.mark.parametrize(
    ("formula", "where"),
    [
        ("", "at its end: a scorer's name is expected"),
        ("c*", "at its end: a scorer's name is expected"),
        ("c**q", "at character 3, '*': a scorer's name is expected"),
        ("c q", "at character 3, 'q': * or / is expected"),
        ("c^", "at its end: a number is expected"),
        ("c^x", "at character 3, 'x': a number is expected"),
        ("2*c", "at character 1, '2': a scorer's name is expected"),
        ("c*(q)", "at character 3, '(': a scorer's name is expected"),
        ("c*'q", "at character 3, \"'\": a scorer's name is expected"),
    ],
)
def test_an_error_says_where(formula: str, where: str) -> None:
    with pytest.raises(UsageError) as error:
        evaluate(formula, SCORES)
    assert where in str(error.value)


def test_an_unknown_scorer_is_told_from_what_there_is() -> None:
    with pytest.raises(UsageError, match="'ifd'") as error:
        evaluate("c*ifd", {"q": np.ones(1), "c": np.ones(1)})
    assert "c, q" in str(error.value.hint)
