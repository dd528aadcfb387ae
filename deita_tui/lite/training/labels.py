"""Label sets: texts that somebody judged, and what the judgement was.

Which sets may train weights that ship, and whose judgement each is, says the card.
"""

import gzip
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Self

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.features import features

Floats = NDArray[np.float64]

QUALITY = ("mtbench_gpt4", "prometheus_vicuna_mtbench", "ultrafeedback_gpt4")
COMPLEXITY = ("followbench_level", "math_level", "oda_complexity_gpt41nano")
"""Sets under MIT or Apache-2.0: only these train."""
FAILURES = "ultrafeedback_gpt4"
"""The quality set that trains complexity as well: how badly answers to a question turn out."""


@dataclass(frozen=True, slots=True)
class LabelSet:
    """n texts or pairs with labels, as features."""

    name: str
    features: NDArray[np.float32]
    labels: Floats
    prompts: NDArray[np.str_]
    """(n,) key of the question; the same question in another set has the same key."""
    groups: NDArray[np.str_]
    """(n,) rows that may be compared with each other: answers to one question, or questions that
    were made of one another."""
    sizes: dict[str, Floats]
    """Characters and words of what is judged, for comparison."""

    def without(self, prompts: NDArray[np.str_]) -> Self:
        """The rows whose question is none of ``prompts``."""
        return self.rows(np.flatnonzero(~np.isin(self.prompts, prompts)))

    def rows(self, at: NDArray[np.int64]) -> Self:
        """Some of the rows."""
        return replace(
            self,
            features=self.features[at],
            labels=self.labels[at],
            prompts=self.prompts[at],
            groups=self.groups[at],
            sizes={name: each[at] for name, each in self.sizes.items()},
        )


def read(folder: Path, kind: str) -> dict[str, LabelSet]:
    """All sets of a kind, ``quality`` or ``complexity``, by name."""
    files = sorted(folder.glob(f"{kind}.*.jsonl.gz"))
    return {
        file.name.removesuffix(".jsonl.gz").partition(".")[2]: _set(file, kind == "quality")
        for file in files
    }


def failures(quality: LabelSet) -> LabelSet:
    """The questions of a quality set; the worse their answers on average, the harder they are."""
    keys, first, inverse = np.unique(quality.prompts, return_index=True, return_inverse=True)
    mean = np.bincount(inverse, quality.labels) / np.bincount(inverse)
    # The question's own columns come first.
    width = (quality.features.shape[1] - _together()) // 2
    size = {name: np.zeros(len(keys)) for name in quality.sizes}
    table = quality.features[first, :width]
    return LabelSet(f"failures in {quality.name}", table, -mean, keys, keys, size)


def pairs(rows: Sequence[dict[str, object]]) -> list[tuple[str, str]]:
    """The last question of each row, and its answer."""
    found = []
    for row in rows:
        said: list[dict[str, str]] = row["conversations"]  # type: ignore[assignment]
        at = max(place for place, part in enumerate(said) if part["from"] == "human")
        found.append((said[at]["value"], said[at + 1]["value"] if at + 1 < len(said) else ""))
    return found


def _set(file: Path, paired: bool) -> LabelSet:
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    said = pairs(rows)
    asked, answered = [each for each, _ in said], [each for _, each in said]
    judged = answered if paired else asked
    prompts = np.array([row["prompt_key"] for row in rows])
    return LabelSet(
        name=str(rows[0]["source"]),
        features=features(asked, answered if paired else None),
        labels=np.array([float(row["label"]) for row in rows]),
        prompts=prompts,
        groups=np.array([row.get("pair_id") or row["prompt_key"] for row in rows]),
        sizes={
            "characters": np.array([float(len(text)) for text in judged]),
            "words": np.array([float(len(text.split())) for text in judged]),
        },
    )


def _together() -> int:
    from deita_tui.lite.features import TOGETHER

    return len(TOGETHER)
