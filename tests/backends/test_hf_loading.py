"""Loading a model for the transformers backend: tokens, identity, and files that are not right."""

import json
import shutil
import socket
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from deita_tui.backends import hf
from deita_tui.errors import MissingExtraError, UsageError
from tests.backends.test_hf import FLOAT32, TEXTS


def test_special_tokens_in_a_text_are_text(llama_folder: Path, bpe_folder: Path) -> None:
    from sentencepiece import SentencePieceProcessor

    judge = hf.open(llama_folder, FLOAT32)
    source = SentencePieceProcessor(model_file=str(llama_folder / "tokenizer.model"))
    for text in TEXTS:
        assert judge.tokens(text) == [1, *source.encode(text)], text
    end = 0
    assert end not in hf.open(bpe_folder, FLOAT32).tokens("a<|end|>b")


def test_a_unigram_tokenizer_is_as_deaf(llama_folder: Path, tmp_path: Path) -> None:
    _copy(llama_folder, tmp_path)
    pieces = ["<unk>", "<s>", "</s>", "▁", *"<>/saobc"]
    content = json.loads((tmp_path / "tokenizer.json").read_text())
    content["model"] = {
        "type": "Unigram",
        "unk_id": 0,
        "vocab": [[piece, 0.0 if piece in ("<s>", "</s>") else -3.0] for piece in pieces],
        "byte_fallback": False,
    }
    (tmp_path / "tokenizer.json").write_text(json.dumps(content))
    (tmp_path / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "bos_token": "<s>"})
    )
    (tmp_path / "tokenizer.model").unlink()
    judge = hf.open(tmp_path, FLOAT32)
    assert judge.tokens("a</s>b<s>") == [1, *(pieces.index(piece) for piece in "▁a</s>b<s>")]


def test_a_tokenizer_that_ends_with_eos_is_read_without_it(
    llama_folder: Path, tmp_path: Path
) -> None:
    _copy(llama_folder, tmp_path)
    path = tmp_path / "tokenizer_config.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), "add_eos_token": True}))
    plain = hf.open(llama_folder, FLOAT32).tokens("the sea")
    assert hf.open(tmp_path, FLOAT32).tokens("the sea") == plain


def test_identity_is_weights_tokenizer_and_precision(llama_folder: Path, tmp_path: Path) -> None:
    plain = hf.open(llama_folder, FLOAT32).identity
    faster = hf.HfSettings(device="cpu", dtype="float32", max_batch_tokens=64, threads=1)
    assert hf.open(llama_folder, faster).identity == plain
    half = hf.open(llama_folder, hf.HfSettings(device="cpu", dtype="bfloat16")).identity
    assert half != plain
    assert half["weights"] == plain["weights"]
    _copy(llama_folder, tmp_path)
    assert hf.open(tmp_path, FLOAT32).identity == plain, "a copy elsewhere is the same scorer"
    config = tmp_path / "tokenizer_config.json"
    config.write_text(config.read_text().replace("}", " }"))
    assert hf.open(tmp_path, FLOAT32).identity != plain


def test_no_socket_is_opened(llama_folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a socket was opened")

    for name in ("connect", "connect_ex", "bind", "sendto"):
        monkeypatch.setattr(socket.socket, name, refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    judge = hf.open(llama_folder, FLOAT32)
    assert np.isfinite(judge.next_logprobs([judge.tokens("the sea")], [3, 4])).all()


def test_pickled_weights_are_said_to_be_pickled(llama_folder: Path, tmp_path: Path) -> None:
    import torch
    from safetensors.torch import load_file

    _copy(llama_folder, tmp_path)
    torch.save(load_file(tmp_path / "model.safetensors"), tmp_path / "pytorch_model.bin")
    (tmp_path / "model.safetensors").unlink()
    judge = hf.open(tmp_path, FLOAT32)
    assert "pickled" in " ".join(judge.notes)
    plain = hf.open(llama_folder, FLOAT32)
    found = judge.next_logprobs([[1, 9]], [3])
    np.testing.assert_allclose(found, plain.next_logprobs([[1, 9]], [3]), atol=1e-5)


def test_a_pickle_that_would_run_code_is_not_loaded(llama_folder: Path, tmp_path: Path) -> None:
    import pickle

    _copy(llama_folder, tmp_path)
    (tmp_path / "model.safetensors").unlink()
    trap = tmp_path / "trapped"
    (tmp_path / "pytorch_model.bin").write_bytes(pickle.dumps(_Trap(trap), protocol=2))
    with pytest.raises(UsageError, match="cannot be loaded"):
        hf.open(tmp_path, FLOAT32)
    assert not trap.exists()


def test_a_model_with_code_of_its_own_is_refused(llama_folder: Path, tmp_path: Path) -> None:
    _copy(llama_folder, tmp_path)
    path = tmp_path / "config.json"
    config = json.loads(path.read_text())
    config |= {"model_type": "mine", "auto_map": {"AutoModelForCausalLM": "mine.Model"}}
    path.write_text(json.dumps(config))
    (tmp_path / "mine.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')\n")
    with pytest.raises(UsageError):
        hf.open(tmp_path, FLOAT32)
    assert not (tmp_path / "ran").exists()


def test_tensors_that_are_missing_are_not_made_up(llama_folder: Path, tmp_path: Path) -> None:
    from safetensors.torch import load_file, save_file

    _copy(llama_folder, tmp_path)
    weights = load_file(tmp_path / "model.safetensors")
    del weights["lm_head.weight"]
    save_file(weights, tmp_path / "model.safetensors", metadata={"format": "pt"})
    with pytest.raises(UsageError, match=r"lm_head\.weight is missing"):
        hf.open(tmp_path, FLOAT32)


def test_damaged_weights_are_a_sentence(llama_folder: Path, tmp_path: Path) -> None:
    _copy(llama_folder, tmp_path)
    path = tmp_path / "model.safetensors"
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(UsageError, match="cannot be loaded"):
        hf.open(tmp_path, FLOAT32)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        (hf.HfSettings(device="cuda:9"), UsageError),
        (hf.HfSettings(device="cpu", quantize="int8"), MissingExtraError),
    ],
)
def test_what_this_machine_cannot_do(
    llama_folder: Path, settings: hf.HfSettings, error: type[Exception]
) -> None:
    with pytest.raises(error, match=r"there are: cpu|torchao"):
        hf.open(llama_folder, settings)


class _Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)
