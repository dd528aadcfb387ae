"""Text of a data set must not be able to act on a terminal, whatever it holds."""

import json
from unicodedata import category

from hypothesis import given
from hypothesis import strategies as st

from deita_tui.printable import printable, printable_json

NASTY = "\x1b[31m[bold]\x1b]8;;http://x\x07 \u202egnp.exe \x9b2J\r\n\x00\ufeff\u2028\U000e0041\x7f"


def test_escapes_are_shown_and_markup_stays_text() -> None:
    assert printable("\x1b[31mred\x1b[0m [bold]x[/bold]") == "␛[31mred␛[0m [bold]x[/bold]"
    assert printable("a\u202eb") == r"a\u202eb"
    assert printable("two\nlines\tand a tab") == "two↵lines and a tab"
    assert printable("日本語 👩‍👩‍👧 é") == "日本語 👩‍👩‍👧 é"


@given(st.text() | st.just(NASTY))
def test_nothing_that_acts_is_left(text: str) -> None:
    for character in printable(text):
        assert category(character) not in ("Cc", "Cs", "Zl", "Zp")
        assert character in "\u200c\u200d" or category(character) != "Cf"


@given(st.dictionaries(st.text(), st.text() | st.just(NASTY)))
def test_json_stays_the_same_value(value: dict[str, str]) -> None:
    told = printable_json(json.dumps(value, ensure_ascii=False, indent=1))
    assert json.loads(told) == value
    assert all(c.isprintable() or c == "\n" for c in told)
