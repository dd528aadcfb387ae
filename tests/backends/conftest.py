"""Tiny models with random weights, as folders of safetensors, made once a session."""

import io
import json
from pathlib import Path
from typing import Any

import pytest

SENTENCES = (
    "You are a helpful assistant. Please identify the complexity score of the following user "
    "query.",
    "##Query: Write a short poem about the sea and the wind.  ",
    "##Complexity: 3",
    "You are a helpful assistant. Please identify the quality score of the Response corresponding "
    "to the Question.",
    " #Question#: How many apples are there in 42 boxes of 16?",
    "#Response#: There are 672 apples in the boxes, because 42 times 16 is 672.",
    "##Quality: 5",
    "1 2 3 4 5 6 7 8 9 0",
    "Explain why the birds return to the north in spring, and describe the weather there.",
    "def add(a, b):\n    return a + b",
)
"""What the tokenizers are trained on."""

SPECIAL = ("<unk>", "<s>", "</s>")


@pytest.fixture(scope="session")
def llama_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LLaMA type: all heads have their own keys; BOS before every text."""
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("models") / "tiny-llama"
    size = write_sentencepiece(folder)
    return write_model(folder, LlamaConfig(**_shape(size), num_key_value_heads=4), seed=1)


@pytest.fixture(scope="session")
def mistral_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Mistral type: two heads share their keys, and the window is wider than any prompt."""
    from transformers import MistralConfig

    folder = tmp_path_factory.mktemp("models") / "tiny-mistral"
    size = write_sentencepiece(folder)
    config = MistralConfig(**_shape(size), num_key_value_heads=2, head_dim=16, sliding_window=4096)
    return write_model(folder, config, seed=2)


@pytest.fixture(scope="session")
def bpe_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """LLaMA type whose byte-level BPE merges the space before a digit with it; no BOS."""
    from transformers import LlamaConfig

    folder = tmp_path_factory.mktemp("models") / "tiny-bpe"
    size = write_bpe(folder)
    return write_model(folder, LlamaConfig(**_shape(size), num_key_value_heads=2), seed=3)


def write_model(folder: Path, config: Any, seed: int) -> Path:
    """Random weights, large enough that prompts get different scores."""
    import torch
    from transformers import AutoModelForCausalLM

    torch.manual_seed(seed)
    kind: Any = AutoModelForCausalLM
    model = kind.from_config(config, dtype=torch.float32)
    model.save_pretrained(folder)
    # It would say that sampling is wanted, or not; the backend must not ask.
    (folder / "generation_config.json").unlink(missing_ok=True)
    return folder


def write_sentencepiece(folder: Path) -> int:
    """A tokenizer as LLaMA 1 has it: dummy prefix, single digits, bytes; return its size.

    ``tokenizer.model`` is SentencePiece's own, ``tokenizer.json`` the same for tokenizers.
    """
    from sentencepiece import SentencePieceProcessor, SentencePieceTrainer

    model = io.BytesIO()
    SentencePieceTrainer.train(
        sentence_iterator=iter(SENTENCES * 3),
        model_writer=model,
        model_type="bpe",
        vocab_size=480,
        hard_vocab_limit=False,
        byte_fallback=True,
        split_digits=True,
        allow_whitespace_only_pieces=True,
        remove_extra_whitespaces=False,
        normalization_rule_name="identity",
        character_coverage=1.0,
        minloglevel=2,
    )
    source = SentencePieceProcessor(model_proto=model.getvalue())
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "tokenizer.model").write_bytes(model.getvalue())
    (folder / "tokenizer.json").write_text(json.dumps(_as_tokenizers(source)))
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "LlamaTokenizer",
                "add_bos_token": True,
                "add_eos_token": False,
                "bos_token": "<s>",
                "eos_token": "</s>",
                "unk_token": "<unk>",
                "legacy": True,
            }
        )
    )
    return int(source.vocab_size())


def write_bpe(folder: Path) -> int:
    """A byte-level BPE in the manner of GPT-2; return its size."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=480,
        special_tokens=["<|end|>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    digits = [f"##Quality: {digit}" for digit in range(10)] * 5
    tokenizer.train_from_iterator([*SENTENCES, *digits], trainer)
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    (folder / "tokenizer_config.json").write_text(
        json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "eos_token": "<|end|>"})
    )
    return int(tokenizer.get_vocab_size())


def _shape(vocabulary: int) -> dict[str, Any]:
    return {
        "vocab_size": vocabulary,
        "hidden_size": 64,
        "intermediate_size": 160,
        "num_hidden_layers": 3,
        "num_attention_heads": 4,
        "max_position_embeddings": 1024,
        "initializer_range": 0.15,
        "bos_token_id": 1,
        "eos_token_id": 2,
        "tie_word_embeddings": False,
    }


def _as_tokenizers(source: Any) -> dict[str, Any]:
    """``tokenizer.json`` of a SentencePiece BPE, in the form that LLaMA's has."""
    pieces = [source.IdToPiece(number) for number in range(source.vocab_size())]
    ranks = {piece: number for number, piece in enumerate(pieces)}
    plain = [p for n, p in enumerate(pieces) if not source.IsControl(n) and not source.IsByte(n)]
    merges = []
    for piece in plain:
        # Pieces are numbered in the order in which they were merged, characters come last.
        splits = [(piece[:cut], piece[cut:]) for cut in range(1, len(piece))]
        known = [(left, right) for left, right in splits if left in ranks and right in ranks]
        merges += [
            (source.GetScore(ranks[piece]), list(pair)) for pair in known if piece != "<unk>"
        ]
    merges.sort(key=lambda scored: -scored[0])
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [
            {
                "id": number,
                "content": text,
                "single_word": False,
                "lstrip": False,
                "rstrip": False,
                "normalized": False,
                "special": True,
            }
            for number, text in enumerate(SPECIAL)
        ],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Prepend", "prepend": "▁"},
                {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
            ],
        },
        "pre_tokenizer": None,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [
                {"SpecialToken": {"id": "<s>", "type_id": 0}},
                {"Sequence": {"id": "A", "type_id": 0}},
            ],
            "pair": [
                {"Sequence": {"id": "A", "type_id": 0}},
                {"Sequence": {"id": "B", "type_id": 1}},
            ],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]}},
        },
        "decoder": None,
        "model": {
            "type": "BPE",
            "dropout": None,
            "unk_token": "<unk>",
            "continuing_subword_prefix": None,
            "end_of_word_suffix": None,
            "fuse_unk": True,
            "byte_fallback": True,
            "ignore_merges": False,
            "vocab": ranks,
            "merges": [pair for _, pair in merges],
        },
    }
