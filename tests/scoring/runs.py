"""Driving a scoring run in a test, with judges that can be looked at afterwards."""

import random
from collections.abc import Mapping, Sequence
from pathlib import Path

from deita_store.store import Store
from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.steps import scoring
from deita_tui.steps.progress import Progress
from deita_tui.steps.scoring import JudgeSpec, ScoreArgs, ScoreReport
from tests.scoring.small_project import Pair

C = JudgeSpec("c", "fake")
Q = JudgeSpec("q", "fake")
BOTH = ScoreArgs(complexity=C, quality=Q)


class Judges:
    """Opens fake judges, and keeps them."""

    def __init__(self) -> None:
        self.opened: list[FakeJudge] = []

    def __call__(self, backend: str, model: str, settings: Mapping[str, object]) -> FakeJudge:
        assert all(judge.closed for judge in self.opened), "two models in memory"
        self.opened.append(FakeJudge(model, FakeSettings(**settings)))  # type: ignore[arg-type]
        return self.opened[-1]

    @property
    def rows(self) -> dict[str, int]:
        """Prompts answered, by model."""
        names = {judge.identity["weights"] for judge in self.opened}
        return {
            name: sum(judge.rows for judge in self.opened if judge.identity["weights"] == name)
            for name in names
        }


def run(store: Store, args: ScoreArgs, judges: Judges | None = None) -> ScoreReport:
    """Run to the end."""
    work = scoring.run(store, args, open_judge=judges or Judges())
    while True:
        try:
            next(work)
        except StopIteration as end:
            report: ScoreReport = end.value
            return report


def run_for(store: Store, args: ScoreArgs, steps: int, judges: Judges | None = None) -> bool:
    """Run for so many batches and stop there; is there more to do?"""
    work = scoring.run(store, args, open_judge=judges or Judges())
    try:
        for _ in range(steps):
            next(work)
    except StopIteration:
        return False
    finally:
        work.close()
    return True


def follow(store: Store, args: ScoreArgs) -> list[Progress]:
    """Everything that a run tells on its way."""
    return list(scoring.run(store, args, open_judge=Judges()))


def rows(store: Store) -> set[tuple[object, ...]]:
    """Every score, by the scorer's measure instead of its number."""
    return set(
        store.db.execute(
            "select measures, text, value, reason, p1, p2, p3, p4, p5, p6, mass, tokens, shortened "
            "from scores join scorers on scorers.id = scorer_id"
        ).fetchall()
    )


def sums(store: Store) -> set[tuple[object, ...]]:
    """The sums of every record, likewise."""
    return set(
        store.db.execute(
            "select measures, conversation_id, scored, failed, mean "
            "from record_scores join scorers on scorers.id = scorer_id"
        ).fetchall()
    )


def pool(count: int, seed: int = 0) -> list[list[Pair]]:
    """Conversations of one to four turns; every third text is met more than once."""
    draw = random.Random(seed)

    def text(kind: str) -> str:
        number = draw.randrange(count) if draw.random() < 0.7 else draw.randrange(5)
        return f"{kind} {number} " + "word " * (number % 40)

    return [
        [(text("question"), text("answer")) for _ in range(draw.choice([1, 1, 2, 4]))]
        for _ in range(count)
    ]


def texts(conversations: Sequence[Sequence[Pair]]) -> tuple[int, int]:
    """Different instructions, and different pairs."""
    pairs = {pair for pairs in conversations for pair in pairs}
    return len({asked for asked, _ in pairs}), len(pairs)


def made(folder: Path, conversations: Sequence[Sequence[Pair]]) -> Store:
    """A project of ``conversations``."""
    from tests.scoring.small_project import project

    return project(folder, conversations)
