"""What scorers are worth: cascades with their certificates, comparisons, report cards."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from deita_tui.errors import JobError, UsageError
from deita_tui.project.scoring import ScoreOptions, Scoring
from deita_tui.project.selecting import SelectOptions

if TYPE_CHECKING:
    from deita_store.jobs import Job
    from deita_tui.steps.cascading_args import CascadeArgs, CascadeReport
    from deita_tui.steps.evaluating import ReportCard
    from deita_tui.steps.trusting import ScorerComparison

_CHOOSING = ("where", "top", "by", "limit")
"""Which records are scored is the cascade's own affair."""
_ELSEWHERE = ("against", "targets", "tokenizer", "tags", "budget_tokens")
"""What takes a file, or tokens that have to be counted first."""
_SETTINGS = ("backend", "device", "precision", "quantize", "kv", "threads", "max_tokens")


class CascadeOptions(TypedDict, total=False):
    """How sure a cascade is to be, and what it may cost."""

    goal: float
    """The share of the full selection that is to be found; 0.98 without."""
    most: float
    """The most records that may be scored, as a share of all."""
    sample: int
    """Records of the sample that comes first; without: as many as seem right."""
    check: int
    """Records of the check that comes last; likewise."""
    seed: int


class Trusting(Scoring):
    """What scorers are worth."""

    def cascade(
        self, by: str, select: SelectOptions, score: ScoreOptions, *,
        progress: Callable[[Job], None] | None = None, **options: Unpack[CascadeOptions],
    ) -> CascadeReport:  # fmt: skip
        """Score only what could be selected, and say what share of the selection that finds.

        Stopping it anywhere loses the batch in flight at most; the same call goes on.

        Args:
            by: the cheap scorers, which have scored all records.
            select: the selection that it is for; its ``scorer`` names those that are there already.
            score: the expensive scorers, as for ``score``.
            progress: called with the job after each batch that is stored.
            options: see ``CascadeOptions``.

        Raises:
            UsageError: the selection is none that a cascade can be made for, or a name is wrong.
            JobError: a model is no good, or it fails throughout.
            BusyError: a worker is at work on the project.
        """
        job = self.queue_cascade(by, select, score, **options)
        return self.cascade_report(self._run(job, progress))

    def queue_cascade(
        self, by: str, select: SelectOptions, score: ScoreOptions,
        **options: Unpack[CascadeOptions],
    ) -> int:  # fmt: skip
        """Queue it for a worker, and return the job; ``start`` sees that there is one."""
        from deita_tui.steps import cascading

        args = self._cascade_args(by, select, score, options)
        cascading.refuse_senseless(self.store, args)
        return self._queue("cascade", args)

    def cascade_report(self, job: Job) -> CascadeReport:
        """The certificate of a cascade that is done.

        Raises:
            JobError: it is not done.
        """
        import msgspec

        from deita_tui.steps.cascading_args import CascadeReport

        if job.state != "done":
            raise JobError(
                f"Job {job.id} is {job.state}: there is no report yet.",
                "What was scored is kept; the same call goes on.",
            )
        return msgspec.convert(job.result, CascadeReport)

    def certificate(self, scorer_id: int) -> CascadeReport | None:
        """Of the last cascade that this scorer was the expensive one of; None of any other."""
        from deita_tui.steps import cascading

        return cascading.report(self.store, scorer_id)

    def compare_scorers(
        self, first: str, second: str, *, sample: int = 500,
        formula: str = "", budget: int = 0, progress: Callable[[Job], None] | None = None,
    ) -> ScorerComparison:  # fmt: skip
        """Compare two scorers on a fair sample, which is scored first where it is not.

        Args:
            first: a scorer's name, a set of the configuration, a method, or a model with settings
                behind commas: ``MODEL,backend=llama,precision=bfloat16``.
            second: likewise.
            sample: records that both are to have scored.
            formula: of the selections whose overlap is estimated; empty: of what both measure.
            budget: of these; 0: 6 % of the pool.
            progress: called with the job that scores after each batch that is stored.

        Raises:
            UsageError: a name or a setting is wrong.
            JobError: a model is no good, or too little is scored by both.
        """
        jobs = [self.queue_side(side, sample) for side in (first, second)]
        for job in jobs:
            if job is not None:
                self._run(job, progress)
        return self.compared_scorers(first, second, jobs, sample, formula, budget)

    def queue_side(self, side: str, sample: int) -> int | None:
        """Queue what a side of a comparison lacks of its sample; None where it lacks nothing."""
        from deita_store import scores
        from deita_tui.steps import trusting

        known = trusting.sides(self.store, side)
        ordered = scores.order(self.store, 0, limit=sample)
        lacks = any(scores.pending(self.store, each.id, ordered) for each in known.values())
        # The name of scores tells nothing of how they were made: what there is of them is compared.
        if known and not (lacks and _says_how(side)):
            return None
        options = _options(side)
        options["limit"] = sample
        return self.queue_score(**options)

    def compared_scorers(
        self, first: str, second: str, jobs: Sequence[int | None], sample: int,
        formula: str = "", budget: int = 0,
    ) -> ScorerComparison:  # fmt: skip
        """The comparison, once what ``queue_side`` queued is done.

        Args:
            first: as ``compare_scorers`` has it.
            second: likewise.
            jobs: what was queued for either.
            sample: records that are compared at most; 0: all that both have scored.
            formula: as ``compare_scorers`` has it.
            budget: likewise.
        """
        from deita_tui.steps import trusting

        one, other = (
            self._side(side, job) for side, job in zip((first, second), jobs, strict=True)
        )
        asked = trusting.Asked(formula, budget)
        return trusting.compare(self.store, one, other, asked, sample or None)

    def evaluate_scorer(
        self, scorers: Sequence[str] = (), *, labels: Sequence[Path | str] = (),
        field: str | None = None, within: str | None = None,
    ) -> ReportCard:  # fmt: skip
        """Judge scorers by labels, beside length and chance.

        Args:
            scorers: their names; none: all.
            labels: files whose records are in the project, with a label each.
            field: that holds the label, a number: of these files, or else of the imported ones.
                Neither files nor a field: the user's own decisions and ratings.
            within: the field whose equal values mark alternatives, such as answers to one prompt.

        Raises:
            UsageError: nobody is called so, or there is no label.
            JobError: no labelled record has a score.
        """
        from deita_tui.steps import evaluating

        if labels:
            files = [Path(each) for each in labels]
            found = evaluating.of_files(self.store, files, field or "label", within)
        elif field:
            found = evaluating.of_field(self.store, field, within)
        else:
            found = evaluating.of_user(self.store)
        return evaluating.evaluate(self.store, scorers, found)

    def _side(self, side: str, job: int | None) -> Mapping[str, int]:
        from deita_tui.steps import trusting

        if job is None:
            return {measure: each.id for measure, each in trusting.sides(self.store, side).items()}
        stages = self.score_report(self.job(job)).stages
        return {stage.measures: stage.scorer_id for stage in stages}

    def _cascade_args(
        self, by: str, select: SelectOptions, score: ScoreOptions, options: CascadeOptions
    ) -> CascadeArgs:
        from deita_tui.project import asking
        from deita_tui.project.selecting import _params
        from deita_tui.steps.cascading_args import CascadeArgs

        if said := [name for name in _CHOOSING if name in score]:
            raise UsageError(
                f"A cascade chooses itself what is scored, so {said[0]} has no place in it."
            )
        if said := [name for name in _ELSEWHERE if name in select]:
            raise UsageError(
                f"A cascade cannot be made for a selection with {said[0]} yet.", "Leave it out."
            )
        args = asking.cached(self._score_args(score), self.folder, score.get("cache", True))
        if args.draft:
            raise UsageError("The lite scorers cost nothing: score all with them.")
        self._refuse_senseless(args)
        if "formula" not in select:
            select = {**select, "formula": _formula(args.complexity, args.quality, args.methods)}
        params = _params(self.store, select)
        return CascadeArgs(args, by, params, **options)


def _formula(complexity: object, quality: object, methods: Sequence[str]) -> str:
    """Of all that is scored: ``c*q`` where that is both."""
    names = [name for name, spec in (("c", complexity), ("q", quality)) if spec is not None]
    return "*".join(names or (f'"{each}"' for each in methods))


def _says_how(side: str) -> bool:
    """Does a side name what is to score, and not only scores that there are?"""
    return "," in side or "/" in side or side in _sets() or Path(side).exists()


def _sets() -> set[str]:
    """What ``score --scorer`` takes."""
    from deita_tui import config
    from deita_tui.scoring import methods

    return {*config.load().sets, "lite", *methods.METHODS}


def _options(side: str) -> ScoreOptions:
    """What is asked of a scoring run by a word such as ``model.gguf,backend=llama``."""
    name, *settings = side.split(",")
    found: dict[str, object] = {}
    for each in settings:
        key, _, value = each.partition("=")
        key = key.strip().replace("-", "_")
        if key not in _SETTINGS or not value:
            raise UsageError(
                f"{each!r} in {side!r} is no setting.",
                f"Write MODEL,NAME=VALUE with a name of: {', '.join(_SETTINGS)}.",
            )
        found[key] = int(value) if value.isdigit() else value
    if name in _sets():
        found["scorer"] = name
    else:
        found |= {"complexity": name, "quality": name}
    return found  # type: ignore[return-value]
