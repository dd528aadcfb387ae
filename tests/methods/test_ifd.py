"""IFD in both definitions, and perplexity: against loops written from the papers."""

import math
from pathlib import Path
from typing import Any

import pytest

from deita_tui.backends import hf
from deita_tui.backends.hf import HfJudge, HfSettings
from deita_tui.scoring import ifd, methods
from deita_tui.scoring.ifd import ALPACA, joined
from deita_tui.scoring.methods import Asked, Spoken
from tests.backends.conftest import SENTENCES, write_bpe, write_model, write_sentencepiece

TEXTS = [
    (SENTENCES[3], SENTENCES[5]),
    ("How many apples are there in 42 boxes of 16?", "There are 672 apples in the boxes."),
    ("Write a short poem.", "the sea and the wind, the birds and the spring"),
]


def tiny(folder: Path, size: int) -> Path:
    from transformers import LlamaConfig

    config = LlamaConfig(
        vocab_size=size, hidden_size=64, intermediate_size=160, num_hidden_layers=2,
        num_attention_heads=4, max_position_embeddings=1024, initializer_range=0.15,
    )  # fmt: skip
    return write_model(folder, config, seed=17)


@pytest.fixture(scope="module", params=["bos", "no-bos"])
def judge(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> HfJudge:
    folder = tmp_path_factory.mktemp("models") / request.param
    size = write_sentencepiece(folder) if request.param == "bos" else write_bpe(folder)
    return hf.open(tiny(folder, size), HfSettings(device="cpu", dtype="float32"))


def losses(judge: HfJudge, ids: list[int], start: int) -> list[float]:
    """-log p of each token from ``start`` on, by the model itself, in one forward of one text."""
    import torch

    model: Any = judge.spread.replicas[0]._model
    # The judge's own hook would throw all places but one away.
    hidden = model.model(torch.tensor([ids])).last_hidden_state[0]
    logits = torch.nn.functional.linear(hidden, model.get_output_embeddings().weight).double()
    said = torch.log_softmax(logits, dim=-1)
    return [-float(said[place - 1, ids[place]]) for place in range(start, len(ids))]


def mean(values: list[float]) -> float:
    return math.fsum(values) / len(values)


def measured(judge: HfJudge, name: str, fields: tuple[str, str], limit: int = 1024) -> float:
    method = methods.model_method(name)
    asked = method.ask(fields, judge.tokens, limit)
    assert asked.problem is None
    assert asked.number is not None
    items = [(e.prefix, e.continuation) for e in asked.questions if isinstance(e, Spoken)]
    return asked.number([row.tolist() for row in judge.logprobs(items)])


@pytest.mark.parametrize("fields", TEXTS)
def test_ifd_is_the_ratio_of_perplexities(judge: HfJudge, fields: tuple[str, str]) -> None:
    prompt = judge.tokens(f"{fields[0]}\n")
    whole = judge.tokens(f"{fields[0]}\n{fields[1]}")
    start = len(prompt)
    bos = judge.tokens("")
    # The same tokens on both sides; without BOS the first of them has nothing before it.
    first = start if bos else start + 1
    given = losses(judge, whole, first)
    alone = losses(judge, [*bos, *whole[start:]], 1)
    expected = math.exp(mean(given)) / math.exp(mean(alone))
    assert measured(judge, "ifd", fields) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("fields", TEXTS)
def test_ifd_loss_is_the_ratio_of_losses(judge: HfJudge, fields: tuple[str, str]) -> None:
    prompt = f"{ALPACA[0]}{fields[0]}{ALPACA[1]}"
    whole, start = joined(judge.tokens, prompt, fields[1])
    before = judge.tokens("### Response:")
    given = losses(judge, list(whole), start)
    alone = losses(judge, [*before, *whole[start:]], len(before))
    expected = mean(given) / mean(alone)
    assert measured(judge, "ifd_loss", fields) == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("fields", TEXTS)
def test_perplexity_is_of_the_response_alone(judge: HfJudge, fields: tuple[str, str]) -> None:
    whole = judge.tokens(f"{fields[0]}\n{fields[1]}")
    expected = math.exp(mean(losses(judge, whole, len(judge.tokens(f"{fields[0]}\n")))))
    assert measured(judge, "perplexity", fields) == pytest.approx(expected, rel=1e-4)


def ask(name: str, fields: tuple[str, str], limit: int) -> Asked:
    # A byte is a token, and BOS comes first.
    return methods.model_method(name).ask(fields, lambda text: [256, *text.encode()], limit)


@pytest.mark.parametrize("name", ["ifd", "ifd_loss"])
def test_what_does_not_fit_loses_its_end_on_both_sides(name: str) -> None:
    asked = ask(name, ("Say it.", "x" * 500), 300)
    given, alone = asked.questions
    assert isinstance(given, Spoken)
    assert isinstance(alone, Spoken)
    assert asked.shortened
    assert given.continuation == alone.continuation
    assert len(given.prefix) + len(given.continuation) == 300
    assert not ask(name, ("Say it.", "x" * 20), 300).shortened


@pytest.mark.parametrize("name", ["ifd", "ifd_loss", "perplexity"])
def test_an_instruction_that_fills_everything_is_no_score_and_never_the_best_one(name: str) -> None:
    asked = ask(name, ("I" * 1000, "A long enough answer."), 300)
    assert asked.problem is not None
    assert "alone fills the 300 tokens" in asked.problem
    assert not asked.questions


def test_a_response_of_a_word_is_no_ifd() -> None:
    asked = ask("ifd", ("Say yes.", "yes"), 300)
    assert asked.problem == "the response has fewer than 4 tokens"


def test_a_response_that_is_certain_by_itself_has_no_ratio_of_losses() -> None:
    assert math.isnan(ifd.make("ifd_loss").value([[-1.0, -2.0], [0.0, 0.0]]))
    assert ifd.make("ifd").value([[-1.0, -2.0], [-1.0, -2.0]]) == 1.0
