"""Language models through transformers, on a GPU or a CPU: many prompts in one forward pass.

A prompt's numbers do not depend on what is computed beside it: within 1e-4 in float32, and within
the rounding of bfloat16 there.
"""

import gc
import logging
import os
import threading
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from deita_tui.backends import devices as machine
from deita_tui.backends import weights as models
from deita_tui.backends.hf_loading import is_out_of_memory, load, precision, quantizer
from deita_tui.backends.hf_replica import Replica
from deita_tui.backends.hf_tokens import PlainText
from deita_tui.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deita_tui.backends import FloatArray

_LIMIT = 2048
"""For a model that does not say how many tokens it takes."""
_CPU_TOKENS = 512
"""More gives a CPU nothing: its caches hold no more of what is between two products."""
_GPU_TOKENS = 16_384
_LOGITS = 1 << 27
"""Most numbers in one pass's output: half a gigabyte in float32."""
_SHARE = 0.05
"""A prefix shorter than this share of the prompts is computed with them."""

_log = logging.getLogger(__name__)


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
    most = _most_tokens(weights.config())
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
        self.batch_tokens = batch_tokens or default
        """Tokens in one forward pass, padding included; less after the memory was once full."""
        self.trouble = ""
        """Why the last row of NaN is one; empty when there was none."""
        self._replicas = list(replicas)
        self._tokens = tokens
        self._lock = threading.Lock()

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
        self.trouble = ""
        result = np.full((len(prompts), len(choices)), np.nan)
        work = deque(self._batches(prompts))
        if len(self._replicas) == 1:
            self._drain(self._replicas[0], work, prompts, choices, shared, result)
            return result
        with ThreadPoolExecutor(len(self._replicas)) as pool:
            runs = [
                pool.submit(self._drain, replica, work, prompts, choices, shared, result)
                for replica in self._replicas
            ]
        for run in runs:
            run.result()
        return result

    def close(self) -> None:
        """Give the memory back; the judge cannot be asked again."""
        self._replicas.clear()
        _empty_caches()

    def _batches(self, prompts: Sequence[Sequence[int]]) -> Iterable[list[int]]:
        """Indexes of prompts that are computed together: much alike in length, longest first."""
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i]), reverse=True)
        start = 0
        most = max(1, _LOGITS // self._replicas[0].vocabulary)
        while start < len(order):
            rows = max(1, self.batch_tokens // len(prompts[order[start]]))
            yield order[start : start + min(rows, most)]
            start += min(rows, most)

    def _drain(
        self,
        replica: Replica,
        work: deque[list[int]],
        prompts: Sequence[Sequence[int]],
        choices: Sequence[int],
        shared: int,
        result: "NDArray[np.float64]",
    ) -> None:
        """Take batches until there are none; a batch that is too big goes back as two halves."""
        import numpy as np

        while True:
            try:
                batch = work.popleft()
            except IndexError:
                return
            rows = [prompts[index] for index in batch]
            try:
                found = replica.logprobs(rows, choices, _worth(replica, rows, shared)).numpy()
            except Exception as error:
                if not is_out_of_memory(error):
                    raise
                found = None
            if found is None:
                self._make_room(batch, rows, work)
                continue
            broken = ~np.isfinite(found).all(axis=1)
            if broken.any():
                self.trouble = "the model's output is not a number"
            result[batch] = np.where(broken[:, None], np.nan, found)

    def _make_room(
        self, batch: list[int], rows: Sequence[Sequence[int]], work: deque[list[int]]
    ) -> None:
        _empty_caches()
        if len(batch) == 1:
            self.trouble = f"out of memory on a prompt of {len(rows[0])} tokens"
            _log.warning("%s", self.trouble)
            return
        half = len(batch) // 2
        work.extendleft((batch[half:], batch[:half]))
        with self._lock:
            self.batch_tokens = min(self.batch_tokens, max(1, half * max(map(len, rows))))
        _log.warning("out of memory: at most %d tokens at once from now on", self.batch_tokens)


def _worth(replica: Replica, rows: Sequence[Sequence[int]], shared: int) -> int:
    """How many of the ``shared`` tokens to take from the prefix: none where it would not pay."""
    longest, shortest = max(map(len, rows)), min(map(len, rows))
    taken = min(shared, shortest - 1)
    return taken if taken >= longest * _SHARE and replica.can_share(longest) else 0


def _identity(
    weights: models.Weights, dtype: str, quantize: str, device: machine.Device
) -> dict[str, str]:
    identity = {"backend": "hf", "weights": weights.digest(), "precision": dtype}
    if quantize != "none":
        identity["quantize"] = f"{quantize} by {quantizer(quantize, device)}"
    if weights.revision:
        identity["revision"] = weights.revision
    return identity


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


def _most_tokens(config: Mapping[str, object]) -> int:
    """How many positions a model knows, by config.json or the part of it that is about text."""
    text = config.get("text_config")
    for part in (config, text if isinstance(text, dict) else {}):
        for name in ("max_position_embeddings", "n_positions", "max_seq_len", "seq_length"):
            value = part.get(name)
            if isinstance(value, int) and value > 0:
                return value
    return _LIMIT


def _empty_caches() -> None:
    import torch

    gc.collect()
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    elif torch.backends.mps.is_available():
        torch.mps.empty_cache()
