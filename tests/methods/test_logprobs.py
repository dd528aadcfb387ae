"""How likely each token of a text is: two backends against transformers, one text at a time."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deita_tui.backends import LogProbs, hf, llama
from deita_tui.backends.hf import HfSettings
from deita_tui.backends.llama import LlamaSettings
from tests.backends.conftest import SENTENCES, write_model, write_sentencepiece
from tests.backends.gguf_writer import to_gguf

PAIRS = [
    (SENTENCES[0], SENTENCES[4]),
    ("1 2 3", "4 5 6 7 8 9"),
    (SENTENCES[2], SENTENCES[8]),
    ("a", " ".join(SENTENCES) * 3),
    (" ".join(SENTENCES), "end"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    from transformers import LlamaConfig

    made = tmp_path_factory.mktemp("models") / "tiny"
    config = LlamaConfig(
        vocab_size=write_sentencepiece(made), hidden_size=64, intermediate_size=160,
        num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
        max_position_embeddings=2048, initializer_range=0.15, tie_word_embeddings=False,
    )  # fmt: skip
    return write_model(made, config, seed=31)


@pytest.fixture(params=["hf", "llama"])
def model(request: pytest.FixtureRequest, folder: Path, tmp_path: Path) -> Iterator[LogProbs]:
    opened: Any
    if request.param == "hf":
        opened = hf.open(folder, HfSettings(device="cpu", dtype="float32"))
    else:
        opened = llama.open(
            to_gguf(folder, tmp_path / "tiny.gguf"), LlamaSettings(every_token=True)
        )
    yield opened
    opened.close()


def alone(folder: Path, prefix: list[int], continuation: list[int]) -> list[float]:
    """What transformers says of one text by itself."""
    import torch
    from transformers import AutoModelForCausalLM

    kind: Any = AutoModelForCausalLM
    source = kind.from_pretrained(folder, dtype=torch.float32)
    ids = torch.tensor([[*prefix, *continuation]])
    with torch.inference_mode():
        said = torch.log_softmax(source(ids).logits[0].double(), dim=-1)
    places = range(len(prefix) - 1, ids.shape[1] - 1)
    return [float(said[place, ids[0, place + 1]]) for place in places]


def items(model: LogProbs) -> list[tuple[list[int], list[int]]]:
    return [(model.tokens(one), model.tokens(other)[1:]) for one, other in PAIRS]


def test_every_token_has_the_probability_that_transformers_gives_it(
    model: LogProbs, folder: Path
) -> None:
    asked = items(model)
    for (prefix, continuation), said in zip(asked, model.logprobs(asked), strict=True):
        assert said.shape == (len(continuation),)
        assert np.abs(said - alone(folder, prefix, continuation)).max() < 1e-4


def test_what_is_asked_beside_it_changes_nothing(model: LogProbs) -> None:
    asked = items(model)
    together = model.logprobs(asked)
    for item, said in zip(asked, together, strict=True):
        assert np.abs(model.logprobs([item])[0] - said).max() < 1e-5
    assert [len(each) for each in model.logprobs(asked[::-1])] == [
        len(continuation) for _, continuation in asked[::-1]
    ]


def test_judging_between_two_texts_changes_neither(model: Any) -> None:
    asked = items(model)[:2]
    before = model.logprobs(asked)
    prompts = [model.tokens(text) for text in SENTENCES[:3]]
    judged = model.next_logprobs(prompts, [40, 41, 42])
    for one, other in zip(before, model.logprobs(asked), strict=True):
        assert np.abs(one - other).max() < 1e-6
    assert np.abs(model.next_logprobs(prompts, [40, 41, 42]) - judged).max() < 1e-6


@pytest.mark.parametrize(("prefix", "continuation"), [([], [5]), ([5], []), ([5] * 2048, [5])])
def test_what_cannot_be_asked_is_refused(
    model: LogProbs, prefix: list[int], continuation: list[int]
) -> None:
    with pytest.raises(ValueError, match="tokens"):
        model.logprobs([(prefix, continuation)])
