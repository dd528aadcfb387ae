"""Embedding: a vector for every record, kept batch by batch and never computed twice."""

import contextlib
import time
from array import array
from collections import Counter
from collections.abc import Generator, Iterator, Sequence

from deita_store import jobs, scores, vectors
from deita_store.store import Store
from deita_store.vectors import Vector
from deita_tui.backends import embedders
from deita_tui.embedding.asking import Answer, Asker
from deita_tui.embedding.lite import spelt
from deita_tui.figures import plural
from deita_tui.scoring.batches import Pace, batches
from deita_tui.steps import embedding_models, reach
from deita_tui.steps.embedding_args import EmbedArgs, EmbedReport
from deita_tui.steps.embedding_models import Model, Opener
from deita_tui.steps.embedding_windows import Window, reading, windows
from deita_tui.steps.progress import Progress

__all__ = ["EmbedArgs", "EmbedReport", "chosen", "run"]

_CHARS_A_TOKEN = 3
_REASONS = 5


def run(
    store: Store,
    args: EmbedArgs,
    job: int | None = None,
    open_embedder: Opener = embedders.open_embedder,
) -> Generator[Progress, None, EmbedReport]:
    """Embed what is pending; yields after each commit, and returns the report.

    The caller holds the project's lock. Stopping anywhere loses what is in flight at most.

    Raises:
        JobError: the model hangs or fails throughout.
        UsageError: a model, a backend or a setting is wrong.
    """
    work = _Work(store, args, job)
    model = yield from embedding_models.choose(store, args, work.looked)
    yield work.advance(0, None, "loading the embedder")
    asker = Asker(lambda: open_embedder(model.backend, model.model, model.settings), args.patience)
    with contextlib.closing(asker):
        embedding_models.remember(store, args, model, asker.embedder)
        run = _Run(work, asker, model)
        yield from run.embed()
        return run.report()


def chosen(store: Store, args: EmbedArgs) -> "array[int]":
    """The conversations that a run is about, in its order, embedded or not."""
    ids: Sequence[int] | None = None
    if args.where:
        from deita_store.view import View

        ids = View(store, args.where).ids
    return scores.order(store, args.seed, ids, args.limit)


class _Work:
    """The job: what is asked for, and how far it is."""

    def __init__(self, store: Store, args: EmbedArgs, job: int | None) -> None:
        self.store = store
        self.args = args
        self.todo = chosen(store, args)
        self._job = job

    def advance(self, done: int, total: int | None, stage: str, unit: str = "records") -> Progress:
        """Note how far the job is."""
        with self.store.transaction():
            jobs.advance(self.store, self._job, done, total, unit, stage)
        return Progress(done, total, unit, stage)

    def looked(self, stage: str, bytes_: tuple[int, int] | None) -> Progress:
        """Note how far the search for the model is."""
        return self.advance(*bytes_, stage, "bytes") if bytes_ else self.advance(0, None, stage)


class _Run:
    """A loaded embedder at work."""

    def __init__(self, work: _Work, asker: Asker, model: Model) -> None:
        self._work = work
        self._asker = asker
        self._model = model
        self._pace = Pace(work.args.batch_tokens)
        self._counts = {"embedded": 0, "failed": 0, "reused": 0, "shortened": 0, "empty": 0}
        self._reasons: Counter[str] = Counter()
        self._spelt = 0
        store, args = work.store, work.args
        self._reading = reading(store, args.what, args.rendering)
        config: dict[str, object] = {
            "method": "embed/1",
            "what": args.what,
            "rendering": args.rendering,
            "pairs": self._reading.pairing,
            "embedder": dict(asker.embedder.identity),
        }
        self.name = args.name or _name(args)
        dimensions = asker.embedder.dimensions
        with store.transaction():
            self.id = vectors.ensure_embedder(store, self.name, dimensions, config)
            vectors.save_model(store, self.id, args.embedder)
            if args.where != reach.EDITED:
                vectors.save_reach(store, self.id, _reach(args, len(work.todo)))
        if args.retry:
            vectors.forget_failures(store, self.id)
        self._pending = vectors.pending(store, self.id, work.todo)
        self._ready = self._done = len(work.todo) - len(self._pending)
        self._rows: dict[bytes, Vector] = {}
        self._links: list[tuple[int, bytes]] = []
        self._committed = time.monotonic()

    def embed(self) -> Iterator[Progress]:
        """Everything that is pending; yields after each commit."""
        work = self._work
        yield work.advance(self._done, len(work.todo), "embedding")
        for window in windows(work.store, self.id, self._pending, self._reading):
            self._settle(window)
            for batch in self._batches(window):
                started = time.monotonic()
                answer = self._asker.ask([window.texts[key] for key in batch])
                self._pace.took(time.monotonic() - started)
                self._take(batch, answer, window)
                # A model that goes on failing ends the run, and then no text is to blame.
                due = time.monotonic() - self._committed >= work.args.commit_seconds
                if due and not self._asker.failing:
                    yield self._commit()
        yield self._commit()

    def report(self) -> EmbedReport:
        """What it has come to."""
        return EmbedReport(
            embedder_id=self.id,
            name=self.name,
            model=self._work.args.embedder,
            dimensions=self._asker.embedder.dimensions,
            records=len(self._work.todo),
            **self._counts,
            seconds=round(self._asker.seconds, 3),
            ready=self._ready,
            reasons=dict(self._reasons.most_common(_REASONS)),
            notes=(*self._model.notes, *self._warned()),
        )

    def _warned(self) -> Iterator[str]:
        if self._spelt:
            yield (
                f"! {plural(self._spelt, 'text')} mostly in Cyrillic or the like: lite reads that "
                "letter by letter, so such texts look alike to it, and a selection takes many of "
                "them for duplicates. A multilingual model (--embedder) tells them apart."
            )

    def _settle(self, window: Window) -> None:
        """Deal with what needs no model: known texts, those in flight, and those that are none."""
        self._links += window.known
        self._counts["reused"] += len(window.known)
        for key in [key for key in window.texts if key in self._rows]:
            del window.texts[key]
            self._link(key, window)
            self._counts["reused"] += 1
        for conversation, key, reason in window.hopeless:
            if key not in self._rows:
                self._rows[key] = Vector(key, None, reason)
            self._links.append((conversation, key))
            self._counts["empty"] += 1
            self._reasons[reason] += 1

    def _batches(self, window: Window) -> Iterator[list[bytes]]:
        limit, texts = self._asker.embedder.limit, window.texts

        def tokens(key: bytes) -> int:
            return min(len(texts[key]) // _CHARS_A_TOKEN + 1, limit)

        # By their keys first, so that the order depends on nothing but the texts.
        return batches(sorted(texts), tokens, self._pace)

    def _take(self, batch: Sequence[bytes], answer: Answer, window: Window) -> None:
        data, width = answer.vectors.tobytes(), 2 * answer.vectors.shape[1]
        for row, key in enumerate(batch):
            reason = answer.reasons.get(row)
            vector = None if reason else data[row * width : (row + 1) * width]
            self._rows[key] = Vector(key, vector, reason, answer.shortened[row])
            self._link(key, window)
        self._reasons.update(answer.reasons.values())
        self._counts["failed"] += len(answer.reasons)
        self._counts["embedded"] += len(batch) - len(answer.reasons)
        self._counts["shortened"] += sum(answer.shortened)
        if self._model.backend == embedders.LITE:
            self._spelt += sum(spelt(window.texts[key]) for key in batch)

    def _link(self, key: bytes, window: Window) -> None:
        self._links += [(each, key) for each in window.waiting.pop(key)]

    def _commit(self) -> Progress:
        """Store what was found and how far the job is: all of it or nothing."""
        work = self._work
        with work.store.transaction():
            vectors.add(work.store, self.id, self._rows.values())
            vectors.link(work.store, self.id, self._links)
            progress = work.advance(self._done + len(self._links), len(work.todo), "embedding")
        self._done += len(self._links)
        self._rows.clear()
        self._links.clear()
        self._committed = time.monotonic()
        return progress


def _name(args: EmbedArgs) -> str:
    """What an embedder is called when nobody says: by its preset or model, and what it reads."""
    from pathlib import Path

    model = Path(args.embedder).name.partition("@")[0].removesuffix(".gguf") or args.embedder
    name = args.preset or model
    return name if args.what == "conversation" else f"{name}:{args.what}"


def _reach(args: EmbedArgs, records: int) -> dict[str, object] | None:
    limits = {"where": args.where, "limit": args.limit}
    given: dict[str, object] = {name: value for name, value in limits.items() if value}
    return {**given, "records": records} if given else None
