"""Which words of two texts are lit, and which message stands beside which."""

from hypothesis import given
from hypothesis import strategies as st

from deita_tui.selection.abreast import Range, aligned, lit

TEXTS = st.lists(st.sampled_from(["a", "bc", "d", "E", "7", ".", "漢", "字", "\n", "  "])).map(
    " ".join
)


def without(text: str, ranges: tuple[Range, ...]) -> list[str]:
    """The words that are not lit; a character of a script without spaces is a word."""
    kept, at = "", 0
    for start, end in ranges:
        kept += text[at:start] + " "
        at = end
    return (kept + text[at:]).split()


def words(text: str, ranges: tuple[Range, ...]) -> list[str]:
    return [text[start:end] for start, end in ranges]


def test_words_that_differ_are_lit_on_their_own_side() -> None:
    one, other = "Prove the halting problem.", "Prove\nthe  stopping problem now."
    found = lit(one, other)
    assert words(one, found.first) == ["halting"]
    assert words(other, found.second) == ["stopping", "now"]
    assert not found.unlike
    assert not found.cut


def test_neighbouring_words_are_lit_as_one_stretch() -> None:
    one, other = "keep this and that here", "keep neither of them here this and"
    assert words("a x y b c d", lit("a x y b c d", "a b c d").first) == ["x y"]
    assert lit(one, one).first == lit(other, other).second == ()


def test_a_script_without_spaces_is_compared_by_its_characters() -> None:
    one, other = "今日は良い天気です", "今日は悪い天気です"
    found = lit(one, other)
    assert words(one, found.first) == ["良"]
    assert words(other, found.second) == ["悪"]


def test_what_shares_little_is_not_lit_at_all() -> None:
    found = lit("one two three four", "five six seven four")
    assert found.unlike
    assert found.first == found.second == ()
    # The same words in another order share them as a bag, but not one behind the other.
    assert lit("a b c d e f g h", "h g f e d c b a").unlike


def test_long_texts_are_compared_behind_what_they_begin_with() -> None:
    same = "same " * 5_000
    found = lit(f"{same}left", f"{same}right")
    assert words(f"{same}left", found.first) == ["left"]
    assert not found.cut
    one = same + " ".join(f"a{n}" for n in range(100))
    assert lit(one, same + " ".join(f"b{n}" for n in range(100)), words=40).cut


@given(TEXTS, TEXTS)
def test_what_is_not_lit_is_the_same_on_both_sides(one: str, other: str) -> None:
    found = lit(one, other)
    if not found.unlike:
        assert without(one, found.first) == without(other, found.second)
    for text, ranges in ((one, found.first), (other, found.second)):
        ends = [0, *(end for _, end in ranges)]
        assert all(start >= before for (start, _), before in zip(ranges, ends, strict=False))
        assert all(text[start:end].strip() == text[start:end] != "" for start, end in ranges)


ROLES = st.sampled_from(["user", "assistant", "system"])
TALKS = st.lists(st.tuples(ROLES, st.sampled_from(["a b", "a c", "d", ""])), max_size=6)


@given(TALKS, TALKS)
def test_every_message_stands_once_in_order_and_beside_its_own_role(
    one: list[tuple[str, str]], other: list[tuple[str, str]]
) -> None:
    pairs = aligned(one, other)
    assert [i for i, _ in pairs if i is not None] == list(range(len(one)))
    assert [j for _, j in pairs if j is not None] == list(range(len(other)))
    assert all(one[i][0] == other[j][0] for i, j in pairs if i is not None and j is not None)


def test_a_turn_that_came_in_between_does_not_shift_the_others() -> None:
    talk = [("user", "what is a monad"), ("assistant", "a monoid"), ("user", "thanks for that")]
    more = [("system", "be kind"), ("user", "hello there"), ("assistant", "hi"), *talk]
    assert aligned(talk, more) == [(None, 0), (None, 1), (None, 2), (0, 3), (1, 4), (2, 5)]


def test_a_question_goes_where_its_answer_goes() -> None:
    coin, other = "is the coin tails up", "was it flipped"
    one = [("user", coin), ("assistant", f"{other} by Ann it was flipped twice")]
    two = [
        ("user", f"{coin} now"),
        ("assistant", "yes"),
        ("user", "and then"),
        ("assistant", f"{other} by Ann it was flipped once"),
    ]
    pairs = aligned(one, two)
    assert (0, 0) in pairs or (0, 2) in pairs
    # Whichever turn it is, it is one turn.
    assert ((0, 0) in pairs) == ((1, 1) in pairs)
    assert ((0, 2) in pairs) == ((1, 3) in pairs)


def test_unlike_talks_are_paired_from_their_beginning() -> None:
    one = [("user", "a"), ("assistant", "x")]
    other = [("user", "b"), ("assistant", "y"), ("user", "c"), ("assistant", "z")]
    assert aligned(one, other) == [(0, 0), (1, 1), (None, 2), (None, 3)]


def test_talks_of_a_thousand_turns_are_paired_in_order() -> None:
    one = [("user", "a"), ("assistant", "b")] * 500
    pairs = aligned(one, [("system", "s"), *one])
    assert [i for i, _ in pairs if i is not None] == list(range(1000))
    assert [j for _, j in pairs if j is not None] == list(range(1001))
