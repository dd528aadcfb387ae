"""Scoring with the draft scorers that ship: no model to load, thousands of texts a second.

A run asks for them through the same arguments as for judges, with ``lite`` for a backend.
"""

import time
from array import array
from collections.abc import Generator, Iterator, Sequence

from deita_store import jobs, scores
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui.lite import scorers
from deita_tui.lite.scorers import Draft
from deita_tui.scoring.deita import TEMPLATES
from deita_tui.steps import reach
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs, ScoreReport, StageReport
from deita_tui.steps.stages import remember
from deita_tui.steps.windows import Window, windows

_ROWS = 1024
"""Texts that are scored at once, and committed together."""


def run(
    store: Store, args: ScoreArgs, todo: "array[int]", job: int | None
) -> Generator[Progress, None, ScoreReport]:
    """Score what is pending of ``todo``; yields after each committed batch."""
    reports = []
    for measures, spec in (("complexity", args.complexity), ("quality", args.quality)):
        if spec is not None:
            stage = _Stage(store, args, spec, scorers.open(measures), todo)
            yield from stage.score(job)
            reports.append(stage.report())
    return ScoreReport(reports)


class _Stage:
    """One draft scorer's share of a run."""

    def __init__(
        self, store: Store, args: ScoreArgs, spec: JudgeSpec, draft: Draft, todo: "array[int]"
    ) -> None:
        self._store = store
        self._draft = draft
        self._todo = todo
        self._seconds = 0.0
        self._counts = {"scored": 0, "failed": 0, "reused": 0, "ready": 0}
        measures, reads = draft.measures, scorers.READS[draft.measures]
        with store.transaction():
            id_ = scores.ensure_scorer(store, args.name, measures, reads, draft.identity)
            remember(store, spec, TEMPLATES[measures], id_)
            scores.save_model(store, id_, scorers.NAME)
            about = reach.of(args, len(todo))
            scores.save_reach(store, id_, reach.widened(scores.reach(store, id_), about))
            if args.retry:
                scores.forget_failures(store, id_)
        self._scorer = Scorer(id_, args.name, measures, reads, draft.identity)

    def score(self, job: int | None) -> Iterator[Progress]:
        """Score what is left, window by window."""
        left = scores.pending(self._store, self._scorer.id, self._todo)
        done = self._counts["ready"] = len(self._todo) - len(left)
        total, doing = len(self._todo), f"{self._draft.measures} (lite)"
        for window in windows(self._store, self._scorer, left):
            self._counts["reused"] += window.reused
            for batch, complete in self._batches(window):
                done += len(complete)
                with self._store.transaction():
                    scores.add(self._store, self._scorer.id, batch, job)
                    scores.finish(self._store, self._scorer, complete)
                    jobs.advance(self._store, job, done, total, "records", doing)
                yield Progress(done, total, "records", doing)

    def report(self) -> StageReport:
        """What it has come to."""
        return StageReport(
            scorer_id=self._scorer.id,
            measures=self._draft.measures,
            model=scorers.NAME,
            records=len(self._todo),
            scored=self._counts["scored"],
            failed=self._counts["failed"],
            reused=self._counts["reused"],
            seconds=round(self._seconds, 3),
            health=None,
            ready=self._counts["ready"],
            notes=(scorers.NOTE,),
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
        values, reasons = self._draft.score(fields)
        self._seconds += time.monotonic() - started
        failed = sum(reason is not None for reason in reasons)
        self._counts["failed"] += failed
        self._counts["scored"] += len(texts) - failed
        return [
            Score(text, None if reason else value, reason)
            for text, value, reason in zip(texts, values.tolist(), reasons, strict=True)
        ]
