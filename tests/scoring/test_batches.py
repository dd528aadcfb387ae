from hypothesis import given
from hypothesis import strategies as st

from deita_tui.scoring.batches import Pace, batches

LENGTHS = st.lists(st.integers(1, 5_000), max_size=200)


@given(LENGTHS, st.integers(1, 20_000), st.randoms())
def test_each_row_comes_once_longest_first_and_within_the_tokens(
    lengths: list[int], most: int, random: object
) -> None:
    pace = Pace(most)
    rows = list(enumerate(lengths))
    seen = []
    for batch in batches(rows, lambda row: row[1], pace):
        seen.extend(batch)
        longest = batch[0][1]
        assert len(batch) == 1 or len(batch) * longest <= pace.tokens <= most
        pace.took(random.choice([0.1, 2.0, 9.0]))  # type: ignore[attr-defined]
    assert sorted(seen) == rows
    assert [length for _, length in seen] == sorted(lengths, reverse=True)


def test_equal_lengths_keep_their_order() -> None:
    rows = [(place, 7) for place in range(100)]
    assert [row for batch in batches(rows, lambda row: row[1], Pace(50)) for row in batch] == rows


def test_the_pace_follows_the_machine() -> None:
    pace = Pace(65_536)
    first = pace.tokens
    pace.took(0.1)
    assert pace.tokens == 2 * first
    for _ in range(20):
        pace.took(0.1)
    assert pace.tokens == 65_536
    pace.took(2.0)
    assert pace.tokens == 65_536
    for _ in range(40):
        pace.took(60.0)
    assert pace.tokens == 1
