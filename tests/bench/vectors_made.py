"""Made-up vectors for the benchmarks: any number of them, the same ones for the same seed.

They follow what embedded pools of instruction data look like. Most of it lies in clusters whose
sizes have a heavy tail; a good share are records from templates, which differ in a few words and
crowd together; some are near duplicates of another record, and some equal it to
the last bit. The rest is scattered. A few directions carry most of the variance.

    python -m tests.bench.vectors_made --count 300000 --dimensions 256 --out vectors.npy
"""

import argparse
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

CLUSTERED = 0.55
TEMPLATES = 0.15
NEAR = 0.06
EQUAL = 0.03
_CHUNK = 1 << 16


def vectors(count: int, dimensions: int = 256, seed: int = 0) -> NDArray[np.float16]:
    """``count`` vectors of length 1, rounded to float16, in no order."""
    found = np.empty((count, dimensions), np.float16)
    at = 0
    for block in chunks(count, dimensions, seed):
        found[at : at + len(block)] = block
        at += len(block)
    return found


def chunks(count: int, dimensions: int = 256, seed: int = 0) -> Iterator[NDArray[np.float16]]:
    """The same vectors block by block. The first n of a larger count are other ones than of n."""
    rng = np.random.default_rng(seed)
    spread = _spread(dimensions)
    mean = rng.standard_normal(dimensions) * spread * 0.5
    topics, forms = (
        rng.standard_normal((max(1, count // size), dimensions)) * spread for size in (200, 800)
    )
    topic_share, form_share = _heavy_tailed(len(topics), 0.7), _heavy_tailed(len(forms), 0.8)
    for start in range(0, count, _CHUNK):
        size = min(_CHUNK, count - start)
        rows = rng.standard_normal((size, dimensions)) * spread
        kind = rng.random(size)
        some = np.flatnonzero(kind < CLUSTERED)
        _gather(rows, some, topics, rng.choice(len(topics), len(some), p=topic_share), (0.5, 1.6))
        some = np.flatnonzero((kind >= CLUSTERED) & (kind < CLUSTERED + TEMPLATES))
        _gather(rows, some, forms, rng.choice(len(forms), len(some), p=form_share), (0.12, 0.9))
        rows += mean
        _copy(rows, rng, spread)
        rows /= np.linalg.norm(rows, axis=1, keepdims=True)
        yield rows.astype(np.float16)


def _gather(
    rows: NDArray[np.float64],
    some: NDArray[np.int64],
    centres: NDArray[np.float64],
    which: NDArray[np.int64],
    widths: tuple[float, float],
) -> None:
    """Put rows around their centres; every centre has a width of its own."""
    width = widths[0] + (widths[1] - widths[0]) * ((which * 2654435761) % 997 / 997)[:, None]
    rows[some] = (centres[which] + width * rows[some]) / np.sqrt(1 + width**2)


def _copy(rows: NDArray[np.float64], rng: np.random.Generator, spread: NDArray[np.float64]) -> None:
    """Make some rows nearly, and some exactly, like an earlier one of the block."""
    drawn = rng.random(len(rows))
    like = (rng.random(len(rows)) * np.arange(len(rows))).astype(np.int64)
    near = np.flatnonzero(drawn < NEAR)
    noise = rng.standard_normal((len(near), rows.shape[1])) * spread
    rows[near] = rows[like[near]] + 10 ** rng.uniform(-3, -0.7, (len(near), 1)) * noise
    equal = np.flatnonzero((drawn >= NEAR) & (drawn < NEAR + EQUAL))
    rows[equal] = rows[like[equal]]


def _spread(dimensions: int) -> NDArray[np.float64]:
    return np.asarray((np.arange(dimensions) + 3.0) ** -0.45, np.float64)


def _heavy_tailed(count: int, power: float) -> NDArray[np.float64]:
    share = (np.arange(count) + 3.0) ** -power
    return np.asarray(share / share.sum(), np.float64)


def main() -> None:
    parser = argparse.ArgumentParser(description="Make vectors.")
    parser.add_argument("--count", type=int, default=300_000)
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=Path, required=True)
    options = parser.parse_args()
    np.save(options.out, vectors(options.count, options.dimensions, options.seed))


if __name__ == "__main__":
    main()
