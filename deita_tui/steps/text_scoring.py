"""Scoring with what needs no judge: nothing to load, thousands of texts a second."""

import math
import time
from array import array
from collections.abc import Callable, Iterator, Sequence

from deita_store import jobs, scores
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import StageReport
from deita_tui.steps.windows import Window, windows

_ROWS = 1024
"""Texts that are scored at once, and committed together."""

Measured = tuple[Sequence[float], Sequence[str | None]]
"""A number for each of some texts, or a reason for having none."""
Measure = Callable[[Sequence[Sequence[str]]], Measured]
"""Takes the fields of some texts."""


class TextStage:
    """One such scorer's share of a run.

    Args:
        store: the project.
        scorer: in whose name it scores.
        measure: what it does.
        todo: the conversations that the run is about, scored or not.
        doing: what to call it while it runs.
    """

    def __init__(
        self, store: Store, scorer: Scorer, measure: Measure, todo: "array[int]", doing: str
    ) -> None:
        self._store, self._scorer, self._measure = store, scorer, measure
        self._todo, self._doing = todo, doing
        self._seconds = 0.0
        self._counts = {"scored": 0, "failed": 0, "reused": 0, "ready": 0}

    def score(self, job: int | None) -> Iterator[Progress]:
        """Score what is left, window by window; yields after each committed batch."""
        left = scores.pending(self._store, self._scorer.id, self._todo)
        done = self._counts["ready"] = len(self._todo) - len(left)
        total = len(self._todo)
        for window in windows(self._store, self._scorer, left):
            self._counts["reused"] += window.reused
            for batch, complete in self._batches(window):
                done += len(complete)
                with self._store.transaction():
                    scores.add(self._store, self._scorer.id, batch, job)
                    scores.finish(self._store, self._scorer, complete)
                    jobs.advance(self._store, job, done, total, "records", self._doing)
                yield Progress(done, total, "records", self._doing)

    def report(self, model: str, notes: tuple[str, ...] = ()) -> StageReport:
        """What it has come to."""
        return StageReport(
            scorer_id=self._scorer.id,
            measures=self._scorer.measures,
            model=model,
            records=len(self._todo),
            scored=self._counts["scored"],
            failed=self._counts["failed"],
            reused=self._counts["reused"],
            seconds=round(self._seconds, 3),
            health=None,
            ready=self._counts["ready"],
            notes=notes,
        )

    def _batches(self, window: Window) -> Iterator[tuple[list[Score], list[int]]]:
        """Every text of a window, scored, and the conversations that are complete with it."""
        yield [], window.complete()
        texts = sorted(window.texts)
        for start in range(0, len(texts), _ROWS):
            some = texts[start : start + _ROWS]
            batch = self._scored(some, [window.texts[text] for text in some])
            yield batch, window.deal_with(some)

    def _scored(self, texts: Sequence[bytes], fields: Sequence[Sequence[str]]) -> list[Score]:
        started = time.monotonic()
        values, reasons = self._measure(fields)
        self._seconds += time.monotonic() - started
        found = [
            Score(text, reason=reason)
            if reason
            else Score(text, float(value))
            if math.isfinite(value)
            else Score(text, reason="it has no number")
            for text, value, reason in zip(texts, values, reasons, strict=True)
        ]
        failed = sum(each.value is None for each in found)
        self._counts["failed"] += failed
        self._counts["scored"] += len(texts) - failed
        return found
