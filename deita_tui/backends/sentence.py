"""Sentence encoders: folders in the layout of sentence-transformers, run without that library.

``modules.json`` lists what a text goes through. Read here are a transformer, its pooling, and
normalising; a folder that wants more is refused, since leaving it out would give other vectors.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from deita_tui.backends import devices as machine
from deita_tui.backends import weights as models
from deita_tui.backends.hf import most_tokens
from deita_tui.backends.hf_hidden import HfEmbedder, encoders_on, prepare, refuse_gguf
from deita_tui.backends.hf_loading import numbers
from deita_tui.backends.hf_tokens import PlainText
from deita_tui.backends.pooling import Pool
from deita_tui.backends.reading import Encode, Reader
from deita_tui.errors import UsageError

MODULES = "modules.json"
_MODES: Mapping[str, Pool] = {
    "cls": "cls",
    "max": "max",
    "mean": "mean",
    "mean_sqrt_len_tokens": "mean_sqrt_len",
    "weightedmean": "position_weighted",
    "lasttoken": "last",
}
"""What sentence-transformers calls each way of pooling, in the order in which it joins several."""
_OLD_MODES = {
    "cls": "cls_token",
    "max": "max_tokens",
    "mean": "mean_tokens",
    "weightedmean": "weightedmean_tokens",
}


@dataclass(frozen=True, slots=True)
class SentenceSettings:
    """How an encoder is run; ``limit``, ``dtype`` and ``quantize`` change its numbers."""

    device: str = "auto"
    """auto, cpu, cuda (all of them), mps, or several by name: "cuda:0,cuda:1"."""
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    """auto is float32: these models are small, and their own library runs them in it."""
    quantize: Literal["none", "int8", "int4"] = "none"
    max_batch_tokens: int = 0
    """Tokens in one forward pass, padding included; 0: by the device. Halved when memory ends."""
    threads: int = 0
    """0: as torch chooses."""
    limit: int = 0
    """The most tokens of a text; 0: as the folder says. Never more than the model was made for."""
    offline: bool = False
    """Never ask the hub."""


@dataclass(frozen=True, slots=True)
class Layout:
    """What a folder says about itself."""

    transformer: Path
    """The folder of its transformer."""
    pools: tuple[Pool, ...]
    limit: int
    """The most tokens of a text; 0 where it says nothing."""
    lower: bool
    """Is a text made lower case first?"""
    prompt: str
    """What stands before every text."""


def open(  # noqa: A001
    model: Path | str, settings: SentenceSettings = SentenceSettings()
) -> HfEmbedder:
    """Load a sentence encoder: a folder or a hub id.

    Raises:
        MissingExtraError: torch or transformers is not installed.
        UsageError: there is no such model, or it wants what is not known here.
        JobError: it cannot be fetched, or does not fit into the memory.
    """
    prepare(settings.threads)
    folder, revision = Path(model).expanduser(), ""
    if not (folder / MODULES).exists():
        found = models.resolve(model, offline=settings.offline)
        refuse_gguf(found)
        folder, revision = found.path, found.revision
    layout = read(folder)
    devices = machine.choose(settings.device)
    dtype = "float32" if settings.dtype == "auto" else settings.dtype
    weights = models.resolve(layout.transformer)
    encoders = encoders_on(weights, devices, dtype, settings.quantize)
    reader = _reader(layout, settings.limit, most_tokens(weights.config()))
    identity = {
        **numbers(weights, dtype, settings.quantize, devices[0]),
        "backend": "sentence",
        "pool": "+".join(layout.pools),
        "limit": str(reader.limit),
        **({"revision": revision} if revision else {}),
        **({"prompt": layout.prompt} if layout.prompt else {}),
        **({"case": "lower"} if layout.lower else {}),
    }
    return HfEmbedder(
        encoders,
        reader,
        layout.pools,
        identity=identity,
        batch_tokens=settings.max_batch_tokens,
    )


def read(folder: Path) -> Layout:
    """What the folder's own files say.

    Raises:
        UsageError: they are not there, or ask for more than is known here.
    """
    if not (folder / MODULES).exists():
        raise UsageError(
            f"{folder.name} is no sentence encoder: it has no {MODULES}.",
            "Use --backend hf for the hidden states of a language model.",
        )
    parts: dict[str, Path] = {}
    for module in _json(folder / MODULES):
        kind = str(module["type"])
        name = kind.rsplit(".", 1)[-1]
        known = name in ("Transformer", "Pooling", "Normalize")
        if not (known and kind.startswith("sentence_transformers.")):
            raise UsageError(
                f"{folder.name} has a part {kind}, which is not known here.",
                "Choose an encoder of a transformer, a pooling and normalising alone, or a GGUF.",
            )
        parts[name] = folder / str(module.get("path", ""))
    if {"Transformer", "Pooling"} - parts.keys():
        raise UsageError(
            f"{folder.name} lists no transformer or no pooling in its {MODULES}.",
            "Choose another encoder.",
        )
    told = _json(parts["Transformer"] / "sentence_bert_config.json", {})
    prompts = _json(folder / "config_sentence_transformers.json", {})
    name = prompts.get("default_prompt_name")
    return Layout(
        parts["Transformer"],
        _pools(parts["Pooling"] / "config.json", folder.name),
        int(told.get("max_seq_length") or 0),
        bool(told.get("do_lower_case")),
        str(prompts.get("prompts", {}).get(name, "")) if name else "",
    )


def _pools(path: Path, name: str) -> tuple[Pool, ...]:
    told = _json(path)
    said = told.get("pooling_mode")
    if said is None:
        wanted = [
            mode
            for mode in _MODES
            if told.get(f"pooling_mode_{_OLD_MODES.get(mode, mode)}") is True
        ]
    else:
        wanted = [said] if isinstance(said, str) else list(said)
    unknown = [mode for mode in wanted if mode not in _MODES]
    if unknown or not wanted:
        raise UsageError(
            f"{name} pools by {unknown[0] if unknown else 'nothing'}, which is not known here.",
            f"Known are: {', '.join(_MODES)}.",
        )
    if told.get("include_prompt") is False:
        raise UsageError(
            f"{name} leaves its prompt out of the pooling, which is not known here.",
            "Choose another encoder.",
        )
    return tuple(_MODES[mode] for mode in wanted)


def _reader(layout: Layout, wanted: int, positions: int) -> Reader:
    tokens = PlainText(layout.transformer)
    most = min(positions, tokens.most)

    def encode(text: str) -> list[int]:
        return tokens.encode(text.lower() if layout.lower else text)

    prompted: Encode = encode
    if layout.prompt:
        # Tokenized with the text, as it is by its own library.
        def prompted(text: str) -> list[int]:
            return encode(layout.prompt + text)

    return Reader(
        prompted,
        min(wanted or layout.limit or most, most),
        before=tokens.before,
        after=tokens.after,
    )


def _json(path: Path, default: Any = None) -> Any:
    if default is not None and not path.exists():
        return default
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{path.parent.name}/{path.name} of the encoder cannot be read ({error}).",
            "Fetch the model again.",
        ) from error
