"""A text is edited without a character of it being lost, or acting on the terminal."""

from hypothesis import example, given
from hypothesis import strategies as st

from deita_tui.ui.editable import editable, harmless
from deita_tui.ui.finding import found_in

TEXTS = st.text(
    st.one_of(
        st.characters(exclude_categories=["Cs"], exclude_characters="\0"),
        st.sampled_from("\r\n\t\x1b\x0b\x0c\x85\u2028\u202e⟦⟧1b"),
    )
)


@given(TEXTS)
@example("⟦1b⟧ literally, and \x1b itself")
@example("a\r\nb\r\n")
@example("a\r\nb\nc\rd")
@example("persian \u200c and 👩\u200d💻 and \u3000wide")
def test_what_was_not_touched_comes_back_as_it_was(text: str) -> None:
    made = editable(text)
    assert made.back(made.shown) == text
    # What a box takes for lines are those that newlines end.
    assert len(made.shown.splitlines() or [""]) <= made.shown.count("\n") + 1
    assert all(each == "\n" or each == "\t" or harmless(each) == each for each in made.shown)


def test_what_is_written_beside_it_ends_its_lines_in_the_same_way() -> None:
    made = editable("a\r\nb\x1b")
    assert made.shown == "a\nb⟦1b⟧"
    assert made.back("a\nc\nb⟦1b⟧") == "a\r\nc\r\nb\x1b"


def test_names_are_found_by_letters_the_best_first() -> None:
    names = ["to-check", "trick", "check", "Chess", "other"]
    assert [name for name, _ in found_in("", names)] == names
    assert [name for name, _ in found_in("che", names)] == ["check", "Chess", "to-check"]
    assert [name for name, _ in found_in("tk", names)] == ["trick", "to-check"]
    assert found_in("xyz", names) == []
    assert found_in("ck", ["check"]) == [("check", (3, 4))]


@given(st.text(max_size=8), st.lists(st.text(max_size=12), max_size=5))
def test_found_letters_are_where_it_says(letters: str, names: list[str]) -> None:
    for name, places in found_in(letters, names):
        assert name in names
        assert all(0 <= place < len(name) for place in places)
        assert list(places) == sorted(places)
