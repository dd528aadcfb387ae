"""The texts that the embedder's table is fitted to: permissively licensed records and paragraphs.

Nothing of them is in the table but how often tokens occur and what vector serves them best.
"""

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from random import Random

MOST = {"gpteacher_toolformer": 1500, "bbh": 1500, "gsm8k": 2000}
"""Records of a source that are used at most; of the others ``_MOST``."""
_MOST = 4000
SOURCES = frozenset(
    {
        *MOST,
        *("gpteacher_codegen", "gpteacher_roleplay", "mtbench101", "ultrafeedback_1200"),
        *("oda_math_1k", "oasst_human_953", "oasst_fr"),
    }
)
"""Sources of the pool under MIT or Apache-2.0."""
LABELLED = {
    "complexity.math_level": 1500,
    "quality.ultrafeedback_gpt4": 2396,
    "complexity.followbench_level": 800,
    "quality.mtbench_gpt4": 200,
    "complexity.oda_complexity_gpt41nano": 300,
}
"""Label sets whose texts are read too, and how many of each: MIT or Apache-2.0."""
LONGEST = 3000
"""Characters of a text."""
_PARAGRAPH = (40, 600)
ALL = 22_000
COUNT = 7_000
"""Texts that are fitted; the frequencies of tokens are counted over ``ALL``."""


def sample(pool: Path, labels: Path) -> list[str]:
    """``ALL`` texts, whole records and single paragraphs by turns, always the same ones.

    Args:
        pool: the folder of the pool's files.
        labels: the folder of the label sets.
    """
    random = Random(1)
    by_source: dict[str, list[str]] = {}
    for file in sorted(pool.glob("*.jsonl.gz")):
        for source, text in _rows(file):
            if source in SOURCES:
                by_source.setdefault(source, []).append(text)
    found: list[str] = []
    for source, texts in by_source.items():
        random.shuffle(texts)
        found += texts[: MOST.get(source, _MOST)]
    for name, most in LABELLED.items():
        texts = [text for _, text in _rows(labels / f"{name}.jsonl.gz")]
        random.shuffle(texts)
        found += texts[:most]
    paragraphs = [_paragraph(text, random) for text in found]
    whole = [text[:LONGEST] for text in found]
    some = [each for each in paragraphs if each]
    random.shuffle(whole)
    random.shuffle(some)
    turns = (text for both in zip(whole, some, strict=False) for text in both)
    return [text for _, text in zip(range(ALL), turns, strict=False)]


def others(pool: Path, count: int, seed: int) -> list[tuple[str, str]]:
    """Source and text of records of sources that were not fitted to, for the card's figures."""
    rows = [
        (source, text[:LONGEST])
        for file in sorted(pool.glob("*.jsonl.gz"))
        for source, text in _rows(file)
        if source not in SOURCES
    ]
    return Random(seed).sample(rows, count)


def _paragraph(text: str, random: Random) -> str:
    shortest, longest = _PARAGRAPH
    parts = [part.strip() for part in text.split("\n") if len(part.strip()) > shortest]
    return random.choice(parts)[:longest] if parts else ""


def _rows(file: Path) -> Iterator[tuple[str, str]]:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for line in lines:
            row = json.loads(line)
            yield row["source"], "\n".join(part["value"] for part in row["conversations"])
