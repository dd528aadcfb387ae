import msgspec
import pytest

from deita_tui.errors import UsageError
from deita_tui.selection.params import Params, Reference, Share, parse_share


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("source:alpaca<=0.3", Share("alpaca", most=0.3)),
        ("alpaca >= 100", Share("alpaca", least=100)),
        ("source:wizard*<=30%", Share("wizard*", most=0.3)),
        ("my file.jsonl>=1_000", Share("my file.jsonl", least=1000)),
        ("a<=b<=1", Share("a<=b", most=1)),
    ],
)
def test_a_share_is_read(text: str, share: Share) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize(
    "text", ["alpaca", "alpaca=3", "alpaca<=", "<=3", "alpaca<=x", "alpaca<=1.5", "alpaca>=-2"]
)
def test_what_is_no_share_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(UsageError) as error:
        parse_share(text)
    assert "source:alpaca<=0.3" in str(error.value.hint)


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("budget", -1, "budget of -1"),
        ("budget_tokens", -5, "budget in tokens of -5"),
        ("threshold", float("nan"), "threshold of nan"),
        ("formula", "c*", "'c\\*'"),
        ("selector", "best", "selector 'best'"),
        ("turns", "median", "'median'"),
        ("missing", "guess", "'guess'"),
        ("head", 0.0, "0.0"),
    ],
)
def test_parameters_that_make_no_sense_are_refused(field: str, value: object, words: str) -> None:
    with pytest.raises(UsageError, match=words):
        Params(**{field: value})  # type: ignore[arg-type]


def test_parameters_survive_json_and_have_one_form() -> None:
    params = Params(
        budget=6000,
        shares=(Share("a", most=1.0), Share("b", least=1)),
        against=Reference("have.jsonl", "ab" * 32),
    )
    assert msgspec.json.decode(params.canonical(), type=Params) == params
    assert Params(budget=0, threshold=0.9).canonical() == Params().canonical()
    assert Params(threshold=1).canonical() == Params(threshold=1.0).canonical()
