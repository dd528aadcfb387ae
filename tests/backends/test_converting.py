"""Folders as GGUFs: the same scores, the same tokens, whatever breaks it off."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deita_tui.backends import converting, hf, llama
from deita_tui.backends.converting import Step
from deita_tui.backends.hf import HfSettings
from deita_tui.errors import UsageError
from tests.backends.conftest import SENTENCES, write_bpe, write_model, write_sentencepiece

PROMPTS = [*SENTENCES, "1 2  3\n\n4", "Größe 你好 🙂 <s> </s>"]
CHOICES = list(range(20, 60))


def made(folder: Path, out: Path, kind: str = "F32") -> Path:
    for _ in converting.convert(folder, out, kind, texts=PROMPTS):
        pass
    return out


def largest_difference(folder: Path, file: Path) -> float:
    """Of the log-probabilities of 40 tokens behind each prompt, folder against GGUF."""
    source = hf.open(folder, HfSettings(device="cpu", dtype="float32"))
    written = llama.open(file)
    try:
        prompts = [source.tokens(text) for text in PROMPTS]
        assert [written.tokens(text) for text in PROMPTS] == prompts
        one = source.next_logprobs(prompts, CHOICES)
        other = written.next_logprobs(prompts, CHOICES)
    finally:
        source.close()
        written.close()
    return float(np.abs(one - other).max())


@pytest.fixture(scope="session")
def qwen_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Qwen2 type: biases on queries, keys and values; halves are not interleaved."""
    from transformers import Qwen2Config

    folder = tmp_path_factory.mktemp("models") / "tiny-qwen2"
    config = shaped(Qwen2Config, write_bpe(folder), num_key_value_heads=2)
    return write_model(folder, config, seed=7)


def shaped(kind: Any, size: int, **more: Any) -> Any:
    known = {
        "vocab_size": size, "hidden_size": 64, "intermediate_size": 160, "num_hidden_layers": 2,
        "num_attention_heads": 4, "max_position_embeddings": 1024, "initializer_range": 0.15,
        "tie_word_embeddings": False,
    }  # fmt: skip
    return kind(**(known | more))


@pytest.mark.parametrize("name", ["llama_folder", "mistral_folder", "bpe_folder", "qwen_folder"])
def test_a_float32_file_scores_as_its_folder(
    name: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue(name)
    assert largest_difference(folder, made(folder, tmp_path / "model.gguf")) < 1e-3


def test_a_tokenizer_json_alone_is_enough(llama_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(llama_folder, tmp_path / "no-model-file")
    (folder / "tokenizer.model").unlink()
    assert largest_difference(folder, made(folder, tmp_path / "model.gguf")) < 1e-3


@pytest.mark.parametrize(
    "rope",
    [
        {"rope_type": "linear", "factor": 2.0},
        {
            "rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0,
            "original_max_position_embeddings": 64,
        },
    ],
    ids=["linear", "llama3"],
)  # fmt: skip
def test_stretched_positions_are_kept(rope: dict[str, Any], tmp_path: Path) -> None:
    from transformers import LlamaConfig

    folder = tmp_path / "stretched"
    size = write_sentencepiece(folder)
    config = shaped(LlamaConfig, size, rope_parameters={"rope_theta": 5000.0, **rope})
    write_model(folder, config, seed=9)
    assert largest_difference(folder, made(folder, tmp_path / "model.gguf")) < 1e-3


def test_tied_embeddings_need_no_output(tmp_path: Path) -> None:
    from transformers import LlamaConfig

    folder = tmp_path / "tied"
    size = write_sentencepiece(folder)
    write_model(folder, shaped(LlamaConfig, size, tie_word_embeddings=True), seed=11)
    assert largest_difference(folder, made(folder, tmp_path / "model.gguf")) < 1e-3


def test_fewer_bits_move_scores_further(qwen_folder: Path, tmp_path: Path) -> None:
    found = {
        kind: largest_difference(qwen_folder, made(qwen_folder, tmp_path / f"{kind}.gguf", kind))
        for kind in ("F32", "BF16", "Q8_0", "Q4_0")
    }
    assert found["F32"] < 1e-3
    assert found["F32"] < found["BF16"] < found["Q4_0"]
    assert found["Q8_0"] < found["Q4_0"]
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(f"{k}.gguf" for k in found)


def test_more_rows_than_tokens_are_filled_up(tmp_path: Path) -> None:
    from transformers import LlamaConfig

    folder = tmp_path / "padded"
    size = write_sentencepiece(folder)
    write_model(folder, shaped(LlamaConfig, size + 13), seed=12)
    assert largest_difference(folder, made(folder, tmp_path / "model.gguf")) < 1e-3


def test_broken_off_anywhere_it_goes_on_to_the_same_bytes(
    llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deita_tui.backends.converting.parts._EVERY", 0.0)
    whole = made(llama_folder, tmp_path / "whole.gguf").read_bytes()
    out = tmp_path / "model.gguf"
    resumed_at: list[int] = []
    for steps in (4, 6, 8, 9):
        work = converting.convert(llama_folder, out, "F32")
        told: list[Step] = [next(work) for _ in range(steps)]
        work.close()
        resumed_at.append(told[1].done)
        assert not out.exists()
    assert resumed_at == sorted(set(resumed_at))  # each began where the one before had come to
    assert made(llama_folder, out).read_bytes() == whole
    assert sorted(file.name for file in tmp_path.iterdir()) == ["model.gguf", "whole.gguf"]


def test_what_is_left_of_another_model_is_not_gone_on_with(
    llama_folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch
    from safetensors.torch import load_file, save_file

    monkeypatch.setattr("deita_tui.backends.converting.parts._EVERY", 0.0)
    other = shutil.copytree(llama_folder, tmp_path / "other")
    weights = load_file(other / "model.safetensors")
    changed = {name: tensor + torch.ones_like(tensor) for name, tensor in weights.items()}
    save_file(changed, other / "model.safetensors", metadata={"format": "pt"})
    out = tmp_path / "model.gguf"
    work = converting.convert(other, out, "F32")
    for _ in range(20):
        next(work)
    work.close()
    assert (
        made(llama_folder, out).read_bytes() == made(llama_folder, tmp_path / "x.gguf").read_bytes()
    )


def edited(folder: Path, into: Path, **changes: Any) -> Path:
    copy = shutil.copytree(folder, into)
    config = json.loads((copy / "config.json").read_text())
    (copy / "config.json").write_text(json.dumps(config | changes))
    return copy


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"model_type": "gpt2"}, "of type 'gpt2'; models of type llama, mistral, qwen2"),
        ({"quantization_config": {"bits": 4}}, "quantized already"),
        ({"hidden_act": "gelu"}, "computes with gelu"),
        ({"rope_parameters": {"rope_type": "longrope"}}, "stretches its positions by 'longrope'"),
        ({"num_hidden_layers": 5}, "lacks 18 of its tensors, among them blk.3.attn_k.weight"),
        ({"vocab_size": 999}, "says 999 tokens, and its embedding has"),
    ],
)
def test_what_cannot_be_converted_is_said_before_anything_is_written(
    changes: dict[str, Any], sentence: str, llama_folder: Path, tmp_path: Path
) -> None:
    folder = edited(llama_folder, tmp_path / "model", **changes)
    with pytest.raises(UsageError, match=sentence):
        made(folder, tmp_path / "out.gguf")
    assert [file.name for file in tmp_path.iterdir()] == ["model"]


def test_a_cut_file_is_noticed(llama_folder: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(llama_folder, tmp_path / "model")
    weights = folder / "model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-100])
    with pytest.raises(UsageError, match="ends before its tensors do"):
        made(folder, tmp_path / "out.gguf")


def test_a_tokenizer_that_llama_cpp_cannot_copy_is_refused(
    bpe_folder: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(bpe_folder, tmp_path / "model")
    content = json.loads((folder / "tokenizer.json").read_text())
    content["normalizer"] = {"type": "Lowercase"}
    (folder / "tokenizer.json").write_text(json.dumps(content))
    with pytest.raises(UsageError, match="no way to tokenize as model does"):
        made(folder, tmp_path / "out.gguf")


def test_an_unknown_type_names_those_there_are(llama_folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no type 'Q9_9'") as caught:
        made(llama_folder, tmp_path / "out.gguf", "Q9_9")
    assert "Q4_K_M" in caught.value.hint
