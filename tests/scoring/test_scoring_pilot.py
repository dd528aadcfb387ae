"""The first records are a pilot: a model that is no good shows there."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from deita_store import scores
from deita_store.store import Store
from deita_tui.errors import JobError
from deita_tui.scoring.health import Health
from deita_tui.steps.scoring import JudgeSpec, ScoreArgs
from tests.scoring.runs import BOTH, C, Judges, rows, run, run_for
from tests.scoring.small_project import Pair, project


def one(**settings: object) -> ScoreArgs:
    return ScoreArgs(complexity=JudgeSpec("c", "fake", settings))


LARGE: list[list[Pair]] = [[(f"question {n} " + "x" * (n % 60), f"answer {n}")] for n in range(300)]


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Store]:
    with project(tmp_path / "large", LARGE) as made:
        yield made


def test_both_pilots_come_before_the_bulk_of_either(large: Store) -> None:
    judges = Judges()
    run(large, BOTH, judges)
    order = [(judge.identity["weights"], judge.rows) for judge in judges.opened]
    assert order == [("q", 200), ("c", 300), ("q", 100)]


def test_a_pilot_that_was_passed_is_not_repeated(large: Store) -> None:
    run_for(large, msgspec.structs.replace(BOTH, batch_tokens=1_000), 120)
    judges = Judges()
    run(large, BOTH, judges)
    assert [judge.identity["weights"] for judge in judges.opened] == ["c", "q"]
    assert len(rows(large)) == 600


def test_a_broken_model_stops_after_the_pilot_with_the_figures(large: Store) -> None:
    judges = Judges()
    with pytest.raises(JobError) as caught:
        run(large, one(constant=True), judges)
    assert "does not tell one text from another" in caught.value.message
    assert "texts 200, failed 0; digit mass (median) 0.900" in caught.value.hint
    assert judges.rows == {"c": 200}


def test_a_broken_second_model_stops_before_the_first_has_its_bulk(large: Store) -> None:
    judges = Judges()
    broken = JudgeSpec("q", "fake", {"mass": 0.001})
    with pytest.raises(JobError, match=r"quality model .* does not know this template"):
        run(large, ScoreArgs(complexity=C, quality=broken), judges)
    assert judges.rows == {"q": 200}


def test_a_broken_model_stays_stopped_until_it_is_forced(large: Store) -> None:
    args = one(constant=True)
    for _ in range(2):
        with pytest.raises(JobError, match="looks broken"):
            run(large, args)
    assert len(rows(large)) == 200
    run(large, msgspec.structs.replace(args, force=True))
    assert len(rows(large)) == 300


def test_the_pilot_of_a_small_limit_does_not_stand_for_the_whole(large: Store) -> None:
    run(large, msgspec.structs.replace(one(constant=True), limit=10))
    with pytest.raises(JobError, match="looks broken"):
        run(large, one(constant=True))


def test_the_figures_are_kept_with_the_scorer(large: Store) -> None:
    report = run(large, BOTH)
    for stage in report.stages:
        kept: Any = scores.health(large, stage.scorer_id)
        assert stage.health is not None
        assert msgspec.convert(kept, Health) == stage.health
        assert kept["records"] == kept["rows"] == 200
        assert kept["rows_per_second"] > 0
        assert kept["not_english"] == 0
