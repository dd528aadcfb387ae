"""What an edited record waits for: the same scorers and the same embedder, asked again (D15)."""

from pathlib import Path

import msgspec
import pytest

from deita_store import jobs, scores, vectors
from deita_tui.errors import JobError
from deita_tui.project import Project
from deita_tui.steps.distilling_args import DistillArgs
from deita_tui.steps.lock import project_lock
from tests.backends.conftest import llama_folder  # noqa: F401 - a fixture
from tests.backends.gguf_writer import to_gguf
from tests.distilling import taught
from tests.scoring.runs import pool
from tests.scoring.small_project import project
from tests.selecting.projects import clustered
from tests.selecting.projects import project as by_hand


def kinds(made: Project, numbers: object) -> list[str]:
    return [made.job(each).kind for each in numbers]  # type: ignore[attr-defined]


def ready(made: Project, record: int) -> tuple[bool, bool]:
    """Is the version in force scored by all there is, and embedded?"""
    (version,) = made.store.db.execute(
        "select conversation_id from records where id = ?", (record,)
    ).fetchone()
    scorers = [each.id for each in scores.scorers(made.store)]
    judged = [not scores.pending(made.store, each, [version]) for each in scorers]
    embedder = vectors.newest(made.store)
    assert embedder is not None
    return all(judged), not vectors.pending(made.store, embedder, [version])


def outcome(made: Project, record: int) -> tuple[object, ...]:
    (row,) = made.list(f"id:{record}", selection="working")
    (reason,) = made.store.db.execute(
        "select reason from record_outcomes where selection = '(working)' and record_id = ?",
        (record,),
    ).fetchone()
    return row.outcome, row.score, reason


def test_nothing_is_queued_where_nothing_is_pending(scored: Project) -> None:
    assert scored.queue_refresh() == []
    scored.edit(4, 1, "another answer")
    scored.undo()
    assert scored.queue_refresh() == []


def test_an_edit_is_scored_embedded_and_selected_as_before(scored: Project) -> None:
    scorers, embedders = scored.scorers(), scored.embedders()
    scored.select(budget=20, threshold=0.95)
    old = outcome(scored, 4)
    assert scored.edit(4, 0, "quite another question?") is not None
    assert ready(scored, 4) == (False, False)
    scored.select(budget=20, threshold=0.95)
    assert outcome(scored, 4) == (*old[:2], "edited, pending")
    queued = scored.queue_refresh([4])
    assert kinds(scored, queued) == ["score", "embed"]
    scored.catch_up()
    assert ready(scored, 4) == (True, True)
    # The same scorers, and no others: nothing else has lost its score.
    assert [each.identity for each in scored.scorers()] == [each.identity for each in scorers]
    assert [each.identity for each in scored.embedders()] == [each.identity for each in embedders]
    assert [each.unscored for each in scored.scorers()] == [0, 0]
    scored.select(budget=20, threshold=0.95)
    new = outcome(scored, 4)
    assert new[2] is None
    assert new[1] != old[1]
    assert scored.queue_refresh() == []


def test_whoever_changes_an_answer_waits_for_no_scorer_of_questions(scored: Project) -> None:
    scored.edit(4, 1, "quite another answer")
    score, _ = scored.queue_refresh()
    scored.catch_up()
    result = scored.job(score).result
    assert isinstance(result, dict)
    assert [stage["measures"] for stage in result["stages"]] == ["quality"]
    assert ready(scored, 4) == (True, True)


def test_edits_share_a_job_while_it_waits_and_get_another_behind_one_that_runs(
    scored: Project,
) -> None:
    scored.edit(4, 1, "one")
    first = scored.queue_refresh([4])
    scored.edit(5, 1, "two")
    assert scored.queue_refresh([5]) == first
    scored.store.db.execute("update jobs set state = 'running' where id = ?", (first[0],))
    with project_lock(scored.folder):  # as a worker that is at it
        scored.edit(6, 1, "three")
        second = scored.queue_refresh([6])
        assert second[0] > first[0]
        assert second[1] == first[1]
        assert scored.queue_refresh([6]) == second


def test_a_draft_of_another_version_is_not_taken_for_the_same(tmp_path: Path) -> None:
    project(tmp_path / "project", pool(30, seed=4)).close()
    with Project.open(tmp_path / "project") as made:
        made.score(scorer="lite")
        made.store.db.execute("update scorers set config = json_set(config, '$.weights', 'older')")
        made.edit(2, 0, "What is a lighthouse for?")
        with pytest.raises(JobError, match="How lite was run"):
            made.queue_refresh()


def test_lists_of_neighbours_are_brought_up_behind_it(scored: Project) -> None:
    scored.index()
    scored.edit(4, 1, "another answer")
    queued = scored.queue_refresh()
    assert kinds(scored, queued) == ["score", "embed", "index"]
    scored.catch_up()
    tuner, params = scored.what_if(budget=20)
    assert tuner.instant(params).gear == "instant"


def test_the_draft_scorers_need_no_model(tmp_path: Path) -> None:
    project(tmp_path / "project", pool(30, seed=4)).close()
    with Project.open(tmp_path / "project") as made:
        made.score(scorer="lite")
        made.embed(embedder="lite")
        made.store.db.execute("delete from jobs")  # as if another project's rows had come over
        made.edit(2, 0, "What is a lighthouse for?")
        assert kinds(made, made.queue_refresh()) == ["score", "embed"]
        made.catch_up()
        assert ready(made, 2) == (True, True)


def test_a_limited_run_is_not_repeated_for_what_it_left_out(tmp_path: Path) -> None:
    project(tmp_path / "project", pool(60, seed=5)).close()
    with Project.open(tmp_path / "project") as made:
        made.score(complexity="c", quality="q", backend="fake", limit=20)
        seen = {each.id for each in made.list() if each.complexity}
        judged, other = min(seen), min(set(range(1, 61)) - seen)
        made.edit(other, 1, "an answer that nobody judged")
        assert made.queue_refresh() == []
        made.edit(judged, 1, "an answer that was judged")
        before = [each.reason for each in made.scorers()]
        made.queue_refresh([judged])
        made.catch_up()
        # Why the others are unscored is what it was.
        assert [each.reason for each in made.scorers()] == before


def test_what_cannot_be_repeated_is_said_and_the_edit_stands(tmp_path: Path) -> None:
    by_hand(tmp_path / "project", clustered(20)).close()
    with Project.open(tmp_path / "project") as made:
        made.edit(3, 1, "another answer")
        with pytest.raises(JobError, match="How deita, fake was run is not known"):
            made.queue_refresh()
        assert made.record(3).messages[1].content == "another answer"


def test_what_was_undone_does_not_stand_in_for_an_edit_that_waits(scored: Project) -> None:
    scored.select(budget=20, threshold=0.95)
    old = outcome(scored, 4)
    scored.edit(4, 0, "a question that is taken back")
    scored.queue_refresh()
    scored.catch_up()
    scored.undo()
    scored.edit(4, 0, "a question that stays")
    scored.select(budget=20, threshold=0.95)
    assert outcome(scored, 4) == (*old[:2], "edited, pending")


def test_models_in_two_formats_are_asked_again_as_they_were(
    tmp_path: Path,
    llama_folder: Path,  # noqa: F811 - the fixture
) -> None:
    """transformers and llama.cpp, picked by ``auto``: the same scorers, and no new choice."""
    gguf = tmp_path / "tiny.gguf"
    to_gguf(llama_folder, gguf)
    project(tmp_path / "project", pool(12, seed=6)).close()
    with Project.open(tmp_path / "project") as made:
        made.score(complexity=llama_folder, quality=gguf, precision="float32", force=True)
        made.embed(embedder=gguf, max_tokens=64)
        before = [each.identity for each in made.scorers()], made.embedders()[0].identity
        made.edit(2, 0, "How many apples are there?")
        assert kinds(made, made.queue_refresh()) == ["score", "embed"]
        made.catch_up()
        after = [each.identity for each in made.scorers()], made.embedders()[0].identity
        assert after == before
        assert ready(made, 2) == (True, True)


def test_learned_scores_are_given_again_where_that_changes_no_lesson(tmp_path: Path) -> None:
    args = DistillArgs(taught.NAME, budget=20)
    with taught.project(tmp_path / "project", 300) as store:
        for measures, reads in (("complexity", "instruction"), ("quality", "pair")):
            taught.teach(store, measures, reads, 210)
        jobs.enqueue(store, "distill", msgspec.to_builtins(args))
        learned = {each.scorer_id for each in taught.run(store, args).learned}
        order = [*scores.order(store, 0)]
    with Project.open(tmp_path / "project") as made:
        made.edit(order[-1], 0, "a question that the teacher has not seen either")
        (number,) = made.queue_refresh()
        again = msgspec.convert(made.job(number).args, DistillArgs)
        assert again == args
        assert {each.scorer_id for each in taught.run(made.store, again).learned} == learned
        assert made.queue_refresh() == []
        made.edit(order[0], 0, "the teacher knows what this was")
        with pytest.raises(JobError, match="How teacher-distilled was run"):
            made.queue_refresh()
