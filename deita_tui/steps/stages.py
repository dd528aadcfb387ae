"""One scorer at work on a project: its judge, its windows, its commits, its pilot."""

import time
from array import array
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass

import msgspec

from deita_store import jobs, scores, settings
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui.scoring import deita, digits, health, shorten
from deita_tui.scoring.asking import Answer, Asker
from deita_tui.scoring.batches import Pace, batches
from deita_tui.scoring.deita import Template
from deita_tui.scoring.digits import Digits
from deita_tui.scoring.health import Health, Speed
from deita_tui.scoring.language import is_english
from deita_tui.scoring.prompting import Prompter
from deita_tui.scoring.shorten import Prompt
from deita_tui.steps import choosing, reach
from deita_tui.steps.caching import Shared
from deita_tui.steps.choosing import Opener, Pick
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs, StageReport
from deita_tui.steps.windows import Window, texts, windows


@dataclass(frozen=True, slots=True)
class Work:
    """What all stages of a run share."""

    store: Store
    args: ScoreArgs
    job: int | None
    todo: "array[int]"
    """The conversations that the run is about, scored or not, in its order."""

    def advance(self, done: int, total: int | None, stage: str, unit: str = "records") -> Progress:
        """Note how far the job is."""
        with self.store.transaction():
            jobs.advance(self.store, self.job, done, total, unit, stage)
        return Progress(done, total, unit, stage)


class Judges:
    """Opens judges by name, and never two at a time: two 7B models do not fit together."""

    def __init__(self, open_judge: Opener, args: ScoreArgs) -> None:
        self.open_judge = open_judge
        self._args = args
        self._pick: Pick | None = None
        self._asker: Asker | None = None

    def get(self, pick: Pick) -> Asker:
        """The judge of ``pick``; another one that is open is closed first."""
        if self._asker is None or self._pick != pick:
            self.close()
            given = {"limit": self._args.max_tokens, **pick.settings}
            self._asker = Asker(
                lambda: self.open_judge(pick.backend, pick.model, given), self._args.patience
            )
            self._pick = pick
        return self._asker

    def close(self) -> None:
        """Give the memory back."""
        asker, self._asker = self._asker, None
        if asker is not None:
            asker.close()


class Stage:
    """One scorer's share of a run. ``load`` it before anything else."""

    scorer: Scorer
    _pick: Pick
    _notes: tuple[str, ...]
    _asker: Asker
    _shared: Shared
    _digits: Digits

    def __init__(self, work: Work, spec: JudgeSpec, template: Template) -> None:
        self.work = work
        self.spec = spec
        self.template = template
        self._pace = Pace(work.args.batch_tokens)
        self._speed = Speed()
        self._counts = {"scored": 0, "failed": 0, "reused": 0, "shared": 0}
        self.ready: int | None = None
        """Records that were finished before this run, once that is known."""

    @property
    def limit(self) -> int:
        """The most tokens of a prompt."""
        return min(self._asker.judge.limit, self.work.args.max_tokens)

    def choose(self, judges: Judges) -> Generator[Progress, None, None]:
        """Find out which model to open, and how; it may have to be fetched and measured."""
        work = self.work

        def advance(stage: str, bytes_: tuple[int, int] | None) -> Progress:
            return work.advance(*bytes_, stage, "bytes") if bytes_ else work.advance(0, None, stage)

        self._pick = yield from choosing.choose(
            work.store, self.spec, work.args, judges.open_judge, advance, work.job
        )

    def load(self, judges: Judges) -> None:
        """Open the judge, find its digits, and make its scorer if it is new."""
        self._asker = judges.get(self._pick)
        said = tuple(getattr(self._asker.judge, "notes", ()))
        agreed = choosing.tokenizers_agree(self._pick, self._asker.judge)
        self._notes = tuple(each for each in (*self._pick.notes, *said, agreed) if each)
        self._digits = digits.resolve(self._asker.judge.tokens, self.template)
        store, args, template = self.work.store, self.work.args, self.template
        config: dict[str, object] = {
            "method": "deita/1",
            "measures": template.measures,
            "template": template.fingerprint,
            "limit": self.limit,
            "shortening": shorten.POLICY,
            "judge": dict(self._asker.judge.identity),
        }
        with store.transaction():
            id_ = scores.ensure_scorer(store, args.name, template.measures, template.reads, config)
            remember(store, self.spec, template, id_)
            scores.save_model(store, id_, self.spec.model)
            about = reach.of(args, len(self.work.todo))
            scores.save_reach(store, id_, reach.widened(scores.reach(store, id_), about))
        self.scorer = Scorer(id_, args.name, template.measures, template.reads, config)
        self._shared = Shared(scores.identity(store, id_), config, args.cache)

    def score(self, conversations: Sequence[int], done: int) -> Iterator[Progress]:
        """Score what ``conversations`` lack, window by window; ``done`` came before them."""
        total, doing = len(self.work.todo), self.template.measures
        yield self.work.advance(done, total, doing)
        for window in windows(self.work.store, self.scorer, conversations):
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

    def examine(self, pilot: Sequence[int], left: int) -> Health:
        """Look at the pilot as the project has it, and keep what it shows.

        Args:
            pilot: its conversations.
            left: conversations that are still to come.
        """
        store = self.work.store
        english = {
            text: is_english("\n".join(fields))
            for text, fields in texts(store, self.scorer, pilot).items()
        }
        rows = [
            health.Row(
                each.value, each.mass, each.tokens, each.shortened, english[each.text], each.reason
            )
            for each in scores.given(store, self.scorer, pilot)
        ]
        texts_left = round(left * len(rows) / len(pilot)) if pilot else 0
        report = health.examine(len(pilot), rows, self._speed, texts_left)
        scores.save_health(store, self.scorer.id, msgspec.to_builtins(report))
        return report

    def health(self) -> Health | None:
        """What the pilot of this scorer showed, in this run or an earlier one."""
        found = scores.health(self.work.store, self.scorer.id)
        return None if found is None else msgspec.convert(found, Health)

    def report(self) -> StageReport:
        """What it has come to."""
        return StageReport(
            scorer_id=self.scorer.id,
            measures=self.template.measures,
            model=self.spec.model,
            records=len(self.work.todo),
            **self._counts,
            seconds=round(self._speed.seconds, 3),
            health=self.health(),
            ready=self.ready or 0,
            told=self._pick.told,
            notes=(*self._notes, *self._shared.notes),
        )

    def _commit(
        self, batch: Sequence[Score], complete: Sequence[int], done: int, got: str = "scored"
    ) -> int:
        """Store a batch, the sums it completes, and how far the job is: all of it or nothing."""
        work = self.work
        with work.store.transaction():
            scores.add(work.store, self.scorer.id, batch, work.job)
            scores.finish(work.store, self.scorer, complete)
            work.advance(done + len(complete), len(work.todo), self.template.measures)
        failed = sum(each.value is None for each in batch)
        self._counts["failed"] += failed
        self._counts[got] += len(batch) - failed
        return len(complete)

    def _batches(self, window: Window) -> Iterator[list[Score]]:
        """Every text of a window, judged; those that no prompt can be made of come first."""
        prompter = Prompter(self.template, self._digits, self._asker.judge.tokens, self.limit)
        prompts = [(text, prompter.prompt(each)) for text, each in sorted(window.texts.items())]
        prompter.settle()
        window.texts.clear()
        if bad := [
            Score(text, reason=prompt.problem) for text, prompt in prompts if prompt.problem
        ]:
            yield bad
        held: list[Score] = []
        for shared in (True, False):
            # What a prompt shares is its own affair, so that its number does not depend on others.
            rows = [
                (text, prompt)
                for text, prompt in prompts
                if not prompt.problem and self._digits.shares_head(prompt.tokens) is shared
            ]
            for batch in batches(rows, lambda row: len(row[1].tokens), self._pace):
                answers = self._ask([prompt for _, prompt in batch], shared)
                held += (
                    _score(text, prompt, answer)
                    for (text, prompt), answer in zip(batch, answers, strict=True)
                )
                # A judge that goes on failing ends the run, and then no text is to blame.
                if not self._asker.failing:
                    yield held
                    held = []
        if held:
            yield held

    def _ask(self, prompts: Sequence[Prompt], shared: bool) -> list[Answer]:
        started = time.monotonic()
        tokens = [prompt.tokens for prompt in prompts]
        head = len(self._digits.head) if shared else 0
        answers = self._asker.ask(tokens, self._digits.ids, head)
        seconds = time.monotonic() - started
        self._pace.took(seconds)
        was = self._speed
        self._speed = Speed(
            was.rows + len(tokens), was.tokens + sum(map(len, tokens)), was.seconds + seconds
        )
        return answers


def remembered(store: Store, spec: JudgeSpec, template: Template) -> Scorer | None:
    """The scorer that this choice of model turned out to be when it was last loaded."""
    known = settings.get(store, _memory(spec, template))
    return next((each for each in scores.scorers(store) if each.id == known), None)


def remember(store: Store, spec: JudgeSpec, template: Template, scorer_id: int) -> None:
    """Keep which scorer a choice of model turned out to be."""
    settings.put(store, _memory(spec, template), scorer_id)


def _memory(spec: JudgeSpec, template: Template) -> str:
    return f"judge:{template.measures}:{spec.key}"


def _score(text: bytes, prompt: Prompt, answer: Answer) -> Score:
    size, short = len(prompt.tokens), prompt.shortened
    said = None if answer.logprobs is None else deita.judgement(answer.logprobs)
    if said is None:
        reason = answer.reason or "the model answered with no number"
        return Score(text, reason=reason, tokens=size, shortened=short)
    return Score(text, said.value, None, said.probabilities, said.mass, size, short)
