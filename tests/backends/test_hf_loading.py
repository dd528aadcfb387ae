"""Loading a model for the transformers backend: tokens, identity, and files that are not right."""

import shutil
from pathlib import Path
from typing import Any

from deita_tui.backends import hf
from tests.backends.test_hf import FLOAT32, TEXTS


def test_special_tokens_in_a_text_are_text(llama_folder: Path, bpe_folder: Path) -> None:
    from sentencepiece import SentencePieceProcessor

    judge = hf.open(llama_folder, FLOAT32)
    source = SentencePieceProcessor(model_file=str(llama_folder / "tokenizer.model"))
    for text in TEXTS:
        assert judge.tokens(text) == [1, *source.encode(text)], text
    end = 0
    assert end not in hf.open(bpe_folder, FLOAT32).tokens("a<|end|>b")


class _Trap:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return (Path.touch, (self.path,))


def _copy(source: Path, target: Path) -> None:
    shutil.copytree(source, target, dirs_exist_ok=True)
