"""Judges that raise, hang or answer nonsense: what could be had is kept, the rest says why."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from deita_store.store import Store
from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.errors import DeitaError, JobError, UsageError
from deita_tui.steps.scoring import JudgeSpec, ScoreArgs
from tests.scoring.runs import Judges, pool, rows, run, sums, texts
from tests.scoring.small_project import project

POOL = pool(60)


def judge(**settings: object) -> JudgeSpec:
    return JudgeSpec("c", "fake", settings)


def one(**settings: object) -> ScoreArgs:
    return ScoreArgs(complexity=judge(**settings))


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with project(tmp_path / "project", POOL) as made:
        yield made


def test_a_passing_fault_leaves_no_trace(store: Store) -> None:
    run(store, one(raise_on=2))
    faulty = rows(store)
    assert all(row[3] is None for row in faulty)
    assert len(faulty) == texts(POOL)[0]


def test_a_text_that_upsets_the_model_is_null_with_the_reason(store: Store) -> None:
    run(store, one(raise_if="question 3 "))
    failed = [row for row in rows(store) if row[2] is None]
    assert len(failed) == 1
    assert failed[0][3] == "RuntimeError: fault at 'question 3 '"
    assert any(scored and failed for _, _, scored, failed, _ in sums(store))


def test_nan_is_null_with_a_reason_and_never_a_constant(store: Store) -> None:
    report = run(store, one(nan_share=0.3))
    failed = [row for row in rows(store) if row[2] is None]
    assert 0 < len(failed) < texts(POOL)[0]
    assert {row[3:10] for row in failed} == {
        ("the model answered with no number", None, None, None, None, None, None)
    }
    assert report.stages[0].failed == len(failed)


def test_failures_stay_unless_they_are_asked_for_again(store: Store) -> None:
    run(store, one(raise_if="question 3 "))
    again = Judges()
    run(store, one(), again)
    assert again.rows == {"c": 0}
    run(store, msgspec.structs.replace(one(), retry=True), again)
    assert again.rows == {"c": 1}
    assert all(row[2] is not None for row in rows(store))
    assert all(failed == 0 for _, _, _, failed, _ in sums(store))


def test_a_judge_that_hangs_ends_the_run_and_what_was_done_is_kept(store: Store) -> None:
    args = msgspec.structs.replace(
        one(hang_on=3, hang_seconds=1.5), patience=0.3, batch_tokens=1_000
    )
    judges = Judges()
    with pytest.raises(JobError, match="has not answered"):
        run(store, args, judges)
    kept, again = rows(store), Judges()
    assert len(kept) == judges.opened[0].rows > 0
    run(store, one(), again)
    assert len(rows(store)) == texts(POOL)[0]
    assert kept <= rows(store)
    assert again.rows == {"c": texts(POOL)[0] - len(kept)}


def test_a_judge_that_always_fails_ends_the_run_and_fails_no_text(store: Store) -> None:
    with pytest.raises(JobError, match="in a row"):
        run(store, one(raise_if="question"))
    assert rows(store) == set()


class Stumbling(FakeJudge):
    """Its tokenizer fails on texts with ``word``; when it has no more patience, on every text."""

    def __init__(self, word: str, patience: int = 1_000_000) -> None:
        super().__init__("c", FakeSettings())
        self.word = word
        self.patience = patience

    def tokens(self, text: str) -> list[int]:
        if self.word in text:
            self.patience -= 1
            raise RuntimeError(f"cannot read {self.word}")
        if self.patience <= 0:
            raise RuntimeError("cannot read at all")
        return super().tokens(text)


def test_a_text_that_the_tokenizer_cannot_take_is_null_with_the_reason(store: Store) -> None:
    run(store, one(), lambda *_: Stumbling("question 3 "))  # type: ignore[arg-type]
    failed = [row for row in rows(store) if row[2] is None]
    assert [row[3] for row in failed] == ["no tokens for it: RuntimeError: cannot read question 3"]


def test_many_such_texts_are_their_own_fault(store: Store) -> None:
    force = msgspec.structs.replace(one(), force=True)
    run(store, force, lambda *_: Stumbling("question"))  # type: ignore[arg-type]
    assert len(rows(store)) == texts(POOL)[0]
    assert {row[2] for row in rows(store)} == {None}


@pytest.mark.parametrize("patience", [3, 1])
def test_a_tokenizer_that_always_fails_ends_the_run_and_fails_no_text(
    tmp_path: Path, patience: int
) -> None:
    conversations = POOL if patience == 3 else POOL[:5]
    with project(tmp_path / "another", conversations) as store:
        with pytest.raises(JobError, match=r"The tokenizer failed on [0-9]+ texts in a row"):
            run(store, one(), lambda *_: Stumbling("question", patience))  # type: ignore[arg-type]
        assert rows(store) == set()
        run(store, one())
        assert len(rows(store)) == texts(conversations)[0]


def test_a_model_without_digits_is_refused(store: Store) -> None:
    class Mute(FakeJudge):
        def tokens(self, text: str) -> list[int]:
            return [256, *(byte for char in text.encode() for byte in (char, 0))]

    with pytest.raises(DeitaError, match="no single-token digits"):
        run(store, one(), lambda *_: Mute("m", FakeSettings()))  # type: ignore[arg-type]


def test_nothing_to_score_with_is_refused(store: Store) -> None:
    with pytest.raises(UsageError, match="no model to score with"):
        run(store, ScoreArgs())
