"""Text of a data set cut into lines: nothing lost, nothing too wide, whatever it is made of."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len, get_character_cell_size

from deita_tui.printable import printable
from deita_tui.ui.literal import _NARROW, cut, wrap

TEXT = st.text(st.sampled_from("ab  é漢字👍e\u0301\u200d-…\n\t\x1b"), max_size=200)


@given(text=TEXT, width=st.integers(1, 30))
def test_lines_hold_all_of_a_text_and_fit(text: str, width: int) -> None:
    lines = wrap(text, width)
    whole = printable(text.replace("\t", "    ").replace("\n", "\0")).replace("␀", "")
    kept = "".join(lines).replace(" ", "")
    assert kept == "".join(
        printable(part.replace("\t", "    ")) for part in text.split("\n")
    ).replace(" ", ""), whole
    for line in lines:
        assert cell_len(line) <= width or len(line) == 1


@given(text=TEXT.map(lambda text: text.replace("\u200d", "")), width=st.integers(0, 30))
def test_a_cell_has_exactly_its_width(text: str, width: int) -> None:
    assert cell_len(cut(text, width)) == width


@pytest.mark.parametrize(
    ("text", "width", "lines"),
    [
        ("two words", 5, ["two", "words"]),
        ("naïve café", 5, ["naïve", "café"]),
        ("漢字かな abc", 4, ["漢字", "かな", "abc"]),
        ("漢字 かな", 5, ["漢字", "かな"]),
        ("abcdefgh", 3, ["abc", "def", "gh"]),
        ("", 5, [""]),
        ("漢", 1, ["漢"]),
    ],
)
def test_lines_break_between_words_where_they_can(text: str, width: int, lines: list[str]) -> None:
    assert wrap(text, width) == lines


def test_what_is_taken_for_narrow_is_narrow() -> None:
    for number in range(0x3000):
        if _NARROW.fullmatch(chr(number)):
            assert get_character_cell_size(chr(number)) == 1, hex(number)
