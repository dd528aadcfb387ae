"""Writes the folder of a tiny BERT as a float32 GGUF that says how it is pooled. For tests only."""

import json
from pathlib import Path
from typing import Any

import numpy as np

_NORMAL, _CONTROL = 1, 3

_NAMES = {
    "embeddings.word_embeddings.weight": "token_embd.weight",
    "embeddings.token_type_embeddings.weight": "token_types.weight",
    "embeddings.position_embeddings.weight": "position_embd.weight",
    "embeddings.LayerNorm": "token_embd_norm",
    "attention.self.query": "attn_q",
    "attention.self.key": "attn_k",
    "attention.self.value": "attn_v",
    "attention.output.dense": "attn_output",
    "attention.output.LayerNorm": "attn_output_norm",
    "intermediate.dense": "ffn_up",
    "output.dense": "ffn_down",
    "output.LayerNorm": "layer_output_norm",
}


def bert_gguf(folder: Path, out: Path, pooling: int) -> Path:
    """Write ``folder`` to ``out``; ``pooling`` is llama.cpp's number: 1 mean, 2 cls, 4 rank."""
    import gguf
    from safetensors.numpy import load_file

    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(str(out), "bert")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_layer_norm_eps(config["layer_norm_eps"])
    writer.add_causal_attention(False)
    writer.add_pooling_type(gguf.PoolingType(pooling))
    writer.add_file_type(0)
    _add_tokenizer(writer, folder)
    for name, tensor in load_file(folder / "model.safetensors").items():
        if not name.startswith("pooler.") and "position_ids" not in name:
            writer.add_tensor(_renamed(name), tensor.astype(np.float32))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _add_tokenizer(writer: Any, folder: Path) -> None:
    vocabulary = json.loads((folder / "tokenizer.json").read_text())["model"]["vocab"]
    words = sorted(vocabulary, key=vocabulary.__getitem__)
    special = [word.startswith("[") and word.endswith("]") and len(word) > 2 for word in words]
    writer.add_tokenizer_model("bert")
    writer.add_tokenizer_pre("jina-v2-en")
    writer.add_token_list(
        [
            word if control else word[2:] if word.startswith("##") else f"▁{word}"
            for word, control in zip(words, special, strict=True)
        ]
    )
    writer.add_token_types([_CONTROL if control else _NORMAL for control in special])
    writer.add_token_type_count(2)
    for name in ("pad", "unk", "sep", "mask"):
        getattr(writer, f"add_{name}_token_id")(vocabulary[f"[{name.upper()}]"])
    writer.add_bos_token_id(vocabulary["[CLS]"])
    writer.add_eos_token_id(vocabulary["[SEP]"])


def _renamed(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    name, _, kind = name.rpartition(".")
    if name in _NAMES:
        return f"{_NAMES[name]}.{kind}"
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{_NAMES[rest]}.{kind}"
