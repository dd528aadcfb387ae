"""Attention for short prompts on a CPU.

torch's fused kernel is made for long sequences: in bfloat16, at the length of a common instruction
(90 tokens), three plain operations take half of its time, and attention is a fifth of the whole.
Beyond ``_SHORT`` tokens the fused kernel is faster and takes less memory.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

NAME = "deita_tui"
"""What transformers is told to look up."""

_SHORT = 160


def register() -> None:
    """Tell transformers of it; a second time changes nothing."""
    from transformers import AttentionInterface, AttentionMaskInterface
    from transformers.masking_utils import ALL_MASK_ATTENTION_FUNCTIONS

    AttentionInterface.register(NAME, attention)
    AttentionMaskInterface.register(NAME, ALL_MASK_ATTENTION_FUNCTIONS["sdpa"])


def attention(
    module: Any,
    query: "torch.Tensor",
    key: "torch.Tensor",
    value: "torch.Tensor",
    attention_mask: "torch.Tensor | None",
    scaling: float | None = None,
    **options: Any,
) -> "tuple[torch.Tensor, torch.Tensor | None]":
    """As transformers calls it: rows, heads, tokens, width in; rows, tokens, heads, width out."""
    import torch
    from transformers.integrations.sdpa_attention import repeat_kv, sdpa_attention_forward

    if key.shape[2] > _SHORT or query.dtype != torch.bfloat16:
        found: tuple[torch.Tensor, None] = sdpa_attention_forward(
            module, query, key, value, attention_mask, scaling=scaling, **options
        )
        return found
    groups = query.shape[1] // key.shape[1]
    scores = query @ repeat_kv(key, groups).transpose(2, 3)
    scores *= scaling if scaling is not None else query.shape[-1] ** -0.5
    scores += _additive(attention_mask, scores)
    shares = torch.softmax(scores, dim=-1, dtype=torch.float32).to(query.dtype)
    return (shares @ repeat_kv(value, groups)).transpose(1, 2).contiguous(), None


def _additive(mask: "torch.Tensor | None", scores: "torch.Tensor") -> "torch.Tensor":
    """``mask`` as numbers to add; None means that each token sees itself and what is before it."""
    import torch

    least = torch.finfo(scores.dtype).min
    if mask is None:
        return torch.full(scores.shape[-2:], least, dtype=scores.dtype).triu(1)
    if mask.dtype == torch.bool:
        return torch.zeros((), dtype=scores.dtype).where(mask, least)
    return mask
