"""A project's taste: what it is learned from, the column, the queue, the formula, and refusals."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deita_store import edits, journal, marks, selections, tastes
from deita_store.store import Store
from deita_store.view import View
from deita_tui.errors import JobError, UsageError
from deita_tui.project import Project
from deita_tui.selection.params import Params
from deita_tui.steps import recomputing, tasting_inputs
from deita_tui.steps.selecting import Tuner, stale
from tests.selecting.projects import ME, add, as_record, project, saved
from tests.tasting.tasted import judge, judged_project, records

TASTED = Params(budget=40, formula="c*q*taste", threshold=0.95)


@pytest.fixture
def tasted(tmp_path: Path) -> Iterator[Project]:
    with judged_project(tmp_path / "project"):
        pass
    with Project.open(tmp_path / "project") as opened:
        yield opened


def values(store: Store) -> dict[int, float | None]:
    return {row.id: row.taste for row in View(store)}


def test_a_taste_is_told_in_words_and_learning_gives_each_record_its_chance(
    tasted: Project,
) -> None:
    report = tasted.taste()
    assert report.verdict in ("good", "very good", "excellent")
    assert report.told.endswith(f"from {report.keeps} keeps and {report.rejects} rejects")
    assert report.keeps + report.rejects == 160
    assert report.auc is not None
    assert report.low is not None
    assert 0.5 < report.low < report.auc
    assert {lean.told for lean in report.leans[:2]} == {"higher quality", "what it is about"}
    assert sum(each.count for each in report.calibration) == 160
    assert report.in_use is None
    assert set(values(tasted.store).values()) == {None}  # telling writes nothing

    learned = tasted.learn_taste()
    assert learned.in_use is not None
    assert (learned.in_use.records, learned.in_use.missing, learned.in_use.current) == (
        400,
        0,
        True,
    )
    given = values(tasted.store)
    assert all(value is not None and 0 < value < 1 for value in given.values())
    _, keeps = records(400)
    unseen = [given[id_] or 0 for id_ in range(161, 401) if keeps[id_ - 1]]
    others = [given[id_] or 0 for id_ in range(161, 401) if not keeps[id_ - 1]]
    assert sum(unseen) / len(unseen) > sum(others) / len(others) + 0.2


def test_taste_is_a_column_to_list_filter_and_sort_by(tasted: Project) -> None:
    assert "taste DIR --learn" in tasted.view("taste>0.5").note
    tasted.learn_taste()
    high = list(tasted.list("taste>0.8", sort="-taste"))
    assert high
    assert all(row.taste is not None and row.taste > 0.8 for row in high)
    assert [row.taste for row in high] == sorted((row.taste for row in high), reverse=True)  # type: ignore[type-var]
    assert not tasted.view("taste>0.8").note


def test_learning_the_same_again_changes_nothing_and_more_decisions_do(tasted: Project) -> None:
    first = tasted.learn_taste()
    before = values(tasted.store)
    assert tasted.learn_taste() == first
    assert values(tasted.store) == before
    _, keeps = records(400)
    judge(tasted.store, range(161, 201), keeps)
    later = tasted.taste()
    assert later.in_use is not None
    assert not later.in_use.current
    tasted.learn_taste()
    assert values(tasted.store) != before
    journal.undo_to(tasted.store, first.act, ME)
    tasted.learn_taste()
    assert values(tasted.store) == before


def test_no_selection_goes_by_it_unless_that_is_said(tasted: Project) -> None:
    plain, _ = saved(tasted.store, Params(budget=40, threshold=0.95), "plain")
    tasted.learn_taste()
    again, _ = saved(tasted.store, Params(budget=40, threshold=0.95), "again")
    assert plain.kept.tolist() == again.kept.tolist()
    other, _ = saved(tasted.store, TASTED, "tasted")
    assert other.kept.tolist() != plain.kept.tolist()


def test_a_formula_without_a_learned_taste_says_what_to_do(tasted: Project) -> None:
    with pytest.raises(UsageError) as wrong:
        Tuner(tasted.store).exact(TASTED)
    assert "taste" in str(wrong.value)
    assert "--learn" in wrong.value.hint


def test_a_selection_by_taste_is_computed_again_after_it_was_learned_anew_or_forgotten(
    tasted: Project,
) -> None:
    store = tasted.store
    tasted.learn_taste()
    result, kept = saved(store, TASTED, "mine")
    act = next(each for each in tastes.all(store)).config["act"]
    _, keeps = records(400)
    judge(store, range(161, 221), keeps)
    tasted.learn_taste()
    assert any("taste was learned anew" in told for told in stale(store, kept))
    again = recomputing.recompute(store, kept)
    assert again.score.tobytes() == result.score.tobytes()
    assert again.kept.tobytes() == result.kept.tobytes()
    assert [each.name for each in tastes.all(store)] == [f"taste@{act}", "taste"]

    newer, _ = saved(store, TASTED, "newer")
    assert newer.score.tobytes() != result.score.tobytes()
    named, _ = saved(store, Params(40, formula=f"c*q*taste@{act}", threshold=0.95), "named")
    assert named.score[newer.kept].tolist() != newer.score[newer.kept].tolist()

    assert tasted.forget_taste()
    assert not tasted.forget_taste()
    assert set(values(store).values()) == {None}
    assert recomputing.recompute(store, kept).kept.tobytes() == result.kept.tobytes()
    with pytest.raises(UsageError):
        Tuner(store).exact(TASTED)
    tasted.learn_taste()
    assert not any("taste" in told for told in stale(store, selections.get(store, "newer")))


def test_what_no_selection_used_goes_when_another_is_learned(tasted: Project) -> None:
    tasted.learn_taste()
    _, keeps = records(400)
    judge(tasted.store, range(161, 171), keeps)
    tasted.learn_taste()
    assert len(tastes.all(tasted.store)) == 1
    tuner = Tuner(tasted.store)
    before = tuner.exact(TASTED)
    assert tasted.forget_taste()
    judge(tasted.store, range(171, 241), keeps)
    tasted.learn_taste()  # under the id of the one that is gone
    assert tuner.exact(TASTED).score.tobytes() != before.score.tobytes()


def test_a_broken_off_learning_leaves_the_taste_in_use(tasted: Project) -> None:
    from deita_tui.steps import tasting

    tasted.learn_taste()
    before = values(tasted.store)
    _, keeps = records(400)
    judge(tasted.store, range(161, 201), keeps)
    steps = tasting.learn(tasted.store)
    while "every record" not in next(steps).stage:
        pass
    steps.close()
    assert values(tasted.store) == before
    assert "taste (being learned)" not in tasted.view().context.scorers
    tasted.learn_taste()
    assert values(tasted.store) != before
    assert [each.name for each in tastes.all(tasted.store)] == ["taste"]


def test_new_and_edited_records_have_none_until_they_are_given_one(tasted: Project) -> None:
    tasted.learn_taste()
    add(tasted.store, records(5, seed=9)[0])
    edits.edit(tasted.store, 300, *as_record("Something else?"), ME)
    given = values(tasted.store)
    assert [id_ for id_, value in given.items() if value is None] == [300, *range(401, 406)]
    report = tasted.taste()
    assert report.in_use is not None
    assert report.in_use.missing == 6
    assert report.in_use.current
    tasted.learn_taste()
    later = values(tasted.store)
    assert {id_: later[id_] for id_ in given if given[id_] is not None} == {
        id_: value for id_, value in given.items() if value is not None
    }
    assert all(later[id_] is not None for id_ in range(401, 406))
    assert later[300] is None  # its new text is neither scored nor embedded
    result, _ = saved(tasted.store, TASTED, "mine")
    assert recomputing.recompute(tasted.store, selections.get(tasted.store, "mine")).counts() == (
        result.counts()
    )
    tasted.undo()  # of the saving
    tasted.undo()  # of the edit: the old text has its old value
    assert values(tasted.store)[300] == given.get(300) or values(tasted.store)[300] is not None


def test_too_few_one_kind_and_twins_are_refused_with_what_it_takes(tmp_path: Path) -> None:
    made, _ = records(60)
    with project(tmp_path / "project", [made[0]] * 40 + made[:60]):
        pass
    with Project.open(tmp_path / "project") as opened:
        assert "judge 20 of either" in opened.taste().told
        opened.decide(range(1, 31), "keep")
        told = opened.taste().told
        assert "30 keeps and 0 rejects" in told
        assert "20 more rejects" in told
        assert "nothing to tell them from" in told
        for act in (opened.learn_taste,):
            with pytest.raises(JobError, match="20 more rejects"):
                act()
        opened.decide(range(31, 36), "reject")
        opened.rate(range(41, 56), 1)
        opened.rate(range(56, 61), 3)  # says nothing
        found = opened.taste()
        assert (found.keeps, found.rejects, found.rated) == (30, 20, 15)
        assert "near twins" in found.told
        assert found.verdict == "too few"


def test_one_act_on_very_many_records_counts_as_a_hundred(tmp_path: Path) -> None:
    with judged_project(tmp_path / "project", 500, 60) as store:
        marks.reject(store, range(101, 501), ME)
        lesson = tasting_inputs.lesson(store)
        assert len(lesson.ids) == 160
        assert lesson.left_out == 300
        journal.undo(store, ME)
        assert len(tasting_inputs.lesson(store).ids) == 60


def test_what_few_records_have_does_not_count_and_is_told(tmp_path: Path) -> None:
    made, keeps = records(200)
    with project(tmp_path / "project", made[:60], "early") as store:
        add(store, made[60:], "late")
        judge(store, range(1, 121), keeps)
    with Project.open(tmp_path / "project") as opened:
        report = opened.taste()
        assert {lean.name for lean in report.leans} == {"length", "what it is about"}
        assert [note.partition(":")[0] for note in report.notes] == [
            f"{what} ({name}) does not count"
            for name in ("early", "late")
            for what in ("complexity", "quality")
        ]


def test_the_queue_is_where_taste_and_score_disagree_most(tasted: Project) -> None:
    (kind,) = (each for each in tasted.queues() if each.name == "taste")
    assert not kind.available
    assert "--learn" in kind.why_not
    tasted.learn_taste()
    found = tasted.queue("taste")
    assert set(found.ids) <= set(range(161, 401))  # what is decided is not asked again
    rows = {row.id: row for row in tasted.list()}
    first = rows[found.ids[0]]
    assert found.why(first.id).startswith(f"taste {first.taste:.2f}, score among the ")
    by_taste = sorted(rows, key=lambda id_: rows[id_].taste or 0)
    by_score = sorted(rows, key=lambda id_: rows[id_].score or 0)
    apart = {id_: abs(by_taste.index(id_) - by_score.index(id_)) for id_ in found.ids}
    assert apart[found.ids[0]] >= max(apart.values()) - 2
    saved(tasted.store, TASTED, "mine")  # the score is compared as it is without the taste
    assert list(tasted.queue("taste").ids)[:5] == list(found.ids)[:5]
