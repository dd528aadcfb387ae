"""Choose the demo's records out of a bigger pool: ``python -m deita_tui.demo.make POOL``.

The pool is JSONL, plain or gzipped, one object a line: ``id``, ``source``, ``conversations``
(``from``, ``value``) and perhaps ``meta``. What is taken depends on nothing but the pool's content:
within each group (a task, a language) records come in the order of a hash of their ids, until the
source's share is full. README.md beside this file says whose they are, and under which licences.
"""

import gzip
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import blake2b
from pathlib import Path
from typing import Any

from deita_tui.demo import RECORDS
from deita_tui.demo.checks import unfit

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Share:
    """How much of a source is taken."""

    name: str
    """What the source is called in the demo."""
    count: int
    prefix: str = ""
    """Only records whose id begins like this."""
    groups: tuple[str, ...] = ()
    """Only these tasks or languages; empty: all."""


SHARES = {
    "mtbench101": Share("mtbench101", 700),
    # The draft scorers that the demo is shown with learned from English.
    "oasst_human_953": Share("oasst1", 270, groups=("en",)),
    "gpteacher_codegen": Share("gpteacher-code", 370),
    "gpteacher_roleplay": Share("gpteacher-roleplay", 350),
    # The training part alone: its test part is what models are measured with.
    "gsm8k": Share("gsm8k", 310, prefix="gsm8k-train-"),
    # Two that are made from templates, so that the diversity filter has something to do.
    "bbh": Share("bbh", 270),
    "gpteacher_toolformer": Share("gpteacher-tools", 230),
}
"""By the pool's name of the source."""


def choose(rows: Iterable[Row]) -> list[Row]:
    """The demo's records, in an order that mixes the sources."""
    found: dict[str, dict[str, list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row in rows:
        share = SHARES.get(row["source"])
        if share is None or not str(row["id"]).startswith(share.prefix):
            continue
        group = _group(row)
        if (not share.groups or group in share.groups) and not unfit(_texts(row)):
            found[share.name][group].append(row)
    chosen = [
        {"id": str(row["id"]), "source": share.name, "conversations": row["conversations"]}
        for share in SHARES.values()
        for row in _dealt(found[share.name], share.count)
    ]
    return sorted(chosen, key=_place)


def write(rows: Iterable[Row], file: Path) -> None:
    """Write ``rows`` as gzipped JSONL: the same bytes for the same rows."""
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    file.write_bytes(gzip.compress(lines.encode(), 9, mtime=0))


def read(file: Path) -> Iterator[Row]:
    """The rows of a pool, plain or gzipped."""
    opened = gzip.open if file.suffix == ".gz" else open
    with opened(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def _group(row: Row) -> str:
    meta = row.get("meta") or {}
    return str(meta.get("task") or meta.get("lang") or "")


def _texts(row: Row) -> list[str]:
    return [turn["value"] for turn in row["conversations"]]


def _place(row: Row) -> bytes:
    return blake2b(f"{row['source']}\0{row['id']}".encode(), digest_size=8).digest()


def _dealt(groups: dict[str, list[Row]], count: int) -> Iterator[Row]:
    """``count`` rows: one of each group in turn, so that no group drowns the others."""
    piles = [sorted(groups[name], key=_place, reverse=True) for name in sorted(groups)]
    for _ in range(count):
        piles = [pile for pile in piles if pile]
        if not piles:
            return
        pile = piles.pop(0)
        yield pile.pop()
        piles.append(pile)


def main(arguments: list[str]) -> int:
    """Write ``records.jsonl.gz`` beside this file."""
    if len(arguments) != 1:
        print("usage: python -m deita_tui.demo.make POOL.jsonl[.gz]", file=sys.stderr)  # noqa: T201
        return 2
    chosen = choose(read(Path(arguments[0])))
    write(chosen, RECORDS)
    for name, count in sorted(Counter(row["source"] for row in chosen).items()):
        print(f"{count:6,}  {name}")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
