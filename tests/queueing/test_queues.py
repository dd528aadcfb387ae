"""Queues of a real project: what is in them, in which order, and what is not in them any more."""

from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from deita_store import scores
from deita_store.scores import Score, Scorer
from deita_store.store import Store
from deita_tui.errors import FilterError, UsageError
from deita_tui.neighbours import similarity
from deita_tui.project import Project
from tests.selecting.projects import Made, clustered, project, version
from tests.selecting.projects import score as give_scores

TAU = 0.95


def outcome(project: Project, id_: int) -> str | None:
    return project.show(id_).row.outcome


def vector(store: Store, id_: int) -> NDArray[np.float16] | None:
    row = store.db.execute(
        "select v.vector from record_vectors x join vectors v on v.id = x.vector_id"
        " where x.conversation_id = ?",
        (version(store, id_),),
    ).fetchone()
    return None if row is None else np.frombuffer(row[0], "<f2")


def like(store: Store, one: int, other: int) -> float:
    a, b = vector(store, one), vector(store, other)
    assert a is not None
    assert b is not None
    return float(similarity.exact(a[None], b[None])[0])


def kinds(project: Project) -> dict[str, str]:
    return {each.name: each.why_not for each in project.queues()}


# What there is -----------------------------------------------------------------------------------


def test_a_new_project_says_of_each_queue_what_it_lacks(tmp_path: Path) -> None:
    with Project.create(tmp_path / "new") as made:
        told = kinds(made)
        assert [name for name, why in told.items() if not why] == ["outliers", "undecided"]
        assert told["edge"].endswith(f"deita-tui select {made.folder} --budget N")
        assert told["uncertain"].endswith(f"deita-tui score {made.folder}")
        assert told["audit-kept"].endswith("--save NAME")
        assert len(made.queue("undecided")) == len(made.queue("outliers")) == 0
        with pytest.raises(UsageError, match="nothing to go by") as failed:
            made.queue("borderline")
        assert "Nothing is selected yet" in failed.value.hint
        assert made.audit("kept").told == ""


def test_a_project_with_a_selection_offers_what_it_can(mix: Project) -> None:
    told = kinds(mix)
    assert not any(told[name] for name in ("borderline", "edge", "undecided", "audit-kept"))
    assert "No two scorers" in told["disagree"]
    assert "answers with digits" in told["uncertain"]
    assert told["flagged"] == "No record is flagged."
    counts = {each.name: each.count for each in mix.queues()}
    assert counts["undecided"] == 60
    mix.flag([3, 4])
    mix.decide(mix.queue("undecided").ids[0], "keep")
    counts = {each.name: each.count for each in mix.queues()}
    assert (counts["flagged"], counts["undecided"]) == (2, 59)


def test_a_name_that_is_none_is_told_with_the_nearest(mix: Project) -> None:
    with pytest.raises(UsageError, match="no queue called 'borderlin'") as failed:
        mix.queue("borderlin")
    assert "Did you mean borderline?" in failed.value.hint
    with pytest.raises(UsageError, match="nothing to look at"):
        mix.queue("edge", limit=0)


def test_a_hand_made_or_other_selection_has_no_edge(mix: Project) -> None:
    mix.select(budget=0, threshold=1, save="all")
    assert "no budget" in kinds(mix)["edge"]
    assert "compares no records" in kinds(mix)["borderline"]
    mix.select(budget=9, selector="kcenter", save="centres")
    assert "does not go down the ranking" in kinds(mix)["edge"]
    assert "not made with a threshold" in kinds(mix)["borderline"]


# Borderline --------------------------------------------------------------------------------------


def test_borderline_has_the_pairs_nearest_to_the_threshold(mix: Project) -> None:
    store = mix.store
    kept = [row.id for row in mix.list("is:kept", sort="rank")]
    expected: dict[int, tuple[float, float, int]] = {}
    for row in mix.list("is:too_similar"):
        assert row.similarity is not None
        expected[row.id] = (abs(row.similarity - TAU), row.similarity, row.blocked_by or 0)
    for at, one in enumerate(kept):
        for other in kept[:at]:
            if vector(store, one) is None or vector(store, other) is None:
                continue
            found = like(store, one, other)
            if found <= TAU and abs(found - TAU) < expected.get(one, (9.0, 0.0, 0))[0]:
                expected[one] = abs(found - TAU), found, other
    near = {id_: each for id_, each in expected.items() if each[0] <= 0.1}
    queue = mix.queue("borderline")
    assert len(near) > 10
    assert set(queue.ids) == set(near)
    distances = [near[id_][0] for id_ in queue.ids]
    assert distances == sorted(distances)
    for id_ in queue.ids:
        _, value, other = near[id_]
        assert queue.partner[id_] == other
        what = "left out" if outcome(mix, id_) == "too_similar" else "both kept"
        assert queue.why(id_) == f"{value:.3f} like #{other}: {what}"
    assert list(mix.queue("borderline", limit=3).ids) == list(queue.ids[:3])


def test_a_pair_is_settled_by_a_decision_on_it_or_against_the_other(mix: Project) -> None:
    queue = mix.queue("borderline")
    first, second, third = queue.ids[0], queue.ids[1], queue.ids[2]
    mix.decide(first, "keep")
    mix.decide(queue.partner[second], "reject")
    left = mix.queue("borderline")
    assert first not in left.ids
    assert second not in left.ids or left.partner[second] != queue.partner[second]
    assert third in left.ids or queue.partner[third] in (first, queue.partner[second])
    assert len(mix.queue("borderline", limit=5)) == 5  # what was settled takes no room
    mix.undo()
    mix.undo()
    assert list(mix.queue("borderline").ids) == list(queue.ids)


# The ranking -------------------------------------------------------------------------------------


def test_edge_goes_outwards_from_the_cut(mix: Project) -> None:
    kept = [row.id for row in mix.list("is:kept", sort="-rank")]
    over = [row.id for row in mix.list("outcome:over_budget", sort="-score")]
    queue = mix.queue("edge")
    assert list(queue.ids[0::2][:20]) == kept[:20]
    assert list(queue.ids[1::2][:20]) == over[:20]
    assert set(queue.ids) == {*kept, *over}
    assert queue.why(kept[0]).startswith("1st above the cut · rank 60 · score ")
    assert queue.why(over[1]).startswith("2nd below the cut · score ")
    assert list(mix.queue("edge", limit=4).ids) == [kept[0], over[0], kept[1], over[1]]
    mix.decide([kept[0], over[0]], "reject")
    assert list(mix.queue("edge", limit=2).ids) == [kept[1], over[1]]


@pytest.mark.parametrize("more", [{"formula": "c^2*q", "turns": "mean"}, {"missing": "skip"}])
def test_edge_goes_by_the_score_of_the_selection(mix: Project, more: dict[str, str]) -> None:
    report = mix.select(budget=30, threshold=0.95, save="other", **more)  # type: ignore[arg-type]
    assert report.kept == 30
    tuner, params = mix.what_if(budget=30, threshold=0.95, **more)  # type: ignore[arg-type]
    result = tuner.exact(params)
    over = np.flatnonzero(result.status == 2)
    over = over[np.lexsort((result.pool.ids[over], -result.score[over]))]
    found = mix.queue("edge").ids[1::2][:20]
    assert list(found) == result.pool.ids[over][:20].tolist()


def test_edge_knows_those_that_were_not_there_yet(mix: Project) -> None:
    """Records that came after the selection were not left out by its budget."""
    from tests.selecting.projects import add

    later = add(mix.store, [Made((6.0,), (6.0,), None)])
    assert later[0] not in mix.queue("edge").ids


def test_undecided_goes_down_the_ranks(mix: Project) -> None:
    kept = [row.id for row in mix.list("is:kept", sort="rank")]
    queue = mix.queue("undecided")
    assert list(queue.ids) == kept
    assert queue.why(kept[0]).startswith("rank 1 of 60 · score ")
    mix.decide(kept[:2], "keep")
    mix.decide(kept[2], "reject")
    assert list(mix.queue("undecided").ids) == kept[3:]
    mix.decide(kept, "keep")
    empty = mix.queue("undecided")
    assert (len(empty), empty.place) == (0, 0)
    assert "decided all that is kept" in empty.note


def test_undecided_without_a_selection_goes_by_score_or_by_import(tmp_path: Path) -> None:
    project(tmp_path / "scored", clustered(30)).close()
    with Project.open(tmp_path / "scored") as made:
        best = [row.id for row in made.list(sort="-score")]
        made.decide(best[1], "keep")
        assert list(made.queue("undecided").ids) == [best[0], *best[2:]]


# Scores ------------------------------------------------------------------------------------------


def test_scorers_that_disagree(tmp_path: Path) -> None:
    made = [Made((1 + at / 10,), (2.0,)) for at in range(40)]
    with project(tmp_path / "two", made) as store:
        # The same order on another scale, but for two records that change their places.
        turned = [Made((100 + at,), (5.0,)) for at in range(40)]
        turned[1], turned[38] = turned[38], turned[1]
        give_scores(store, range(1, 41), turned, "other")
    with Project.open(tmp_path / "two") as opened:
        queue = opened.queue("disagree")
        assert set(queue.ids) == {2, 39}
        assert queue.why(2) == "complexity: deita bottom 4 %, other top 4 %"
        assert queue.why(39) == "complexity: deita top 4 %, other bottom 4 %"
        opened.decide(2, "reject")
        assert list(opened.queue("disagree").ids) == [39]


def test_two_versions_of_a_scorer_are_told_apart(tmp_path: Path) -> None:
    made = [Made((1.0 + at,), (1.0,)) for at in range(9)]
    with project(tmp_path / "two", made) as store:
        config = {"name": "deita", "measures": "complexity", "again": True}
        id_ = scores.ensure_scorer(store, "deita", "complexity", "instruction", config)
        scorer = Scorer(id_, "deita", "complexity", "instruction", config)
        versions = [version(store, each) for each in range(1, 10)]
        texts = [each.text for each in scores.turns(store, scorer, versions)]
        with store.transaction():
            scores.add(store, id_, [Score(text, 9.0 - at) for at, text in enumerate(texts)])
            scores.finish(store, scorer, versions)
    with Project.open(tmp_path / "two") as opened:
        why = opened.queue("disagree").why(1)
        first, second = (each.split()[1] for each in why.removeprefix("complexity: ").split(", "))
        assert len(first) == len(second) == 6
        assert first != second


def with_digits(store: Store, given: dict[int, tuple[tuple[float, ...], float]]) -> None:
    """Have the scorer of quality say how sure it was of records, by their ids."""
    (scorer,) = (each for each in scores.scorers(store) if each.measures == "quality")
    rows = []
    for id_, (digits, mass) in given.items():
        (turn, *_) = scores.turns(store, scorer, [version(store, id_)])
        rows.append((*digits, mass, scorer.id, turn.text))
    with store.transaction() as db:
        db.executemany(
            "update scores set p1 = ?, p2 = ?, p3 = ?, p4 = ?, p5 = ?, p6 = ?, mass = ?"
            " where scorer_id = ? and text = ?",
            rows,
        )


SURE = (0.0, 0.0, 0.0, 1.0, 0.0, 0.0)
HALF = (0.0, 0.0, 0.5, 0.5, 0.0, 0.0)
EVEN = (1 / 6,) * 6


def test_uncertain_scores_come_by_how_little_they_say(tmp_path: Path) -> None:
    with project(tmp_path / "p", [Made((2.0, 3.0), (4.0, 4.0)) for _ in range(6)]) as store:
        with_digits(
            store,
            {1: (SURE, 1.0), 2: (HALF, 0.99), 3: (EVEN, 0.95), 4: (SURE, 0.2), 5: (SURE, 0.97)},
        )
    with Project.open(tmp_path / "p") as opened:
        queue = opened.queue("uncertain")
        assert list(queue.ids) == [3, 4, 2, 5, 1]
        assert queue.why(3) == "quality 4.0: spread over 6.0 digits"
        assert queue.why(4) == "quality 4.0: spread over 1.0 digits, which hold 20% of the answer"
        opened.decide([3, 2], "keep")
        assert list(opened.queue("uncertain", limit=2).ids) == [4, 5]


# What stands out ---------------------------------------------------------------------------------


def test_outliers_take_turns(tmp_path: Path) -> None:
    made = [Made((2.0 + at % 3,), (2.0,)) for at in range(30)]
    made += [Made((1.0, 1.0), (1.0, 1.0)) for _ in range(10)]  # several turns, low scores
    made[4] = Made((6.0,), (6.0,))
    made[7] = Made((3.0,), (2.0,), words="word " * 20_000)
    with project(tmp_path / "p", made) as store, store.transaction() as db:
        (scorer, *_) = scores.scorers(store)
        (turn,) = scores.turns(store, scorer, [version(store, 12)])
        db.execute(
            "update scores set shortened = 1 where scorer_id = ? and text = ?",
            (scorer.id, turn.text),
        )
    with Project.open(tmp_path / "p") as opened:
        queue = opened.queue("outliers")
        assert list(queue.ids[:3]) == [8, 5, 12]
        assert queue.why(8).startswith("100,0")
        assert "characters" in queue.why(8)
        assert queue.why(5) == "36.0 for a single turn; half of those with more: 2.0"
        assert "shortened to fit for complexity" in queue.why(12)
        assert len(set(queue.ids)) == len(queue.ids)
        opened.decide(8, "reject")
        assert 8 not in opened.queue("outliers").ids


def test_flagged_has_what_is_decided_too(mix: Project) -> None:
    mix.flag([9, 4, 30])
    mix.decide(4, "reject")
    mix.note(30, "look\x1b[31m again")
    queue = mix.queue("flagged")
    assert list(queue.ids) == [4, 9, 30]
    assert (queue.why(4), queue.why(9)) == ("reject", "")
    assert "\x1b" not in queue.why(30)
    mix.flag(9, on=False)
    assert list(mix.queue("flagged").ids) == [4, 30]


def test_any_filter_is_a_queue(mix: Project) -> None:
    wanted = [row.id for row in mix.list("source:dolly is:kept")]
    queue = mix.queue("where:source:dolly is:kept")
    assert list(queue.ids) == wanted
    assert (queue.title, queue.selection) == ("source:dolly is:kept", "mine")
    assert list(mix.queue("where:source:dolly is:kept", limit=2).ids) == wanted[:2]
    assert len(mix.queue("where:")) == 200
    with pytest.raises(FilterError):
        mix.queue("where:score>")


def test_a_record_that_is_removed_is_in_no_queue(mix: Project) -> None:
    ids = mix.queue("edge").ids[:3]
    mix.flag(ids)
    with mix.store.transaction() as db:
        db.executemany("update records set live = 0 where id = ?", [(each,) for each in ids])
    for name in ("borderline", "edge", "undecided", "outliers", "flagged", "audit-kept", "where:"):
        if name != "flagged":
            assert not set(ids) & set(mix.queue(name).ids), name
    assert kinds(mix)["flagged"]
