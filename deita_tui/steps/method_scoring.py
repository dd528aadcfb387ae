"""Scoring with the methods of ``scoring.methods``: those that ask a model, and those that do not.

Models come after what needs none, and one model serves all methods that ask it. The first 200
records are each method's pilot, as for a judge.
"""

import contextlib
import math
import time
from array import array
from collections.abc import Generator, Iterator, Mapping, Sequence

import msgspec

from deita_store import scores
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui.backends import names
from deita_tui.errors import DeitaError, JobError, UsageError
from deita_tui.scoring import health, methods
from deita_tui.scoring.asking import Answer, Asker, sentence
from deita_tui.scoring.batches import Pace, batches
from deita_tui.scoring.health import Health, Speed
from deita_tui.scoring.methods import Asked, Next, Spoken
from deita_tui.steps import choosing, reach, tag_scoring
from deita_tui.steps.caching import Shared
from deita_tui.steps.choosing import Opener, Pick
from deita_tui.steps.probe_scoring import Bound, Probing
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import ScoreArgs, ScoreReport, StageReport
from deita_tui.steps.stages import Work
from deita_tui.steps.text_scoring import Measured, TextStage
from deita_tui.steps.windows import Window, windows

_SHIPPED = "nothing but the text"
_PROBED = 64
"""Conversations that a probing method deals with at once."""
Row = tuple[bytes, Asked]


def run(
    store: Store, args: ScoreArgs, todo: "array[int]", job: int | None,
    open_judge: Opener = names.open_judge,
) -> Generator[Progress, None, ScoreReport]:  # fmt: skip
    """Score what is pending of ``todo`` with each method; yields after each committed batch.

    Raises:
        JobError: the pilot shows that a model gives no numbers, or it hangs or fails throughout.
        UsageError: there is no such method, or it needs a model and none is named.
    """
    entries = {name: methods.find(name) for name in dict.fromkeys(args.methods)}
    asking = [name for name, entry in entries.items() if entry.kind in ("model", "probe")]
    if asking and args.model is None:
        raise UsageError(f"{asking[0]} asks a language model.", "Name one with --model.")
    work = Work(store, args, job, todo)
    reports = []
    for name in [each for each in entries if each not in asking]:
        if entries[name].kind == "tags":
            reports.append((yield from tag_scoring.run(store, args, todo, job, name)))
            continue
        stage = _text_stage(work, name)
        yield from stage.score(job)
        reports.append(stage.report(_SHIPPED))
    if asking:
        pick = yield from _choose(work, open_judge)
        yield work.advance(0, None, "loading the model")
        with contextlib.closing(_opened(pick, args, open_judge)) as asker:
            probing = Probing(work, asker)
            for name in asking:
                if entries[name].kind == "probe":
                    bound = yield from probing.bound(name)
                else:
                    bound = methods.model_method(name), asker
                stage_ = _Stage(work, name, bound, pick)
                yield from stage_.run()
                reports.append(stage_.report())
    order = list(entries)
    return ScoreReport(sorted(reports, key=lambda report: order.index(report.measures)))


def _text_stage(work: Work, name: str) -> TextStage:
    method = methods.text_method(name)
    scorer = _scorer(work, name, {**method.config(), "measures": name}, _SHIPPED)

    def measure(fields: Sequence[Sequence[str]]) -> Measured:
        return [method.measure(each) for each in fields], [None] * len(fields)

    return TextStage(work.store, scorer, measure, work.todo, name)


def _choose(work: Work, open_judge: Opener) -> Generator[Progress, None, Pick]:
    def advance(stage: str, bytes_: tuple[int, int] | None) -> Progress:
        return work.advance(*bytes_, stage, "bytes") if bytes_ else work.advance(0, None, stage)

    assert work.args.model is not None
    spec, job = work.args.model, work.job
    return (yield from choosing.choose(work.store, spec, work.args, open_judge, advance, job))


def _opened(pick: Pick, args: ScoreArgs, open_judge: Opener) -> Asker:
    given: dict[str, object] = {"limit": args.max_tokens, **pick.settings}
    if pick.backend == "llama":
        given["every_token"] = True
    return Asker(lambda: open_judge(pick.backend, pick.model, given), args.patience)


def _scorer(work: Work, name: str, config: Mapping[str, object], model: str) -> Scorer:
    """The method as a scorer of the project, made if it is new."""
    store, entry = work.store, methods.find(name)
    with store.transaction():
        id_ = scores.ensure_scorer(store, name, name, entry.reads, config)
        scores.save_model(store, id_, model)
        about = reach.of(work.args, len(work.todo))
        scores.save_reach(store, id_, reach.widened(scores.reach(store, id_), about))
        if work.args.retry:
            scores.forget_failures(store, id_)
    return Scorer(id_, name, name, entry.reads, config)


class _Stage:
    """One method that asks the model."""

    def __init__(self, work: Work, name: str, bound: Bound, pick: Pick) -> None:
        self._work, self._pick = work, pick
        self._method, self._asker = bound
        self._limit = min(self._asker.judge.limit, work.args.max_tokens)
        # What is asked about a text may be many times as long as it is.
        self._at_once = _PROBED if methods.find(name).kind == "probe" else len(work.todo)
        assert work.args.model is not None
        config: dict[str, object] = {
            **self._method.config(),
            "measures": name,
            "limit": self._limit,
            "judge": dict(self._asker.judge.identity),
        }
        self._scorer = _scorer(work, name, config, work.args.model.model)
        self._pace = Pace(work.args.batch_tokens)
        self._speed = Speed()
        self._counts = {"scored": 0, "failed": 0, "reused": 0, "shared": 0}
        identity = scores.identity(work.store, self._scorer.id)
        self._shared = Shared(identity, config, work.args.cache)
        self._ready = 0

    def run(self) -> Iterator[Progress]:
        """The pilot, and what is left."""
        store, todo, name = self._work.store, self._work.todo, self._scorer.name
        left = scores.pending(store, self._scorer.id, todo)
        done = self._ready = len(todo) - len(left)
        yield self._work.advance(done, len(todo), name)
        found = self._health()
        if found is None or found.records < min(health.PILOT, len(todo)):
            pilot = todo[: health.PILOT]
            first = scores.pending(store, self._scorer.id, pilot)
            yield from self._score(first, done)
            done, tried = done + len(first), set(first)
            left = array("q", (each for each in left if each not in tried))
            found = self._examine(pilot, len(left))
        if found.broken and not self._work.args.force:
            raise JobError(
                f"{name} gives no useful numbers. {' '.join(found.broken)}",
                f"The first {found.records:,} records: {'; '.join(found.lines())}. Choose another "
                "model; --retry asks again for what failed, --force goes on as it is.",
            )
        yield from self._score(left, done)

    def report(self) -> StageReport:
        """What it has come to."""
        assert self._work.args.model is not None
        return StageReport(
            scorer_id=self._scorer.id,
            measures=self._scorer.measures,
            model=self._work.args.model.model,
            records=len(self._work.todo),
            **self._counts,
            seconds=round(self._speed.seconds, 3),
            health=self._health(),
            ready=self._ready,
            told=self._pick.told,
            notes=self._pick.notes,
        )

    def _score(self, conversations: Sequence[int], done: int) -> Iterator[Progress]:
        total, doing = len(self._work.todo), self._scorer.name
        for window in self._windows(conversations):
            self._counts["reused"] += window.reused
            done += self._commit([], window.complete(), done)
            yield Progress(done, total, "records", doing)
            known = self._shared.take(window)
            complete = window.deal_with([each.text for each in known])
            done += self._commit(known, complete, done, "shared")
            for batch in self._batches(window):
                complete = window.deal_with([each.text for each in batch])
                done += self._commit(batch, complete, done)
                self._shared.keep(batch)
                yield Progress(done, total, "records", doing)

    def _windows(self, conversations: Sequence[int]) -> Iterator[Window]:
        for start in range(0, len(conversations), self._at_once):
            some = conversations[start : start + self._at_once]
            yield from windows(self._work.store, self._scorer, some)

    def _commit(
        self, batch: Sequence[Score], complete: Sequence[int], done: int, got: str = "scored"
    ) -> int:
        work = self._work
        with work.store.transaction():
            scores.add(work.store, self._scorer.id, batch, work.job)
            scores.finish(work.store, self._scorer, complete)
            work.advance(done + len(complete), len(work.todo), self._scorer.name)
        failed = sum(each.value is None for each in batch)
        self._counts["failed"] += failed
        self._counts[got] += len(batch) - failed
        return len(complete)

    def _batches(self, window: Window) -> Iterator[list[Score]]:
        """Every text of a window, scored; those that nothing can be asked about come first."""
        asked = [(text, self._ask_of(fields)) for text, fields in sorted(window.texts.items())]
        window.texts.clear()
        if bad := [Score(text, reason=each.problem) for text, each in asked if each.problem]:
            yield bad
        rows = [row for row in asked if not row[1].problem]
        held: list[Score] = []
        for batch in batches(rows, lambda row: row[1].tokens, self._pace):
            held += self._answered(batch)
            # A model that goes on failing ends the run, and then no text is to blame.
            if not self._asker.failing:
                yield held
                held = []
        if held:
            yield held

    def _ask_of(self, fields: Sequence[str]) -> Asked:
        try:
            return self._method.ask(fields, self._asker.judge.tokens, self._limit)
        except DeitaError:
            raise
        except Exception as error:
            return Asked(problem=f"no tokens for it: {sentence(error)}")

    def _answered(self, batch: Sequence[Row]) -> list[Score]:
        started = time.monotonic()
        answers = iter(self._ask([each for _, asked in batch for each in asked.questions]))
        seconds = time.monotonic() - started
        self._pace.took(seconds)
        tokens, was = sum(asked.tokens for _, asked in batch), self._speed
        self._speed = Speed(was.rows + len(batch), was.tokens + tokens, was.seconds + seconds)
        return [
            self._scored(text, asked, [next(answers) for _ in asked.questions])
            for text, asked in batch
        ]

    def _ask(self, questions: Sequence[Spoken | Next]) -> list[Answer]:
        """An answer to each question, in order; those of one kind are asked together."""
        found: dict[int, Answer] = {}
        spoken = [n for n, each in enumerate(questions) if isinstance(each, Spoken)]
        items = [(each.prefix, each.continuation) for each in questions if isinstance(each, Spoken)]
        if items:
            found.update(zip(spoken, self._asker.follow(items), strict=True))
        by_choices: dict[tuple[int, ...], list[int]] = {}
        for number, each in enumerate(questions):
            if isinstance(each, Next):
                by_choices.setdefault(each.choices, []).append(number)
        for choices, numbers in by_choices.items():
            prompts = [each.prompt for n in numbers if isinstance(each := questions[n], Next)]
            found.update(zip(numbers, self._asker.ask(prompts, choices, 0), strict=True))
        return [found[number] for number in range(len(questions))]

    def _scored(self, text: bytes, asked: Asked, answers: Sequence[Answer]) -> Score:
        said = [each.logprobs for each in answers if each.logprobs is not None]
        size, short = asked.tokens, asked.shortened
        if len(said) < len(answers):
            reason = next(each.reason for each in answers if each.logprobs is None)
            return Score(text, reason=reason, tokens=size, shortened=short)
        value = asked.number(said) if asked.number else math.nan
        if not math.isfinite(value):
            reason = "the model's answers come to no number"
            return Score(text, reason=reason, tokens=size, shortened=short)
        return Score(text, value, tokens=size, shortened=short)

    def _examine(self, pilot: Sequence[int], left: int) -> Health:
        """Look at the pilot as the project has it, and keep what it shows."""
        store = self._work.store
        rows = [
            health.Row(each.value, None, each.tokens, each.shortened, True, each.reason)
            for each in scores.given(store, self._scorer, pilot)
        ]
        texts_left = round(left * len(rows) / len(pilot)) if pilot else 0
        scale = methods.find(self._scorer.name).scale
        found = health.examine(len(pilot), rows, self._speed, texts_left, scale)
        scores.save_health(store, self._scorer.id, msgspec.to_builtins(found))
        return found

    def _health(self) -> Health | None:
        found = scores.health(self._work.store, self._scorer.id)
        return None if found is None else msgspec.convert(found, Health)
