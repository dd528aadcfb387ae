"""Hidden states as vectors, against a plain forward pass of one text at a time."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deita_tui.backends import hf_hidden
from deita_tui.backends.embedders import END
from deita_tui.backends.hf_hidden import HiddenSettings
from deita_tui.backends.pooling import CHOICES, Choice
from deita_tui.errors import UsageError
from tests.backends.encoders import tiny_bert
from tests.backends.test_pooling import by_hand

TEXTS = (
    "a",
    "Write a poem about the sea.",
    "  leading   and trailing\n\n",
    "日本語のテキスト 🙂 и кириллица",
    "How many apples are there in 42 boxes? " * 9,
    "##Quality: 5",
    "def add(a, b):\n    return a + b\n" * 6,
)
NATURAL = (TEXTS[0], TEXTS[1], TEXTS[4], TEXTS[5])
FLOAT32 = HiddenSettings(device="cpu", dtype="float32")


@pytest.fixture(scope="module", params=["llama_folder", "mistral_folder", "bpe_folder"])
def folder(request: pytest.FixtureRequest) -> Path:
    path: Path = request.getfixturevalue(request.param)
    return path


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert") / "tiny-bert")


def opened(folder: Path, **settings: Any) -> hf_hidden.HfEmbedder:
    return hf_hidden.open(folder, HiddenSettings(device="cpu", dtype="float32", **settings))


def states(
    folder: Path, rows: Sequence[Sequence[int]], kind: str = "AutoModelForCausalLM"
) -> list[NDArray[np.float32]]:
    """Each row alone through the whole model: its last hidden states."""
    import torch
    import transformers

    model: Any = getattr(transformers, kind).from_pretrained(folder, dtype=torch.float32)
    with torch.no_grad():
        return [
            model(input_ids=torch.tensor([row]), output_hidden_states=True)
            .hidden_states[-1][0]
            .numpy()
            for row in rows
        ]


def ids(embedder: hf_hidden.HfEmbedder, texts: Sequence[str]) -> list[list[int]]:
    return [embedder._reader(text)[0] for text in texts]


@pytest.fixture(scope="module")
def each(folder: Path) -> Iterator[dict[Choice, hf_hidden.HfEmbedder]]:
    """The same model, pooled in each way."""
    embedders = {pool: opened(folder, pool=pool) for pool in CHOICES}
    yield embedders
    for embedder in embedders.values():
        embedder.close()


def test_vectors_are_those_of_a_plain_forward_pass(
    folder: Path, each: dict[Choice, hf_hidden.HfEmbedder]
) -> None:
    alone = states(folder, ids(each["last"], TEXTS))
    for pool, embedder in each.items():
        found = embedder.embed(TEXTS)
        assert found.vectors.dtype == np.float32
        assert found.vectors.shape == (len(TEXTS), embedder.dimensions)
        wanted = [by_hand(one, pool) for one in alone]
        np.testing.assert_allclose(found.vectors, wanted, atol=2e-5, rtol=1e-4)


def test_neither_order_nor_batches_nor_padding_matter(
    each: dict[Choice, hf_hidden.HfEmbedder],
) -> None:
    for embedder in each.values():
        alone = np.concatenate([embedder.embed([text]).vectors for text in TEXTS])
        usual = embedder._spread.batch_tokens
        for tokens in (1, 200, 100_000):
            embedder._spread.batch_tokens = tokens
            np.testing.assert_allclose(embedder.embed(TEXTS).vectors, alone, atol=2e-5)
            back = embedder.embed(TEXTS[::-1]).vectors[::-1]
            np.testing.assert_allclose(back, alone, atol=2e-5)
        embedder._spread.batch_tokens = usual


def test_a_model_that_looks_both_ways_is_padded_behind_a_mask(bert: Path) -> None:
    texts = [text[:90] for text in TEXTS]
    for pool in CHOICES:
        embedder = opened(bert, pool=pool)
        rows = ids(embedder, texts)
        assert all(row[0] == 2 and row[-1] == 3 for row in rows), "an encoder's text is closed"
        wanted = [by_hand(one, pool) for one in states(bert, rows, "AutoModel")]
        np.testing.assert_allclose(embedder.embed(texts).vectors, wanted, atol=2e-5, rtol=1e-4)
        embedder.close()


def test_what_is_pooled_where_nobody_says(mistral_folder: Path, bert: Path) -> None:
    assert opened(mistral_folder).identity["pool"] == "last"
    assert opened(bert).identity["pool"] == "mean"


def test_tokens_are_those_of_transformers(
    folder: Path, each: dict[Choice, hf_hidden.HfEmbedder]
) -> None:
    from transformers import AutoTokenizer

    tokenizer: Any = AutoTokenizer.from_pretrained(folder)
    reader = each["last"]._reader
    for text in NATURAL:
        assert reader(text)[0] == tokenizer(text)["input_ids"]


def test_the_end_of_an_answer_is_the_end_token_and_nothing_else_is(llama_folder: Path) -> None:
    from transformers import AutoTokenizer

    embedder = opened(llama_folder, pool="last")
    tokenizer: Any = AutoTokenizer.from_pretrained(llama_folder)
    text = f"USER: a poem ASSISTANT: the sea{END}USER: more ASSISTANT: the wind{END}"
    (row,) = ids(embedder, [text])
    assert row == tokenizer(text.replace(END, "</s>"))["input_ids"]
    assert (row[0], row[-1], row.count(2)) == (1, 2, 2)
    (said,) = ids(embedder, ["USER: </s> <s> <unk>"])
    assert said[0] == 1
    assert not {0, 1, 2} & set(said[1:]), "a record's own words are never special"
    embedder.close()


@pytest.mark.parametrize("scheme", ["first", "always"])
def test_a_space_before_the_first_text_only(
    llama_folder: Path, tmp_path: Path, scheme: str
) -> None:
    """Newer tokenizers put it there by their pre-tokenizer, and some not behind a special token."""
    from tokenizers import Tokenizer

    folder = Path(shutil.copytree(llama_folder, tmp_path / "model"))
    content = json.loads((folder / "tokenizer.json").read_text())
    content["normalizer"] = None
    content["pre_tokenizer"] = {
        "type": "Metaspace",
        "replacement": "▁",
        "prepend_scheme": scheme,
        "split": False,
    }
    (folder / "tokenizer.json").write_text(json.dumps(content))
    (folder / "tokenizer.model").unlink()
    config = json.loads((folder / "tokenizer_config.json").read_text())
    config["tokenizer_class"] = "PreTrainedTokenizerFast"
    (folder / "tokenizer_config.json").write_text(json.dumps(config))
    text = f"USER: a poem ASSISTANT: the sea{END}USER: more"
    (row,) = ids(opened(folder), [text])
    whole = Tokenizer.from_file(str(folder / "tokenizer.json"))
    assert row == whole.encode(text.replace(END, "</s>")).ids


def test_long_texts_are_cut_on_the_right_and_marked(llama_folder: Path) -> None:
    embedder = opened(llama_folder, limit=20)
    short, long = "the sea", "the sea and the wind " * 50
    found = embedder.embed([long, short])
    assert found.shortened.tolist() == [True, False]
    (row,) = ids(embedder, [long])
    assert len(row) == 20
    assert row == ids(opened(llama_folder), [long])[0][:20]
    assert embedder.identity["limit"] == "20"
    assert opened(llama_folder, limit=10**9).limit == 1024, "what the model was made for"


def test_memory_that_ends_makes_batches_smaller_and_changes_nothing(llama_folder: Path) -> None:
    embedder = opened(llama_folder, pool="mean", max_batch_tokens=4096)
    calm = embedder.embed(TEXTS).vectors
    (encoder,) = embedder._spread.replicas
    sizes = []

    def full(_: Any, args: Any, named: dict[str, Any]) -> None:
        size = named["input_ids"].numel()
        if size > 250:
            raise MemoryError
        sizes.append(size)

    encoder._model.register_forward_pre_hook(full, with_kwargs=True)
    found = embedder.embed([*TEXTS, "word " * 400])
    np.testing.assert_allclose(found.vectors[:-1], calm, atol=2e-5)
    assert np.isnan(found.vectors[-1]).all(), "one that does not fit alone is an error of its own"
    assert found.trouble.startswith("out of memory")
    assert embedder._spread.batch_tokens < 4096
    embedder.close()


def test_a_model_that_computes_no_numbers_gives_no_vectors(
    llama_folder: Path, tmp_path: Path
) -> None:
    from safetensors.torch import load_file, save_file

    folder = Path(shutil.copytree(llama_folder, tmp_path / "model"))
    weights = load_file(folder / "model.safetensors")
    embedder = opened(folder)
    (bad,) = [row[-1] for row in ids(embedder, ["z"])]
    weights["model.embed_tokens.weight"][bad] = float("nan")
    save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    found = opened(folder).embed(["z", "a"])
    assert np.isnan(found.vectors).all(axis=1).tolist() == [True, False]
    assert found.trouble == "the model's output is not a number"


def test_nothing_to_read_is_no_vector(bpe_folder: Path) -> None:
    found = opened(bpe_folder).embed(["", "a"])
    assert np.isnan(found.vectors).all(axis=1).tolist() == [True, False]
    assert found.trouble == "its tokenizer finds no token in it"
    assert np.isnan(opened(bpe_folder).embed([""]).vectors).all()


def test_the_identity_tells_what_decides_the_numbers(llama_folder: Path) -> None:
    one = opened(llama_folder).identity
    assert one == opened(llama_folder, max_batch_tokens=7, threads=2).identity
    for other in ({"pool": "mean"}, {"limit": 100}):
        assert opened(llama_folder, **other).identity != one
    assert str(llama_folder) not in " ".join(one.values())


def test_a_gguf_is_refused_with_the_backend_that_reads_it(tmp_path: Path) -> None:
    (tmp_path / "model.gguf").write_bytes(b"GGUF")
    with pytest.raises(UsageError, match=r"model\.gguf is a \.gguf") as told:
        hf_hidden.open(tmp_path / "model.gguf")
    assert "llama" in told.value.hint
