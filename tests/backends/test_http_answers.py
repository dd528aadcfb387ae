"""Whatever a server answers: numbers that can be true, or a sentence."""

import math

from hypothesis import given
from hypothesis import strategies as st

from deita_tui.backends import http_answers
from deita_tui.errors import JobError

LEAVES = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
ENTRY = st.fixed_dictionaries(
    {"id": st.integers(0, 9) | LEAVES, "logprob": st.floats(-9, 1) | LEAVES}
) | st.dictionaries(st.text(max_size=3), LEAVES, max_size=2)
JSON = st.recursive(
    LEAVES,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "logprobs", "content", "top_logprobs", "token_id:7", "id"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=12,
)
NATIVE = st.fixed_dictionaries(
    {
        "completion_probabilities": st.lists(
            st.fixed_dictionaries({"top_logprobs": JSON}), max_size=2
        )
    }
) | st.fixed_dictionaries(
    {
        "completion_probabilities": st.lists(
            st.fixed_dictionaries({"top_logprobs": st.lists(ENTRY, max_size=4)}), max_size=1
        )
    }
)
OPENAI = st.fixed_dictionaries(
    {
        "choices": st.lists(
            st.fixed_dictionaries(
                {
                    "logprobs": st.fixed_dictionaries(
                        {"top_logprobs": st.lists(st.dictionaries(st.text(), LEAVES), max_size=1)}
                    )
                    | JSON,
                    "prompt_logprobs": JSON,
                }
            ),
            max_size=2,
        )
    }
)


@given(answer=JSON | NATIVE | OPENAI)
def test_an_answer_is_probabilities_or_an_error(answer: object) -> None:
    for read in (http_answers.native, http_answers.openai):
        try:
            found = read(answer, 3)
        except JobError:
            continue
        assert found
        assert math.fsum(math.exp(value) for value in found.values()) <= 1.01
        assert all(value <= 0 for value in found.values())
    try:
        said = http_answers.spoken(answer, [1, 2, 3], 1)
    except JobError:
        return
    assert len(said) == 2
