"""Learning from a scorer, in a project."""

import random
from pathlib import Path

import pytest

from deita_store import scores, settings
from deita_store.store import Store
from deita_tui.errors import JobError, UsageError
from deita_tui.steps import distilling
from deita_tui.steps.distilling_args import DistillArgs
from tests.distilling.taught import NAME, learned, project, ranking, run, steps, teach

ARGS = DistillArgs(NAME)
LEARNED = f"{NAME}-distilled"


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return project(tmp_path / "pool", 500)


@pytest.fixture(autouse=True)
def closed(store: Store) -> object:
    yield
    store.close()


def both(store: Store, limit: int | None) -> None:
    teach(store, "complexity", "instruction", limit)
    teach(store, "quality", "pair", limit)


def test_the_selection_overlaps_far_above_chance_as_it_was_said(store: Store) -> None:
    both(store, 300)
    report = run(store, DistillArgs(NAME, budget=50))
    assert report.fair
    assert (report.records, report.budget, report.overlap.sample) == (300, 50, 300)
    assert report.overlap.fraction == pytest.approx(0.1)
    both(store, None)
    true, guessed = ranking(store, NAME), ranking(store, LEARNED)
    assert len(true) == len(guessed) == 500
    so = len(set(true[:50]) & set(guessed[:50])) / 50
    assert so > 0.3
    assert report.overlap.low <= so <= report.overlap.high


def test_every_text_gets_a_score_and_errors_are_those_on_unseen_texts(store: Store) -> None:
    teach(store, "complexity", "instruction", 300)
    report = run(store, ARGS)
    (came,) = report.learned
    assert scores.pending(store, came.scorer_id, scores.order(store, 0)).tolist() == []
    rows = store.db.execute(
        "select l.value, t.value from scores l join scores t on t.text = l.text and "
        "t.scorer_id = ? where l.scorer_id = ?",
        (came.teacher_id, came.scorer_id),
    ).fetchall()
    assert len(rows) == came.errors.texts
    # What the scorer stored for the texts that it learned from is what its errors speak of.
    assert came.errors.rmse**2 == pytest.approx(sum((a - b) ** 2 for a, b in rows) / len(rows))
    assert came.errors.rmse < 0.9 * came.errors.spread
    assert came.errors.spearman_low < came.errors.spearman < came.errors.spearman_high


def test_its_identity_names_what_it_learned_from(store: Store) -> None:
    teacher = teach(store, "complexity", "instruction", 300)
    first = run(store, ARGS).learned[0].scorer_id
    config = next(each.config for each in scores.scorers(store, LEARNED))
    assert config["draft"] is True
    assert config["teacher"] == {"name": NAME, "identity": scores.identity(store, teacher.id)}
    again = run(store, ARGS)
    assert (again.learned[0].scorer_id, again.learned[0].scored) == (first, 0)
    assert distilling.report(store, first) == again
    # More scores make another scorer; those of the first stay what they are.
    before = learned(store)
    teach(store, "complexity", "instruction", 400)
    second = run(store, ARGS)
    assert second.learned[0].scorer_id != first
    assert before < learned(store)


def test_stopped_anywhere_it_goes_on_to_the_same_scores(store: Store, tmp_path: Path) -> None:
    both(store, 300)
    with project(tmp_path / "straight", 500) as straight:
        both(straight, 300)
        run(straight, ARGS)
        expected = learned(straight)
    dice = random.Random(1)
    for _ in range(6):
        work = steps(store, ARGS)
        for _, _ in zip(range(dice.randrange(1, 40)), work, strict=False):
            pass
        work.close()  # type: ignore[attr-defined]
    run(store, ARGS)
    assert learned(store) == expected


def test_without_its_cache_it_learns_the_same_again(store: Store) -> None:
    teach(store, "complexity", "instruction", 300)
    first = run(store, ARGS)
    (file,) = (store.folder / "cache" / "distilled").iterdir()
    file.unlink()
    again = run(store, ARGS)
    assert again.learned[0].scorer_id == first.learned[0].scorer_id
    assert again.overlap == first.overlap


def test_records_that_were_picked_are_no_fair_sample(store: Store) -> None:
    teacher = teach(store, "complexity", "instruction", 300)
    scores.save_reach(store, teacher.id, {"where": "turns>=2", "records": 300})
    assert not run(store, ARGS).fair


def test_the_working_selection_tells_the_budget(store: Store) -> None:
    from deita_store import selections

    teach(store, "complexity", "instruction", 300)
    assert run(store, ARGS).budget == 30  # 6 % of 500
    selections.save(store, None, {"budget": 77}, {}, [], "a test")
    assert run(store, ARGS).budget == 77
    assert run(store, DistillArgs(NAME, budget=12)).budget == 12


def test_failed_texts_are_not_learned_from_and_get_a_guess(store: Store) -> None:
    teacher = teach(store, "complexity", "instruction", 300)
    lost = [row[0] for row in store.db.execute("select text from scores limit 20").fetchall()]
    with store.transaction() as db:
        db.executemany(
            "update scores set value = null, reason = 'lost' where text = ?",
            [(text,) for text in lost],
        )
    report = run(store, ARGS)
    (count,) = store.db.execute(
        "select count(*) from scores where scorer_id = ? and value is not null", (teacher.id,)
    ).fetchone()
    assert report.learned[0].errors.texts == count
    assert report.pool < 500
    assert {text for _, text, given, _ in learned(store) if given is not None} >= set(lost)


def test_what_cannot_be_learned_from_is_said(store: Store) -> None:
    with pytest.raises(UsageError, match="No scorer called 'teacher'"):
        run(store, ARGS)
    teach(store, "complexity", "instruction", 100)
    with pytest.raises(JobError, match="has scored 100 records"):
        run(store, ARGS)
    teach(store, "complexity", "instruction", 300)
    run(store, ARGS)
    with pytest.raises(UsageError, match="a draft themselves"):
        run(store, DistillArgs(LEARNED))
    with store.transaction() as db:
        db.execute("update scores set value = 3.0 where scorer_id = 1")
    settings.put(store, "unused", 1)
    with pytest.raises(JobError, match="do not differ"):
        run(store, ARGS)
