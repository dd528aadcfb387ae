"""What goes wrong on the way to a server and back: nothing is made up, and it is said plainly."""

import math
from typing import Any

import numpy as np
import pytest
from aiohttp import web

from deita_tui.backends.http import HttpSettings
from deita_tui.backends.http import open as open_judge
from deita_tui.errors import JobError, UsageError
from tests.wire.asking import DIGITS, PROMPTS, asking
from tests.wire.serving import Fault, Served, at_first, cut, huge, serving, slow, status, text


def answering(change: dict[str, Any]) -> Fault:
    """A step of a completion in llama.cpp's words, with some of it changed."""

    async def answer(request: web.Request, before: int) -> web.StreamResponse:
        body = await request.json()
        top = [{"id": id_, "token": str(id_), "logprob": -3.0} for id_ in range(64)]
        step = {"id": 0, "token": "0", "logprob": -3.0, "top_logprobs": top}
        said = {"completion_probabilities": [step], "tokens_evaluated": len(body["prompt"])}
        return web.json_response(said | change)

    return answer


def step(*top: dict[str, Any]) -> dict[str, Any]:
    return {"completion_probabilities": [{"id": 0, "logprob": -1.0, "top_logprobs": list(top)}]}


@pytest.mark.parametrize("fault", [status(500), status(503), status(429, Retry_After="0"), cut])
def test_what_passes_is_tried_again(fault: Fault) -> None:
    served = Served(fault=at_first(4, fault))
    expected = served.judge.next_logprobs(PROMPTS, DIGITS)
    with asking(served, tries=6) as judge:
        np.testing.assert_allclose(judge.next_logprobs(PROMPTS, DIGITS), expected, atol=1e-12)


def test_a_slow_answer_is_asked_for_again() -> None:
    served = Served(fault=at_first(2, slow(3.0)))
    with asking(served, timeout=0.3) as judge:
        assert np.isfinite(judge.next_logprobs(PROMPTS[:2], DIGITS)).all()


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        (status(503), "does not answer: it answered 503: it is 503"),
        (status(429), "does not answer: it answered 429"),
        (status(429, Retry_After="3600"), "left alone for 3,600 s"),
        (cut, "does not answer"),
        (slow(3.0), r"no answer within 0\.3 s"),
        (status(500), "refuses what it is asked"),
        (status(401), "lets nobody in without a key"),
        (status(302, Location="http://elsewhere.example/"), "sends its visitors on to http://else"),
        (text("<html>Sign in</html>"), "a web page where JSON was due"),
        (text('{"choices": [', "application/json"), "something else where JSON was due"),
        (text("[]", "application/json"), "it is no JSON object"),
        (text("{}", "application/json"), "no 'completion_probabilities'"),
        (text('{"content": "3"}', "application/json"), "no log-probabilities"),
        (huge, "answered with more than"),
    ],
)
def test_what_stays_ends_the_run_with_a_sentence(fault: Fault, said: str) -> None:
    served = Served(fault=fault)
    with asking(served, timeout=0.3) as judge, pytest.raises(JobError, match=said) as raised:
        judge.next_logprobs(PROMPTS, DIGITS)
    assert raised.value.hint
    assert str(raised.value).isprintable()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (step({"id": 49, "logprob": 0.7}), "above 0"),
        (step({"id": 49, "logprob": "high"}), "is no number"),
        (step({"id": 49, "logprob": None}), "is no number"),
        (step({"id": 49, "logprob": -0.1}, {"id": 50, "logprob": -0.1}), "add up to 1.8"),
        (step({"id": 49, "logprob": -1.0}, {"id": 49, "logprob": -2.0}), "two probabilities"),
        (step({"token": "4", "logprob": -1}, {"token": "4", "logprob": -2}), "1 of them twice"),
        (step({"id": 49, "logprob": -0.5}), "the 1 likeliest tokens only, and 5 of the 6"),
        ({"completion_probabilities": []}, "no log-probabilities"),
        ({"completion_probabilities": [{"id": 3}]}, "no log-probabilities"),
        ({"tokens_evaluated": 3}, "it has read 3"),
        ({"truncated": True}, "of 9 tokens"),
    ],
)
def test_wrong_numbers_are_never_taken(change: dict[str, Any], said: str) -> None:
    served = Served(fault=answering(change))
    with asking(served) as judge, pytest.raises(JobError, match=said):
        judge.next_logprobs(PROMPTS, DIGITS)


def test_a_refused_prompt_costs_itself_alone() -> None:
    with asking(Served(n_ctx=50)) as judge:
        found = judge.next_logprobs([PROMPTS[0], [5] * 60], DIGITS)
        assert np.isfinite(found[0]).all()
        assert np.isnan(found[1]).all()
        assert "context size" in judge.trouble
        assert np.isnan(judge.next_logprobs([[5] * 60], DIGITS)).all(), "and alone as well"


def test_a_server_that_comes_back_with_another_model_is_noticed() -> None:
    served = Served()

    async def swapped(request: web.Request, before: int) -> web.StreamResponse | None:
        if before == len(PROMPTS):
            served.model = "another"
            return web.Response(status=503)
        return None

    served.fault = swapped
    with asking(served) as judge:
        judge.next_logprobs(PROMPTS, DIGITS)
        with pytest.raises(JobError, match="ran tiny at first, and runs another now"):
            judge.next_logprobs(PROMPTS, DIGITS)


def test_a_key_comes_from_the_environment_and_goes_nowhere_else(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("MY_KEY", "s3cret")
    served = Served(key="s3cret")
    with asking(served, key_env="MY_KEY") as judge:
        assert np.isfinite(judge.next_logprobs(PROMPTS, DIGITS)).all()
        assert "s3cret" not in str(judge.identity) + str(judge.notes) + repr(vars(judge))
    with serving(served), pytest.raises(UsageError, match="UNSET_KEY holds no key"):
        open_judge(served.url, HttpSettings(key_env="UNSET_KEY"))


def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    monkeypatch.delenv("NO_PROXY", raising=False)
    with asking(Served()) as judge:
        assert np.isfinite(judge.next_logprobs(PROMPTS, DIGITS)).all()


def test_nobody_at_the_address_is_said() -> None:
    settings = HttpSettings(tries=2, first_wait=0.001)
    with pytest.raises(JobError, match=r"http://127\.0\.0\.1:1 does not answer"):
        open_judge("http://127.0.0.1:1", settings)


def test_several_models_have_to_be_told_apart() -> None:
    with serving(Served("vllm")) as served:
        with pytest.raises(UsageError, match="has no model 'big'") as raised:
            open_judge(f"{served.url}#big")
        assert "tiny" in (raised.value.hint or "")
        open_judge(f"{served.url}/v1#tiny").close()


def test_a_server_that_does_not_tokenize_needs_a_tokenizer() -> None:
    with serving(Served("vllm", tokenizes=False)) as served:
        with pytest.raises(UsageError, match="does not turn text into tokens") as raised:
            open_judge(served.url)
        assert "tokenizer=" in (raised.value.hint or "")
        with pytest.raises(UsageError, match="no folder /nowhere"):
            open_judge(served.url, HttpSettings(tokenizer="/nowhere"))


def test_minus_infinity_is_read_as_it_is_written() -> None:
    top = [{"id": id_, "logprob": -3.4028234663852886e38} for id_ in DIGITS[1:]]
    served = Served(fault=answering(step({"id": DIGITS[0], "logprob": -0.1}, *top)))
    with asking(served, top=6) as judge:
        found = judge.next_logprobs(PROMPTS[:1], DIGITS)[0].tolist()
    assert found == [-0.1, *[-math.inf] * 5]
