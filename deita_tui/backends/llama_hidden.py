"""Vectors from GGUF models through llama.cpp: embedding models, and the states of any other.

A text is computed alone, and cut at the same places whatever came before it, so its vector does
not depend on its neighbours, quantized or not.
"""

import weakref
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from deita_tui.backends import gguf, llama, splits, weights
from deita_tui.backends.embedders import END_TEXT, Embedded
from deita_tui.backends.llama_batch import Batch
from deita_tui.backends.pooling import Pool, pooled
from deita_tui.backends.reading import Reader
from deita_tui.errors import JobError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_CHUNK = 512
"""Tokens of a model that looks back are computed so many at a time; others see the whole text."""
_UNPOOLED, _RANK = 0, 4  # llama.cpp's pooling types
_OWN: Mapping[int, Pool] = {1: "mean", 2: "cls", 3: "last"}
_KV_TYPES = {"f32": 0, "f16": 1}


@dataclass(frozen=True, slots=True)
class LlamaSettings:
    """How a GGUF is run; ``pool``, ``limit``, ``kv_type`` and attention change its numbers."""

    pool: Literal["", "last", "mean", "position_weighted"] = ""
    """Empty: as the file says; where it says nothing, the last token of a model that looks back
    only, and the mean of any other."""
    threads: int = 0
    """0: one for each physical core that this process may use."""
    gpu_layers: int = -1
    """Layers put on a GPU where the build can; -1: all."""
    kv_type: Literal["f32", "f16"] = "f32"
    """Precision of the cache: f32 agrees with float32 transformers, f16 takes half the memory."""
    flash_attention: bool = False
    limit: int = 2_048
    """The most tokens of a text; never more than the model was made for."""
    offline: bool = False
    """Take a hub id from the local cache only."""


def open(  # noqa: A001
    model: str | Path, settings: LlamaSettings = LlamaSettings()
) -> "LlamaEmbedder":
    """Load a GGUF model: a file, a folder or hub repository that holds one, or a hub id of a file.

    Raises:
        MissingExtraError: llama-cpp-python is not installed.
        UsageError: it is missing, damaged, or gives no vectors.
        JobError: it does not fit into the memory.
    """
    found = weights.resolve(model, offline=settings.offline)
    if found.kind != "gguf":
        raise UsageError(
            f"{found.name} is a folder of safetensors; the llama backend reads .gguf files.",
            "Use the hf backend, or convert the model to GGUF.",
        )
    gguf.check(found.path)
    return LlamaEmbedder(found.path, settings)


class LlamaEmbedder:
    """An ``Embedder`` over one GGUF model. Not for two threads at a time."""

    reads_end = True

    def __init__(self, path: Path, settings: LlamaSettings) -> None:
        library = gguf.library()
        self._llama = library
        native = [llama._load(library, path, llama.LlamaSettings(gpu_layers=settings.gpu_layers))]
        # Also at the end of the process: llama.cpp must let go of it before Python does.
        self._free = weakref.finalize(self, llama._release, library, native)
        try:
            self.limit = min(settings.limit, library.llama_model_n_ctx_train(native[0]))
            looks_back = _said(library, native[0], "attention.causal") != "false"
            said = int(_said(library, native[0], "pooling_type") or _UNPOOLED)
            if said == _RANK:
                raise UsageError(
                    f"{path.name} ranks texts against a question, and gives them no vectors.",
                    "Choose an embedding model, or a language model.",
                )
            # A model that looks both ways reads a text in one piece, and llama.cpp may pool it.
            self._own = not looks_back and not settings.pool and said in _OWN
            self._pool: Pool = settings.pool or _OWN.get(said, "last" if looks_back else "mean")
            room = min(_CHUNK, self.limit) if looks_back else self.limit
            pooling = said if self._own else _UNPOOLED
            native.append(_context(library, native[0], path, settings, self.limit, room, pooling))
        except BaseException:
            self.close()
            raise
        self._context = native[1]
        self._memory = library.llama_get_memory(native[1])
        self._room = room
        self._batch = Batch(library, room)
        self.dimensions = int(library.llama_model_n_embd(native[0]))
        closed = said in _OWN or not looks_back
        self._reader = _reader(library, native[0], self.limit, closed)
        self.identity: Mapping[str, str] = _identity(library, native[0], path, settings) | {
            "pool": self._pool,
            "limit": str(self.limit),
        }

    def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder``.

        Raises:
            JobError: llama.cpp cannot go on.
        """
        import numpy as np

        # llama.cpp would read freed memory.
        if not self._free.alive:
            raise ValueError("the model is closed")
        vectors = np.full((len(texts), self.dimensions), np.nan, dtype=np.float32)
        shortened = np.zeros(len(texts), dtype=bool)
        trouble = ""
        for row, text in enumerate(texts):
            ids, shortened[row] = self._reader(text)
            said = self._embed(ids, vectors[row]) if ids else "its tokenizer finds no token in it"
            trouble = trouble or said
        return Embedded(vectors, shortened, trouble)

    def close(self) -> None:
        """Free the model and its cache; a second call does nothing."""
        self._free()

    def _embed(self, ids: Sequence[int], into: "NDArray[np.float32]") -> str:
        """Compute one text; returns why it could not be."""
        import numpy as np

        if self._memory:
            self._llama.llama_memory_clear(self._memory, False)
        states: list[NDArray[np.float32]] = []
        for begin in range(0, len(ids), self._room):
            end = min(begin + self._room, len(ids))
            self._batch.clear()
            # A context for embeddings gives the state of every token, asked for or not.
            self._batch.add(ids[begin:end], begin, 0, asked=True, all_asked=True)
            if trouble := self._run():
                return trouble
            if self._own:
                found = self._llama.llama_get_embeddings_seq(self._context, 0)
                into[:] = np.ctypeslib.as_array(found, (self.dimensions,))
                return ""
            found = self._llama.llama_get_embeddings(self._context)
            there = np.ctypeslib.as_array(found, (end - begin, self.dimensions))
            if self._pool == "last":
                states = [there[-1:].copy()]
            else:
                states.append(there.copy())
        into[:] = pooled(np.concatenate(states), self._pool)
        return ""

    def _run(self) -> str:
        """Compute the batch: empty, or what llama.cpp said of a batch that it would not take."""
        gguf.log.clear()
        code: int = self._llama.llama_decode(self._context, self._batch.native)
        if code == 0:
            return ""
        said = gguf.log.errors() or "llama.cpp does not say why"
        if code < -1:
            raise JobError(
                f"llama.cpp cannot go on (code {code}): {said}",
                "What was embedded before is kept; run the same command again to go on.",
            )
        return said


def _said(library: Any, model: int, key: str) -> str:
    """What the file says of ``key`` for its architecture; empty where it says nothing."""
    import ctypes

    value = ctypes.create_string_buffer(64)
    library.llama_model_meta_val_str(model, b"general.architecture", value, 64)
    name = value.value + b"." + key.encode()
    found = library.llama_model_meta_val_str(model, name, value, 64)
    return value.value.decode() if found >= 0 else ""


def _context(
    library: Any,
    model: int,
    path: Path,
    settings: LlamaSettings,
    limit: int,
    room: int,
    pooling: int,
) -> int:
    gguf.log.clear()
    parameters = library.llama_context_default_params()
    parameters.n_ctx = limit
    parameters.n_batch = parameters.n_ubatch = parameters.n_outputs_max = room
    parameters.n_seq_max = 1
    parameters.embeddings = True
    parameters.pooling_type = pooling
    parameters.n_threads = parameters.n_threads_batch = settings.threads or gguf.physical_cores()
    parameters.type_k = parameters.type_v = _KV_TYPES[settings.kv_type]
    parameters.flash_attn_type = int(settings.flash_attention)
    parameters.no_perf = True
    context: int = library.llama_init_from_model(model, parameters)
    if not context:
        raise gguf.out_of_memory(path)
    return context


def _reader(library: Any, model: int, limit: int, closed: bool) -> Reader:
    """How texts become tokens.

    Args:
        library: llama.cpp.
        model: the model.
        limit: the most tokens.
        closed: does what the tokenizer puts behind a text stand there? In an embedding model it
            does; a language model's text is left open.
    """
    vocabulary = library.llama_model_get_vocab(model)

    def tokens(text: str, around: bool = False, specials: bool = False) -> list[int]:
        return gguf.pieces(library, vocabulary, text, around, specials)

    bare, whole = tokens("a"), tokens("a", around=True)
    start = next(at for at in range(len(whole)) if whole[at : at + len(bare)] == bare)
    end = tokens(END_TEXT, specials=True)
    is_end = len(end) == 1 and library.llama_vocab_is_control(vocabulary, end[0])
    return Reader(
        tokens,
        limit,
        before=whole[:start],
        after=whole[start + len(bare) :] if closed else (),
        end=end[0] if is_end else None,
    )


def _identity(library: Any, model: int, path: Path, settings: LlamaSettings) -> dict[str, str]:
    precision = library.llama_ftype_name(library.llama_model_ftype(model)) or b"unknown"
    return {
        "backend": "llama",
        "weights": weights.parts_digest(splits.parts(path)),
        "precision": precision.decode(),
        "kv": settings.kv_type,
        "attention": "flash" if settings.flash_attention else "plain",
    }
