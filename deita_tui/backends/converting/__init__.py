"""A folder of safetensors as a GGUF file: LLaMA-, Mistral- and Qwen2-type models.

In two steps: the tensors are written as they are, or in float32; what is to take fewer bits is
squeezed out of that by llama.cpp itself. Either step can be broken off and done again.
"""

import shutil
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

from deita_tui.backends import weights
from deita_tui.backends.converting import parts, quantizing, shape, tensors, vocabulary
from deita_tui.backends.converting.parts import Part
from deita_tui.errors import MissingExtraError, UsageError

TYPES = (*tensors.PRECISIONS, *quantizing.TYPES)
"""What a GGUF can be written in, the most precise first."""


@dataclass(frozen=True, slots=True)
class Step:
    """How far a conversion is."""

    stage: str
    done: int
    total: int
    """Bytes; 0 where it cannot be told."""


def refuse_kind(kind: str) -> None:
    """See that a type is known.

    Raises:
        UsageError: it is not.
    """
    if kind not in TYPES:
        raise UsageError(f"There is no type {kind!r}.", f"There are: {', '.join(TYPES)}.")


def convert(
    folder: Path, out: Path, kind: str, threads: int = 0, texts: Sequence[str] = ()
) -> Generator[Step, None, None]:
    """Write the model in ``folder`` to ``out``; yields how far it is.

    ``out`` appears when it is whole. Broken off, the same call goes on where it was.

    Args:
        folder: config.json, ``*.safetensors``, a tokenizer.
        out: the file to write; what is there is replaced.
        kind: one of ``TYPES``.
        threads: for squeezing; 0: the cores.
        texts: on which both tokenizers must agree, beside some that are always tried.

    Raises:
        MissingExtraError: a library is not installed.
        UsageError: the model, or its tokenizer, is of a kind that is not converted.
        JobError: llama.cpp could not squeeze it.
        OSError: it cannot be written.
    """
    _installed()
    refuse_kind(kind)
    files = _files(folder)
    precision = kind if kind in tensors.PRECISIONS else tensors.native(files)
    about = shape.read(weights.resolve(folder).config(), folder.resolve().name)
    planned = tensors.read(files, about, precision)
    total, part = parts.size(planned), Part(out)
    _refuse_full(part, total, kind != precision)
    yield Step("reading the tokenizer", 0, 0)
    words = vocabulary.read(folder, about.vocabulary, about.architecture, texts)
    head = parts.head(about, words, planned, precision)
    for done in parts.write(part, head, planned, _stamp(files)):
        yield Step(f"writing {precision}", min(done, total), total)
    if kind == precision:
        parts.finish(part)
        return
    yield Step(f"squeezing into {kind}", 0, 0)
    quantizing.quantize(part.growing, out, kind, threads)
    part.drop()


def _stamp(files: list[Path]) -> str:
    """Other weights under the same names are another model."""
    found = ((file.name, file.stat()) for file in files)
    return "\n".join(f"{name} {stat.st_size} {stat.st_mtime_ns}" for name, stat in found)


def _installed() -> None:
    for package, extra in (("gguf", "convert"), ("llama_cpp", "llama"), ("transformers", "hf")):
        if find_spec(package) is None:
            raise MissingExtraError(package, extra, "convert models")


def _files(folder: Path) -> list[Path]:
    found = weights.resolve(folder)
    if found.kind == "gguf":
        raise UsageError(
            f"{found.name} is a GGUF already.",
            "Convert the folder of safetensors that it was made of.",
        )
    if found.pickled:
        raise UsageError(
            f"The weights of {found.name} are pickled .bin files.",
            "Only safetensors are converted: nothing in them can run.",
        )
    return sorted(file for file in found.files if file.suffix == ".safetensors")


def _refuse_full(part: Part, total: int, twice: bool) -> None:
    # What is squeezed lies beside the file that it comes from, and is at most about half of it.
    needed = total * 3 // 2 if twice else total
    there = part.growing.stat().st_size if part.growing.exists() else 0
    free = shutil.disk_usage(part.path.parent).free + there
    if free < needed:
        raise UsageError(
            f"Writing {part.path.name} takes about {needed / 1e9:.1f} GB, and {free / 1e9:.1f} GB "
            f"are free in {part.path.parent}.",
            "Free some, or write it elsewhere.",
        )
