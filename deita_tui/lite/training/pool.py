"""First questions and answers of permissively licensed records: for lengths and for the scale."""

import gzip
import json
from pathlib import Path
from random import Random

import numpy as np
from numpy.typing import NDArray

from deita_tui.lite.features import features
from deita_tui.lite.training.labels import LabelSet
from deita_tui.lite.training.texts import SOURCES

MOST = 1500
"""Records of a source."""
FREE = (
    "gpteacher_codegen",
    "gpteacher_roleplay",
    "mtbench101",
    "oasst_human_953",
    "ultrafeedback_1200",
)
"""Sources whose answers are as long as the question calls for, and not as a template has it."""


def read(folder: Path) -> dict[str, list[tuple[str, str]]]:
    """Question and answer of at most ``MOST`` records of each source, always the same ones."""
    found: dict[str, list[tuple[str, str]]] = {}
    for file in sorted(folder.glob("*.jsonl.gz")):
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            for line in lines:
                row = json.loads(line)
                said = [part for part in row["conversations"] if part["from"] != "system"]
                if row["source"] in SOURCES and [p["from"] for p in said[:2]] == ["human", "gpt"]:
                    pair = (said[0]["value"], said[1]["value"])
                    found.setdefault(row["source"], []).append(pair)
    random = Random(0)
    return {
        source: random.sample(found[source], min(MOST, len(found[source])))
        for source in sorted(found)
    }


def answers(pool: dict[str, list[tuple[str, str]]]) -> list[LabelSet]:
    """The questions of ``FREE`` sources, labelled with the length of their answers."""
    found = []
    for source in FREE:
        asked = [question for question, _ in pool[source]]
        sizes = np.array([float(len(answer)) for _, answer in pool[source]])
        keys = np.array([str(place) for place in range(len(asked))])
        found.append(LabelSet(source, features(asked), sizes, keys, keys, {}))
    return found


def reference(pool: dict[str, list[tuple[str, str]]], pair: bool) -> NDArray[np.float32]:
    """Features of all of it."""
    pairs = [each for some in pool.values() for each in some]
    asked = [question for question, _ in pairs]
    return features(asked, [answer for _, answer in pairs] if pair else None)
