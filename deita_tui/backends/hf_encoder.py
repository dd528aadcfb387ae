"""One copy of a transformers model without its head, and texts' vectors out of it.

Texts are padded on the right. A model that only looks back gets no padding mask: its real tokens
never see what stands to their right, so they get the states that they would get alone. Any other
model gets a mask. What is pooled is the last hidden state as the model returns it, behind its final
norm: ``hidden_states[-1]`` in transformers' terms, which is what DEITA's embedder and RDS+ read.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from deita_tui.backends.pooling import Pool, weights

if TYPE_CHECKING:
    import numpy as np
    import torch
    from numpy.typing import NDArray


class Encoder:
    """A loaded model on ``device``; used by one thread at a time.

    Args:
        model: as transformers loads it, with an encoder and a decoder or one of them.
        device: where it is.
    """

    def __init__(self, model: Any, device: str) -> None:
        if getattr(model.config, "is_encoder_decoder", False):
            model = model.get_encoder()
        model.config.use_cache = False
        self._model = model
        self.device = device
        pad = getattr(model.config, "pad_token_id", None)
        # Some models count their positions by what is padding.
        self._pad = pad if isinstance(pad, int) and pad >= 0 else 0
        self.width = int(model.get_input_embeddings().weight.shape[0])
        """Tokens in its vocabulary."""
        self.looks_back = False
        self.looks_back = self._looks_back()
        """Does a token see only what is before it, as in a language model?"""
        self.dimensions = int(self._states([[0, 0]]).shape[-1])

    def vectors(
        self, rows: Sequence[Sequence[int]], pools: Sequence[Pool]
    ) -> "NDArray[np.float32]":
        """(n, d) float32: the vectors of ``rows``; those of several pools stand side by side.

        Args:
            rows: n texts as token ids, each at least one.
            pools: how their tokens become one.
        """
        import torch

        with torch.inference_mode():
            states = self._states(rows)
            lengths = [len(row) for row in rows]
            found = [self._pooled(states, pool, lengths) for pool in pools]
            vectors: NDArray[np.float32] = torch.cat(found, dim=-1).cpu().numpy()
        return vectors

    def _states(self, rows: Sequence[Sequence[int]]) -> "torch.Tensor":
        """(n, longest, d) in the model's precision."""
        import torch

        longest = max(map(len, rows))
        ids = torch.tensor([[*row, *[self._pad] * (longest - len(row))] for row in rows])
        mask = None
        if not self.looks_back and any(len(row) < longest for row in rows):
            ends = torch.tensor([[len(row)] for row in rows])
            mask = (torch.arange(longest)[None] < ends).long().to(self.device)
        with torch.inference_mode():
            output = self._model(input_ids=ids.to(self.device), attention_mask=mask)
        states: torch.Tensor = output.last_hidden_state
        return states

    def _pooled(self, states: "torch.Tensor", pool: Pool, lengths: Sequence[int]) -> "torch.Tensor":
        import torch

        rows = torch.arange(len(lengths), device=states.device)
        ends = torch.tensor(lengths, device=states.device)
        if pool == "last":
            return states[rows, ends - 1].float()
        if pool == "cls":
            return states[:, 0].float()
        outside = (torch.arange(states.shape[1], device=states.device)[None] >= ends[:, None])[
            :, :, None
        ]
        if pool == "max":
            return states.float().masked_fill(outside, -torch.inf).amax(dim=1)
        # Whatever stands in the padding, even a NaN, counts nothing.
        known = states.float().masked_fill(outside, 0.0)
        share = torch.from_numpy(weights(pool, lengths, states.shape[1])).to(states.device)
        return (share[:, None] @ known)[:, 0]

    def _looks_back(self) -> bool:
        """Found by trying: does the state of a first token change with the second one?"""
        import torch

        one, two, three = (number % self.width for number in (5, 6, 7))
        states = self._states([[one, two], [one, three]])[:, 0].float()
        scale = states.abs().max()
        return bool(torch.equal(states[0], states[1])) or bool(
            (states[0] - states[1]).abs().max() < 1e-4 * scale
        )
