from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from deita_store import settings
from deita_store.store import Store
from deita_tui.backends.fake import FakeJudge, FakeSettings
from deita_tui.errors import UsageError
from deita_tui.scoring import plan as estimates
from deita_tui.scoring.deita import COMPLEXITY
from deita_tui.steps import deriving, planning
from deita_tui.steps.planning import Known
from deita_tui.steps.scoring import JudgeSpec, ScoreArgs
from tests.scoring.runs import BOTH, C, pool, run, texts
from tests.scoring.small_project import fill, project

POOL = pool(80)
TURNS = sum(len(pairs) for pairs in POOL)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with project(tmp_path / "project", POOL) as made:
        yield made


def test_a_plan_counts_rows_and_different_texts(store: Store) -> None:
    list(deriving.run(store))
    complexity, quality = planning.plan(store, BOTH).stages
    assert (complexity.records, complexity.turns) == (80, TURNS)
    assert (complexity.texts, quality.texts) == texts(POOL)
    assert complexity.done is quality.done is None
    assert quality.tokens > complexity.tokens > 80 * 30


def test_turns_that_are_not_derived_yet_are_counted_all_the_same(store: Store) -> None:
    (stage,) = planning.plan(store, ScoreArgs(complexity=C)).stages
    assert stage.turns == stage.texts == TURNS


def test_tokens_are_exact_with_the_tokenizer_and_close_without(store: Store) -> None:
    list(deriving.run(store))
    judge = FakeJudge("c", FakeSettings())
    known = Known(count=lambda text: len(judge.tokens(text)))
    (exact,) = planning.plan(store, ScoreArgs(complexity=C), known).stages
    run(store, ScoreArgs(complexity=C))
    (total,) = store.db.execute("select sum(tokens) from scores").fetchone()
    assert exact.tokens == pytest.approx(total, rel=0.1)
    assert "the model's tokenizer" in exact.counted
    assert "4 characters a token" in planning.plan(store, BOTH).stages[0].counted


def test_a_later_plan_knows_what_is_done_and_how_fast_it_went(store: Store) -> None:
    run(store, BOTH)
    fill(store, [[("never seen", "before")]])
    list(deriving.run(store))
    plan = planning.plan(store, BOTH)
    assert [stage.texts - (stage.done or 0) for stage in plan.stages] == [1, 1]
    assert plan.seconds is not None
    assert plan.disk_bytes < 1_000


def test_a_given_rate_makes_hours(store: Store) -> None:
    plan = planning.plan(store, BOTH, Known(rate=100.0))
    assert plan.seconds == pytest.approx(sum(stage.tokens for stage in plan.stages) / 100)
    assert planning.plan(store, BOTH).seconds is None
    assert "unknown until the first 200 records" in planning.plan(store, BOTH).lines()[-1]


def test_models_on_this_disk_have_a_size(store: Store, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    for name in ("a-00001.safetensors", "a-00002.safetensors", "old.bin"):
        (tmp_path / "model" / name).write_bytes(b"x" * 1_000)
    (tmp_path / "model.gguf").write_bytes(b"x" * 300)
    args = ScoreArgs(JudgeSpec(str(tmp_path / "model")), JudgeSpec(str(tmp_path / "model.gguf")))
    plan = planning.plan(store, args)
    assert [stage.model_bytes for stage in plan.stages] == [2_000, 300]
    assert plan.memory_bytes is not None
    for part in (1, 2):
        (tmp_path / f"big-0000{part}-of-00002.gguf").write_bytes(b"x" * 500)
    split = ScoreArgs(JudgeSpec(str(tmp_path / "big-00001-of-00002.gguf")))
    assert planning.plan(store, split).stages[0].model_bytes == 1_000
    unknown = planning.plan(store, ScoreArgs(JudgeSpec("org/name")))
    assert unknown.stages[0].model_bytes is unknown.memory_bytes is None
    told = planning.plan(store, ScoreArgs(JudgeSpec("org/name")), Known(bytes={"org/name": 7}))
    assert told.stages[0].model_bytes == 7


def test_a_plan_follows_limit_and_filter_and_writes_nothing(store: Store) -> None:
    list(deriving.run(store))
    store.close()
    with Store.read(store.folder) as reader:
        limited = planning.plan(reader, msgspec.structs.replace(BOTH, limit=7))
        filtered = planning.plan(reader, msgspec.structs.replace(BOTH, where="turns>=2"))
        with pytest.raises(UsageError, match="needs a score to rank by"):
            planning.plan(reader, msgspec.structs.replace(BOTH, top=7))
    assert [stage.records for stage in limited.stages] == [7, 7]
    assert filtered.stages[0].records == sum(len(pairs) >= 2 for pairs in POOL)


def test_the_lines_say_what_matters(store: Store) -> None:
    lines = planning.plan(store, BOTH, Known(rate=10.0, bytes={"c": 10**9, "q": 3 * 10**9})).lines()
    assert lines[0].startswith(f"complexity: 80 records, {TURNS:,} turns, ")
    assert lines[0].endswith("; c, 1.0 GB")
    assert "memory about 4.5 GB" in lines[2]


def test_an_empty_project_has_an_empty_plan(tmp_path: Path) -> None:
    with Store.create(tmp_path / "empty") as store:
        plan = planning.plan(store, BOTH, Known(rate=1.0))
        assert plan.seconds == 0
        assert plan.disk_bytes == 0
        assert settings.get(store, "judge:complexity:" + C.key) is None


def test_long_texts_count_no_more_than_the_limit() -> None:
    tokens, _ = estimates.tokens(COMPLEXITY, [["x" * 100_000]], 10, 2048)
    assert tokens == 20_480
