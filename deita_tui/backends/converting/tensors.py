"""The tensors of a folder of safetensors, one piece at a time, as a GGUF has them.

Nothing is held but the piece: a model is converted in the memory of its largest few rows.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deita_tui.backends.converting.shape import Shape
from deita_tui.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]
    Bytes = NDArray[np.uint8]

PRECISIONS = {"F32": 4, "F16": 2, "BF16": 2}
"""Bytes of a number, for what tensors can be written in without being squeezed."""

_PIECE = 1 << 24
"""Numbers that are converted at once: 64 MB of float32."""
_WIDTH = {"F32": "float32", "F16": "float16", "BF16": "uint16"}
_USELESS = ("rotary_emb.inv_freq", "masked_bias", "attention.bias")
"""What some folders hold and no decoder needs: it follows from config.json."""


@dataclass(frozen=True, slots=True)
class Tensor:
    """One tensor, by the name that it will have."""

    name: str
    shape: tuple[int, ...]
    precision: str
    """What it is written in, of ``PRECISIONS``."""
    source: Any
    """As the library names a stretch of a safetensors file; or the numbers themselves."""
    heads: int = 0
    """The rows of so many heads are to be put in llama.cpp's order; 0: as they are."""

    @property
    def size(self) -> int:
        """Bytes, as it is written."""
        count = 1
        for each in self.shape:
            count *= each
        return count * PRECISIONS[self.precision]

    def pieces(self) -> "Iterator[Bytes]":
        """Its bytes as they are written, in order."""
        import numpy as np
        from gguf import GGMLQuantizationType
        from gguf.quants import quantize

        into = GGMLQuantizationType[self.precision]
        for rows in self._rows():
            yield quantize(rows, into).view(np.uint8).reshape(-1)

    def _rows(self) -> "Iterator[Floats]":
        import numpy as np

        if isinstance(self.source, np.ndarray):
            yield self.source.astype(np.float32)
            return
        kind = self.source.dtype
        numbers = self.source.mmap_bytes().view(_WIDTH[kind])
        table = numbers.reshape(self.shape[0], -1)
        step = max(1, _PIECE // table.shape[1])
        order = self._order()
        for start in range(0, len(table), step):
            chosen = table[start : start + step] if order is None else table[order[start:][:step]]
            yield _float32(chosen, kind)

    def _order(self) -> "NDArray[np.intp] | None":
        """Which row comes when: rotary halves become neighbouring pairs, head by head."""
        import numpy as np

        if not self.heads:
            return None
        rows = np.arange(self.shape[0]).reshape(self.heads, 2, -1)
        return rows.swapaxes(1, 2).reshape(-1)


def read(files: Sequence[Path], shape: Shape, precision: str) -> list[Tensor]:
    """The tensors of a model, in the order of the blocks.

    Args:
        files: its ``.safetensors``.
        shape: what it is.
        precision: what matrices are written in; what has one dimension stays float32.

    Raises:
        UsageError: a file is damaged, a tensor is missing, or of a kind that is not read.
    """
    import gguf

    arch = next(key for key, name in gguf.MODEL_ARCH_NAMES.items() if name == shape.architecture)
    names = gguf.get_tensor_name_map(arch, shape.blocks)
    found: dict[str, Tensor] = {}
    for file in files:
        for name, source in _open(file).items():
            if name.endswith(_USELESS):
                continue
            renamed = names.get_name(name, try_suffixes=(".weight", ".bias"))
            if renamed is None:
                raise UsageError(
                    f"{file.name} holds a tensor {name!r}, which a model of this type has not.",
                    "Convert it with llama.cpp's own script.",
                )
            found[renamed] = _tensor(file, renamed, source, shape, precision)
    if shape.rope.get("kind") == "llama3":
        factors = _factors(shape)
        found["rope_freqs.weight"] = Tensor("rope_freqs.weight", factors.shape, "F32", factors)
    _refuse_missing(found, shape)
    return sorted(found.values(), key=_place)


def native(files: Sequence[Path]) -> str:
    """The precision that a model's matrices are stored in, the widest of several."""
    kinds = {source.dtype for file in files for source in _open(file).values()}
    return next((kind for kind in ("F32", "BF16", "F16") if kind in kinds), "F32")


def _open(file: Path) -> dict[str, Any]:
    from gguf.utility import SafetensorsLocal

    try:
        return SafetensorsLocal(file).tensors
    except (ValueError, KeyError, UnicodeDecodeError, OSError) as error:
        raise UsageError(
            f"{file.name} is damaged or incomplete ({error}).", "Fetch the model again."
        ) from error


def _tensor(file: Path, name: str, source: Any, shape: Shape, precision: str) -> Tensor:
    if source.dtype not in _WIDTH:
        raise UsageError(
            f"{file.name} holds numbers of type {source.dtype}; "
            f"{', '.join(_WIDTH)} can be converted.",
            "Convert the model that it was made of.",
        )
    end = source.data_range.offset + source.data_range.size
    if file.stat().st_size < end:
        raise UsageError(f"{file.name} ends before its tensors do.", "Fetch the model again.")
    heads = 0
    # Only the llama architecture pairs neighbours; qwen2 keeps the halves.
    if shape.architecture == "llama":
        part = name.rsplit(".", 1)[0].rpartition(".")[2]
        heads = {"attn_q": shape.heads, "attn_k": shape.kv_heads}.get(part, 0)
    wide = precision if len(source.shape) > 1 else "F32"
    return Tensor(name, tuple(source.shape), wide, source, heads)


def _float32(numbers: Any, kind: str) -> "Floats":
    import numpy as np

    floats: Floats
    if kind == "BF16":
        floats = (numbers.astype(np.uint32) << 16).view(np.float32)
    else:
        floats = numbers.astype(np.float32)
    return floats


def _factors(shape: Shape) -> "Floats":
    """By what LLaMA 3.1 divides each rotary frequency: long waves by the factor, short ones by 1.

    As defined by the model's config: between the two there is a smooth passage.
    """
    import numpy as np

    rope = shape.rope
    old = rope["original_max_position_embeddings"]
    low, high = rope["low_freq_factor"], rope["high_freq_factor"]
    exponents = np.arange(0, shape.head_size, 2) / shape.head_size
    waves = 2 * np.pi * shape.rope_base**exponents
    smooth = np.clip((old / waves - low) / (high - low), 0, 1)
    return np.asarray(1 / ((1 - smooth) / rope["factor"] + smooth), np.float32)


def _refuse_missing(found: dict[str, Tensor], shape: Shape) -> None:
    attention = ("attn_norm", "attn_q", "attn_k", "attn_v", "attn_output")
    parts = (*attention, "ffn_norm", "ffn_gate", "ffn_up", "ffn_down")
    needed = [f"blk.{block}.{part}.weight" for block in range(shape.blocks) for part in parts]
    missing = {"token_embd.weight", "output_norm.weight", *needed} - found.keys()
    if missing:
        raise UsageError(
            f"{shape.name} lacks {len(missing)} of its tensors, among them {min(missing)}.",
            "Fetch the model again: a part of its weights is not there.",
        )
    rows = found["token_embd.weight"].shape[0]
    if rows != shape.vocabulary:
        raise UsageError(
            f"config.json of {shape.name} says {shape.vocabulary:,} tokens, and its embedding has "
            f"{rows:,}.",
            "Fetch the model again: its files do not belong together.",
        )


def _place(tensor: Tensor) -> tuple[int, str]:
    if not tensor.name.startswith("blk."):
        return (-1, tensor.name)
    return (int(tensor.name.split(".")[1]), tensor.name)
