"""GGUF models through llama.cpp's low-level API: the cheap way to score on a CPU.

What all prompts of a call share is computed once into one sequence of the cache; each prompt is
then decoded over a copy of it, and only its last token's logits are asked for. On a CPU its number
is the same to the last bit whatever comes before it, beside it or is shared.
"""

import weakref
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from deita_tui.backends import gguf, splits, weights
from deita_tui.backends.llama_batch import Batch
from deita_tui.errors import JobError, UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from deita_tui.backends import FloatArray, Item

_CHUNK = 512
"""The most tokens that are computed together; the memory for attention grows with it."""
_STEP = 16
"""Where prompts may be cut: kernels for quantized weights take rows in groups of up to 16 and the
rest in others, with another rounding. Cut anywhere else, a Q4_K_M logit moves by up to 0.9."""
_EVEN = {"all F32", "F16", "BF16", "Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0"}
"""Precisions whose kernels make no such difference: all of the prefix is shared."""
_LEAST = 2
"""A lone token runs through kernels of its own, which round differently."""
_SHARED = 0
"""The sequence that holds what the prompts share."""
_LIMIT = 4096
_KV_TYPES = {"f32": 0, "f16": 1}


@dataclass(frozen=True, slots=True)
class LlamaSettings:
    """How a GGUF model is run; ``kv_type`` and ``flash_attention`` change its numbers."""

    threads: int = 0
    """0: one for each physical core that this process may use."""
    gpu_layers: int = -1
    """Layers put on a GPU where the build can; -1: all."""
    kv_type: Literal["f32", "f16"] = "f32"
    """Precision of the cache: f32 agrees with float32 transformers, f16 takes half the memory."""
    flash_attention: bool = False
    limit: int = 0
    """The most tokens of a prompt; 0: what the model was made for, and no more than 4,096, because
    the cache is allocated in full. Never more than it was made for."""
    pack: int = 1
    """Prompts in one decode. More than 1 may pay on a GPU, and costs the independence of order:
    a quantized score then moves a little with its neighbours."""
    every_token: bool = False
    """Will it be asked how likely each token of a text is? Takes memory for as many answers."""
    offline: bool = False
    """Take a hub id from the local cache only."""


def open(model: str | Path, settings: LlamaSettings | None = None) -> "LlamaJudge":  # noqa: A001
    """Load a GGUF model: a file, a folder or hub repository that holds one, or a hub id of a file.

    Raises:
        MissingExtraError: llama-cpp-python is not installed.
        UsageError: it is missing, damaged, or no language model.
        JobError: it does not fit into the memory.
    """
    settings = settings or LlamaSettings()
    found = weights.resolve(model, offline=settings.offline)
    if found.kind != "gguf":
        raise UsageError(
            f"{found.name} is a folder of safetensors; the llama backend reads .gguf files.",
            "Use the hf backend, or convert the model to GGUF.",
        )
    gguf.check(found.path)
    return LlamaJudge(found.path, settings)


class LlamaJudge:
    """A ``Judge`` over one GGUF model. Not for two threads at a time."""

    def __init__(self, path: Path, settings: LlamaSettings) -> None:
        llama = gguf.library()
        self._llama = llama
        native = [_load(llama, path, settings)]
        # Also at the end of the process: llama.cpp must let go of it before Python does.
        self._free = weakref.finalize(self, _release, llama, native)
        try:
            self.limit = min(settings.limit or _LIMIT, llama.llama_model_n_ctx_train(native[0]))
            native.append(_context(llama, native[0], path, settings, self.limit))
            self._memory = llama.llama_get_memory(native[1])
            self._vocabulary = llama.llama_model_get_vocab(native[0])
            _refuse_wrong_kind(llama, path, native[0], self._vocabulary, self._memory)
            self.identity: Mapping[str, str] = _identity(llama, native[0], path, settings)
        except BaseException:
            self.close()
            raise
        self._context = native[1]
        self._words = llama.llama_vocab_n_tokens(self._vocabulary)
        self._step = 1 if self.identity["precision"] in _EVEN else _STEP
        self._batch = Batch(llama, _CHUNK)
        self._pack = settings.pack
        self._every_token = settings.every_token
        # The state of a recurrent model cannot be cut at a position.
        self._shares = not (
            llama.llama_model_is_recurrent(native[0]) or llama.llama_model_is_hybrid(native[0])
        )
        self._held: list[int] = []
        self.trouble = ""
        """What llama.cpp said about the last row of NaN; empty when it said nothing."""

    def tokens(self, text: str) -> list[int]:
        """Token ids of ``text`` as plain text, after BOS where the model's file asks for it."""
        self._refuse_closed()
        return gguf.tokens(self._llama, self._vocabulary, text)

    def next_logprobs(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int = 0
    ) -> "FloatArray":
        """See ``Judge``. On a CPU, and with ``pack`` 1, a row depends on its own prompt alone.

        Raises:
            ValueError: a prompt is empty, longer than ``limit``, or does not start as the others.
            JobError: llama.cpp cannot go on.
        """
        import numpy as np

        self._refuse_bad(prompts, shared)
        self.trouble = ""
        answers = np.full((len(prompts), len(choices)), np.nan)
        wanted = np.asarray(choices, dtype=np.intp)
        shared = shared // self._step * self._step if self._shares and shared >= _LEAST else 0
        for start, group in self._groups([len(prompt) for prompt in prompts], shared):
            self._hold(prompts[group[0]][:start])
            places = self._decode([prompts[row] for row in group], start)
            for row, place in zip(group, places, strict=True):
                answers[row] = self._read(place, wanted)
            self._drop(len(group))
        return answers

    def logprobs(self, items: "Sequence[Item]") -> "list[FloatArray]":
        """See ``LogProbs.logprobs``; for a model that was opened with ``every_token``.

        Raises:
            ValueError: an item is too long, or a part of it is empty.
            JobError: llama.cpp cannot go on.
        """
        self._refuse_closed()
        if not self._every_token:
            raise ValueError("the model was not opened to be asked for every token")
        self.trouble = ""
        return [self._spoken(prefix, continuation) for prefix, continuation in items]

    def _spoken(self, prefix: Sequence[int], continuation: Sequence[int]) -> "FloatArray":
        import numpy as np

        row = [*prefix, *continuation]
        if not (prefix and continuation and len(row) <= self.limit):
            raise ValueError(
                f"{len(prefix)} tokens and {len(continuation)} behind them: each must be there, "
                f"and together they may be {self.limit}"
            )
        found = np.full(len(continuation), np.nan)
        first = len(prefix) - 1  # foretells the first token of the continuation
        # What a prompt leaves in the cache is of no use here.
        self._forget()
        for begin, end in pairwise(_cuts(0, len(row))):
            self._batch.clear()
            middle = min(max(begin, first), end)
            if begin < middle:
                self._batch.add(row[begin:middle], begin, 1, asked=False)
            if middle < end:
                self._batch.add(row[middle:end], middle, 1, asked=True, all_asked=True)
            if self._run() != 0:
                return np.full(len(continuation), np.nan)
            for place in range(middle, min(end, len(row) - 1)):
                said = np.array([row[place + 1]], np.intp)
                found[place - first] = np.sum(self._read(place - begin, said))
        self._drop(1)
        return found

    def close(self) -> None:
        """Free the model and its cache; a second call does nothing."""
        self._free()

    def _refuse_closed(self) -> None:
        # llama.cpp would read freed memory.
        if not self._free.alive:
            raise ValueError("the model is closed")

    def _refuse_bad(self, prompts: Sequence[Sequence[int]], shared: int) -> None:
        self._refuse_closed()
        for prompt in prompts:
            if not 1 <= len(prompt) <= self.limit:
                raise ValueError(
                    f"a prompt of {len(prompt)} tokens: this model takes 1 to {self.limit}"
                )
            if list(prompt[:shared]) != list(prompts[0][:shared]):
                raise ValueError(f"the prompts do not share their first {shared} tokens")

    def _groups(self, lengths: Sequence[int], shared: int) -> Iterator[tuple[int, list[int]]]:
        """Rows to decode together, in order, and the number of tokens that are there already."""
        group: list[int] = []
        room = _CHUNK
        for row, length in enumerate(lengths):
            start = shared if length - shared >= _LEAST else 0
            if self._pack == 1 or start != shared or length - start > _CHUNK:
                yield start, [row]
                continue
            if len(group) == self._pack or length - start > room:
                yield shared, group
                group, room = [], _CHUNK
            group.append(row)
            room -= length - start
        if group:
            yield shared, group

    def _hold(self, prefix: Sequence[int]) -> None:
        """Have ``prefix``, and nothing else, in the cache."""
        if self._held == list(prefix):
            return
        self._forget()
        for begin, end in pairwise(_cuts(0, len(prefix))):
            self._batch.clear()
            self._batch.add(prefix[begin:end], begin, _SHARED, asked=False)
            if self._run() != 0:
                raise JobError(
                    f"llama.cpp cannot compute the template's beginning: {gguf.log.errors()}"
                )
        self._held = list(prefix)

    def _decode(self, prompts: Sequence[Sequence[int]], start: int) -> list[int | None]:
        """Compute each prompt behind the ``start`` tokens held.

        Returns:
            Where in the last batch each one's logits are; None where there are none.
        """
        if start:
            for sequence in range(1, len(prompts) + 1):
                self._llama.llama_memory_seq_cp(self._memory, _SHARED, sequence, 0, start)
        if len(prompts) == 1:
            return [self._decode_alone(prompts[0], start)]
        self._batch.clear()
        places = [
            self._batch.add(prompt[start:], start, sequence, asked=True)
            for sequence, prompt in enumerate(prompts, 1)
        ]
        return list(places) if self._run() == 0 else [None] * len(prompts)

    def _decode_alone(self, prompt: Sequence[int], start: int) -> int | None:
        place = None
        for begin, end in pairwise(_cuts(start, len(prompt))):
            self._batch.clear()
            place = self._batch.add(prompt[begin:end], begin, 1, asked=end == len(prompt))
            if self._run() != 0:
                return None
        return place

    def _run(self) -> int:
        """Compute the batch: 0, or llama.cpp's code for a batch that it would not take."""
        gguf.log.clear()
        code: int = self._llama.llama_decode(self._context, self._batch.native)
        if code == 0:
            return 0
        self._forget()
        self.trouble = gguf.log.errors()
        if code < -1:
            raise JobError(
                f"llama.cpp cannot go on (code {code}): {self.trouble or 'it does not say why'}",
                "What was scored before is kept; run the same command again to go on.",
            )
        return code

    def _read(self, place: int | None, choices: "NDArray[np.intp]") -> "FloatArray | float":
        """Log-probabilities over the whole vocabulary, in float64; NaN where there are none."""
        import numpy as np

        if place is None:
            return np.nan
        pointer = self._llama.llama_get_logits_ith(self._context, place)
        logits = np.ctypeslib.as_array(pointer, (self._words,)).astype(np.float64)
        logits -= (top := logits.max())
        if not np.isfinite(top):
            return np.nan
        picked: FloatArray = logits[choices]
        picked -= np.log(np.exp(logits, out=logits).sum())
        return picked

    def _drop(self, sequences: int) -> None:
        for sequence in range(1, sequences + 1):
            self._llama.llama_memory_seq_rm(self._memory, sequence, -1, -1)

    def _forget(self) -> None:
        self._llama.llama_memory_clear(self._memory, False)
        self._held = []


def _cuts(start: int, end: int) -> list[int]:
    """Where to cut ``start`` to ``end`` for computing: at the same places whatever ``start``."""
    cuts = [start, *range((start // _CHUNK + 1) * _CHUNK, end, _CHUNK), end]
    if len(cuts) > 2 and end - cuts[-2] < _LEAST:
        cuts[-2] -= _STEP
    return sorted(set(cuts))


def _load(llama: Any, path: Path, settings: LlamaSettings) -> int:
    gguf.log.clear()
    parameters = llama.llama_model_default_params()
    parameters.n_gpu_layers = settings.gpu_layers if llama.llama_supports_gpu_offload() else 0
    model: int = llama.llama_model_load_from_file(bytes(path), parameters)
    if not model:
        raise gguf.refused(path)
    return model


def _context(llama: Any, model: int, path: Path, settings: LlamaSettings, limit: int) -> int:
    gguf.log.clear()
    parameters = llama.llama_context_default_params()
    parameters.n_ctx = limit + (_CHUNK if settings.pack > 1 else 0)
    parameters.n_batch = parameters.n_ubatch = _CHUNK
    parameters.n_seq_max = settings.pack + 1
    parameters.n_outputs_max = _CHUNK if settings.every_token else settings.pack + 1
    # One cache for all sequences: a copy of the prefix is then a mark on its cells.
    parameters.kv_unified = True
    # The cells of the prefix must stay also where a model attends to the last few tokens only.
    parameters.swa_full = True
    parameters.n_threads = parameters.n_threads_batch = settings.threads or gguf.physical_cores()
    parameters.type_k = parameters.type_v = _KV_TYPES[settings.kv_type]
    parameters.flash_attn_type = int(settings.flash_attention)
    parameters.no_perf = True
    context: int = llama.llama_init_from_model(model, parameters)
    if not context:
        raise gguf.out_of_memory(path)
    return context


def _refuse_wrong_kind(
    llama: Any, path: Path, model: int, vocabulary: int, memory: int | None
) -> None:
    if llama.llama_model_has_encoder(model) or not memory:
        raise UsageError(
            f"{path.name} is not a model that continues text.", "Choose a causal language model."
        )
    if llama.llama_vocab_type(vocabulary) == 0:
        raise UsageError(f"{path.name} holds no tokenizer.", "Convert the model again with it.")


def _identity(llama: Any, model: int, path: Path, settings: LlamaSettings) -> dict[str, str]:
    precision = llama.llama_ftype_name(llama.llama_model_ftype(model)) or b"unknown"
    identity = {
        "backend": "llama",
        "weights": weights.parts_digest(splits.parts(path)),
        "precision": precision.decode(),
        "kv": settings.kv_type,
        "attention": "flash" if settings.flash_attention else "plain",
    }
    return identity | ({"packed": "yes"} if settings.pack > 1 else {})


def _release(llama: Any, native: list[int]) -> None:
    """Free the context, if it came to one, and the model it belongs to."""
    if len(native) > 1:
        llama.llama_free(native[1])
    llama.llama_model_free(native[0])
