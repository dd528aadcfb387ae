"""Vectors out of GGUF models: the real small one, and tiny ones against transformers in float32."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deita_tui.backends import embedders, hf_hidden, llama_hidden
from deita_tui.backends.embedders import END
from deita_tui.backends.hf_hidden import HiddenSettings
from deita_tui.backends.llama_hidden import LlamaEmbedder, LlamaSettings
from deita_tui.backends.pooling import CHOICES, Choice
from deita_tui.errors import UsageError
from tests.backends.bert_gguf import bert_gguf
from tests.backends.encoders import tiny_bert
from tests.backends.gguf_writer import to_gguf
from tests.backends.smollm import smollm_gguf

TEXTS = (
    "a",
    "Write a poem about the sea.",
    "  leading   and trailing\n\n",
    "日本語のテキスト 🙂",
    "How many apples are there in 42 boxes? " * 30,
    f"USER: a poem ASSISTANT: the sea{END}USER: </s> ASSISTANT: the wind{END}",
    "the sea and the wind " * 400,
)
LOWER = ("a", "write a poem about the sea.", "the birds return to the north in spring " * 2)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert") / "tiny-bert")


@pytest.fixture(scope="module", params=["llama_folder", "mistral_folder"])
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


@pytest.fixture(scope="module")
def tiny(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return to_gguf(folder, tmp_path_factory.mktemp("gguf") / "tiny.gguf")


@pytest.fixture(scope="module", params=["last", "position_weighted"])
def smol(request: pytest.FixtureRequest) -> Iterator[LlamaEmbedder]:
    embedder = llama_hidden.open(smollm_gguf(), LlamaSettings(pool=request.param, limit=40))
    yield embedder
    embedder.close()


def cosines(one: NDArray[np.float32], other: NDArray[np.float32]) -> NDArray[np.float64]:
    lengths = np.linalg.norm(one, axis=1) * np.linalg.norm(other, axis=1)
    return np.asarray((one * other).sum(axis=1) / lengths, dtype=np.float64)


def of_transformers(folder: Path, texts: Sequence[str], **settings: Any) -> NDArray[np.float32]:
    embedder = hf_hidden.open(folder, HiddenSettings(device="cpu", dtype="float32", **settings))
    found = embedder.embed(texts).vectors
    embedder.close()
    return found


@pytest.mark.parametrize("pool", CHOICES)
def test_a_float32_file_agrees_with_transformers(folder: Path, tiny: Path, pool: Choice) -> None:
    embedder = llama_hidden.open(tiny, LlamaSettings(pool=pool))
    found = embedder.embed(TEXTS)
    wanted = of_transformers(folder, TEXTS, pool=pool)
    np.testing.assert_allclose(found.vectors, wanted, atol=2e-4)
    assert (1 - cosines(found.vectors, wanted)).max() < 1e-6
    assert found.shortened.tolist() == [False] * 6 + [True], "cut at its 1,024 positions"
    embedder.close()


def test_a_text_has_one_vector_whatever_stands_beside_it(smol: LlamaEmbedder) -> None:
    texts = [text[:200] for text in TEXTS]
    together = smol.embed(texts).vectors
    assert np.isfinite(together).all()
    np.testing.assert_array_equal(smol.embed(texts[::-1]).vectors[::-1], together)
    np.testing.assert_array_equal(smol.embed(texts[3:4]).vectors, together[3:4])


def test_real_texts_that_mean_the_same_are_nearer(smol: LlamaEmbedder) -> None:
    found = smol.embed(
        [
            "How do I sort a list of numbers in Python?",
            "How can I sort a list of integers in Python?",
            "The river was cold, and nobody wanted to swim in it.",
        ]
    ).vectors
    near, far = cosines(found[[0, 0]], found[[1, 2]])
    assert near > far


@pytest.mark.parametrize("pooling", [1, 2], ids=["mean", "cls"])
def test_an_embedding_file_is_pooled_as_it_says(bert: Path, tmp_path: Path, pooling: int) -> None:
    path = bert_gguf(bert, tmp_path / "encoder.gguf", pooling)
    embedder = embedders.open_embedder("auto", str(path), {})
    found = embedder.embed(LOWER)
    assert embedder.identity["pool"] == {1: "mean", 2: "cls"}[pooling]
    if pooling == 1:
        wanted = of_transformers(bert, LOWER, pool="mean")
        assert (1 - cosines(found.vectors, wanted)).max() < 1e-5
    alone = np.concatenate([embedder.embed([text]).vectors for text in LOWER])
    np.testing.assert_array_equal(found.vectors, alone)
    embedder.close()


def test_an_embedding_file_may_be_pooled_in_another_way(bert: Path, tmp_path: Path) -> None:
    path = bert_gguf(bert, tmp_path / "encoder.gguf", 2)
    for pool in CHOICES:
        embedder = llama_hidden.open(path, LlamaSettings(pool=pool))
        found = embedder.embed(LOWER)
        wanted = of_transformers(bert, LOWER, pool=pool)
        assert (1 - cosines(found.vectors, wanted)).max() < 1e-5
        embedder.close()


def test_a_file_that_ranks_is_refused(bert: Path, tmp_path: Path) -> None:
    path = bert_gguf(bert, tmp_path / "ranks.gguf", 4)
    with pytest.raises(UsageError, match=r"ranks\.gguf ranks texts against a question"):
        llama_hidden.open(path)


def test_a_language_model_takes_its_last_token(tiny: Path) -> None:
    embedder = llama_hidden.open(tiny)
    assert embedder.identity["pool"] == "last"
    assert embedder.limit == 1024
    assert llama_hidden.open(tiny, LlamaSettings(limit=50)).limit == 50


def test_nothing_is_asked_of_a_model_that_is_closed(tiny: Path) -> None:
    embedder = llama_hidden.open(tiny)
    embedder.close()
    embedder.close()
    with pytest.raises(ValueError, match="closed"):
        embedder.embed(["a"])


def test_a_folder_of_safetensors_is_refused(folder: Path) -> None:
    with pytest.raises(UsageError, match=r"the llama backend reads \.gguf files"):
        llama_hidden.open(folder)
