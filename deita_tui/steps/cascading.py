"""The cascade in a project: what may be selected is scored, and what was skipped is certified.

What to score next is worked out by ``trust.cascade`` from what is known, and it asks for the same
again when it is begun again. So nothing has to be kept for going on but what was known at the
start: everything that was asked since is in the project, and is answered from there.
"""

import base64
import zlib
from collections.abc import Generator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store import jobs, scores, settings
from deita_store.store import Store
from deita_tui.backends import Judge, names
from deita_tui.correlation import spearman
from deita_tui.errors import UsageError
from deita_tui.selection.params import Params
from deita_tui.steps import deriving, reach, roles, scoring
from deita_tui.steps.cascading_args import CascadeArgs, CascadeReport
from deita_tui.steps.cascading_pool import Candidates, cheaply, played
from deita_tui.steps.choosing import Opener
from deita_tui.steps.progress import Progress
from deita_tui.steps.reach import Reach
from deita_tui.steps.selecting import Tuner
from deita_tui.trust import cascade
from deita_tui.trust.cascade import Asked, Outcome, Plan

__all__ = ["CascadeArgs", "CascadeReport", "refuse_senseless", "report", "run"]

Floats = NDArray[np.float64]

_SELECTORS = ("deita", "topk")


def run(
    store: Store, args: CascadeArgs, job: int | None = None, open_judge: Opener = names.open_judge
) -> Generator[Progress, None, CascadeReport]:
    """Score what may be selected; yields after each committed batch, and returns the certificate.

    The caller holds the project's lock. Stopped anywhere, the same call goes on.

    Raises:
        JobError: a model is no good, or it hangs or fails throughout.
        UsageError: the selection is not one that a cascade can be made for.
    """
    refuse_senseless(store, args)
    yield from deriving.run(store, job=job)
    yield from _advance(store, job, 0, None, "reading what is known")
    params = cheaply(store, args.params, args.by, measured(args))
    tuner = Tuner(store)
    yield from tuner.prepare(params)
    pool = Candidates.read(store, tuner, params, args.score.seed)
    with _Kept(open_judge) as opener:
        work = _Work(store, args, job, pool, opener)
        return (yield from work.run())


def report(store: Store, scorer_id: int) -> CascadeReport | None:
    """The certificate of the last cascade that a scorer was expensive in; None of any other."""
    found = settings.get(store, _said(scorer_id))
    return None if found is None else msgspec.convert(found, CascadeReport)


def refuse_senseless(store: Store, args: CascadeArgs) -> None:
    """See that a cascade can be made for the selection.

    Raises:
        UsageError: it cannot.
    """
    params = args.params
    if params.selector not in _SELECTORS:
        raise UsageError(
            f"A cascade finds the records with the best scores, and {params.selector} does not go "
            "by scores alone.",
            f"It can be made for: {', '.join(_SELECTORS)}.",
        )
    if params.head < 1:
        raise UsageError(
            "--head takes a share of the scored records, and a cascade scores only some.",
            "Leave it out.",
        )
    if not (params.budget or params.budget_tokens):
        raise UsageError(
            "Without a budget every record may be selected, and there is nothing to save.",
            "Say how many with --budget.",
        )
    if not 0 < args.goal <= 1:
        raise UsageError(f"A goal of {args.goal} is no share.", "Give one like 0.98.")
    played(params, measured(args))
    cheaply(store, params, args.by, measured(args))


def measured(args: CascadeArgs) -> set[str]:
    """What the expensive scorers measure; of methods, their names."""
    said = {"complexity": args.score.complexity, "quality": args.score.quality}
    return {name for name, spec in said.items() if spec is not None} | set(args.score.methods)


@dataclass(slots=True)
class _Work:
    """One run: the records, and what has been asked so far."""

    store: Store
    args: CascadeArgs
    job: int | None
    pool: Candidates
    opener: "_Kept"
    ids: list[int] = field(default_factory=list)
    """The expensive scorers, once they are known."""
    reaches: dict[int, dict[str, object] | None] = field(default_factory=dict)
    """What earlier runs of these were about: all rounds together count as one run more."""
    seconds: float = 0.0

    def run(self) -> Generator[Progress, None, CascadeReport]:
        pool, args = self.pool, self.args
        size = len(pool.places)
        start = self.begin()
        plan = Plan(self.fraction(), args.goal, args.most, args.sample, args.check, args.seed)
        values = self.values() if start.any() else np.full(size, np.nan)
        known = np.where(start, values, np.nan)
        work = cascade.cascade(plan, pool.features, pool.order, known, start, pool.choose)
        answer: Floats | None = None
        while True:
            yield from _advance(self.store, self.job, 0, None, "working out what to score next")
            try:
                asked = next(work) if answer is None else work.send(answer)
            except StopIteration as end:
                return self.told(end.value, start)
            yield from self.score(asked)
            answer = self.values()[asked.places]

    def begin(self) -> NDArray[np.bool_]:
        """What was scored when this very cascade was first begun; see the module."""
        key, digest = self.key(), self.pool.digest
        kept = settings.get(self.store, key)
        if isinstance(kept, dict) and kept.get("digest") == digest:
            self.ids = [int(each) for each in kept["scorers"]]
            packed = np.frombuffer(zlib.decompress(base64.b64decode(kept["known"])), np.uint8)
            return np.unpackbits(packed, count=len(self.pool.places)).astype(np.bool_)
        found = scores.scorers(self.store, self.args.score.name)
        newest = {each.measures: each.id for each in found}
        wanted = measured(self.args)
        # Another model may have had the name; its scores are seen to be another's below.
        self.ids = []
        start = np.zeros(len(self.pool.places), np.bool_)
        if wanted <= newest.keys() and self.remembered() == [
            newest[each] for each in sorted(wanted)
        ]:
            self.ids = self.remembered()
            start = self.pool.done(self.store, self.ids)
        self.keep(start)
        return start

    def remembered(self) -> list[int]:
        """The scorers that these models turned out to be when they were used last."""
        from deita_tui.scoring.deita import TEMPLATES
        from deita_tui.steps import stages

        specs = {"complexity": self.args.score.complexity, "quality": self.args.score.quality}
        found = [
            stages.remembered(self.store, spec, TEMPLATES[measures])
            for measures, spec in sorted(specs.items())
            if spec is not None
        ]
        return [each.id for each in found if each is not None]

    def keep(self, start: NDArray[np.bool_]) -> None:
        """Remember what was known, for going on."""
        known = base64.b64encode(zlib.compress(np.packbits(start).tobytes())).decode("ascii")
        told = {"digest": self.pool.digest, "scorers": self.ids, "known": known}
        settings.put(self.store, self.key(), told)

    def score(self, asked: Asked) -> Generator[Progress, None, None]:
        """Have what was asked scored, as far as it is not."""
        versions = self.pool.versions[asked.places]
        order = np.argsort(np.argsort(self.pool.order)[asked.places])
        lacking = ~self.pool.done(self.store, self.ids)[asked.places]
        if not lacking.any():
            return
        todo = versions[order].tolist()
        top = int(self.pool.done(self.store, self.ids).sum() + lacking.sum())
        about = Reach(top=top, by=self.args.by, records=top)
        before = {id_: scores.reach(self.store, id_) for id_ in self.ids}
        args = msgspec.structs.replace(self.args.score, top=top, by=self.args.by)
        said = yield from scoring.run(self.store, args, self.job, self.opener, todo)
        self.seconds += sum(stage.seconds for stage in said.stages)
        ids = [stage.scorer_id for stage in said.stages]
        for id_ in ids:
            earlier = self.reaches.setdefault(id_, before.get(id_))
            scores.save_reach(self.store, id_, reach.widened(earlier, about))
        if ids and ids != self.ids:
            self.ids = ids
            kept = settings.get(self.store, self.key())
            if isinstance(kept, dict):
                settings.put(self.store, self.key(), {**kept, "scorers": ids})

    def values(self) -> Floats:
        """What the expensive scores make of the formula."""
        args = self.args
        named = dict.fromkeys(measured(args) & {"complexity", "quality"}, args.score.name)
        params: Params = msgspec.structs.replace(args.params, **named)
        return self.pool.values(self.store, params, roles.choose(self.store, params))

    def fraction(self) -> float:
        """Of the candidates, what is selected; a budget in tokens shows it by the cheap scores."""
        return len(self.pool.choose(self.pool.cheap)) / max(1, len(self.pool.places))

    def told(self, outcome: Outcome, start: NDArray[np.bool_]) -> CascadeReport:
        """The certificate, kept with the project."""
        args, pool, check, ahead = self.args, self.pool, outcome.check, outcome.forecast
        values = self.values()
        sample = pool.order[: Plan(self.fraction(), sample=args.sample).sampled(len(pool.places))]
        pairs = np.column_stack([pool.cheap, values])[sample]
        pairs = pairs[np.isfinite(pairs).all(axis=1)]
        size = ahead.size if ahead else len(pool.choose(np.where(outcome.known, values, np.nan)))
        said = check.overlap(size, outcome.confidence) if check else None
        expected = outcome.expected
        if said is not None:
            expected = min(max(expected, said.low), said.high)
        low, high = ahead.interval if ahead else (expected, expected)
        found = CascadeReport(
            scorer=args.score.name, by=args.by, scorer_ids=self.ids, records=len(pool.places),
            scored=int(outcome.known.sum()), asked=int((outcome.known & ~start).sum()), size=size,
            goal=args.goal, end=outcome.end, correlation=spearman(pairs[:, 0], pairs[:, 1]),
            told=outcome.fit, expected=expected, model_low=low, model_high=high,
            curve=list(outcome.curve), checked=check.drawn if check else 0,
            skipped=check.skipped if check else 0, found=len(check.found) if check else 0,
            overlap=said.middle if said else None, low=said.low if said else None,
            high=said.high if said else None,
            confidence=outcome.confidence, seconds=round(self.seconds, 3),
        )  # fmt: skip
        for scorer_id in self.ids:
            settings.put(self.store, _said(scorer_id), msgspec.to_builtins(found))
        return found

    def key(self) -> str:
        """Stands for what was asked for."""
        digest = sha256(msgspec.json.encode(self.args, order="deterministic"))
        return f"cascade:{digest.hexdigest()[:16]}"


class _Kept:
    """Opens judges, and keeps the last one open from round to round."""

    def __init__(self, open_judge: Opener) -> None:
        self._open = open_judge
        self._key: object = None
        self._judge: Judge | None = None

    def __call__(self, backend: str, model: str, given: Mapping[str, object]) -> Judge:
        key = (backend, model, dict(given))
        if self._judge is None or key != self._key:
            self.close()
            self._judge, self._key = self._open(backend, model, given), key
        return _Lent(self._judge)

    def __enter__(self) -> "_Kept":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Give the memory back."""
        judge, self._judge = self._judge, None
        if judge is not None:
            judge.close()


class _Lent:
    """A judge that somebody else closes."""

    def __init__(self, judge: Judge) -> None:
        self._judge = judge

    def __getattr__(self, name: str) -> Any:
        return getattr(self._judge, name)

    def close(self) -> None:
        """Nothing: it is needed again."""


def _said(scorer_id: int) -> str:
    return f"cascaded:{scorer_id}"


def _advance(
    store: Store, job: int | None, done: int, total: int | None, stage: str
) -> Generator[Progress, None, None]:
    with store.transaction():
        jobs.advance(store, job, done, total, "records", stage)
    yield Progress(done, total, "records", stage)
