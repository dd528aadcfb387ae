"""``auto``: which backend, precision and device run a model best on this machine.

Scoring is prompt processing, bound by arithmetic: the smallest file is not the fastest, and which
precision is depends on the processor. So where there is a choice, it is measured for some seconds.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from deita_tui.backends import devices
from deita_tui.errors import UsageError

if TYPE_CHECKING:
    from deita_tui.backends import Judge
    from deita_tui.backends.weights import Weights

_SPARE = 1.2
"""What a model needs beyond its weights: activations, cache, the program."""
_BATCH = 8
_LEAST = 3
"""Batches that a measurement takes: the first one also warms up."""
_SAMPLE = tuple("Explain in a few words what this sentence says. " * n for n in (1, 2, 4, 8, 2, 16))


@dataclass(frozen=True, slots=True)
class Choice:
    """What ``auto`` picked. Stored with the project and kept to, because numbers depend on it."""

    backend: str
    precision: str
    device: str
    reason: str
    rows_per_second: float | None
    """On this machine, with prompts of some 10 to 200 tokens; None where there was no choice."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """One way to run the model."""

    backend: str
    precision: str
    device: str
    memory: int
    """Bytes it needs, about."""
    why: str
    settings: Mapping[str, object] = field(default_factory=dict)
    """For the backend's ``open``."""


def candidates(model: "Weights", device: str = "auto") -> list[Candidate]:
    """The ways to run ``model`` here that are worth a look, the most likely first.

    Args:
        model: the model on disk.
        device: where it is to run, as ``devices.choose`` takes it.

    Raises:
        UsageError: there is no such device.
    """
    if model.kind == "gguf":
        why = "a .gguf file runs on llama.cpp"
        return [Candidate("llama", "file", "auto", _bytes(model, 1.0), why)]
    first = devices.choose(device)[0]
    if first.name != "cpu":
        precision = "bfloat16" if first.bfloat16 else "float16"
        return [_hf(model, precision, first.name, f"{first.model or first.name} is here")]
    processor = devices.cpu()
    single = _hf(model, "float32", "cpu", "no GPU is in use, and float32 is exact")
    if not processor.bfloat16:
        return [single]
    return [_hf(model, "bfloat16", "cpu", "this processor multiplies bfloat16 in hardware"), single]


def choose(
    model: "Weights",
    open_judge: Callable[[Candidate], "Judge"],
    ways: Sequence[Candidate] | None = None,
    seconds: float = 4.0,
    memory: int | None = None,
) -> Choice:
    """Pick the fastest way that fits into memory.

    Args:
        model: the model on disk.
        open_judge: loads it in one of the ``ways``.
        ways: default: ``candidates(model)``.
        seconds: to measure, in all; nothing is measured, or loaded, where one way is left.
        memory: bytes that are free; default: what this machine says.

    Raises:
        UsageError: no way fits into memory.
    """
    ways = candidates(model) if ways is None else ways
    free = available() if memory is None else memory
    fitting = [way for way in ways if way.device not in ("cpu", "auto") or way.memory <= free]
    if not fitting:
        least = min(way.memory for way in ways)
        raise UsageError(
            f"{model.name} needs about {least / 1e9:.1f} GB of memory, and {free / 1e9:.1f} GB "
            "are free.",
            "Use a quantized .gguf of it, or close other programs.",
        )
    if len(fitting) == 1:
        return _chosen(fitting[0], _left_out(ways, fitting), None)
    rates = {way.precision: measure(open_judge(way), seconds / len(fitting)) for way in fitting}
    best = max(fitting, key=lambda way: rates[way.precision])
    figures = ", ".join(f"{name} {rate:.1f}" for name, rate in rates.items())
    return _chosen(best, f"; rows/s measured: {figures}", rates[best.precision])


def measure(judge: "Judge", seconds: float) -> float:
    """Rows a second over sample prompts, by the best of some batches; closes ``judge``.

    The best, because what else the machine does for a moment would decide for all time. A model so
    slow that a batch takes longer than all of ``seconds`` gets two.
    """
    try:
        prompts = [judge.tokens(text)[: judge.limit] for text in _SAMPLE]
        batch = [prompts[n % len(prompts)] for n in range(_BATCH)]
        times: list[float] = []
        while len(times) < _LEAST or sum(times) < seconds:
            started = time.perf_counter()
            judge.next_logprobs(batch, [1])
            times.append(time.perf_counter() - started)
            if len(times) > 1 and times[-1] > seconds:
                break
        return len(batch) / max(min(times), 1e-9)
    finally:
        judge.close()


def available() -> int:
    """Bytes of memory that can be had without swapping; all of it where the system is silent."""
    path = Path("/proc/meminfo")
    if path.exists():
        for line in path.read_text().splitlines():
            if line.startswith("MemAvailable:"):
                return int(line.split()[1]) * 1024
    return devices.memory()


def _hf(model: "Weights", precision: str, device: str, why: str) -> Candidate:
    stored = model.config().get("dtype") or model.config().get("torch_dtype") or "float32"
    factor = (4 if precision == "float32" else 2) / (4 if stored == "float32" else 2)
    settings = {"dtype": precision, "device": device}
    return Candidate("hf", precision, device, _bytes(model, factor), why, settings)


def _bytes(model: "Weights", factor: float) -> int:
    return int(model.size * factor * _SPARE)


def _left_out(ways: Sequence[Candidate], fitting: Sequence[Candidate]) -> str:
    names = [way.precision for way in ways if way not in fitting]
    return f"; {', '.join(names)} would not fit into memory" if names else ""


def _chosen(way: Candidate, more: str, rate: float | None) -> Choice:
    return Choice(way.backend, way.precision, way.device, way.why + more, rate)
