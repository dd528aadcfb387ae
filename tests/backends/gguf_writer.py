"""Writes a small LLaMA- or Mistral-type folder of safetensors as a float32 GGUF.

For tests only: the same weights and the same tokenizer in both containers, so that a difference
between two backends is a difference between the backends.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NORMAL, _UNKNOWN, _CONTROL, _USER, _BYTE = 1, 2, 3, 4, 6


def to_gguf(folder: Path, out: Path, *, space_prefix: bool = True) -> Path:
    """Write ``folder`` (config.json, *.safetensors, a SentencePiece-type tokenizer) to ``out``."""
    import gguf

    config = json.loads((folder / "config.json").read_text())
    writer = gguf.GGUFWriter(str(out), "llama")
    _add_shape(writer, config)
    _add_tokenizer(writer, folder, config["vocab_size"])
    writer.add_add_space_prefix(space_prefix)
    for name, tensor in _tensors(folder, config):
        writer.add_tensor(name, tensor)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return out


def _add_shape(writer: Any, config: dict[str, Any]) -> None:
    heads = config["num_attention_heads"]
    head_size = config.get("head_dim") or config["hidden_size"] // heads
    writer.add_name("tiny")
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(heads)
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_rope_dimension_count(head_size)
    writer.add_rope_freq_base(_rope_theta(config))
    writer.add_vocab_size(config["vocab_size"])
    writer.add_file_type(0)


def _rope_theta(config: dict[str, Any]) -> float:
    rope = config.get("rope_parameters") or {}
    return float(config.get("rope_theta") or rope.get("rope_theta") or 10000.0)


def _add_tokenizer(writer: Any, folder: Path, size: int) -> None:
    pieces = _pieces(folder)
    pieces += [(f"<unused{n}>", -1e9, _CONTROL) for n in range(len(pieces), size)]
    special = {text: number for number, (text, _, _) in enumerate(pieces)}
    writer.add_tokenizer_model("llama")
    writer.add_token_list([text for text, _, _ in pieces])
    writer.add_token_scores([score for _, score, _ in pieces])
    writer.add_token_types([kind for _, _, kind in pieces])
    writer.add_unk_token_id(special["<unk>"])
    writer.add_bos_token_id(special["<s>"])
    writer.add_eos_token_id(special["</s>"])
    writer.add_add_bos_token(True)
    writer.add_add_eos_token(False)


def _pieces(folder: Path) -> list[tuple[str, float, int]]:
    """(text, score, type) of every token, in the order of their ids."""
    model = folder / "tokenizer.model"
    return _from_sentencepiece(model) if model.exists() else _from_json(folder / "tokenizer.json")


def _from_sentencepiece(path: Path) -> list[tuple[str, float, int]]:
    from sentencepiece import SentencePieceProcessor

    source = SentencePieceProcessor(model_file=str(path))
    kinds = [
        _UNKNOWN
        if source.IsUnknown(number)
        else _CONTROL
        if source.IsControl(number)
        else _BYTE
        if source.IsByte(number)
        else _NORMAL
        for number in range(source.vocab_size())
    ]
    return [
        (source.IdToPiece(number), source.GetScore(number), kind)
        for number, kind in enumerate(kinds)
    ]


def _from_json(path: Path) -> list[tuple[str, float, int]]:
    content = json.loads(path.read_text())
    vocabulary: dict[str, int] = dict(content["model"]["vocab"])
    added = {token["content"]: token for token in content.get("added_tokens", ())}
    vocabulary.update({text: token["id"] for text, token in added.items()})
    ranks = {
        _merged(merge): rank
        for rank, merge in reversed(list(enumerate(content["model"]["merges"])))
    }
    lowest = float(len(ranks) + 1)
    pieces = []
    for text, _ in sorted(vocabulary.items(), key=lambda item: item[1]):
        if text == "<unk>":
            kind = _UNKNOWN
        elif text in added:
            kind = _CONTROL if added[text]["special"] else _USER
        elif len(text) == 6 and text.startswith("<0x"):
            kind = _BYTE
        else:
            kind = _NORMAL
        pieces.append((text, -float(ranks.get(text, lowest)), kind))
    return pieces


def _merged(merge: str | list[str]) -> str:
    return "".join(merge.split(" ", 1) if isinstance(merge, str) else merge)


def _tensors(folder: Path, config: dict[str, Any]) -> list[tuple[str, NDArray[np.float32]]]:
    from safetensors.torch import load_file

    weights: dict[str, NDArray[np.float32]] = {}
    for part in sorted(folder.glob("*.safetensors")):
        weights.update({name: w.float().numpy() for name, w in load_file(part).items()})
    heads, kv_heads = config["num_attention_heads"], config["num_key_value_heads"]
    written = []
    for name, tensor in weights.items():
        if name.endswith("q_proj.weight"):
            tensor = _interleave(tensor, heads)
        elif name.endswith("k_proj.weight"):
            tensor = _interleave(tensor, kv_heads)
        written.append((_renamed(name), np.ascontiguousarray(tensor, dtype=np.float32)))
    if not any(name == "output.weight" for name, _ in written):
        written.append(("output.weight", weights["model.embed_tokens.weight"]))
    return written


def _interleave(weight: NDArray[np.float32], heads: int) -> NDArray[np.float32]:
    """Turn rotary halves (first half, second half) into the neighbouring pairs of this format."""
    rows, columns = weight.shape
    halves = weight.reshape(heads, 2, rows // heads // 2, columns)
    return halves.swapaxes(1, 2).reshape(rows, columns)


_NAMES = {
    "model.embed_tokens.weight": "token_embd.weight",
    "model.norm.weight": "output_norm.weight",
    "lm_head.weight": "output.weight",
    "input_layernorm": "attn_norm",
    "post_attention_layernorm": "ffn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}


def _renamed(name: str) -> str:
    if name in _NAMES:
        return _NAMES[name]
    _, _, layer, rest = name.split(".", 3)
    return f"blk.{layer}.{_NAMES[rest.removesuffix('.weight')]}.weight"
