"""Selecting: against the reference filter, in both gears, for long vectors, and how it grows.

    python -m tests.bench.select_bench [--only reference exact instant long grow agreement]
        [--count 300000] [--vectors FILE.npy] [--long FILE.npy …] [--processor]

Prints Markdown tables. Each part runs in a process of its own, whose peak memory it prints.
``--vectors`` takes real vectors, float16, for the comparison with the reference filter and for how
far the gears agree; ``--long`` adds files of real vectors to the part on long ones.
"""

import argparse
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from statistics import median
from typing import ParamSpec, TypeVar

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.gears import difference
from deita_tui.selection.lists import Lists
from deita_tui.selection.params import Params
from deita_tui.selection.pool import Pool
from deita_tui.selection.ranking import rank
from deita_tui.selection.select import select
from deita_tui.selection.work import Work
from tests.bench import vectors_made
from tests.bench.view_bench import machine

_ROUNDS = 5
P = ParamSpec("P")
T = TypeVar("T")
Vectors = NDArray[np.float16]


def main() -> None:
    options = _options()
    if options.part:
        PARTS[options.part](options)
        print(f"\nPeak memory {_peak():,} MB.\n")
        return
    print(f"{machine()}, {date.today()}, numpy {np.__version__}.\n", flush=True)
    for part in options.only:
        passed = sys.argv[1:]
        subprocess.run([sys.executable, "-m", __spec__.name, *passed, "--part", part], check=True)


def reference(options: argparse.Namespace) -> None:
    """The published filter's own way against ours, on the same vectors in the same order."""
    pool = made_pool(_vectors(options, 20_000))
    params = Params(budget=options.kept)
    order = rank(pool, params).order
    wide = pool.vectors.astype(np.float64)
    theirs, slow = _timed(published_filter, wide[order], params.threshold, params.budget)
    work = Work()
    ours = [_timed(select, pool, params, work=work) for _ in range(_ROUNDS)]
    first, again = ours[0][0], median(seconds for seconds, _ in ours[2:])
    found = ours[0][1]
    same = order[slow].tolist() == found.kept.tolist()
    print("## Against the reference filter\n")
    print("| | seconds | ratio |\n|---|---:|---:|")
    print(f"| reference filter, {len(slow):,} kept of {found.examined:,} | {theirs:.1f} | 1 |")
    print(f"| exact gear, first | {first:.3f} | {theirs / first:.0f}× |")
    print(f"| exact gear, again | {again:.3f} | {theirs / again:.0f}× |")
    print(f"\nThe same records in the same order: {'yes' if same else 'NO'}.")


def published_filter(vectors: NDArray[np.float64], threshold: float, budget: int) -> list[int]:
    """What the released filter does at its batch size of 1, vectors in rank order.

    It holds them in float64, as they come out of a table, and compares every candidate with a
    fresh copy of all that is kept, as float32. What is compared is normalised, and once more
    where the cosine is made.
    """
    import torch

    def unit(rows: NDArray[np.float64]) -> torch.Tensor:
        found = torch.tensor(rows, dtype=torch.float32)
        for _ in range(2):
            found = found / found.norm(dim=1)[:, None]
        return found

    kept = [0]
    for candidate in range(1, len(vectors)):
        if len(kept) == budget:
            break
        similarity = unit(vectors[candidate : candidate + 1]) @ unit(vectors[kept]).T
        if not bool((similarity > threshold).any()):
            kept.append(candidate)
    return kept


def exact(options: argparse.Namespace) -> None:
    """The exact gear on a pool of ``--count`` × 256."""
    pool = made_pool(vectors_made.vectors(options.count))
    print(f"## Exact gear, {options.count:,} × 256, made-up vectors\n")
    print(
        "| kept | threshold | examined | first s | again s | after a step of 0.005 s | "
        "the same with nothing kept from before s |\n" + "|---:" * 7 + "|"
    )
    for budget, threshold in ((6_000, 0.9), (10_000, 0.9), (6_000, 0.8), (30_000, 0.9)):
        work, params = Work(), Params(budget=budget, threshold=threshold)
        first, found = _timed(select, pool, params, work=work)
        again = _median(select, pool, params, work=work)
        step = replace_threshold(params, threshold + 0.005)
        stepped = _median(select, pool, step, previous=found, work=work)
        afresh = _median(select, pool, step, work=work)
        print(
            f"| {len(found.kept):,} | {threshold} | {found.examined:,} | {first:.3f} | "
            f"{again:.3f} | {stepped:.3f} | {afresh:.3f} |",
            flush=True,
        )


def instant(options: argparse.Namespace) -> None:
    """The instant gear where few of the lists are cut off."""
    print("## Instant gear, made-up lists\n")
    print(
        "| records | pairs above | budget | cut off | kept | ranking ms | first ms | again ms | "
        "new formula ms |\n" + "|---:" * 9 + "|"
    )
    for count in (100_000, 300_000, 1_000_000):
        pool, pairs = listed_pool(count)
        for budget in (10_000, 0):
            params = Params(budget=budget)
            work = Work()
            first, found = _timed(select, pool, params, gear="instant", work=work)
            again = _median(select, pool, params, gear="instant", work=work)
            ranking = _median(rank, pool, params)
            lists, looked_at = work.lists(pool), work.ranking(pool, params).order[: found.examined]
            assert lists is not None
            cut = float(lists.cut_off(looked_at.astype(np.int64), params.threshold).mean())
            other = Params(budget=budget, formula="c*q^1.1")
            formula = _median(_afresh, pool, other, lists)
            print(
                f"| {count:,} | {pairs:,} | {f'{budget:,}' if budget else 'none'} | "
                f"{cut:.2%} | {len(found.kept):,} | "
                f"{ranking * 1e3:.0f} | {first * 1e3:.0f} | {again * 1e3:.0f} | "
                f"{formula * 1e3:.0f} |",
                flush=True,
            )


def long(options: argparse.Namespace) -> None:
    """Vectors of many dimensions, against 256 of them."""
    print("## Long vectors, 20,000 rows, 6,000 kept, exact gear\n")
    print("| vectors | threshold | examined | first s | again s | of 256 |\n" + "|---:" * 6 + "|")
    sets = [
        (f"{width}, made up", vectors_made.vectors(20_000, width)) for width in (256, 576, 4096)
    ]
    flat = np.random.default_rng(0).standard_normal((20_000, 4096), np.float32)
    flat[1::2] = flat[::2] + 0.3 * flat[1::2]
    flat /= np.linalg.norm(flat, axis=1, keepdims=True)
    sets.append(("4096, equal in all directions", flat.astype(np.float16)))
    sets += [(path.stem, np.load(path, mmap_mode="r")) for path in options.long]
    base = 0.0
    for name, vectors in sets:
        pool, work, params = made_pool(vectors), Work(), Params(budget=6_000)
        first, found = _timed(select, pool, params, work=work)
        select(pool, params, work=work)  # finds the rotation
        again = _median(select, pool, params, work=work)
        base = base or again
        print(
            f"| {name} | {params.threshold} | {found.examined:,} | {first:.3f} | {again:.3f} | "
            f"{again / base:.1f}× |",
            flush=True,
        )


def grow(options: argparse.Namespace) -> None:
    """From 10,000 to 1,000,000 records."""
    print("## How it grows, 6,000 kept, 256 dimensions\n")
    print("| records | exact first s | exact again s | of it ranking s |\n" + "|---:" * 4 + "|")
    for count in (10_000, 30_000, 100_000, 300_000, 1_000_000):
        pool, work, params = made_pool(vectors_made.vectors(count)), Work(), Params(budget=6_000)
        first, _ = _timed(select, pool, params, work=work)
        again = _median(select, pool, params, work=work)
        ranking = _median(rank, pool, params)
        print(f"| {count:,} | {first:.3f} | {again:.3f} | {ranking:.3f} |", flush=True)


def agreement(options: argparse.Namespace) -> None:
    """How far the gears agree on real vectors and the lists that an index finds."""
    count = 100_000 if options.vectors else 30_000
    pool = indexed(made_pool(_vectors(options, count)))
    print(f"## How far the gears agree, {pool.size:,} records\n")
    print(
        "| budget | threshold | kept | examined | compared | agree | exact ms | instant ms |\n"
        + "|---:" * 8
        + "|"
    )
    work = Work()
    for budget in (6_000, 30_000, 0):
        for threshold in (0.8, 0.9, 0.95):
            params = Params(budget=budget, threshold=threshold)
            slow, proven = _timed(select, pool, params, work=work)
            quick = _median(select, pool, params, gear="instant", work=work)
            preview = select(pool, params, gear="instant", work=work)
            print(
                f"| {budget or 'none'} | {threshold} | {len(proven.kept):,} | "
                f"{proven.examined:,} | {preview.checked / preview.examined:.1%} | "
                f"{difference(proven, preview).agreement:.3%} | {slow * 1e3:.0f} | "
                f"{quick * 1e3:.0f} |",
                flush=True,
            )


PARTS: dict[str, Callable[[argparse.Namespace], None]] = {
    "reference": reference,
    "exact": exact,
    "instant": instant,
    "long": long,
    "grow": grow,
    "agreement": agreement,
}


def made_pool(vectors: Vectors) -> Pool:
    """Records of one turn with scores between 1 and 6 × 6, in no relation to the vectors."""
    count, rng = len(vectors), np.random.default_rng(1)
    return Pool(
        ids=np.arange(1, count + 1),
        source=np.zeros(count, np.int32),
        sources=("pool",),
        turn_start=np.arange(count + 1),
        scores={name: rng.uniform(1, 6, count) for name in ("c", "q")},
        row=np.arange(count, dtype=np.int32),
        vectors=vectors,
        neighbours=None,
        similarities=None,
        pinned=np.zeros(count, np.bool_),
        rejected=np.zeros(count, np.bool_),
    )


def listed_pool(count: int, k: int = 32) -> tuple[Pool, int]:
    """A pool whose lists are made up: groups of which one in two hundred is larger than a list.

    Returns:
        The pool, and the number of pairs above 0.9 in the lists.
    """
    rng = np.random.default_rng(2)
    sizes = np.minimum(rng.zipf(1.9, count), 30)
    sizes[rng.random(count) < 4e-4] = 60
    group = np.repeat(np.arange(count), sizes)[:count]
    start = np.searchsorted(group, group)
    size = np.bincount(group, minlength=count)[group]
    own, step = np.arange(count)[:, None], np.arange(1, k + 1)
    other = start[:, None] + (own - start[:, None] + step) % size[:, None]
    there = step < size[:, None]
    # The same number for either end of a pair, so that both lists hold the same similarity.
    low, high = np.minimum(other, own), np.maximum(other, own)
    share = ((low * 2654435761 + high * 40503) % 10007) / 10007
    floor = np.where(size > k, 0.92, 0.86)[:, None]
    value = np.where(there, floor + (0.999 - floor) * share, -np.inf).astype(np.float32)
    order = np.argsort(-value, axis=1, kind="stable")
    similarities = np.take_along_axis(value, order, axis=1)
    neighbours = np.where(similarities > 0, np.take_along_axis(other, order, axis=1), -1)
    pool = made_pool(vectors_made.vectors(count))
    shuffled = replace(pool, neighbours=neighbours.astype(np.int32), similarities=similarities)
    return shuffled, int((similarities > 0.9).sum()) // 2


def indexed(pool: Pool) -> Pool:
    """The pool with the lists that the index finds."""
    from deita_tui.neighbours import equals, lists
    from deita_tui.neighbours.hnsw import Graph, Index
    from deita_tui.neighbours.similarity import renormalised

    kinds = equals.find(pool.vectors)
    index = Index.new(pool.vectors.shape[1], len(kinds.unique), Graph())
    for start in range(0, len(kinds.unique), 4_096):
        rows = kinds.unique[start : start + 4_096]
        index.add(renormalised(pool.vectors[rows]), rows)
    neighbours = np.full((len(pool.vectors), 32), -1, np.int32)
    similarities = np.full(neighbours.shape, -np.inf, np.float32)
    for _ in lists.by_index(index, pool.vectors, kinds, neighbours, similarities):
        pass
    return replace(pool, neighbours=neighbours, similarities=similarities)


class _Ranked(Work):
    """Keeps the lists, and forgets the rankings."""

    def __init__(self, lists: Lists | None) -> None:
        super().__init__()
        self._given = lists

    def lists(self, pool: Pool) -> Lists | None:
        return self._given


def _afresh(pool: Pool, params: Params, lists: Lists | None) -> object:
    return select(pool, params, gear="instant", work=_Ranked(lists))


def replace_threshold(params: Params, threshold: float) -> Params:
    return Params(budget=params.budget, threshold=round(threshold, 6))


def _vectors(options: argparse.Namespace, count: int) -> Vectors:
    if options.vectors is None:
        return vectors_made.vectors(count)
    every = np.load(options.vectors, mmap_mode="r")
    chosen = np.random.default_rng(0).permutation(len(every))[:count]
    found: Vectors = np.asarray(every)[np.sort(chosen)]
    return found


def _timed(run: Callable[P, T], /, *given: P.args, **named: P.kwargs) -> tuple[float, T]:
    started = _clock()
    found = run(*given, **named)
    return _clock() - started, found


def _median(run: Callable[P, object], /, *given: P.args, **named: P.kwargs) -> float:
    return median(_timed(run, *given, **named)[0] for _ in range(_ROUNDS))


def _clock() -> float:
    return time.process_time() if "--processor" in sys.argv else time.perf_counter()


def _peak() -> int:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Time the selection.")
    parser.add_argument("--only", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--part", choices=list(PARTS))
    parser.add_argument("--count", type=int, default=300_000)
    parser.add_argument("--processor", action="store_true", help="count processor time instead")
    parser.add_argument("--kept", type=int, default=6_000)
    parser.add_argument("--vectors", type=Path)
    parser.add_argument("--long", type=Path, nargs="*", default=[])
    return parser.parse_args()


if __name__ == "__main__":
    main()
