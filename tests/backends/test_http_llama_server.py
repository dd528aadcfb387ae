"""llama.cpp's own server says what llama.cpp says in this process."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from deita_tui.backends import http, llama
from deita_tui.backends.http import HttpJudge, HttpSettings
from deita_tui.backends.llama import LlamaJudge
from deita_tui.errors import JobError
from deita_tui.scoring import deita, digits
from tests.backends.gguf_writer import to_gguf
from tests.backends.llama_server import llama_server
from tests.backends.smollm import smollm_gguf

QUESTIONS = (
    "Write a poem about the sea.",
    "What is 16 times 42?\n\nAnswer in one word.",
    "</s> <|im_end|> 1",
    "é 中 🙂 " * 30,
    "",
)


@pytest.fixture(scope="module")
def model(llama_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return to_gguf(llama_folder, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module")
def here(model: Path) -> Iterator[LlamaJudge]:
    judge = llama.open(model)
    yield judge
    judge.close()


@pytest.fixture(scope="module")
def served(model: Path) -> Iterator[HttpJudge]:
    with llama_server(model) as url:
        judge = http.open(url)
        yield judge
        judge.close()


def test_texts_become_the_same_tokens(here: LlamaJudge, served: HttpJudge) -> None:
    for text in QUESTIONS:
        assert served.tokens(text) == here.tokens(text)


def test_scores_are_the_same(here: LlamaJudge, served: HttpJudge) -> None:
    found = digits.resolve(served.tokens, deita.COMPLEXITY)
    assert found == digits.resolve(here.tokens, deita.COMPLEXITY)
    prompts = [
        prompt
        for text in QUESTIONS
        if (prompt := found.prompt(here.tokens, deita.COMPLEXITY.render([text])))
    ]
    expected = here.next_logprobs(prompts, found.ids, len(found.head))
    said = served.next_logprobs(prompts, found.ids, len(found.head))
    assert np.abs(said - expected).max() < 1e-3


def test_the_server_says_what_it_runs(model: Path, here: LlamaJudge, served: HttpJudge) -> None:
    assert served.identity["server"] == "llama.cpp"
    assert served.identity["weights"] == model.name
    assert "n_params" in served.identity["precision"]
    assert served.limit == 1023  # half of the context for either slot, and room for the answer
    refused = served.next_logprobs([[5] * 3000, [5, 6]], [7])
    assert np.isnan(refused[0, 0])
    assert np.isfinite(refused[1, 0])


def test_a_real_server_wants_its_key(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DEITA_TUI_API_KEY", "wrong")
    with llama_server(model, "s3cret") as url:
        with pytest.raises(JobError, match="nobody in without a key"):
            http.open(url, HttpSettings(tries=1))
        monkeypatch.setenv("DEITA_TUI_API_KEY", "s3cret")
        judge = http.open(url)
        assert np.isfinite(judge.next_logprobs([[5, 6]], [7])).all()
        judge.close()


def test_a_real_model_is_asked_for_unlikely_digits() -> None:
    """It was not trained to answer with digits: they are far from its likeliest tokens."""
    with contextlib.closing(llama.open(smollm_gguf())) as here, llama_server(smollm_gguf()) as url:
        with contextlib.closing(http.open(url, HttpSettings(top=8))) as served:
            assert [served.tokens(text) for text in QUESTIONS] == [
                here.tokens(text) for text in QUESTIONS
            ]
            six = [here.tokens(digit)[-1] for digit in deita.DIGITS]
            prompt = here.tokens("The sea is")
            said = served.next_logprobs([prompt], six)
        # Its server multiplies quantized blocks in another order.
        assert np.abs(said - here.next_logprobs([prompt], six)).max() < 0.5
