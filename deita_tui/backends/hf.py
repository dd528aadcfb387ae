"""Language models through transformers, on a GPU or a CPU: many prompts in one forward pass.

A prompt's numbers do not depend on what is computed beside it: within 1e-4 in float32, and within
the rounding of bfloat16 there.
"""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from deita_tui.backends import devices as machine
from deita_tui.backends import weights as models
from deita_tui.backends.hf_loading import load, numbers, precision
from deita_tui.backends.hf_replica import Replica
from deita_tui.backends.hf_spread import Rows, Spread
from deita_tui.backends.hf_tokens import PlainText
from deita_tui.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    from deita_tui.backends import FloatArray, Item

_LIMIT = 2048
"""For a model that does not say how many tokens it takes."""
_CPU_TOKENS = 512
"""More gives a CPU nothing: its caches hold no more of what is between two products."""
_GPU_TOKENS = 16_384
_LOGITS = 1 << 27
"""Most numbers in one pass's output: half a gigabyte in float32."""
_SHARE = 0.05
"""A prefix shorter than this share of the prompts is computed with them."""


@dataclass(frozen=True, slots=True)
class HfSettings:
    """How a model is run; only ``dtype`` and ``quantize`` change its numbers."""

    device: str = "auto"
    """auto, cpu, cuda (all of them), mps, or several by name: "cuda:0,cuda:1"."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    quantize: Literal["none", "int8", "int4"] = "none"
    """Through bitsandbytes or torchao, where one is installed."""
    max_batch_tokens: int = 0
    """Tokens in one forward pass, padding included; 0: by the device. Halved when memory ends."""
    threads: int = 0
    """0: as torch chooses."""
    limit: int = 0
    """The most tokens in a prompt; 0: what the model was made for."""
    offline: bool = False
    """Never ask the hub."""


def open(  # noqa: A001
    model: Path | str,
    settings: HfSettings = HfSettings(),
    progress: models.Progress | None = None,
) -> "HfJudge":
    """Load a model: a folder or a hub id.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        UsageError: there is no such model, or it cannot be asked for digits.
        JobError: it cannot be fetched, or does not fit into the memory.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "hf", "run this model") from error
    found = models.resolve(model, offline=settings.offline, progress=progress)
    if found.kind == "gguf":
        raise UsageError(
            f"{found.name} is a .gguf, which the hf backend does not read.",
            "Use --backend llama, or a folder of safetensors.",
        )
    if settings.threads:
        torch.set_num_threads(settings.threads)
    return assemble(found, settings, machine.choose(settings.device))


def assemble(
    weights: models.Weights, settings: HfSettings, devices: Sequence[machine.Device]
) -> "HfJudge":
    """Load a copy of ``weights`` on each of ``devices``."""
    dtype = precision(settings, tuple(devices))
    tokens = PlainText(weights.path)
    replicas = [
        Replica(load(weights, device, dtype, settings.quantize), device.name) for device in devices
    ]
    most = most_tokens(weights.config())
    return HfJudge(
        replicas,
        tokens,
        name=weights.name,
        identity=_identity(weights, dtype, settings.quantize, devices[0]),
        limit=min(settings.limit or most, most),
        batch_tokens=settings.max_batch_tokens,
        notes=_notes(weights, dtype, devices),
    )


class HfJudge:
    """A ``Judge`` over one transformers model, with a copy of it on each device.

    Args:
        replicas: the copies, all of the same model in the same precision.
        tokens: its tokenizer.
        name: what a person calls the model.
        identity: what decides its numbers.
        limit: the most tokens in a prompt.
        batch_tokens: the most tokens in a forward pass; 0: by the device.
        notes: what a user should know about how it was loaded, in sentences.
    """

    def __init__(
        self,
        replicas: Sequence[Replica],
        tokens: Callable[[str], list[int]],
        *,
        name: str,
        identity: Mapping[str, str],
        limit: int,
        batch_tokens: int = 0,
        notes: Sequence[str] = (),
    ) -> None:
        self.name = name
        self.identity = identity
        self.limit = limit
        self.notes = tuple(notes)
        default = _CPU_TOKENS if replicas[0].device == "cpu" else _GPU_TOKENS
        most = max(1, _LOGITS // replicas[0].vocabulary)
        self.spread = Spread(replicas, batch_tokens or default, most)
        # Where every token is asked for, each has as many logits as a whole prompt otherwise.
        self._speaking = Spread(replicas, min(batch_tokens or default, most), most)
        self._tokens = tokens

    @property
    def trouble(self) -> str:
        """Why the last row of NaN is one; empty when there was none."""
        return self.spread.trouble or self._speaking.trouble

    def tokens(self, text: str) -> list[int]:
        """Token ids of ``text`` as plain text: BOS as the model has it, no EOS, no specials."""
        return self._tokens(text)

    def next_logprobs(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int = 0
    ) -> "FloatArray":
        """See ``Judge.next_logprobs``. Fastest when ``prompts`` come longest first."""
        import numpy as np

        for prompt in prompts:
            if not 1 <= len(prompt) <= self.limit:
                raise ValueError(
                    f"a prompt has {len(prompt)} tokens, and may have 1 to {self.limit}"
                )
        result = np.full((len(prompts), len(choices)), np.nan)

        def compute(replica: Replica, rows: Rows) -> "FloatArray":
            found: FloatArray = replica.logprobs(
                rows, choices, _worth(replica, rows, shared)
            ).numpy()
            return found

        self.spread.run(prompts, compute, result)
        return result

    def logprobs(self, items: "Sequence[Item]") -> "list[FloatArray]":
        """See ``LogProbs.logprobs``."""
        import numpy as np

        rows = [[*prefix, *continuation] for prefix, continuation in items]
        for (prefix, continuation), row in zip(items, rows, strict=True):
            if not (prefix and continuation and len(row) <= self.limit):
                raise ValueError(
                    f"{len(prefix)} tokens and {len(continuation)} behind them: each must be there,"
                    f" and together they may be {self.limit}"
                )
        # A batch is told by its rows alone, so the start of each goes before it.
        marked = [[len(prefix), *row] for (prefix, _), row in zip(items, rows, strict=True)]
        widest = max((len(continuation) for _, continuation in items), default=0)
        result = np.full((len(items), widest), np.nan)

        def compute(replica: Replica, batch: Rows) -> "FloatArray":
            starts, texts = [row[0] for row in batch], [row[1:] for row in batch]
            said = replica.spoken(texts, starts).numpy()
            found = np.zeros((len(batch), widest))
            begin = 0
            for number, (start, text) in enumerate(zip(starts, texts, strict=True)):
                end = begin + len(text) - start
                found[number, : end - begin] = said[begin:end]
                begin = end
            return found

        self._speaking.run(marked, compute, result)
        return [row[: len(said)] for row, (_, said) in zip(result, items, strict=True)]

    def close(self) -> None:
        """Give the memory back; the judge cannot be asked again."""
        self._speaking.close()
        self.spread.close()


def _worth(replica: Replica, rows: Sequence[Sequence[int]], shared: int) -> int:
    """How many of the ``shared`` tokens to take from the prefix: none where it would not pay."""
    longest, shortest = max(map(len, rows)), min(map(len, rows))
    taken = min(shared, shortest - 1)
    return taken if taken >= longest * _SHARE and replica.can_share(longest) else 0


def _identity(
    weights: models.Weights, dtype: str, quantize: str, device: machine.Device
) -> dict[str, str]:
    return {"backend": "hf", **numbers(weights, dtype, quantize, device)}


def _notes(
    weights: models.Weights, dtype: str, devices: Sequence[machine.Device]
) -> tuple[str, ...]:
    where = ", ".join(device.name for device in devices)
    notes = [f"{weights.name} runs in {dtype} on {where}."]
    if weights.pickled:
        notes.append(
            f"{weights.name} has no safetensors: its pickled .bin files are read with torch's "
            "weights_only reader, which runs no code in them."
        )
    return tuple(notes)


def most_tokens(config: Mapping[str, object]) -> int:
    """How many positions a model knows, by config.json or the part of it that is about text."""
    text = config.get("text_config")
    for part in (config, text if isinstance(text, dict) else {}):
        for name in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
            value = part.get(name)
            if isinstance(value, int) and value > 0:
                return value
    return _LIMIT
