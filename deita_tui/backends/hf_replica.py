"""One copy of a transformers model on one device, and one forward pass of it.

Prompts are padded on the right and given no padding mask: a causal model's real tokens never look
at what stands to their right, so they get the numbers that they would get alone, and attention
keeps its fastest kernel. The head sees the last real position of each prompt and nothing else.
"""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import torch

    Pair = tuple[torch.Tensor, torch.Tensor]

SHARING = frozenset({"llama", "mistral", "qwen2", "qwen3", "smollm3"})
"""Model types whose prefix can be computed once: keys and values of every layer are all they
remember. The tests compare each of them with itself without sharing."""

_PREFIXES_KEPT = 4


class Replica:
    """A loaded model on ``device``; used by one thread at a time."""

    def __init__(self, model: Any, device: str) -> None:
        self._model = model
        self.device = device
        self._wanted: Pair | None = None
        """Rows and places whose next token is asked for."""
        self._prefixes: OrderedDict[tuple[int, ...], Prefix] = OrderedDict()
        head = model.get_output_embeddings()
        head.register_forward_pre_hook(self._wanted_only)
        self.vocabulary = int(head.weight.shape[0])
        """How many logits it gives a prompt."""
        window = getattr(model.config, "sliding_window", None)
        self._window = int(window) if window else 0

    def can_share(self, longest: int) -> bool:
        """May a prefix be computed once for prompts of up to ``longest`` tokens?"""
        if self._model.config.model_type not in SHARING:
            return False
        return not self._window or longest <= self._window

    def logprobs(
        self, rows: Sequence[Sequence[int]], choices: Sequence[int], shared: int
    ) -> "torch.Tensor":
        """(n, k) float64 on the CPU: log-probabilities of ``choices`` after each of ``rows``.

        Args:
            rows: prompts, each longer than ``shared``.
            choices: token ids.
            shared: leading tokens to take from the memory of the prefix.
        """
        import torch

        with torch.inference_mode():
            prefix = self._prefix(tuple(rows[0][:shared])) if shared else None
            logits = self._logits([row[shared:] for row in rows], prefix).float()
            picked = logits[:, list(choices)]
            logprobs = picked - torch.logsumexp(logits, dim=-1, keepdim=True)
            return logprobs.to("cpu", torch.float64)

    def spoken(self, rows: Sequence[Sequence[int]], starts: Sequence[int]) -> "torch.Tensor":
        """Log-probabilities of the tokens of each row from its start on, row after row.

        Args:
            rows: token ids.
            starts: of each row, the place of the first token that is asked for: 1 or later.

        Returns:
            (sum of what is asked for,) float64 on the CPU.
        """
        import torch

        which = [n for n, row in enumerate(rows) for _ in range(starts[n], len(row))]
        # What stands at a place is foretold at the place before it.
        places = [at - 1 for n, row in enumerate(rows) for at in range(starts[n], len(row))]
        said = [token for n, row in enumerate(rows) for token in row[starts[n] :]]
        with torch.inference_mode():
            wanted = (self._tensor(which), self._tensor(places))
            logits = self._forward(rows, wanted, None).float()
            picked = logits.gather(1, self._tensor(said)[:, None])[:, 0]
            return (picked - torch.logsumexp(logits, dim=-1)).to("cpu", torch.float64)

    def _tensor(self, numbers: Iterable[int]) -> "torch.Tensor":
        import torch

        return torch.tensor(list(numbers), device=self.device)

    def _logits(self, rows: Sequence[Sequence[int]], prefix: "Prefix | None") -> "torch.Tensor":
        last = [len(row) - 1 for row in rows]
        wanted = (self._tensor(range(len(rows))), self._tensor(last))
        return self._forward(rows, wanted, prefix)

    def _forward(
        self, rows: Sequence[Sequence[int]], wanted: "Pair", prefix: "Prefix | None"
    ) -> "torch.Tensor":
        """(n, vocabulary) logits behind each of the ``wanted`` (rows, places)."""
        import torch

        longest = max(map(len, rows))
        padded = torch.tensor([[*row, *[0] * (longest - len(row))] for row in rows])
        start = prefix.length if prefix else 0
        self._wanted = wanted
        output = self._model(
            input_ids=padded.to(self.device),
            position_ids=torch.arange(start, start + longest, device=self.device)[None],
            attention_mask=self._mask(longest, start) if prefix else None,
            past_key_values=prefix.before(len(rows)) if prefix else None,
            use_cache=False,
        )
        logits: torch.Tensor = output.logits[:, 0]
        return logits

    def _prefix(self, tokens: tuple[int, ...]) -> "Prefix":
        import torch

        if tokens in self._prefixes:
            self._prefixes.move_to_end(tokens)
            return self._prefixes[tokens]
        prefix = Prefix(len(tokens))
        self._wanted = (self._tensor([0]), self._tensor([len(tokens) - 1]))
        self._model(
            input_ids=torch.tensor([tokens], device=self.device),
            position_ids=torch.arange(len(tokens), device=self.device)[None],
            attention_mask=self._mask(len(tokens), 0),
            past_key_values=prefix,
            use_cache=False,
        )
        self._prefixes[tokens] = prefix
        if len(self._prefixes) > _PREFIXES_KEPT:
            self._prefixes.popitem(last=False)
        return prefix

    def _mask(self, length: int, start: int) -> "torch.Tensor":
        """What each of ``length`` tokens may not see, after ``start`` that all may: added, 4-D."""
        import torch

        dtype = self._model.dtype
        mask = torch.full((length, start + length), torch.finfo(dtype).min, dtype=dtype)
        return mask.triu(start + 1).to(self.device)[None, None]

    def _wanted_only(self, _head: Any, inputs: tuple["torch.Tensor", ...]) -> Any:
        (hidden, *rest) = inputs
        assert self._wanted is not None
        rows, places = self._wanted
        return (hidden[rows, places][:, None], *rest)


class Prefix:
    """Keys and values of a prefix, kept as a model's cache while it reads the prefix.

    Not transformers' own cache: that one would keep the prompts' keys and values too, of all
    layers, which for a 7B model are half a megabyte a token, and nobody asks for them again.
    """

    def __init__(self, length: int) -> None:
        self.length = length
        self._layers: list[Pair] = []

    def before(self, rows: int) -> "Before":
        """The prefix in front of ``rows`` prompts."""
        return Before(self._layers, self.length, rows)

    def update(
        self, keys: "torch.Tensor", values: "torch.Tensor", layer: int, *_: Any, **__: Any
    ) -> "Pair":
        """Called by layer ``layer`` with the prefix's keys and values, in order of layers."""
        self._layers.append((keys, values))
        return keys, values

    def get_seq_length(self, *_: Any) -> int:
        """How many tokens came before: none."""
        return 0


class Before:
    """A cache that puts a prefix in front of each prompt and keeps nothing."""

    def __init__(self, layers: "list[Pair]", length: int, rows: int) -> None:
        self._layers = layers
        self._length = length
        self._rows = rows

    def update(
        self, keys: "torch.Tensor", values: "torch.Tensor", layer: int, *_: Any, **__: Any
    ) -> "Pair":
        """The prefix's keys and values of ``layer``, followed by the prompts' own."""
        import torch

        (first_keys, first_values) = self._layers[layer]
        return (
            torch.cat([first_keys.expand(self._rows, -1, -1, -1), keys], dim=2),
            torch.cat([first_values.expand(self._rows, -1, -1, -1), values], dim=2),
        )

    def get_seq_length(self, *_: Any) -> int:
        """How many tokens came before."""
        return self._length
