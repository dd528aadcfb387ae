"""Embedders by name, and what each of them promises: texts in, vectors out.

As with judges, an embedder's module and the libraries it needs load when it is first used.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, cast

from deita_tui.backends import names
from deita_tui.backends.names import Backend
from deita_tui.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

END = "\0"
"""In a text: where an answer ends, and a model's end token ``</s>`` belongs. No record holds it
(D18), so nothing that a record says can pass for it."""

END_TEXT = "</s>"
"""What stands for it where a model has no such token."""


@dataclass(frozen=True, slots=True)
class Embedded:
    """What an embedder made of n texts."""

    vectors: "NDArray[np.float32]"
    """(n, d) float32, of any length. A row with a NaN is a text that could not be embedded."""
    shortened: "NDArray[np.bool_]"
    """(n,): was the text too long, and cut on the right?"""
    trouble: str = ""
    """Why rows are NaN, in words; may be empty."""


class Embedder(Protocol):
    """Something that turns texts into vectors."""

    identity: Mapping[str, str]
    """What decides its numbers: backend, sha256 of weights and tokenizer, pooling, resolved
    precision, the limit. Never a device, a batch size, a path or a key."""

    dimensions: int
    """Numbers in a vector."""

    limit: int
    """The most tokens of a text that are read; what is behind them is cut off."""

    def embed(self, texts: Sequence[str]) -> Embedded:
        """One vector a text, in order; it does not depend on the texts beside it.

        Within float noise, that is: other batches mean other orders of addition. Texts may be of
        any length; the time to cut one is bounded. ``END`` may stand in them where an embedder
        has an attribute ``reads_end`` that is true.

        Raises:
            DeitaError: it cannot answer anything any more. Whatever else it raises is taken to be
                about these texts, and each is tried again alone.
        """
        ...

    def close(self) -> None:
        """Give the memory back."""
        ...


EMBEDDERS: Mapping[str, Backend] = {
    "fake": Backend(
        "deita_tui.backends.fake_embedder", "FakeSettings", "numpy", "hf", "embed at all"
    ),
    "lite": Backend(
        "deita_tui.embedding.lite", "LiteSettings", "tokenizers", "hf", "embed with lite"
    ),
    "hf": Backend("deita_tui.backends.hf_hidden", "HiddenSettings", "transformers", "hf", "run it"),
    "sentence": Backend(
        "deita_tui.backends.sentence", "SentenceSettings", "transformers", "hf", "run this model"
    ),
    "llama": Backend(
        "deita_tui.backends.llama_hidden", "LlamaSettings", "llama_cpp", "llama", "run .gguf models"
    ),
}
NAMES = ("auto", *EMBEDDERS)
LITE = "lite"
"""The embedder that ships with the program: both its name and its backend's."""


def open_embedder(backend: str, model: str, settings: Mapping[str, object]) -> Embedder:
    """Load ``model``.

    Args:
        backend: one of ``NAMES``.
        model: a hub id, a folder or a .gguf file, as the backend takes it; ``lite``.
        settings: fields of the backend's settings class, as JSON has them.

    Raises:
        UsageError: there is no such backend, or it has no such setting.
        MissingExtraError: its optional package is not installed.
    """
    name = pick(model) if backend == "auto" else backend
    _refuse_other(name, model)
    return cast("Embedder", names.load(name, entry(name), model, settings))


def entry(backend: str) -> Backend:
    """Where a backend is.

    Raises:
        UsageError: there is none of this name.
    """
    found = EMBEDDERS.get(backend)
    if found is None:
        raise UsageError(
            f"There is no backend {backend!r} that embeds.", f"There are: {', '.join(NAMES)}."
        )
    return found


def require(backend: str) -> None:
    """See that what a backend cannot do without is installed; loads nothing.

    Raises:
        MissingExtraError: it is not.
        UsageError: there is no such backend.
    """
    names.installed(entry(backend))


def check(backend: str, model: str, settings: Mapping[str, object]) -> None:
    """See that a backend has these settings; loads no model and none of its libraries.

    Raises:
        UsageError: it has not, or there is no such backend.
    """
    _refuse_other(backend, model)
    names.chosen(backend, entry(backend), settings)


def pick(model: str) -> str:
    """The backend that embeds with ``model``, told by its name and its files."""
    if model == LITE:
        return LITE
    if (Path(model) / "modules.json").exists():
        return "sentence"
    return names.pick(model)


def _refuse_other(backend: str, model: str) -> None:
    if backend == LITE and model != LITE:
        raise UsageError(
            f"The backend {LITE} has one model, {LITE}, and cannot run {model}.",
            "Leave the backend out.",
        )
