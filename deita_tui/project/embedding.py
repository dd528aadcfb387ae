"""Vectors: asked for, and what there is of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, Unpack, get_args

from deita_tui.errors import JobError, UsageError
from deita_tui.project.looking import Looking
from deita_tui.project.scoring import place, refuse_nothing
from deita_tui.project.working import Working

if TYPE_CHECKING:
    from deita_store.counts import Counts
    from deita_store.jobs import Job
    from deita_store.store import Store
    from deita_store.vectors import Embedder
    from deita_tui.steps.embedding_args import EmbedArgs, EmbedReport

_What = Literal["conversation", "instruction", "response"]
_Pool = Literal["last", "mean", "position_weighted"]


class EmbedOptions(TypedDict, total=False):
    """What may be said of an embedding run."""

    embedder: str | Path
    """``lite``, the embedder that ships with the program, or a model: a hub id, a folder or a
    .gguf file."""
    backend: Literal["auto", "hf", "sentence", "llama", "lite", "fake"]
    """``auto`` tells by the model's files, and keeps to what it found; given here, it looks anew.
    """
    device: str
    """auto, cpu, cuda, mps, cuda:0,cuda:1"""
    precision: Literal["auto", "float32", "bfloat16", "float16"]
    quantize: Literal["none", "int8", "int4"]
    kv: Literal["f32", "f16"]
    """Precision of llama.cpp's cache."""
    threads: int
    pool: _Pool
    """How tokens become one vector; without it the model's own way, else the last token."""
    what: _What
    preset: Literal["deita"]
    """The paper's way: the last token's state over the vicuna v1.1 rendering, 2,048 tokens."""
    name: str
    """What the embedder is called in the project."""
    where: str
    """A filter: which records."""
    limit: int
    """Of these, a fair sample of so many."""
    max_tokens: int
    """Longer texts are cut on the right."""
    patience: float
    """Seconds without an answer after which a model is taken to hang."""
    retry: bool
    """Try again what failed before."""
    offline: bool
    """Ask no hub."""
    settings: dict[str, object]
    """More fields of the backend's settings class."""


@dataclass(frozen=True, slots=True)
class EmbedderState:
    """One embedder, and how far it is."""

    id: int
    name: str
    identity: str
    """The first twelve digits of what its vectors are keyed by."""
    model: str
    """What was asked for when it was used last; empty where that is not known any more."""
    dimensions: int
    config: dict[str, object]
    """What its identity is the hash of."""
    in_use: bool
    """Is it the one that was used last?"""
    records: int
    """Records it has dealt with."""
    failed: int
    """Of these, records without a vector."""
    reasons: dict[str, int]
    """Why they have none: records by reason, the most frequent first."""
    pending: int
    reason: str
    """Why the others are pending."""


class Embedding(Looking, Working):
    """Embedding."""

    def embed(
        self, *, progress: Callable[[Job], None] | None = None, **options: Unpack[EmbedOptions]
    ) -> EmbedReport:
        """Embed what has no vector yet, in this process, and report.

        Stopping it anywhere loses what is in flight at most; the same call goes on.

        Args:
            progress: called with the job after each batch that is stored.
            options: see ``EmbedOptions``.

        Raises:
            UsageError: a model, a backend or a setting is wrong, or an extra is missing.
            JobError: the model hangs, or fails throughout.
            BusyError: a worker is at work on the project.
        """
        return self.embed_report(self._run(self.queue_embed(**options), progress))

    def queue_embed(self, **options: Unpack[EmbedOptions]) -> int:
        """Queue an embedding run for a worker, and return the job; ``start`` sees to a worker.

        The same run that was paused or broke off goes on in its own job.
        """
        args = _args(options)
        self._refuse_senseless_embedding(args)
        return self._queue("embed", args)

    def embed_report(self, job: Job) -> EmbedReport:
        """What an embedding run that is done came to.

        Raises:
            JobError: it is not done.
        """
        import msgspec

        from deita_tui.steps.embedding_args import EmbedReport

        if job.state != "done":
            raise JobError(
                f"Job {job.id} is {job.state}: there is no report yet.",
                "What was embedded is kept; the same call goes on.",
            )
        return msgspec.convert(job.result, EmbedReport)

    def embedders(self, counts: Counts | None = None) -> Sequence[EmbedderState]:
        """Every embedder of the project, oldest first, and how far it is.

        Args:
            counts: those of the project, where they were just read.
        """
        from deita_store import vectors

        counts = counts or self.counts()
        done = dict(counts.embedders)
        return [
            _state(self.store, each, done.get(each.id, 0), counts.records)
            for each in vectors.embedders(self.store)
        ]

    def _refuse_senseless_embedding(self, args: EmbedArgs) -> None:
        """What cannot be done is said here, and not by a job that fails."""
        from deita_store import filters
        from deita_store.context import Context
        from deita_tui.backends import embedders
        from deita_tui.steps import embedding_models

        filters.where(filters.parse(args.where), Context(self.store))
        backend = embedders.pick(args.embedder) if args.backend == "auto" else args.backend
        embedders.entry(backend)
        if args.way and backend not in args.way.backends:
            raise UsageError(
                f"The preset {args.preset} takes the states of a language model, and "
                f"{args.embedder} runs on {backend}.",
                "Name a language model with --embedder, or leave the preset out.",
            )
        embedders.require(backend)
        # Of a hub id it shows only later what its files are.
        sure = backend != "hf" or Path(args.embedder).exists() or args.backend == "hf"
        if sure:
            given = embedding_models.fitted(backend, args.given)
            embedders.check(backend, args.embedder, given)


def _args(options: EmbedOptions) -> EmbedArgs:
    from deita_tui.backends import embedders
    from deita_tui.steps.embedding_args import EmbedArgs

    asked = options.get("embedder", embedders.LITE)
    model = embedders.LITE if asked == embedders.LITE else str(place(asked))
    backend = options.get("backend", "auto")
    if model != embedders.LITE and backend != "fake":
        refuse_nothing(model)
    _refuse_unknown(options)
    return EmbedArgs(
        embedder=model,
        backend=backend,
        settings=_settings(options),
        pool=options.get("pool"),
        what=options.get("what", "conversation"),
        preset=options.get("preset"),
        name=options.get("name", ""),
        where=options.get("where", ""),
        limit=options.get("limit"),
        max_tokens=options.get("max_tokens"),
        retry=options.get("retry", False),
        patience=options.get("patience", EmbedArgs().patience),
        offline=options.get("offline", False),
        again=options.get("backend") == "auto",
    )


def _refuse_unknown(options: EmbedOptions) -> None:
    from deita_tui.embedding.presets import PRESETS

    known = {"what": get_args(_What), "pool": get_args(_Pool), "preset": tuple(PRESETS)}
    for name, values in known.items():
        said = options.get(name)
        if said is not None and said not in values:
            raise UsageError(f"There is no {name} {said!r}.", f"There are: {', '.join(values)}.")
    preset = options.get("preset")
    against = [name for name in ("pool", "max_tokens") if options.get(name) is not None]
    if preset and against:
        flags = " and ".join(f"--{name.replace('_', '-')}" for name in against)
        raise UsageError(
            f"The preset {preset} says already what {flags} would.",
            "Leave the one or the other out.",
        )


def _settings(options: EmbedOptions) -> dict[str, object]:
    names = {"device": "device", "precision": "dtype", "quantize": "quantize", "kv": "kv_type"}
    said = {into: options.get(name) for name, into in {**names, "threads": "threads"}.items()}
    # "auto" and "none" are what is done when nothing is said.
    told = {into: value for into, value in said.items() if value not in (None, "auto", "none")}
    return {**told, **options.get("settings", {})}


def _state(store: Store, embedder: Embedder, done: int, records: int) -> EmbedderState:
    from collections import Counter

    from deita_store import vectors

    reasons = Counter(vectors.reasons(store, embedder.id).values())
    return EmbedderState(
        id=embedder.id,
        name=embedder.name,
        identity=vectors.identity(store, embedder.id)[:12],
        model=vectors.model(store, embedder.id),
        dimensions=embedder.dimensions,
        config=dict(embedder.config),
        in_use=vectors.newest(store) == embedder.id,
        records=done,
        failed=reasons.total(),
        reasons=dict(reasons.most_common()),
        pending=records - done,
        reason=_reason(vectors.reach(store, embedder.id), done) if records > done else "",
    )


def _reason(reach: dict[str, object] | None, done: int) -> str:
    """Why records are pending, as far as the last run tells."""
    if reach is None:
        return "not embedded yet"
    told = []
    if where := reach.get("where"):
        told.append(f"outside --where {where}")
    if limit := reach.get("limit"):
        told.append(f"outside the sample of {limit}")
    asked = reach.get("records")
    if isinstance(asked, int) and done < asked:
        told.append(f"{asked - done:,} not embedded yet")
    return ", ".join(told)
