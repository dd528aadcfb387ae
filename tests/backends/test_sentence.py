"""Sentence encoders, against sentence-transformers itself."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from deita_tui.backends import embedders, sentence
from deita_tui.backends.hf_hidden import HfEmbedder
from deita_tui.backends.sentence import SentenceSettings
from deita_tui.backends.weights import needed
from deita_tui.errors import UsageError
from tests.backends.encoders import minilm, reference, sentence_layout, tiny_bert

TEXTS = (
    "A man is eating food.",
    "",
    "a",
    "Explain why the birds return to the north in spring, and describe the weather there. " * 20,
    "  runs   of    spaces\n\n\n  and\ttabs  ",
    "日本語のテキスト、絵文字 🙂🚀 и кириллица, Üben",
    "def add(a, b):\n    return a + b\n" * 6,
)


@pytest.fixture(scope="module")
def bert(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_bert(tmp_path_factory.mktemp("bert") / "tiny-bert")


def opened(folder: Path, **settings: Any) -> HfEmbedder:
    return sentence.open(folder, SentenceSettings(device="cpu", **settings))


def unit(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    found: NDArray[np.float32] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return found


def test_minilm_gives_the_vectors_of_its_own_library() -> None:
    embedder = embedders.open_embedder("auto", str(minilm()), {"device": "cpu"})
    found = embedder.embed(TEXTS)
    np.testing.assert_allclose(unit(found.vectors), reference(minilm(), TEXTS), atol=1e-5)
    assert (embedder.dimensions, embedder.limit) == (384, 256)
    assert found.shortened.tolist() == [False, False, False, True, False, False, False]
    assert embedder.identity["backend"] == "sentence"
    assert embedder.identity["precision"] == "float32"
    embedder.close()


@pytest.mark.parametrize(
    "pooling",
    [
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": False},
        {"pooling_mode_max_tokens": True},
        {"pooling_mode_mean_sqrt_len_tokens": True},
        {"pooling_mode_cls_token": True, "pooling_mode_mean_tokens": True},
        {"pooling_mode": "lasttoken"},
        {"pooling_mode": ["mean", "weightedmean"]},
    ],
    ids=lambda pooling: "-".join(map(str, pooling)),
)
def test_every_pooling_is_as_its_own_library_does_it(
    bert: Path, tmp_path: Path, pooling: dict[str, object]
) -> None:
    folder = sentence_layout(bert, tmp_path / "encoder", pooling)
    embedder = opened(folder)
    found = embedder.embed(TEXTS)
    np.testing.assert_allclose(unit(found.vectors), reference(folder, TEXTS), atol=1e-5)
    alone = np.concatenate([embedder.embed([text]).vectors for text in TEXTS])
    np.testing.assert_allclose(found.vectors, alone, atol=2e-5)


def test_case_and_prompt_are_as_its_own_library_does_them(bert: Path, tmp_path: Path) -> None:
    folder = sentence_layout(
        bert,
        tmp_path / "encoder",
        {"pooling_mode_mean_tokens": True},
        told={"do_lower_case": True, "max_seq_length": 24},
        prompts={"prompts": {"query": "describe: "}, "default_prompt_name": "query"},
    )
    embedder = opened(folder)
    found = unit(embedder.embed(TEXTS).vectors)
    np.testing.assert_allclose(found, reference(folder, TEXTS), atol=1e-5)
    assert embedder.limit == 24
    assert embedder.identity["prompt"] == "describe: "
    assert embedder.identity["case"] == "lower"


def test_a_limit_of_ones_own(bert: Path, tmp_path: Path) -> None:
    folder = sentence_layout(bert, tmp_path / "encoder", {"pooling_mode_mean_tokens": True})
    assert opened(folder).limit == 32
    assert opened(folder, limit=64).limit == 64
    assert opened(folder, limit=10_000).limit == 128, "what the model was made for"


def test_the_transformer_may_lie_in_a_folder_of_its_own(bert: Path, tmp_path: Path) -> None:
    folder = sentence_layout(bert, tmp_path / "encoder", {"pooling_mode_mean_tokens": True})
    same = opened(folder).embed(TEXTS).vectors
    (folder / "0_Transformer").mkdir()
    for file in list(folder.iterdir()):
        if file.is_file() and file.name != "modules.json":
            file.rename(folder / "0_Transformer" / file.name)
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["path"] = "0_Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    np.testing.assert_array_equal(opened(folder).embed(TEXTS).vectors, same)


def test_what_is_not_known_is_refused_with_a_sentence(bert: Path, tmp_path: Path) -> None:
    mean: dict[str, object] = {"pooling_mode_mean_tokens": True}
    dense = sentence_layout(
        bert, tmp_path / "dense", mean, parts=("Transformer", "Pooling", "Dense")
    )
    with pytest.raises(UsageError, match=r"a part sentence_transformers\.models\.Dense"):
        opened(dense)
    odd = sentence_layout(bert, tmp_path / "odd", {"pooling_mode": "attention"})
    with pytest.raises(UsageError, match="odd pools by attention"):
        opened(odd)
    left_out = sentence_layout(bert, tmp_path / "out", {**mean, "include_prompt": False})
    with pytest.raises(UsageError, match="leaves its prompt out"):
        opened(left_out)
    bare = sentence_layout(bert, tmp_path / "bare", mean, parts=("Transformer",))
    with pytest.raises(UsageError, match="no pooling"):
        opened(bare)
    with pytest.raises(UsageError, match=r"has no modules\.json") as told:
        opened(bert)
    assert "--backend hf" in told.value.hint
    (odd / "1_Pooling" / "config.json").write_text("{")
    with pytest.raises(UsageError, match=r"1_Pooling/config\.json of the encoder cannot be read"):
        opened(odd)


def test_code_of_others_in_a_folder_is_never_run(bert: Path, tmp_path: Path) -> None:
    folder = sentence_layout(bert, tmp_path / "encoder", {"pooling_mode_mean_tokens": True})
    modules = json.loads((folder / "modules.json").read_text())
    modules[0]["type"] = "custom_st.Transformer"
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "custom_st.py").write_text("raise SystemExit('it was run')")
    with pytest.raises(UsageError, match=r"a part custom_st\.Transformer"):
        opened(folder)


def test_all_that_an_encoder_needs_is_fetched_with_it() -> None:
    layout = ["modules.json", "sentence_bert_config.json", "1_Pooling/config.json"]
    files = ["model.safetensors", "config.json", "tokenizer.json", *layout, "onnx/config.json"]
    assert set(layout) < set(needed(files))
    assert "onnx/config.json" not in needed(files)
    assert "1_Pooling/config.json" not in needed([f for f in files if f != "modules.json"])
