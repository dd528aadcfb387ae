"""Hidden states of transformers models as vectors: the way DEITA, RDS+ and many others embed."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from deita_tui.backends import devices as machine
from deita_tui.backends import weights as models
from deita_tui.backends.embedders import END_TEXT, Embedded
from deita_tui.backends.hf import HfSettings, most_tokens
from deita_tui.backends.hf_encoder import Encoder
from deita_tui.backends.hf_loading import load, numbers, precision
from deita_tui.backends.hf_spread import Spread
from deita_tui.backends.hf_tokens import PlainText
from deita_tui.backends.pooling import Pool
from deita_tui.backends.reading import Reader
from deita_tui.errors import MissingExtraError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CPU_TOKENS = 2_048
_GPU_TOKENS = 32_768
_ROWS = 512


@dataclass(frozen=True, slots=True)
class HiddenSettings:
    """How a model is run; ``pool``, ``limit``, ``dtype`` and ``quantize`` change its numbers."""

    pool: Literal["", "last", "mean", "position_weighted"] = ""
    """Empty: the last token of a model that looks back only, the mean of any other."""
    device: str = "auto"
    """auto, cpu, cuda (all of them), mps, or several by name: "cuda:0,cuda:1"."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    quantize: Literal["none", "int8", "int4"] = "none"
    """Through bitsandbytes or torchao, where one is installed."""
    max_batch_tokens: int = 0
    """Tokens in one forward pass, padding included; 0: by the device. Halved when memory ends."""
    threads: int = 0
    """0: as torch chooses."""
    limit: int = 2_048
    """The most tokens of a text; never more than the model was made for."""
    offline: bool = False
    """Never ask the hub."""


def open(  # noqa: A001
    model: Path | str, settings: HiddenSettings = HiddenSettings()
) -> "HfEmbedder":
    """Load a model: a folder or a hub id.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        UsageError: there is no such model, or transformers cannot read it.
        JobError: it cannot be fetched, or does not fit into the memory.
    """
    prepare(settings.threads)
    found = models.resolve(model, offline=settings.offline)
    return assemble(found, settings, machine.choose(settings.device))


def assemble(
    weights: models.Weights, settings: HiddenSettings, devices: Sequence[machine.Device]
) -> "HfEmbedder":
    """Load a copy of ``weights`` on each of ``devices``."""
    refuse_gguf(weights)
    dtype = precision(HfSettings(dtype=settings.dtype), tuple(devices))
    tokens = PlainText(weights.path)
    encoders = encoders_on(weights, devices, dtype, settings.quantize)
    looks_back = encoders[0].looks_back
    pool: Pool = settings.pool or ("last" if looks_back else "mean")
    limit = min(settings.limit, most_tokens(weights.config()))
    if not looks_back:
        # Some encoders count their positions from 2; their tokenizers know.
        limit = min(limit, tokens.most)
    reader = Reader(
        tokens.encode,
        limit,
        before=tokens.before,
        # As transformers does it: an encoder's text is closed, a language model's is left open.
        after=() if looks_back else tokens.after,
        end=tokens.special(END_TEXT),
        continued=tokens.continued(),
    )
    identity = {
        **numbers(weights, dtype, settings.quantize, devices[0]),
        "backend": "hf",
        "layer": "last, behind the final norm",
        "pool": pool,
        "limit": str(limit),
    }
    return HfEmbedder(
        encoders, reader, [pool], identity=identity, batch_tokens=settings.max_batch_tokens
    )


class HfEmbedder:
    """An ``Embedder`` over one transformers model, with a copy of it on each device.

    Args:
        encoders: the copies, all of the same model in the same precision.
        reader: makes token ids of a text.
        pools: how tokens become a vector; several are put behind one another.
        identity: what decides its numbers.
        batch_tokens: the most tokens in a forward pass; 0: by the device.
        finish: called with the (n, d) vectors, for what comes behind the pooling.
    """

    reads_end = True

    def __init__(
        self,
        encoders: Sequence[Encoder],
        reader: Reader,
        pools: Sequence[Pool],
        *,
        identity: Mapping[str, str],
        batch_tokens: int = 0,
        finish: "Callable[[NDArray[np.float32]], NDArray[np.float32]] | None" = None,
    ) -> None:
        self.identity = identity
        self.limit = reader.limit
        self.dimensions = encoders[0].dimensions * len(pools)
        self._reader = reader
        self._pools = tuple(pools)
        self._finish = finish
        default = _CPU_TOKENS if encoders[0].device == "cpu" else _GPU_TOKENS
        self._spread = Spread(encoders, batch_tokens or default, _ROWS)

    def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder``. Fastest when ``texts`` come longest first."""
        import numpy as np

        read = [self._reader(text) for text in texts]
        rows = [ids for ids, _ in read]
        vectors = np.full((len(texts), self.dimensions), np.nan, dtype=np.float32)
        there = [number for number, row in enumerate(rows) if row]
        found = np.full((len(there), self.dimensions), np.nan, dtype=np.float32)
        self._spread.run([rows[number] for number in there], self._compute, found)
        vectors[there] = found if self._finish is None else self._finish(found)
        trouble = self._spread.trouble
        if len(there) < len(rows):
            trouble = trouble or "its tokenizer finds no token in it"
        return Embedded(vectors, np.array([short for _, short in read], dtype=bool), trouble)

    def close(self) -> None:
        """Give the memory back; it cannot be asked again."""
        self._spread.close()

    def _compute(self, encoder: Encoder, rows: Sequence[Sequence[int]]) -> "NDArray[np.float32]":
        return encoder.vectors(rows, self._pools)


def prepare(threads: int) -> None:
    """See that the libraries are there, and tell them how to behave.

    Raises:
        MissingExtraError: torch or transformers is not installed.
    """
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import torch
        import transformers  # noqa: F401
    except ImportError as error:
        raise MissingExtraError(error.name or "torch", "hf", "run this model") from error
    if threads:
        torch.set_num_threads(threads)


def refuse_gguf(weights: models.Weights) -> None:
    """Say which backend reads a ``.gguf``."""
    if weights.kind == "gguf":
        raise UsageError(
            f"{weights.name} is a .gguf, which transformers does not run.",
            "Use --backend llama, or a folder of safetensors.",
        )


def encoders_on(
    weights: models.Weights, devices: Sequence[machine.Device], dtype: str, quantize: str
) -> list[Encoder]:
    """The model without its head, once on each device."""
    return [
        Encoder(load(weights, device, dtype, quantize, headless=True), device.name)
        for device in devices
    ]
