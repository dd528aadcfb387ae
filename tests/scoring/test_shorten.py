from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.scoring.deita import COMPLEXITY, QUALITY, Template
from deita_tui.scoring.digits import resolve
from deita_tui.scoring.shorten import MARK, Prompt, fit, shortened

TOKENS = FakeJudge("m", FakeSettings()).tokens
DIGITS = {template: resolve(TOKENS, template) for template in (COMPLEXITY, QUALITY)}
PIECES = st.text(st.characters(codec="utf-8"), max_size=30)
TEXTS = st.builds(lambda one, other, n: one + other * n, PIECES, PIECES, st.integers(0, 100))


def fitted(template: Template, fields: list[str], limit: int) -> Prompt:
    return fit(template, fields, DIGITS[template], TOKENS, limit)


def text_of(prompt: Prompt) -> str:
    return bytes(list(prompt.tokens[1:])).decode()


@given(TEXTS, TEXTS, st.integers(200, 2000))
def test_the_template_is_never_cut_and_the_limit_holds(
    instruction: str, response: str, limit: int
) -> None:
    for template in (COMPLEXITY, QUALITY):
        fields = [instruction, response][: len(template.parts) - 1]
        prompt = fitted(template, fields, limit)
        assert prompt.problem is None
        text = text_of(prompt)
        assert len(prompt.tokens) <= limit
        assert text.startswith(template.parts[0])
        assert text.endswith(template.parts[-1])
        assert all(part in text for part in template.parts)
        assert prompt.shortened is (text != template.render(fields))


@given(TEXTS, st.integers(140, 1000))
def test_what_fits_is_kept_whole_and_what_does_not_keeps_its_ends(text: str, limit: int) -> None:
    whole = len(TOKENS(COMPLEXITY.render([text])))
    prompt = fitted(COMPLEXITY, [text], limit)
    assert prompt.shortened is (whole > limit)
    if not prompt.shortened:
        return
    kept = text_of(prompt)[len(COMPLEXITY.parts[0]) : -len(COMPLEXITY.parts[-1])]
    start, _, end = kept.partition(MARK)
    assert text.startswith(start)
    assert text.endswith(end)
    # Not one more character would have fitted: at most four bytes of UTF-8 are left over.
    assert limit - len(prompt.tokens) < 4


@given(TEXTS, TEXTS, st.integers(200, 900))
def test_the_same_texts_give_the_same_tokens(instruction: str, response: str, limit: int) -> None:
    assert fitted(QUALITY, [instruction, response], limit) == fitted(
        QUALITY, [instruction, response], limit
    )


def test_the_response_gives_way_before_the_instruction() -> None:
    prompt = fitted(QUALITY, ["i" * 500, "r" * 3000], 1500)
    text = text_of(prompt)
    assert text.count("i" * 500) == 1
    assert 200 < text.count("r") < 3000


def test_the_instruction_gives_way_when_the_response_has_given_enough() -> None:
    text = text_of(fitted(QUALITY, ["i" * 3000, "r" * 3000], 1500))
    assert text.count("r" * 100) == 2
    assert text.count("i" * 100) > 5


def test_a_limit_below_the_template_is_a_reason() -> None:
    prompt = fitted(QUALITY, ["a", "b"], 100)
    assert prompt.problem == "the template alone is longer than 100 tokens"
    assert len(prompt.tokens) == 0


def test_a_huge_text_is_not_tokenized_as_a_whole() -> None:
    longest = 0

    def tokens(text: str) -> list[int]:
        nonlocal longest
        longest = max(longest, len(text))
        return TOKENS(text)

    prompt = fit(COMPLEXITY, ["x" * 5_000_000], DIGITS[COMPLEXITY], tokens, 256)
    assert len(prompt.tokens) == 256
    assert prompt.shortened
    assert longest < 256 * 16 + 500


def runs(text: str) -> list[int]:
    """A tokenizer in which up to a thousand equal characters in a row are one token."""
    pieces = [256]
    for char, group in groupby(text):
        length = len(list(group))
        pieces += [ord(char)] * -(-length // 1000)
    return pieces


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc "), st.integers(1, 60_000)), max_size=12),
    st.integers(150, 220),
)
def test_a_text_of_long_tokens_is_shortened_if_and_only_if_it_does_not_fit(
    spans: list[tuple[str, int]], limit: int
) -> None:
    text = "".join(char * count for char, count in spans)
    found = resolve(runs, COMPLEXITY)
    prompt = fit(COMPLEXITY, [text], found, runs, limit)
    whole = runs(COMPLEXITY.render([text]))
    assert prompt.shortened is (len(whole) > limit)
    assert len(prompt.tokens) <= limit
    if not prompt.shortened:
        assert list(prompt.tokens) == whole


@settings(deadline=None)
@given(st.integers(1, 80_000), st.integers(1, 5_000), st.integers(450, 500))
def test_an_instruction_of_long_tokens_is_whole_as_long_as_the_response_can_give_way(
    spaces: int, words: int, limit: int
) -> None:
    found = resolve(runs, QUALITY)
    instruction = "q" + " " * spaces
    prompt = fit(QUALITY, [instruction, "ab" * words], found, runs, limit)
    instructed = "".join(map(chr, runs(instruction)[1:]))
    assert instructed in "".join(map(chr, prompt.tokens[1:]))
    assert len(prompt.tokens) <= limit


def test_fifty_megabytes_of_long_tokens_are_looked_at_no_further_than_it_takes() -> None:
    looked = 0

    def tokens(text: str) -> list[int]:
        nonlocal looked
        looked += len(text)
        return runs(text)

    found = resolve(runs, COMPLEXITY)
    prompt = fit(COMPLEXITY, [" " * 50_000_000], found, tokens, 256)
    assert prompt.shortened
    assert len(prompt.tokens) == 256
    assert looked < 20_000_000


def test_the_middle_is_what_goes() -> None:
    assert shortened("abcdefgh", 8) == "abcdefgh"
    assert shortened("abcdefgh", 4) == f"ab{MARK}gh"
    assert shortened("abcdefgh", 5) == f"abc{MARK}gh"
    assert shortened("abcdefgh", 0) == MARK
