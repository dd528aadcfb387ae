"""Indexing: time, memory, recall, what an extension costs, and how it grows.

    python -m tests.bench.index_bench [--count 300000] [--dimensions 256] [--vectors FILE.npy]
        [--grow 10000 30000 100000 300000] [--more 0.01]

Prints Markdown tables. Each size is indexed in a process of its own, in a fresh project that holds
nothing but vectors; then a share of new ones is added, and indexed again.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from deita_store import vectors
from deita_store.store import Store
from deita_store.vectors import Vector
from deita_tui.steps import indexing, matrices
from deita_tui.steps.indexing_args import IndexArgs
from tests.bench import vectors_made
from tests.bench.view_bench import machine

_BATCH = 20_000


def main() -> None:
    options = _options()
    if options.one:
        print(json.dumps(one(options)))
        return
    print(f"{machine()}, {date.today()}, {options.vectors or 'made-up vectors'}.\n")
    print(
        "| vectors | distinct | seconds | of it index, lists, recall | processor s | peak MB | "
        "recall > 0.8 | > 0.9 | > 0.95 | full > 0.9 | extending | open |\n" + "|---:" * 12 + "|"
    )
    for count in options.grow or [options.count]:
        told = _in_a_process(options, count)
        first, more = told["first"], told["more"]
        recall = {each["threshold"]: each for each in first["recall"]}
        stages = first["stages"]
        cells = [
            f"{count:,} × {told['dimensions']}",
            f"{first['distinct']:,}",
            f"{first['seconds']:.1f}",
            ", ".join(f"{stages.get(name, 0):.1f}" for name in STAGES),
            f"{first['processor']:.1f}",
            f"{told['peak']:.0f}",
            *(_share(recall[threshold]) for threshold in (0.8, 0.9, 0.95)),
            f"{recall[0.9]['truncated']:.1%}",
            f"{more['added']:,}: {more['seconds']:.1f} s, {more['processor']:.1f} processor s "
            f"({more['processor'] / first['processor']:.1%}), recall > 0.9 "
            + _share({each["threshold"]: each for each in more["recall"]}[0.9]),
            f"{told['open'] * 1e3:.0f} ms",
        ]
        print("| " + " | ".join(cells) + " |", flush=True)


STAGES = ("building the index", "finding neighbours", "measuring recall")


def one(options: argparse.Namespace) -> dict[str, object]:
    """Index one size, and extend it, in this process."""
    extra = int(options.count * options.more)
    made = _vectors(options, options.count + extra)
    args = IndexArgs(k=options.k, exact=options.exact)
    with (
        tempfile.TemporaryDirectory(dir=options.scratch) as scratch,
        Store.create(Path(scratch) / "project") as store,
    ):
        embedder = vectors.ensure_embedder(store, "made", made.shape[1], {})
        add(store, embedder, made[: options.count])
        base = peak()
        first = index(store, args)
        top = peak()
        started = time.perf_counter()
        assert indexing.open(store, embedder) is not None
        opened = time.perf_counter() - started
        add(store, embedder, made[options.count :], options.count)
        more = index(store, args)
        files = matrices.folder_of(store, embedder)
        size = sum(path.stat().st_size for path in files.iterdir())
    return {
        "dimensions": made.shape[1],
        "first": first,
        "more": more,
        "peak": top,
        "before": base,
        "open": opened,
        "files": size,
    }


def index(store: Store, args: IndexArgs) -> dict[str, object]:
    """Run it; seconds in all, by stage, and of the processors."""
    stages: dict[str, float] = {}
    started, processor = time.perf_counter(), time.process_time()
    last = started
    steps = indexing.run(store, args)
    while True:
        try:
            progress = next(steps)
        except StopIteration as end:
            report = end.value
            break
        now = time.perf_counter()
        stages[progress.stage] = stages.get(progress.stage, 0.0) + now - last
        last = now
    return {
        "seconds": time.perf_counter() - started,
        "processor": time.process_time() - processor,
        "stages": stages,
        "distinct": report.distinct,
        "added": report.added,
        "exact": report.exact,
        "recall": [
            {name: getattr(each, name) for name in each.__struct_fields__} for each in report.recall
        ],
    }


def add(store: Store, embedder: int, made: NDArray[np.float16], first: int = 0) -> None:
    for start in range(0, len(made), _BATCH):
        rows = [
            Vector((first + start + i).to_bytes(16, "big"), row.tobytes())
            for i, row in enumerate(made[start : start + _BATCH])
        ]
        with store.transaction():
            vectors.add(store, embedder, rows)


def peak() -> float:
    """The most memory that this process has had, in MB; mapped files count while they are in it."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _share(recall: dict[str, float]) -> str:
    if recall["recall"] is None:
        return "none"
    return f"{recall['recall']:.2%} ({recall['low']:.2%}–{recall['high']:.2%})"


def _vectors(options: argparse.Namespace, count: int) -> NDArray[np.float16]:
    if options.vectors is None:
        return vectors_made.vectors(count, options.dimensions)
    found: NDArray[np.float16] = np.load(options.vectors, mmap_mode="r")
    rows = np.sort(np.random.default_rng(0).permutation(len(found))[:count])
    return found[rows]


def _in_a_process(options: argparse.Namespace, count: int) -> dict[str, Any]:
    words = [sys.executable, "-m", "tests.bench.index_bench", "--one", "--count", str(count)]
    words += ["--dimensions", str(options.dimensions), "--more", str(options.more)]
    words += ["--k", str(options.k), *(["--exact"] if options.exact else [])]
    words += ["--vectors", str(options.vectors)] if options.vectors else []
    words += ["--scratch", str(options.scratch)] if options.scratch else []
    done = subprocess.run(words, check=True, stdout=subprocess.PIPE, text=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measure indexing.")
    parser.add_argument("--count", type=int, default=300_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--k", type=int, default=32)
    parser.add_argument("--exact", action="store_true", help="compare every pair")
    parser.add_argument("--more", type=float, default=0.01, help="the share that is added later")
    parser.add_argument("--grow", type=int, nargs="+", help="one line for each of these sizes")
    parser.add_argument("--vectors", type=Path, help="real vectors, (n, d) float16 in a .npy")
    parser.add_argument("--scratch", type=Path, help="where the projects are made")
    parser.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    main()
