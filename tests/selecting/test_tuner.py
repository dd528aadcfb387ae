"""Selecting in a project: what is selected, kept, read again, and told to be stale."""

import json
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store import care, edits, marks, selections
from deita_store.errors import StoreError
from deita_store.selections import Selection
from deita_store.store import Store
from deita_tui.errors import JobError, UsageError
from deita_tui.project import Project
from deita_tui.selection.params import Params, parse_share
from deita_tui.selection.ranking import order
from deita_tui.selection.result import REASONS, STATUSES
from deita_tui.steps import deriving, indexing
from deita_tui.steps.recomputing import recompute
from deita_tui.steps.saving import params_of
from deita_tui.steps.selecting import Tuner
from tests.selecting.projects import (
    FIFTY,
    ME,
    Made,
    add,
    as_record,
    clustered,
    embed,
    project,
    saved,
    score,
)


def outcomes(store: Store, selection: Selection) -> dict[int, tuple[object, ...]]:
    rows = store.db.execute(
        "select record_id, status, rank, position, score, blocked_by, similarity, reason"
        " from record_outcomes where selection_id = ?",
        (selection.id,),
    )
    return {row[0]: row[1:] for row in rows.fetchall()}


def test_every_record_has_its_outcome_in_the_view(store: Store) -> None:
    marks.reject(store, [3, 4], ME)
    marks.keep(store, [5], ME)
    result, selection = saved(store, Params(budget=50, exclude="source:dolly"))
    told = outcomes(store, selection)
    ids = result.pool.ids.tolist()
    assert {id_: told[id_][0] for id_ in ids} == {
        id_: STATUSES[status] for id_, status in zip(ids, result.status.tolist(), strict=True)
    }
    assert selection.kept == len(result.kept) > 20
    kept = sorted((rank, id_) for id_, (status, rank, *_) in told.items() if status == "kept")
    assert [id_ for _, id_ in kept] == result.pool.ids[result.kept].tolist()
    for place in np.flatnonzero(result.blocker >= 0).tolist():
        blocked_by, similarity = told[ids[place]][4:6]
        assert blocked_by == ids[result.blocker[place]]
        assert similarity == result.similarity[place]


@given(
    st.integers(0, 60),
    st.sampled_from((0.5, 0.9, 0.99, 1.0)),
    st.sampled_from(("", "source:alpaca", "id<=60", "id:1..3")),
    st.sampled_from(("deita", "topk", "random", "balanced")),
    st.sampled_from(("drop", "skip")),
)
@settings(max_examples=40, deadline=None)
def test_whatever_is_asked_the_view_answers_for_every_record(
    tmp_path_factory: pytest.TempPathFactory,
    budget: int,
    threshold: float,
    require: str,
    selector: str,
    missing: str,
) -> None:
    folder = tmp_path_factory.getbasetemp() / "asked"
    if not folder.exists():
        project(folder, clustered(80, seed=1)).close()
    asked = {"budget": budget, "threshold": threshold, "require": require, "selector": selector,
             "missing": missing}  # fmt: skip
    params = msgspec.convert(asked, Params)
    with Store.open(folder) as store:
        result, selection = saved(store, params, None)
        told = outcomes(store, selection)
        assert [told[id_][0] for id_ in result.pool.ids.tolist()] == [
            STATUSES[status] for status in result.status
        ]
        rest = selection.computed_from["rest_reason"]
        rows = dict(store.db.execute(
            "select record_id, coalesce(reason, '') from outcomes where selection_id = ?",
            (selection.id,),
        ).fetchall())  # fmt: skip
        assert [rows.get(id_, rest) for id_ in result.pool.ids.tolist()] == [
            REASONS[reason] for reason in result.reason
        ]
        assert recompute(store, selection).same_as(result)


def test_the_saved_selection_is_computed_again_to_the_byte(store: Store) -> None:
    marks.keep(store, [7, 9], ME)
    params = Params(budget=40, threshold=0.8, shares=(parse_share("source:alpaca<=0.3"),),
                    require="id>5", formula="c^2*q", turns="mean")  # fmt: skip
    result, selection = saved(store, params)
    store.close()
    with Store.read(store.folder) as again:
        assert recompute(again, selections.get(again, "mine")).same_as(result)
        assert params_of(selection) == params


def test_scores_and_vectors_that_came_later_count_for_nothing_in_it(tmp_path: Path) -> None:
    file = tmp_path / "pool.jsonl"
    rows = [
        {"instruction": f"word{n % 9} question {n}", "output": f"answer {n}"} for n in range(60)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    with Project.create(tmp_path / "mine") as opened:
        opened.import_(file)
        opened.score(complexity="c", quality="q", backend="fake", limit=40)
        opened.embed(embedder="e", backend="fake", limit=30)
        opened.select(budget=10, save="pilot")
        pilot = opened.selection("pilot")
        was = [row.id for row in opened.list("is:kept", sort="rank", selection="pilot")]
        opened.score(complexity="c", quality="q", backend="fake")
        opened.embed(embedder="e", backend="fake")
        again = recompute(opened.store, pilot)
        assert again.pool.ids[again.kept].tolist() == was
        assert opened.select(budget=10).kept == 10
        full = recompute(opened.store, opened.selection("working"))
        assert again.counts()["unscored"] >= 30 > full.counts()["unscored"]


def test_it_is_computed_as_it_was_whatever_came_after(store: Store) -> None:
    result, selection = saved(store)
    marks.reject(store, [int(result.pool.ids[result.kept[0]])], ME)
    add(store, clustered(20, seed=9))
    edits.edit(store, int(result.pool.ids[result.kept[1]]), *as_record("something else"), ME)
    store.db.execute("update records set live = 0 where id = 2")
    assert recompute(store, selection).same_as(result)


def test_what_is_gone_is_told_and_not_computed_around(store: Store) -> None:
    saved(store)
    care.purge(store, [10], ME)
    with pytest.raises(JobError, match="1 record that it was made from was purged"):
        recompute(store, selections.get(store, "mine"))


def test_a_score_that_reads_otherwise_is_told(store: Store) -> None:
    _, selection = saved(store)
    store.db.execute("update scores set value = 1.25 where scorer_id = 1 and value is not null")
    with pytest.raises(JobError, match="scores of c"):
        recompute(store, selection)


# Staleness (D6) -----------------------------------------------------------------------------------


def test_an_edited_record_keeps_its_outcome_until_it_is_scored_and_embedded(store: Store) -> None:
    before, _ = saved(store, name=None)
    place = int(before.kept[3])
    id_ = int(before.pool.ids[place])
    edits.edit(store, id_, *as_record("nobody scored this"), ME)
    pending, _ = saved(store, name=None)
    assert pending.status[place] == before.status[place]
    assert pending.score[place] == before.score[place]
    assert REASONS[pending.reason[place]] == "edited, pending"
    for _ in deriving.run(store):
        pass
    made = Made((1.0,), (1.0,))
    score(store, [id_], [made])
    assert Tuner(store).exact(FIFTY).score[place] == before.score[place]
    embed(store, [id_], [(1.0,) * 8])
    after = Tuner(store).exact(FIFTY)
    assert after.score[place] == 1.0
    assert REASONS[after.reason[place]] == ""


# The loaded object --------------------------------------------------------------------------------


def test_it_hears_decisions_and_leaves_arrivals_for_later(store: Store) -> None:
    tuner = Tuner(store)
    first = tuner.exact(FIFTY)
    top = int(first.pool.ids[first.kept[0]])
    with Store.open(store.folder) as other:
        marks.reject(other, [top], ME)
        add(other, [Made((6.0,) * 3, (6.0,) * 3, (1.0,) + (0.0,) * 7)])
    second = tuner.exact(FIFTY)
    assert top not in second.pool.ids[second.kept]
    assert second.pool.size == first.pool.size
    for _ in tuner.reload(FIFTY):
        pass
    third = tuner.exact(FIFTY)
    assert third.pool.size == first.pool.size + 1
    assert third.pool.ids[third.kept[0]] == 201


def test_filters_are_asked_again_only_when_a_mark_can_matter(store: Store) -> None:
    tuner = Tuner(store)
    tagged, plain = Params(budget=50, exclude="tag:bad"), Params(budget=50, exclude="source:dolly")
    for params in (tagged, plain):
        kept = tuner.exact(params)
        first = int(kept.pool.ids[kept.kept[0]])
        marks.tag(store, [first], "bad", ME)
        again = tuner.exact(params)
        assert (first in again.pool.ids[again.kept]) == (params is plain)


def test_with_lists_of_neighbours_there_is_an_instant_gear(store: Store) -> None:
    for _ in indexing.run(store):
        pass
    tuner = Tuner(store)
    preview, proven = tuner.instant(FIFTY), tuner.exact(FIFTY)
    assert (preview.gear, proven.gear) == ("instant", "exact")
    assert preview.kept.tolist() == proven.kept.tolist()
    assert tuner.certificate is not None
    assert proven.same_as(Tuner(store).exact(FIFTY))


def test_a_project_whose_records_were_all_removed(store: Store) -> None:
    store.db.execute("update records set live = 0")
    result, selection = saved(store)
    assert (result.pool.size, selection.kept, outcomes(store, selection)) == (0, 0, {})
    assert recompute(store, selection).same_as(result)


@given(st.lists(st.tuples(st.integers(0, 80), st.sampled_from((0.3, 0.9, 0.97))), min_size=2,
                max_size=5))  # fmt: skip
@settings(max_examples=15, deadline=None)
def test_what_was_asked_before_changes_no_answer(
    tmp_path_factory: pytest.TempPathFactory, asked: list[tuple[int, float]]
) -> None:
    folder = tmp_path_factory.getbasetemp() / "again"
    if not folder.exists():
        project(folder, clustered(120, seed=2)).close()
    with Store.read(folder) as store:
        tuner = Tuner(store)
        for budget, threshold in asked:
            params = Params(budget=budget, threshold=threshold)
            assert tuner.exact(params).same_as(Tuner(store).exact(params))


def test_the_ranking_is_the_sum_over_turns_of_the_product(tmp_path: Path) -> None:
    made = [
        Made((2.0, 3.0), (4.0, 1.0)),
        Made((3.0,), (4.0,), (0.0, 1.0)),
        Made((6.0, None), (6.0, 6.0), (1.0, 1.0)),
    ]
    with project(tmp_path / "project", made) as store:
        tuner = Tuner(store)
        pool = tuner.pool(Params(budget=1))
        assert order(pool, Params()).tolist() == [1, 0]
        assert order(pool, Params(turns="max", missing="skip")).tolist() == [2, 1, 0]


# What is missing ----------------------------------------------------------------------------------


def test_nothing_scored_says_what_to_run(tmp_path: Path) -> None:
    with (
        Store.create(tmp_path / "project") as store,
        pytest.raises(UsageError, match=r"No record has a score .*deita-tui score"),
    ):
        Tuner(store).exact(FIFTY)


def test_nothing_embedded_says_what_to_run_and_some_selections_need_no_vector(
    tmp_path: Path,
) -> None:
    with project(tmp_path / "project", [Made(vector=None)] * 4) as store:
        store.db.execute("delete from embedders")
        with pytest.raises(UsageError, match="deita-tui embed"):
            Tuner(store).exact(FIFTY)
        for params in (Params(budget=2, threshold=1), Params(budget=2, selector="topk"),
                       Params(budget=2, selector="random")):  # fmt: skip
            result, _ = saved(store, params, None)
            assert len(result.kept) == 2


def test_a_random_selection_needs_no_score(tmp_path: Path) -> None:
    with project(tmp_path / "project", [Made(), Made(), Made()]) as store:
        store.db.execute("delete from scores")
        store.db.execute("delete from record_scores")
        store.db.execute("delete from scorers")
        assert len(Tuner(store).exact(Params(budget=2, selector="random")).kept) == 2


def test_one_scorer_of_each_kind_and_never_a_mix(store: Store) -> None:
    tuner = Tuner(store)
    alone = tuner.exact(FIFTY)
    score(store, [1, 2, 3], clustered(200)[:3], "small")
    with pytest.raises(UsageError, match=r"several scorers of complexity: deita, small"):
        Tuner(store).exact(FIFTY)
    chosen = Tuner(store).exact(Params(budget=50, complexity="deita", quality="deita"))
    assert chosen.same_as(alone)
    few = Tuner(store).exact(Params(budget=50, complexity="small", quality="small"))
    assert few.counts()["unscored"] >= 197
    with pytest.raises(UsageError, match=r"'smal'.*Did you mean small"):
        Tuner(store).exact(Params(budget=50, complexity="smal", quality="small"))


def test_a_formula_calls_other_scorers_by_name(store: Store) -> None:
    score(store, list(range(1, 201)), clustered(200), "small")
    params = Params(budget=10, formula="small.complexity*deita.quality")
    result, selection = saved(store, params)
    assert selection.computed_from["scorers"] == {"small.complexity": 3, "deita.quality": 2}
    assert recompute(store, selection).same_as(result)
    with pytest.raises(UsageError, match=r"small names several.*small.complexity"):
        Tuner(store).exact(Params(budget=10, formula="small"))


def test_several_embeddings_must_be_told_apart(store: Store) -> None:
    some = Tuner(store).exact(FIFTY)
    two = some.pool.ids[some.kept[:2]].tolist()
    embed(store, two, [(1.0, 0.0), (0.0, 1.0)], "other")
    with pytest.raises(UsageError, match=r"several ways: fake, other"):
        Tuner(store).exact(FIFTY)
    assert Tuner(store).exact(Params(budget=5, embedder="other")).counts()["kept"] == 2


# Storing ------------------------------------------------------------------------------------------


def test_a_name_that_is_taken_or_none_is_refused(store: Store) -> None:
    tuner = Tuner(store)
    result = tuner.exact(FIFTY)
    tuner.save(result, "mine", ME)
    for name in ("mine", "working", " ", "\x1b"):
        with pytest.raises(StoreError):
            tuner.save(result, name, ME)
    assert len(selections.saved(store)) == 1


def test_a_preview_is_not_saved(store: Store) -> None:
    tuner = Tuner(store)
    with pytest.raises(ValueError, match="exact"):
        tuner.save(replace(tuner.exact(FIFTY), gear="instant"), None, ME)


def test_killed_while_saving_leaves_the_old_selection(store: Store) -> None:
    _, before = saved(store, name=None)
    told = outcomes(store, before)
    store.close()
    code = """
import os, sys
from deita_store import selections
from deita_store.store import Store
from deita_tui.selection.params import Params
from deita_tui.steps import saving
from deita_tui.steps.selecting import Tuner

outcomes = saving.outcomes
def dying(*args):
    for number, outcome in enumerate(outcomes(*args)):
        if number == 20:
            os.kill(os.getpid(), 9)
        yield outcome
saving.outcomes = dying
with Store.open(sys.argv[1]) as store:
    tuner = Tuner(store)
    tuner.save(tuner.exact(Params(budget=10)), None, "me")
"""
    done = subprocess.run([sys.executable, "-c", code, str(store.folder)], check=False)
    assert done.returncode == -9
    with Store.open(store.folder) as again:
        selection = selections.get(again)
        assert params_of(selection) == FIFTY
        assert outcomes(again, selection) == told
        assert again.db.execute("pragma integrity_check").fetchone() == ("ok",)
