"""Which models there are for this machine, and how each would be run: what ``doctor`` says of them.

Loads no model and none of the libraries that could.
"""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

from deita_tui import config
from deita_tui.backends import devices, found, gpus, names, snapshots, weights
from deita_tui.errors import UsageError
from deita_tui.findings import Finding

_SHOWN = 8


def examine(folder: Path) -> Iterator[Finding]:
    """The scorer sets of the configuration, models on this disk, and what ``auto`` would do."""
    try:
        known = config.load(folder)
    except UsageError as error:
        yield Finding("configuration", error.message, error.hint, ok=False)
        return
    files = ", ".join(map(str, known.files)) or f"as shipped ({config.user_file()} would change it)"
    yield Finding("configuration", files)
    for name, chosen in known.sets.items():
        for measures, model in (("complexity", chosen.complexity), ("quality", chosen.quality)):
            if model is not None:
                yield Finding(f"scorer {name}", f"{measures}: {model}, {_state(model)}")
    yield _on_this_disk()
    yield Finding("auto, hf", _hf())
    yield Finding("auto, .gguf", _llama())


def _state(model: str) -> str:
    """Is it here, and what would run it?"""
    by = names.pick(model)
    path = Path(model)
    if path.exists():
        return f"here, runs on {by}"
    if not weights.is_hub_id(model):
        return "not there"
    there = found.cached(model)
    if there is None:
        return f"fetched when it is first used, runs on {by}"
    return f"fetched ({there.size / 1e9:.1f} GB), runs on {by}"


def _on_this_disk() -> Finding:
    there = list(found.models())
    told = [f"{each.name} ({each.size / 1e9:.1f} GB)" for each in there[:_SHOWN]]
    if len(there) > _SHOWN:
        told.append(f"and {len(there) - _SHOWN} more")
    return Finding("models here", ", ".join(told) or f"none in {snapshots.cache()}")


def _hf() -> str:
    if find_spec("torch") is None or find_spec("transformers") is None:
        return "nothing: the extra hf is not installed"
    if cards := gpus.cards():
        return f"{'bfloat16' if cards[0].bfloat16 else 'float16'} on {cards[0].name}"
    if devices.cpu().bfloat16:
        return "bfloat16 or float32 on the processor, whichever is faster in a few seconds' trial"
    return "float32 on the processor"


def _llama() -> str:
    if find_spec("llama_cpp") is None:
        return "nothing: the extra llama is not installed"
    if gpus.llama_offloads():
        return "llama, with a GPU if there is one"
    return "llama on the processor"
