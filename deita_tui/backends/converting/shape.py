"""What config.json says of a model, as far as a GGUF has to repeat it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from deita_tui.errors import UsageError

ARCHITECTURES = {"llama": "llama", "mistral": "llama", "qwen2": "qwen2"}
"""Model types that can be converted, and what llama.cpp calls them."""

_HINT = "Convert it with llama.cpp's own script, or run the folder with the hf backend."


@dataclass(frozen=True, slots=True)
class Shape:
    """The sizes and constants of one decoder."""

    architecture: str
    """As llama.cpp calls it."""
    name: str
    context: int
    """Tokens."""
    width: int
    """Of a hidden state."""
    inner: int
    """Of the state inside a feed-forward block."""
    blocks: int
    heads: int
    kv_heads: int
    head_size: int
    epsilon: float
    rope_base: float
    rope: Mapping[str, Any]
    """How positions are stretched; empty where they are not."""
    vocabulary: int
    """Rows of the embedding."""
    window: int
    """Tokens that a position looks back on; 0: all of them."""


def read(config: Mapping[str, Any], name: str) -> Shape:
    """The shape of the model whose config.json this is.

    Args:
        config: the file's content.
        name: what to call the model.

    Raises:
        UsageError: it is of a kind that is not converted, or config.json lacks something.
    """
    kind = str(config.get("model_type", ""))
    if kind not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise UsageError(
            f"{name} is of type {kind or 'unknown'!r}; models of type {known} can be converted.",
            _HINT,
        )
    if config.get("quantization_config"):
        raise UsageError(
            f"The weights of {name} are quantized already.", "Convert the model that it is made of."
        )
    if (activation := config.get("hidden_act", "silu")) != "silu":
        raise UsageError(f"{name} computes with {activation}, which llama.cpp does not do.", _HINT)
    try:
        return _shape(config, kind, name)
    except (KeyError, TypeError, ValueError) as error:
        raise UsageError(
            f"config.json of {name} lacks {error}.", "Fetch the model again."
        ) from error


def _shape(config: Mapping[str, Any], kind: str, name: str) -> Shape:
    heads = int(config["num_attention_heads"])
    rope = dict(config.get("rope_parameters") or config.get("rope_scaling") or {})
    base = config.get("rope_theta") or rope.pop("rope_theta", None) or 10_000.0
    rope.pop("rope_theta", None)
    # Qwen2's window is written down, and used only where this says so.
    slides = bool(config.get("use_sliding_window", kind == "mistral"))
    return Shape(
        architecture=ARCHITECTURES[kind],
        name=name,
        context=int(config["max_position_embeddings"]),
        width=int(config["hidden_size"]),
        inner=int(config["intermediate_size"]),
        blocks=int(config["num_hidden_layers"]),
        heads=heads,
        kv_heads=int(config.get("num_key_value_heads") or heads),
        head_size=int(config.get("head_dim") or int(config["hidden_size"]) // heads),
        epsilon=float(config["rms_norm_eps"]),
        rope_base=float(base),
        rope=_stretch(rope, name),
        vocabulary=int(config["vocab_size"]),
        window=int(config.get("sliding_window") or 0) if slides else 0,
    )


def _stretch(rope: dict[str, Any], name: str) -> Mapping[str, Any]:
    kind = rope.get("rope_type") or rope.get("type") or "default"
    if kind == "default":
        return {}
    needed = {
        "linear": ("factor",),
        "yarn": ("factor", "original_max_position_embeddings"),
        "llama3": (
            "factor", "low_freq_factor", "high_freq_factor", "original_max_position_embeddings",
        ),
    }  # fmt: skip
    if kind not in needed:
        raise UsageError(f"{name} stretches its positions by {kind!r}.", _HINT)
    return {"kind": kind, **{key: float(rope[key]) for key in needed[kind]}}
