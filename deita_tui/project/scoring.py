"""Scores: asked for, planned, and what there is of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

from deita_tui.errors import JobError, UsageError
from deita_tui.project.looking import Looking
from deita_tui.project.probing import ProbeOptions
from deita_tui.project.working import Working

if TYPE_CHECKING:
    from deita_store.counts import Counts
    from deita_store.jobs import Job
    from deita_store.scores import Scorer
    from deita_store.store import Store
    from deita_tui.config import ScorerSet
    from deita_tui.scoring.health import Health
    from deita_tui.scoring.plan import Plan
    from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs, ScoreReport


class ScoreOptions(ProbeOptions, total=False):
    """What may be said of a scoring run. What is left out is taken from the configuration."""

    scorer: str
    """A named set of models from the configuration, and what the scores are called; or methods by
    their names, with commas between: ifd, perplexity, response_tokens, … (``scoring.methods``)."""
    model: str | Path
    """The language model that methods ask."""
    complexity: str | Path
    """The model to score complexity with: a hub id, a folder or a .gguf file. Without ``scorer``
    only the models that are given here are used."""
    quality: str | Path
    backend: Literal["auto", "hf", "llama", "http", "fake"]
    """``auto`` picks one, tells why and keeps to it in this project; given here, it picks anew."""
    device: str
    """auto, cpu, cuda, mps, cuda:0,cuda:1"""
    precision: Literal["auto", "float32", "bfloat16", "float16"]
    quantize: Literal["none", "int8", "int4"]
    kv: Literal["f32", "f16"]
    """Precision of llama.cpp's cache."""
    threads: int
    url: str
    """A completion server that has the models; they are then named as it names them. A model may
    also be an address itself, like http://127.0.0.1:8080, with #name behind it."""
    allow_remote: bool
    """Let the texts go to a server that is not on this machine."""
    key_env: str
    """The environment variable that holds the server's key."""
    where: str
    """A filter: which records."""
    top: int
    """Of these, the so many that the scorer ``by`` puts highest."""
    by: str
    limit: int
    """Of these, a fair sample of so many."""
    max_tokens: int
    """Longer prompts are shortened in the middle."""
    patience: float
    """Seconds without an answer after which a model is taken to hang."""
    force: bool
    """Go on where the pilot says that a model is no good."""
    retry: bool
    """Ask again for what failed before."""
    offline: bool
    """Ask no hub."""
    cache: bool
    """Take scores that another project has got, and offer it these."""
    settings: dict[str, object]
    """More fields of the backend's settings class."""


@dataclass(frozen=True, slots=True)
class ScorerState:
    """One scorer, and how far it is."""

    id: int
    name: str
    measures: str
    identity: str
    """The first twelve digits of what its scores are keyed by."""
    model: str
    """What was asked for when it was used last; empty where that is not known any more."""
    config: dict[str, object]
    """What its identity is the hash of."""
    records: int
    """Records it has dealt with."""
    failed: int
    """Of these, records in which a turn has no score."""
    unscored: int
    reason: str
    """Why the others are unscored."""
    health: Health | None


class Scoring(Looking, Working):
    """Scoring."""

    def score(
        self, *, progress: Callable[[Job], None] | None = None, **options: Unpack[ScoreOptions]
    ) -> ScoreReport:
        """Score what has no score yet, in this process, and report.

        Stopping it anywhere loses the batch in flight at most; the same call goes on.

        Args:
            progress: called with the job after each batch that is stored.
            options: see ``ScoreOptions``.

        Raises:
            UsageError: a model, a backend or a setting is wrong, or an extra is missing.
            JobError: the pilot shows that a model is no good, or it fails throughout.
            BusyError: a worker is at work on the project.
        """
        return self.score_report(self._run(self.queue_score(**options), progress))

    def queue_score(self, **options: Unpack[ScoreOptions]) -> int:
        """Queue a scoring run for a worker, and return the job; ``start`` sees that there is one.

        The same run that was paused or broke off goes on in its own job.
        """
        from deita_tui.backends import names
        from deita_tui.project import asking

        args = asking.cached(self._score_args(options), self.folder, options.get("cache", True))
        self._refuse_senseless(args)
        for spec in () if args.draft else _specs(args):
            names.require(names.pick(spec.model) if spec.backend == "auto" else spec.backend)
        return self._queue("score", args)

    def plan_score(self, **options: Unpack[ScoreOptions]) -> Plan:
        """What ``score`` would take: rows, tokens, hours, GB. Loads no model, writes nothing."""
        from deita_tui.project import drafting
        from deita_tui.steps import planning

        args = self._score_args(options)
        self._refuse_senseless(args)
        if args.draft:
            return planning.plan(self.store, args, drafting.known())
        sizes = {spec.model: _size(self.store, spec, args.offline) for spec in _specs(args)}
        known = {model: size for model, size in sizes.items() if size is not None}
        return planning.plan(self.store, args, planning.Known(bytes=known))

    def score_report(self, job: Job) -> ScoreReport:
        """What a scoring run that is done came to.

        Raises:
            JobError: it is not done.
        """
        import msgspec

        from deita_tui.steps.scoring_args import ScoreReport

        if job.state != "done":
            raise JobError(
                f"Job {job.id} is {job.state}: there is no report yet.",
                "What was scored is kept; the same call goes on.",
            )
        return msgspec.convert(job.result, ScoreReport)

    def scorers(self, counts: Counts | None = None) -> Sequence[ScorerState]:
        """Every scorer of the project, oldest first, and how far it is.

        Args:
            counts: those of the project, where they were just read.
        """
        from deita_store import scores

        counts = counts or self.counts()
        done = [count for _, _, count in counts.scored]
        found = scores.scorers(self.store)
        return [
            _state(self.store, scorer, count, counts.records)
            for scorer, count in zip(found, done, strict=True)
        ]

    def score_failures(self, scorer_id: int) -> dict[str, int]:
        """Why turns have no score of a scorer: records by reason, the most frequent first."""
        from deita_store import scores

        known = {each.id: each for each in scores.scorers(self.store)}
        return scores.failures(self.store, known[scorer_id])

    def _score_args(self, options: ScoreOptions) -> ScoreArgs:
        from deita_tui import config
        from deita_tui.project import drafting, measuring, naming, probing
        from deita_tui.steps.scoring_args import LITE, ScoreArgs

        told = config.ScorerSet(
            complexity=place(options.get("complexity"), options.get("url")),
            quality=place(options.get("quality"), options.get("url")),
            backend=options.get("backend"),
            device=options.get("device"),
            precision=options.get("precision"),
            quantize=options.get("quantize"),
            kv=options.get("kv"),
            threads=options.get("threads"),
            max_tokens=options.get("max_tokens"),
            url=options.get("url"),
            allow_remote=options.get("allow_remote"),
            key_env=options.get("key_env"),
        )
        known = config.load(self.folder)
        if options.get("scorer") == LITE and LITE not in known.sets:
            return drafting.args(options)
        if methods := measuring.named(options.get("scorer", ""), known.sets):
            model = place(options.get("model"))
            said = _spec(model, told, options.get("settings", {}))
            return probing.probed(self.store, options, measuring.args(options, methods, said))
        measuring.refuse_model(options)
        models = list(filter(None, (told.complexity, told.quality)))
        # What other models say is never called DEITA's.
        name = options.get("scorer") or naming.name(self.store, models, {**known.sets, LITE: None})
        name = name or config.DEFAULT
        chosen = told
        if "scorer" in options or not models:
            chosen = told.over(known.scorer(name))
        if chosen.complexity is None and chosen.quality is None:
            raise UsageError(
                f"There is no scorer {name!r}, and no model was named.",
                f"There are: {', '.join(known.sets)}, {LITE}. Or name one with --complexity-model, "
                "--quality-model.",
            )
        complexity, quality = _fitting(
            [
                _spec(model, chosen, options.get("settings", {}))
                for model in (chosen.complexity, chosen.quality)
            ]
        )
        return ScoreArgs(
            complexity=complexity,
            quality=quality,
            name=name,
            where=options.get("where", ""),
            top=options.get("top"),
            by=options.get("by"),
            limit=options.get("limit"),
            force=options.get("force", False),
            retry=options.get("retry", False),
            max_tokens=chosen.max_tokens or ScoreArgs().max_tokens,
            patience=options.get("patience", ScoreArgs().patience),
            offline=options.get("offline", False),
            again=told.backend == "auto",
        )

    def _refuse_senseless(self, args: ScoreArgs) -> None:
        """What cannot be done is said here, and not by a job that fails."""
        from deita_store import filters, scores
        from deita_store.context import Context

        filters.where(filters.parse(args.where), Context(self.store))
        if (args.top is None) != (args.by is None):
            raise UsageError(
                "--top and --by belong together: --top 1000 --by NAME scores the 1,000 records "
                "that the scorer NAME puts highest.",
                "A fair sample of any size is --limit.",
            )
        if args.by is not None and not scores.scorers(self.store, args.by):
            known = sorted({each.name for each in scores.scorers(self.store)})
            raise UsageError(
                f"No scorer called {args.by!r} has scored this project.",
                f"There are: {', '.join(known)}." if known else "Nothing is scored yet.",
            )


def _specs(args: ScoreArgs) -> list[JudgeSpec]:
    return [spec for spec in (args.complexity, args.quality, args.model) if spec is not None]


def _spec(model: str | None, chosen: ScorerSet, more: dict[str, object]) -> JudgeSpec | None:
    from deita_tui.backends import http_address, weights
    from deita_tui.project import asking
    from deita_tui.steps.scoring_args import JudgeSpec

    if model is None:
        return None
    backend = chosen.backend or "auto"
    if backend == "fake":
        return JudgeSpec(model, backend, more)
    on_server = http_address.is_url(model) or (chosen.url and not Path(model).exists())
    if backend == "http" or on_server:
        return asking.spec(model, chosen, backend, more)
    refuse_nothing(model)
    if Path(model).exists():
        weights.resolve(model)  # all of it
    names = {"device": "device", "precision": "dtype", "quantize": "quantize", "kv": "kv_type"}
    said = {into: getattr(chosen, name) for name, into in {**names, "threads": "threads"}.items()}
    # "auto" and "none" are what is done when nothing is said.
    settings = {into: value for into, value in said.items() if value not in (None, "auto", "none")}
    return JudgeSpec(model, backend, {**settings, **more})


def _fitting(specs: list[JudgeSpec | None]) -> list[JudgeSpec | None]:
    """Take a setting away from a model that has no use for it, if it is meant for the other one.

    Of a hub id it shows only later what its files are, so nothing is taken from it here.
    """
    import msgspec

    from deita_tui.steps import choosing

    useless = {id(spec): choosing.foreign(_runs_on(spec), spec.settings) for spec in specs if spec}
    for name in set.intersection(*map(set, useless.values())) if useless else ():
        raise choosing.no_use(name, next(_runs_on(spec) for spec in specs if spec))
    return [
        spec
        and msgspec.structs.replace(
            spec,
            settings={k: v for k, v in spec.settings.items() if k not in useless[id(spec)]},
        )
        for spec in specs
    ]


def _runs_on(spec: JudgeSpec) -> str:
    from deita_tui.backends import names

    if spec.backend != "auto":
        return spec.backend
    sure = Path(spec.model).exists() or names.pick(spec.model) == "llama"
    return names.pick(spec.model) if sure else "auto"


def place(model: str | Path | None, url: str | None = None) -> str | None:
    """A model as a worker that stands elsewhere finds it; on the server at ``url``, if given."""
    from deita_tui.backends import http_address

    if model is None:
        return None
    if url or http_address.is_url(str(model)):
        return http_address.full(str(model), url or "")
    path = Path(model).expanduser()
    local = path.exists() or isinstance(model, Path) or str(model).startswith((".", "/", "~"))
    return str(path.absolute()) if local else str(model)


def refuse_nothing(model: str) -> None:
    """Say that there is no such model, where that is certain before it is looked for.

    Raises:
        UsageError: it is.
    """
    from deita_tui.backends import weights

    if not Path(model).exists() and (Path(model).is_absolute() or not weights.is_hub_id(model)):
        raise UsageError(
            f"There is no model at {model}.",
            "A model is a folder with config.json, a .gguf file, or a hub id such as org/name.",
        )


def _size(store: Store, spec: JudgeSpec, offline: bool) -> int | None:
    """Bytes of a hub model's weights, by the cache or else by the hub; None where neither knows."""
    from deita_tui.backends import found, revisions, weights
    from deita_tui.errors import DeitaError
    from deita_tui.steps import choosing

    elsewhere = spec.backend in ("fake", "http") or not weights.is_hub_id(spec.model)
    if elsewhere or Path(spec.model).exists():
        return None
    kept = choosing.remembered(store, spec)
    there = found.cached(kept.model if kept else spec.model)
    if there is not None:
        return there.size
    if offline:
        return None
    try:
        return revisions.size(spec.model)
    except DeitaError:
        # A plan that does not know a size is still a plan; it says so.
        return None


def _state(store: Store, scorer: Scorer, done: int, records: int) -> ScorerState:
    import msgspec

    from deita_store import scores
    from deita_tui.scoring.health import Health
    from deita_tui.steps import reach

    figures = scores.health(store, scorer.id)
    return ScorerState(
        id=scorer.id,
        name=scorer.name,
        measures=scorer.measures,
        identity=scores.identity(store, scorer.id)[:12],
        model=scores.model(store, scorer.id),
        config=dict(scorer.config),
        records=done,
        failed=scores.count_failed(store, scorer.id),
        unscored=records - done,
        reason=reach.reason(scores.reach(store, scorer.id), done) if records > done else "",
        health=None if figures is None else msgspec.convert(figures, Health),
    )
