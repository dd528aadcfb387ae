"""Texts as an embedder's tokens: cut on the right, in bounded time."""

from hypothesis import given
from hypothesis import strategies as st

from deita_tui.backends.embedders import END
from deita_tui.backends.reading import Reader, fitted

BEGIN, CLOSE, STOP = 1_000, 1_001, 1_002


def letters(text: str) -> list[int]:
    """A token a character."""
    return [ord(each) for each in text]


def words(text: str) -> list[int]:
    """A token a word, however long."""
    return [len(word) for word in text.split()]


@given(text=st.text(max_size=200), limit=st.integers(2, 60))
def test_what_fits_is_read_whole_and_the_rest_is_cut_on_the_right(text: str, limit: int) -> None:
    ids, short = Reader(letters, limit, before=(BEGIN,), after=(CLOSE,))(text.replace(END, ""))
    whole = letters(text.replace(END, ""))
    assert ids == [BEGIN, *whole[: limit - 2], CLOSE]
    assert short is (len(whole) > limit - 2)


@given(
    parts=st.lists(st.text("ab ", max_size=12), min_size=1, max_size=5), limit=st.integers(1, 40)
)
def test_ends_become_a_token_of_their_own(parts: list[str], limit: int) -> None:
    ids, short = Reader(letters, limit, end=STOP)(END.join(parts))
    whole = letters(parts[0])
    for part in parts[1:]:
        whole += [STOP, *letters(part)]
    assert ids == whole[:limit]
    assert short is (len(whole) > limit)


def test_a_model_without_an_end_token_reads_it_as_text() -> None:
    assert Reader(letters, 99)(f"a{END}b") == (letters("a</s>b"), False)


def test_what_follows_an_end_is_read_as_a_continuation() -> None:
    reader = Reader(lambda text: [1, *letters(text)], 99, end=STOP, continued=letters)
    assert reader(f"a{END}b")[0] == [1, ord("a"), STOP, ord("b")]


@given(count=st.integers(0, 3_000), limit=st.integers(1, 50))
def test_the_first_tokens_do_not_depend_on_how_much_was_tokenized(count: int, limit: int) -> None:
    text = " ".join("x" * (number % 23 + 1) for number in range(count))
    assert fitted(words, text, limit) == (words(text)[:limit], count > limit)


def test_a_huge_text_costs_no_more_than_its_limit() -> None:
    asked = []

    def counted(text: str) -> list[int]:
        asked.append(len(text))
        return words(text)

    assert fitted(counted, "word " * 10_000_000, 100) == ([4] * 100, True)
    assert sum(asked) < 10_000
    asked.clear()
    # One word of 50 MB, or 50 MB of blanks: it ends as well, and says that it was cut.
    assert fitted(counted, "x" * 50_000_000, 100)[1]
    assert fitted(counted, " " * 50_000_000, 100) == ([], True)
    assert sum(asked) < 100_000
