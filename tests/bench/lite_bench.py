"""Do the figures of the lite card reproduce, and how fast are the lite models?

    python -m tests.bench.lite_bench --labels LABELS --pool POOL [--encoder] [--speed FILE]

LABELS and POOL are folders of label sets and of records; they are not in the repository. Learns
every scorer of the card's table anew (each without the set that it is judged on), learns the
shipped ones anew and compares their bytes, and exits with 1 where a figure is another one.
``--encoder`` compares the embedder with the encoder that it was distilled from (minutes), and
``--speed`` measures records a second on one core.
"""

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

from deita_tui.embedding import lite
from deita_tui.lite import scorers
from deita_tui.lite.training import distil_embedder, texts, train_scorers
from deita_tui.lite.training.embedder_quality import likeness

CARD = Path(scorers.__file__).parent / "README.md"
UNSEEN = 2000
"""Records that the embedder is compared on."""


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--pool", type=Path)
    parser.add_argument("--encoder", action="store_true")
    parser.add_argument("--speed", type=Path)
    asked = parser.parse_args()
    differ = 0
    if asked.labels:
        differ += _figures(asked.labels, asked.pool)
    if asked.encoder:
        _embedder(asked.pool)
    if asked.speed:
        _speed(asked.speed)
    sys.exit(bool(differ))


def _figures(labels: Path, pool: Path) -> int:
    card = CARD.read_text(encoding="utf-8")
    trained = train_scorers.Trained(labels, pool)
    differ = 0
    for line in train_scorers.table(list(trained.lines())):
        same = line in card
        differ += not same
        print("as in the card " if same else "NOT IN THE CARD", line)
    for kind in ("complexity", "quality"):
        same = trained.shipped(kind).dump() == scorers.file(kind).read_bytes()
        print(f"{kind}.npz learned anew: {'the same bytes' if same else 'OTHER BYTES'}")
    return differ


def _embedder(pool: Path) -> None:
    rows = texts.others(pool, UNSEEN, seed=0)
    encoder, _ = distil_embedder.teacher()
    theirs = distil_embedder.said(encoder, [text for _, text in rows])
    ours = lite.open().embed([text for _, text in rows]).vectors
    print(likeness(ours, theirs, [source for source, _ in rows]))


def _speed(file: Path) -> None:
    os.environ["RAYON_NUM_THREADS"] = "1"
    with file.open(encoding="utf-8") as lines:
        said = [
            [part["value"] for part in json.loads(line)["conversations"]]
            for line in islice(lines, 0, None, 7)
        ]
    whole = ["\n".join(parts) for parts in said]
    embedder = lite.open()
    print(f"{len(whole):,} records, {sum(map(len, whole)) / len(whole):,.0f} characters on average")
    _timed("embed", whole, embedder.embed)
    pairs = [(parts[0], parts[1]) if len(parts) > 1 else (parts[0], "") for parts in said]
    for measures in scorers.READS:
        draft = scorers.open(measures)
        _timed(measures, pairs, draft.score)


def _timed(name: str, rows: list[Any], work: Callable[[list[Any]], object]) -> None:
    began, processed = time.perf_counter(), time.process_time()
    for some in _cut(rows, 1024):
        work(some)
    wall, processor = time.perf_counter() - began, time.process_time() - processed
    print(f"{name}: {len(rows) / processor:,.0f} a second of processor,", end=" ")
    print(f"{len(rows) / wall:,.0f} of clock")


def _cut(rows: list[Any], size: int) -> Iterator[list[Any]]:
    for at in range(0, len(rows), size):
        yield rows[at : at + size]


if __name__ == "__main__":
    main()
