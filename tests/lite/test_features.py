import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_tui.lite.features import features, identity, names

TEXT = st.text(max_size=200) | st.text(alphabet="ab .\n-*1?`", max_size=200)


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=4))
@settings(max_examples=80, deadline=None)
def test_any_text_has_finite_numbers_that_no_other_text_changes(
    pairs: list[tuple[str, str]],
) -> None:
    asked, answered = [each for each, _ in pairs], [each for _, each in pairs]
    found = features(asked, answered)
    assert found.shape == (len(pairs), len(names(pair=True)))
    assert np.isfinite(found).all()
    for row, (question, answer) in enumerate(pairs):
        assert features([question], [answer]).tobytes() == found[row].tobytes()
    alone = features(asked)
    assert alone.shape == (len(pairs), len(names(pair=False)))
    assert alone.tobytes() == found[:, : alone.shape[1]].tobytes()


def test_columns_say_what_they_are_called() -> None:
    answer = "First, *listen*.\n\n- One\n- Two\n1. Three\n```py\nx = 1\n```\nIs that all?"
    found = dict(zip(names(pair=True), features(["List it."], [answer])[0].tolist(), strict=True))
    assert found["answer: characters"] == np.float32(np.log1p(len(answer)))
    assert found["answer: bullets"] == np.float32(np.log1p(2))
    assert found["answer: numbered"] == np.float32(np.log1p(1))
    assert found["answer: fences"] == np.float32(np.log1p(2))
    assert found["answer: questions"] == np.float32(np.log1p(1))
    assert found["answer: ends in a question or colon"] == 1
    assert found["question: lines"] == np.float32(np.log1p(1))
    assert found["answer is the question"] == 0


def test_without_meaning_only_what_the_embedder_adds_is_gone() -> None:
    pair = (["What is a prime?"], ["A prime has two divisors."])
    full, bare = features(*pair)[0], features(*pair, meaning=False)[0]
    gone = [name for name, a, b in zip(names(pair=True), full, bare, strict=True) if a != b]
    assert gone
    assert all("axis" in name or name == "alike" for name in gone)


def test_the_identity_names_the_embedder() -> None:
    assert {"version", "embedder weights"} <= set(identity())
