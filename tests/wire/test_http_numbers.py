"""What a judge on a server says is what the model there says."""

import numpy as np
import pytest

from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.errors import JobError
from deita_tui.scoring import deita, digits
from tests.wire.asking import DIGITS, PROMPTS, asking
from tests.wire.serving import Served

KINDS = ("llama.cpp", "vllm")


@pytest.mark.parametrize("kind", KINDS)
def test_the_numbers_are_the_served_models_own(kind: str) -> None:
    served = Served(kind)
    expected = served.judge.next_logprobs(PROMPTS, DIGITS)
    with asking(served) as judge:
        np.testing.assert_allclose(judge.next_logprobs(PROMPTS, DIGITS), expected, atol=1e-12)


@pytest.mark.parametrize("kind", KINDS)
def test_digits_are_found_by_the_servers_tokenizer(kind: str) -> None:
    with asking(Served(kind)) as judge:
        found = digits.resolve(judge.tokens, deita.COMPLEXITY)
        assert found.ids == DIGITS
        assert found.head[0] == 256
        assert judge.tokens("é") == [256, *"é".encode()]


@pytest.mark.parametrize("kind", KINDS)
def test_unlikely_digits_are_asked_for_until_they_are_told(kind: str) -> None:
    # The digits hold a ten-thousandth of the vocabulary, so all other tokens come before them.
    served = Served(kind, judge=FakeJudge("rare", FakeSettings(mass=1e-4)), knows_choices=False)
    expected = served.judge.next_logprobs(PROMPTS, DIGITS)
    with asking(served, top=4) as judge:
        np.testing.assert_allclose(judge.next_logprobs(PROMPTS, DIGITS), expected, atol=1e-12)
        np.testing.assert_allclose(judge.next_logprobs(PROMPTS, DIGITS), expected, atol=1e-12)


def test_a_recent_vllm_is_asked_for_the_digits_themselves() -> None:
    served = Served("vllm", judge=FakeJudge("rare", FakeSettings(mass=1e-4)), most_top=20)
    with asking(served) as judge:
        found = judge.next_logprobs(PROMPTS, DIGITS)
    assert np.isfinite(found).all()
    assert len(served.asked) == len(PROMPTS)


@pytest.mark.parametrize("kind", KINDS)
def test_too_few_likely_tokens_are_an_error_that_says_what_to_set(kind: str) -> None:
    rare = FakeJudge("rare", FakeSettings(mass=1e-4))
    served = Served(kind, judge=rare, most_top=20, knows_choices=False)
    with asking(served) as judge, pytest.raises(JobError, match="likeliest tokens only") as raised:
        judge.next_logprobs(PROMPTS, DIGITS)
    assert "--max-logprobs" in (raised.value.hint or "")


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_named_by_their_text_are_refused(kind: str) -> None:
    served = Served(kind, names_ids=False)
    with asking(served) as judge, pytest.raises(JobError, match="by their text"):
        judge.next_logprobs(PROMPTS, DIGITS)


def test_what_a_prompt_says_is_told_by_vllm_and_not_by_llama_cpp() -> None:
    items = [(prompt[:3], prompt[3:]) for prompt in PROMPTS]
    served = Served("vllm")
    rows = served.judge.logprobs([(prompt[:1], prompt[1:]) for prompt in PROMPTS])
    with asking(served) as judge:
        found = judge.logprobs(items)
    for said, row in zip(found, rows, strict=True):
        np.testing.assert_allclose(said, row[2:], atol=1e-12)
    with asking(Served()) as judge, pytest.raises(JobError, match=r"llama\.cpp's server does not"):
        judge.logprobs(items)


def test_no_more_questions_at_a_time_than_the_server_takes() -> None:
    served = Served()
    with asking(served) as judge:
        judge.next_logprobs(PROMPTS * 5, DIGITS)
    assert served.most_at_once <= 2
    with asking(served := Served(), concurrency=1) as judge:
        judge.next_logprobs(PROMPTS, DIGITS)
    assert served.most_at_once == 1


def test_the_limit_leaves_room_for_the_answer() -> None:
    with asking(Served(n_ctx=100)) as judge:
        assert judge.limit == 99
        assert np.isfinite(judge.next_logprobs([[5] * 99], DIGITS)).all()
    with asking(Served("vllm", n_ctx=100), limit=50) as judge:
        assert judge.limit == 50


def test_the_identity_names_the_model_and_says_that_nobody_checked_it() -> None:
    with asking(Served()) as judge:
        identity = dict(judge.identity)
    assert identity["verified"] == "no"
    assert identity["weights"] == "tiny"
    assert identity["backend"] == "http"
    assert any("unverified" in note for note in judge.notes)
    with asking(Served()) as again:
        assert dict(again.identity) == identity, "the port decides no number"
    with asking(Served(model="other")) as other:
        assert dict(other.identity) != identity


def test_special_tokens_in_a_text_are_noticed() -> None:
    with asking(Served("vllm", reads_specials=True)) as judge:
        assert any("tokenizer=" in note for note in judge.notes)
        assert judge.identity["specials"] == "read"
