"""Scoring with the draft scorers that ship.

A run asks for them through the same arguments as for judges, with ``lite`` for a backend.
"""

from array import array
from collections.abc import Generator, Sequence

from deita_store import scores
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.lite import scorers
from deita_tui.lite.scorers import Draft
from deita_tui.scoring.deita import TEMPLATES
from deita_tui.steps import reach
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs, ScoreReport
from deita_tui.steps.stages import remember
from deita_tui.steps.text_scoring import Measured, TextStage


def run(
    store: Store, args: ScoreArgs, todo: "array[int]", job: int | None
) -> Generator[Progress, None, ScoreReport]:
    """Score what is pending of ``todo``; yields after each committed batch."""
    reports = []
    for measures, spec in (("complexity", args.complexity), ("quality", args.quality)):
        if spec is not None:
            draft = scorers.open(measures)
            scorer = _scorer(store, args, spec, draft, len(todo))

            def measure(fields: Sequence[Sequence[str]], draft: Draft = draft) -> Measured:
                values, reasons = draft.score(fields)
                return values.tolist(), reasons

            stage = TextStage(store, scorer, measure, todo, f"{measures} (lite)")
            yield from stage.score(job)
            reports.append(stage.report(scorers.NAME, (scorers.NOTE,)))
    return ScoreReport(reports)


def _scorer(store: Store, args: ScoreArgs, spec: JudgeSpec, draft: Draft, records: int) -> Scorer:
    """The draft as a scorer of the project, made if it is new."""
    measures, reads = draft.measures, scorers.READS[draft.measures]
    with store.transaction():
        id_ = scores.ensure_scorer(store, args.name, measures, reads, draft.identity)
        remember(store, spec, TEMPLATES[measures], id_)
        scores.save_model(store, id_, scorers.NAME)
        about = reach.of(args, records)
        scores.save_reach(store, id_, reach.widened(scores.reach(store, id_), about))
        if args.retry:
            scores.forget_failures(store, id_)
    return Scorer(id_, args.name, measures, reads, draft.identity)
