"""Scoring: what the DEITA judges say of every turn, kept batch by batch and never asked twice.

Where two models are needed, the pilot of either comes before the bulk of either: a model that is
no good shows in minutes, not after the other's days.
"""

import contextlib
from array import array
from collections.abc import Generator, Iterator, Sequence

from deita_store import scores
from deita_store.store import Store
from deita_tui.backends import names
from deita_tui.errors import JobError, UsageError
from deita_tui.scoring import health
from deita_tui.scoring.deita import TEMPLATES
from deita_tui.scoring.health import Health
from deita_tui.steps import deriving, known
from deita_tui.steps.choosing import Opener
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs, ScoreReport, StageReport
from deita_tui.steps.stages import Judges, Stage, Work, remembered

__all__ = ["JudgeSpec", "ScoreArgs", "ScoreReport", "StageReport", "chosen", "run"]


def run(
    store: Store,
    args: ScoreArgs,
    job: int | None = None,
    open_judge: Opener = names.open_judge,
    only: Sequence[int] | None = None,
) -> Generator[Progress, None, ScoreReport]:
    """Score what is pending; yields after each committed batch, and returns the report.

    The caller holds the project's lock. Stopping anywhere loses the batch in flight at most.

    Args:
        store: the project.
        args: what is asked for.
        job: that all this is for.
        open_judge: opens a model.
        only: these conversations, in this order, whatever ``args`` would choose.

    Raises:
        JobError: the pilot shows that a model is no good, or it hangs or fails throughout.
        UsageError: a model, a backend or a setting is wrong.
    """
    if args.methods:
        from deita_tui.steps import method_scoring

        yield from deriving.run(store, job=job)
        return (
            yield from method_scoring.run(store, args, _todo(store, args, only), job, open_judge)
        )
    if args.complexity is None and args.quality is None:
        raise UsageError("There is no model to score with.", "Name one with --complexity-model.")
    yield from deriving.run(store, job=job)
    if args.draft:
        from deita_tui.steps import lite_scoring

        return (yield from lite_scoring.run(store, args, _todo(store, args, only), job))
    work = Work(store, args, job, _todo(store, args, only))
    stages = [
        Stage(work, spec, TEMPLATES[measures])
        for measures, spec in (("complexity", args.complexity), ("quality", args.quality))
        if spec is not None and not known.all_known(work, spec, TEMPLATES[measures])
    ]
    retried: set[int] = set()
    with contextlib.closing(Judges(open_judge, args)) as judges:
        for stage in reversed(stages[1:]):
            if len(work.todo) > health.PILOT and not _was_tried(stage):
                yield from _leg(stage, judges, retried, pilot_only=True)
        for stage in stages:
            yield from _leg(stage, judges, retried)
    return ScoreReport([stage.report() for stage in stages])


def chosen(store: Store, args: ScoreArgs) -> "array[int]":
    """The conversations that a run is about, in its order, scored or not."""
    ids: Sequence[int] | None = None
    if args.where:
        from deita_store.view import View

        ids = View(store, args.where).ids
    if args.top is not None:
        if args.by is None:
            raise UsageError("--top needs a score to rank by.", "Name it with --by.")
        ids = scores.best(store, args.by, args.top, ids)
    return scores.order(store, args.seed, ids, args.limit)


def _todo(store: Store, args: ScoreArgs, only: Sequence[int] | None) -> "array[int]":
    # A version that came after its turns were derived waits for the next run.
    last = deriving.watermark(store)
    found = chosen(store, args) if only is None else only
    return array("q", (each for each in found if each <= last))


def _was_tried(stage: Stage) -> bool:
    scorer = remembered(stage.work.store, stage.spec, stage.template)
    return scorer is not None and scores.health(stage.work.store, scorer.id) is not None


def _leg(
    stage: Stage, judges: Judges, retried: set[int], pilot_only: bool = False
) -> Iterator[Progress]:
    """Load the stage's judge and run its pilot, then everything that is left of it."""
    work = stage.work
    yield from stage.choose(judges)
    yield work.advance(0, None, f"loading the {stage.template.measures} model")
    stage.load(judges)
    if work.args.retry and stage.scorer.id not in retried:
        scores.forget_failures(work.store, stage.scorer.id)
        retried.add(stage.scorer.id)
    todo = scores.pending(work.store, stage.scorer.id, work.todo)
    done = len(work.todo) - len(todo)
    stage.ready = done if stage.ready is None else stage.ready
    found = stage.health()
    if found is None or found.records < min(health.PILOT, len(work.todo)):
        pilot = work.todo[: health.PILOT]
        first = scores.pending(work.store, stage.scorer.id, pilot)
        yield from stage.score(first, done)
        done += len(first)
        tried = set(first)
        todo = array("q", (each for each in todo if each not in tried))
        found = stage.examine(pilot, len(todo))
    if found.broken and not work.args.force:
        raise _broken(stage, found)
    if not pilot_only:
        yield from stage.score(todo, done)


def _broken(stage: Stage, found: Health) -> JobError:
    return JobError(
        f"The {stage.template.measures} model looks broken. {' '.join(found.broken)}",
        f"The first {found.records:,} records: {'; '.join(found.lines())}. Choose another model; "
        "--retry asks again for what failed, --force goes on as it is.",
    )
