"""Writing a GGUF so that it can be broken off: head first, then tensor by tensor.

The file grows under another name. A note beside it says what it is made of and how many tensors
are on the disk, so the same conversion goes on behind them.
"""

import json
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import accumulate
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import TYPE_CHECKING, BinaryIO

from deita_tui.backends.converting.shape import Shape
from deita_tui.backends.converting.tensors import Tensor
from deita_tui.backends.converting.vocabulary import Vocabulary

if TYPE_CHECKING:
    from gguf import GGUFWriter

_ALIGNED = 32
"""Bytes: where a tensor begins."""
_EVERY = 2.0
"""Seconds between two notes; each waits for the disk."""

FILE_TYPES = {"F32": 0, "F16": 1, "BF16": 32}
"""As a GGUF numbers what most of its tensors are written in."""


@dataclass(frozen=True, slots=True)
class Part:
    """A GGUF that is being written."""

    path: Path
    """Where it will be."""

    @property
    def growing(self) -> Path:
        """Where it is until it is whole."""
        return self.path.with_name(f"{self.path.name}.part")

    @property
    def note(self) -> Path:
        """Says how far it is."""
        return self.path.with_name(f"{self.path.name}.part.json")

    def drop(self) -> None:
        """Remove what there is of it."""
        for file in (self.growing, self.note):
            file.unlink(missing_ok=True)


def write(part: Part, head: bytes, tensors: Sequence[Tensor], source: str) -> Iterator[int]:
    """Write what is not there yet, as ``part.growing``; yields bytes done.

    Args:
        part: where.
        head: see ``head``.
        tensors: in the order of the file.
        source: stands for the files that they come from: other files, another beginning.
    """
    starts = list(accumulate((_aligned(each.size) for each in tensors), initial=len(head)))
    stamp = sha256(head + source.encode()).hexdigest()
    done = _done(part, stamp, starts)
    yield starts[done]
    with part.growing.open("r+b" if done else "wb") as file:
        if not done:
            file.write(head)
        file.truncate(starts[done])
        file.seek(starts[done])
        noted = monotonic()
        for number, tensor in enumerate(tensors[done:], done):
            for piece in tensor.pieces():
                file.write(piece.tobytes())
                yield file.tell()
            file.write(b"\0" * (starts[number + 1] - file.tell()))
            if monotonic() - noted > _EVERY:
                _sync(file)
                _write_note(part, stamp, number + 1)
                noted = monotonic()
        _sync(file)
    _write_note(part, stamp, len(tensors))


def finish(part: Part) -> None:
    """Give what was written its name."""
    os.replace(part.growing, part.path)
    part.note.unlink(missing_ok=True)


def size(tensors: Sequence[Tensor]) -> int:
    """Bytes of the tensors in the file; the head is small beside them."""
    return sum(_aligned(each.size) for each in tensors)


def head(shape: Shape, vocabulary: Vocabulary, tensors: Sequence[Tensor], precision: str) -> bytes:
    """What stands before the tensors of a file: its shape, its tokens, and where they begin."""
    import numpy as np
    from gguf import GGMLQuantizationType, GGUFWriter

    with TemporaryDirectory() as folder:
        path = Path(folder) / "head.gguf"
        writer = GGUFWriter(path, shape.architecture)
        _add_shape(writer, shape)
        writer.add_file_type(FILE_TYPES[precision])
        vocabulary.add_to(writer)
        for tensor in tensors:
            kind = GGMLQuantizationType[tensor.precision]
            floats = np.dtype(np.float32)
            writer.add_tensor_info(tensor.name, tensor.shape, floats, tensor.size, raw_dtype=kind)
        writer.write_header_to_file()
        writer.write_kv_data_to_file()
        writer.write_ti_data_to_file()
        writer.close()
        made = path.read_bytes()
    return made.ljust(_aligned(len(made)), b"\0")


def _add_shape(writer: "GGUFWriter", shape: Shape) -> None:
    from gguf import RopeScalingType

    writer.add_name(shape.name)
    writer.add_context_length(shape.context)
    writer.add_embedding_length(shape.width)
    writer.add_block_count(shape.blocks)
    writer.add_feed_forward_length(shape.inner)
    writer.add_head_count(shape.heads)
    writer.add_head_count_kv(shape.kv_heads)
    writer.add_key_length(shape.head_size)
    writer.add_value_length(shape.head_size)
    writer.add_layer_norm_rms_eps(shape.epsilon)
    writer.add_rope_dimension_count(shape.head_size)
    writer.add_rope_freq_base(shape.rope_base)
    writer.add_vocab_size(shape.vocabulary)
    kind = shape.rope.get("kind")
    if kind in ("linear", "yarn"):
        writer.add_rope_scaling_type(RopeScalingType(kind))
        writer.add_rope_scaling_factor(shape.rope["factor"])
    if kind == "yarn":
        writer.add_rope_scaling_orig_ctx_len(int(shape.rope["original_max_position_embeddings"]))


def _done(part: Part, stamp: str, starts: Sequence[int]) -> int:
    """How many tensors are on the disk, of this very file."""
    try:
        note = json.loads(part.note.read_text(encoding="utf-8"))
        there = part.growing.stat().st_size
    except (OSError, ValueError):
        return 0
    done = note.get("tensors", 0) if isinstance(note, dict) and note.get("head") == stamp else 0
    return int(done) if 0 <= done < len(starts) and there >= starts[done] else 0


def _write_note(part: Part, stamp: str, tensors: int) -> None:
    beside = part.note.with_name(f"{part.note.name}.new")
    beside.write_text(json.dumps({"head": stamp, "tensors": tensors}), encoding="utf-8")
    os.replace(beside, part.note)


def _sync(file: BinaryIO) -> None:
    file.flush()
    os.fsync(file.fileno())


def _aligned(size: int) -> int:
    return (size + _ALIGNED - 1) // _ALIGNED * _ALIGNED
