"""What edited records wait for: the scorers and the embedder to ask again, and how (D15).

How a scorer was run is in the job that it was run by: the same models with the same settings give
the same scorer. Only what is pending is asked for, so that a job for one edited record is short.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from deita_store import jobs, pool, scores, selections, vectors
from deita_store.jobs import Job
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui.errors import JobError
from deita_tui.scoring.deita import TEMPLATES
from deita_tui.steps.distilling_args import DistillArgs
from deita_tui.steps.embedding_args import EmbedArgs, EmbedReport
from deita_tui.steps.indexing_args import IndexArgs
from deita_tui.steps.reach import EDITED
from deita_tui.steps.scoring_args import LITE, JudgeSpec, ScoreArgs, ScoreReport
from deita_tui.steps.stages import remembered

_KINDS = ("score", "embed", "distill")
_MEASURES = ("complexity", "quality")


@dataclass(frozen=True, slots=True)
class Task:
    """A job that is to be queued."""

    kind: str
    args: msgspec.Struct


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be done."""

    jobs: tuple[Task, ...] = ()
    unknown: tuple[str, ...] = ()
    """Names of scorers and embedders of which it is not known how they were run."""


def wanted(store: Store, records: Iterable[int] | None = None) -> Wanted:
    """What edited records wait for.

    Args:
        store: the project.
        records: only what these wait for; None: all that were edited.
    """
    versions = _versions(store, records)
    if not versions:
        return Wanted()
    scorers, embedders = _cast(store)
    waiting = [each for each in scorers if _waits(store, versions, [each.id], None)]
    blind = [each for each in embedders if _waits(store, versions, [], each)]
    if not waiting and not blind:
        return Wanted()
    known = [job for job in reversed(jobs.all(store)) if job.kind in _KINDS]
    learned = [each for each in waiting if each.config.get("teacher")]
    judging = [each for each in waiting if each not in learned]
    scoring, unknown = _scoring(store, judging, known)
    learning, untaught = _learning(store, learned, known, versions)
    embedding, unseen = _embedding(store, blind, known)
    return Wanted((*scoring, *learning, *embedding), (*unknown, *untaught, *unseen))


def cannot_repeat(store: Store, names: Sequence[str]) -> JobError:
    """What is said of scorers and embedders of which it is not known how they were run."""
    told = ", ".join(dict.fromkeys(names))
    return JobError(
        f"How {told} was run is not known in this project, so edited records wait for it.",
        f"Run it as you did before: deita-tui score {store.folder} --where {EDITED} …, or "
        "deita-tui distill for scores that were learned.",
    )


def _versions(store: Store, records: Iterable[int] | None) -> list[Sequence[int]]:
    """Of each record that reads otherwise than imported: its versions, the one in force first."""
    known = pool.edited(store)
    chosen = known.keys() if records is None else known.keys() & set(records)
    return [known[each] for each in sorted(chosen)]


def _waits(
    store: Store, versions: Sequence[Sequence[int]], scorers: Sequence[int], embedder: int | None
) -> bool:
    """Has a version in force been left out by who has dealt with an earlier one?"""
    every = [version for each in versions for version in each]
    ready = pool.ready(store, every, scorers, embedder)
    return any(
        each[0] not in ready and any(version in ready for version in each[1:]) for each in versions
    )


def _cast(store: Store) -> tuple[list[Scorer], list[int]]:
    """The scorers and embedders of the selections in use; the newest ones without any."""
    scorers = {each.id: each for each in scores.scorers(store)}
    told, seen = set[int](), dict[int, None]()
    for selection in _in_use(store):
        told |= set(selection.computed_from.get("scorers", {}).values())
        told |= {id_ for id_ in (selection.basis.complexity_id, selection.basis.quality_id) if id_}
        if selection.basis.embedder_id is not None:
            seen[selection.basis.embedder_id] = None
    if not told:
        told = set({each.measures: each.id for each in scorers.values()}.values())
    newest = vectors.newest(store)
    if not seen and newest is not None:
        seen[newest] = None
    # The one in use comes last: who is asked last is taken to be in use.
    ordered = sorted(seen, key=lambda id_: (id_ == newest, id_))
    return [scorers[id_] for id_ in sorted(told & scorers.keys())], ordered


def _in_use(store: Store) -> list[selections.Selection]:
    working = [selections.get(store)] if selections.is_there(store, None) else []
    return [*working, *selections.saved(store)[:1]]


def _scoring(
    store: Store, waiting: Sequence[Scorer], known: Sequence[Job]
) -> tuple[list[Task], list[str]]:
    """The jobs that score again: scorers that one job ran are asked by one job again."""
    drafts = {each.id: _is_lite(each) for each in waiting if _is_draft(store, each)}
    left = {each.id: each for each in waiting if drafts.get(each.id, True)}
    found = []
    for job in known:
        if not left or job.kind != "score":
            continue
        args = msgspec.convert(job.args, ScoreArgs)
        ran = _ran(store, job, args)
        specs = {measures: getattr(args, measures) for measures, id_ in ran.items() if id_ in left}
        for measures in specs:
            del left[ran[measures]]
        if specs:
            found.append(_again(args, specs))
    shipped = {e.measures: JudgeSpec(LITE, LITE) for e in left.values() if e.id in drafts}
    if shipped:
        found.append(_again(ScoreArgs(name=LITE), shipped))
    unknown = [e.name for e in waiting if not drafts.get(e.id, e.id not in left)]
    return [Task("score", args) for args in found], unknown


def _ran(store: Store, job: Job, args: ScoreArgs) -> dict[str, int]:
    """Which scorers a job ran: their ids by what they measure."""
    if job.state == "done" and job.result:
        stages = msgspec.convert(job.result, ScoreReport).stages
        return {each.measures: each.scorer_id for each in stages}
    found = {}
    for measures in _MEASURES:
        spec = getattr(args, measures)
        scorer = spec and remembered(store, spec, TEMPLATES[measures])
        if scorer is not None and scorer.config.get("limit") in (None, args.max_tokens):
            found[measures] = scorer.id
    return found


def _again(args: ScoreArgs, specs: Mapping[str, JudgeSpec]) -> ScoreArgs:
    """The same run, of edited records alone."""
    fields: dict[str, Any] = dict.fromkeys(_MEASURES) | dict(specs)
    plain = {"top": None, "by": None, "limit": None, "retry": False, "again": False}
    return msgspec.structs.replace(args, where=EDITED, **plain, **fields)


def _is_draft(store: Store, scorer: Scorer) -> bool:
    """Is it one of those that ship with some version of the program?"""
    from deita_tui.lite import scorers

    return scores.model(store, scorer.id) == scorers.NAME


def _is_lite(scorer: Scorer) -> bool:
    """Is it the one that ships with this version?"""
    from deita_tui.lite import scorers

    return dict(scorers.open(scorer.measures).identity) == dict(scorer.config)


def _learning(
    store: Store, learned: Sequence[Scorer], known: Sequence[Job], versions: Sequence[Sequence[int]]
) -> tuple[list[Task], list[str]]:
    """The jobs that score again what was learned to be scored.

    Of a record that was learned from, an edit takes the lesson away, and another lesson makes
    another scorer: that is for the user to say.
    """
    found: dict[str, DistillArgs] = {}
    unknown = []
    for scorer in learned:
        args = next((made for job in known if (made := _taught(job, scorer))), None)
        if args is None or _is_lesson(store, args, versions):
            unknown.append(scorer.name)
        else:
            found[args.called] = args
    return [Task("distill", args) for args in found.values()], unknown


def _taught(job: Job, scorer: Scorer) -> DistillArgs | None:
    """What a job was asked for, if it is how the scorer was learned."""
    if job.kind != "distill" or job.state == "cancelled":
        return None
    args = msgspec.convert(job.args, DistillArgs)
    teacher: Any = scorer.config["teacher"]
    return args if (args.called, args.scorer) == (scorer.name, teacher["name"]) else None


def _is_lesson(store: Store, args: DistillArgs, versions: Sequence[Sequence[int]]) -> bool:
    teachers = [each.id for each in scores.scorers(store, args.scorer)]
    earlier = [version for each in versions for version in each[1:]]
    return any(pool.ready(store, earlier, [teacher], None) for teacher in teachers)


def _embedding(
    store: Store, blind: Sequence[int], known: Sequence[Job]
) -> tuple[list[Task], list[str]]:
    """The jobs that embed again, and bring the lists of neighbours up where there are any."""
    found: list[Task] = []
    unknown = []
    for embedder in blind:
        args = next((made for job in known if (made := _embedded(store, job, embedder))), None)
        if args is None and vectors.model(store, embedder) == LITE:
            args = EmbedArgs(LITE)
        if args is None:
            unknown.append(vectors.find(store, embedder).name)
            continue
        plain = {"limit": None, "retry": False, "again": False}
        again = msgspec.structs.replace(args, where=EDITED, **plain)
        found += [Task("embed", again), *_listing(store, embedder)]
    return found, unknown


def _embedded(store: Store, job: Job, embedder: int) -> EmbedArgs | None:
    """What a job was asked for, if this embedder is what it ran."""
    if job.kind != "embed":
        return None
    args = msgspec.convert(job.args, EmbedArgs)
    if job.state == "done" and job.result:
        ran = msgspec.convert(job.result, EmbedReport).embedder_id == embedder
    else:
        # A run that broke off does not say which of several ways with one model it was.
        config = vectors.find(store, embedder).config
        ran = vectors.model(store, embedder) == args.embedder and config.get("what") == args.what
    return args if ran else None


def _listing(store: Store, embedder: int) -> list[Task]:
    from deita_tui.steps import matrices

    stamp, _ = matrices.current(store, embedder)
    if stamp is None or stamp.lists is None:
        return []
    part = stamp.lists
    return [Task("index", IndexArgs(embedder=embedder, k=part.k, exact=part.exact))]
