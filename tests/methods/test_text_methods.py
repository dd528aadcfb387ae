"""Methods that need no model: lengths and lots."""

import pytest

from deita_tui.errors import UsageError
from deita_tui.scoring import methods

FIELDS = ("Größe, please.", "One two three four.")


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("instruction_chars", 14),
        ("response_chars", 19),
        # gr, ##o, ##ße … is WordPiece's affair; words and stops of plain English are not.
        ("response_tokens", 5),
    ],
)
def test_lengths(name: str, value: float) -> None:
    entry = methods.find(name)
    fields = FIELDS if entry.reads == "pair" else FIELDS[:1]
    assert methods.text_method(name).measure(fields) == value


def test_the_lot_depends_on_the_text_alone_and_is_even() -> None:
    lot = methods.text_method("random")
    values = [lot.measure((f"question {n}", "answer")) for n in range(4000)]
    assert values[7] == lot.measure(("question 7", "answer"))
    assert len(set(values)) == len(values)
    assert all(0 <= value < 1 for value in values)
    # 4,000 uniform numbers: each tenth holds 400, give or take 5 standard deviations (19).
    counts = [sum(tenth <= value * 10 < tenth + 1 for value in values) for tenth in range(10)]
    assert all(305 <= count <= 495 for count in counts)


def test_an_unknown_method_names_those_there_are() -> None:
    with pytest.raises(UsageError, match="no method 'idf'") as caught:
        methods.find("idf")
    assert "ifd" in caught.value.hint


def test_every_entry_can_be_made_and_tells_its_source() -> None:
    for name, entry in methods.METHODS.items():
        assert entry.about
        assert entry.source
        if entry.kind == "text":
            assert methods.text_method(name).config()["method"]
        elif entry.kind == "model":
            assert methods.model_method(name).config()["method"]
