"""A project of the demo's records with a judge that can be foreseen, to cascade over."""

import math
from collections.abc import Mapping, Sequence
from hashlib import blake2b
from pathlib import Path

import numpy as np

from deita_store.store import Store
from deita_tui.project import Project
from deita_tui.selection.params import Params
from deita_tui.steps import cascading
from deita_tui.steps.cascading_args import CascadeArgs, CascadeReport
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs
from tests.distilling.taught import project as demo

BOS = 256


class Judge:
    """Says how long a prompt is, and some whim."""

    def __init__(self, noise: float = 0.3) -> None:
        self.identity: Mapping[str, str] = {"backend": "made", "noise": str(noise)}
        self.limit = 1_000_000
        self.noise = noise
        self.rows = 0
        self.closed = 0

    def tokens(self, text: str) -> list[int]:
        """BOS and bytes."""
        return [BOS, *text.encode()]

    def next_logprobs(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int = 0
    ) -> np.ndarray:
        """All on the two digits around what it means."""
        self.rows += len(prompts)
        return np.array([self._row(prompt, choices) for prompt in prompts])

    def close(self) -> None:
        """Count it."""
        self.closed += 1

    def _row(self, prompt: Sequence[int], choices: Sequence[int]) -> list[float]:
        text = bytes(token for token in prompt if token != BOS)
        whim = int.from_bytes(blake2b(text, digest_size=4).digest()) / 2**31 - 1
        meant = 1 + 5 / (1 + math.exp(5.7 - math.log(len(text)) - self.noise * whim))
        low = min(5, int(meant))
        held = {48 + low: 1 - (meant - low), 49 + low: meant - low}
        return [math.log(max(held.get(each, 0.0), 1e-9)) for each in choices]


def made(folder: Path, records: int) -> None:
    """The demo's first records, scored and embedded by what ships."""
    demo(folder, records).close()
    with Project.open(folder) as project:
        project.score(scorer="lite")
        project.embed(embedder="lite")


def args(**more: object) -> CascadeArgs:
    """A cascade for a selection of 40 by complexity."""
    asked = ScoreArgs(complexity=JudgeSpec("made", "fake"), name="made")
    params = Params(budget=40, formula="c", threshold=0.9)
    said = {"score": asked, "by": "lite", "params": params, "sample": 200, "check": 100}
    return CascadeArgs(**{**said, **more})  # type: ignore[arg-type]


def run(store: Store, wanted: CascadeArgs, judge: Judge, steps: int = 0) -> CascadeReport | None:
    """To the end, or for so many steps; None where it was stopped."""
    work = cascading.run(store, wanted, None, lambda *_: judge)
    try:
        while True:
            next(work)
            steps -= 1
            if steps == 0:
                return None
    except StopIteration as end:
        report: CascadeReport = end.value
        return report
    finally:
        work.close()
