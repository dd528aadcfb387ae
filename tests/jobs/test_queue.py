from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from deita_store import jobs
from deita_store.errors import StoreError
from deita_store.store import Store
from deita_tui.errors import BusyError
from deita_tui.jobs import running
from deita_tui.steps.lock import project_lock


@pytest.fixture
def store(folder: Path) -> Iterator[Store]:
    with Store.open(folder) as opened:
        yield opened


def test_jobs_wait_in_order(store: Store) -> None:
    first, second = (jobs.enqueue(store, "import", {"path": name}) for name in ("a", "ü"))
    assert [job.id for job in jobs.all(store)] == [first, second]
    waiting = jobs.waiting(store)
    assert waiting == jobs.get(store, first)
    assert jobs.get(store, second).args == {"path": "ü"}
    jobs.begin(store, first)
    waiting = jobs.waiting(store)
    assert waiting is not None
    assert waiting.id == second


def test_an_unknown_job_is_a_sentence(store: Store) -> None:
    with pytest.raises(StoreError, match="no job 7"):
        jobs.get(store, 7)


def test_a_running_job_without_a_worker_is_interrupted(store: Store) -> None:
    job = jobs.enqueue(store, "import", {})
    jobs.begin(store, job)
    assert jobs.get(store, job).state == "interrupted"
    assert jobs.get(store, job).ended
    with project_lock(store.folder):
        assert jobs.get(store, job).state == "running"
        assert not jobs.get(store, job).ended
    assert jobs.all(store)[0].state == "interrupted"


def test_what_nobody_works_on_follows_at_once(store: Store) -> None:
    job = jobs.enqueue(store, "import", {})
    assert jobs.want(store, job, "pause").state == "paused"
    assert jobs.waiting(store) is None
    assert jobs.want(store, job, "run").state == "queued"
    jobs.begin(store, job)
    assert jobs.want(store, job, "run").state == "queued"
    jobs.fail(store, job, "No.", "Try.")
    assert (jobs.get(store, job).error, jobs.get(store, job).hint) == ("No.", "Try.")
    again = jobs.want(store, job, "run")
    assert (again.state, again.error, again.hint, again.finished_at) == ("queued", None, None, None)
    assert jobs.want(store, job, "cancel").state == "cancelled"
    for wanted in ("run", "pause", "cancel"):
        with pytest.raises(StoreError, match="cancelled already"):
            jobs.want(store, job, wanted)


@pytest.mark.parametrize("how", ["done", "failed", "cancelled"])
def test_what_has_ended_is_not_paused_any_more(store: Store, how: str) -> None:
    job = jobs.enqueue(store, "import", {})
    with project_lock(store.folder):
        assert jobs.begin(store, job)
        if how == "done":
            jobs.complete(store, job, "1")
        elif how == "failed":
            jobs.fail(store, job, "no", "")
        else:
            jobs.cancel(store, job)
        jobs.pause(store, job)
        assert jobs.get(store, job).state == how


@pytest.mark.parametrize(("wanted", "state"), [("cancel", "cancelled"), ("pause", "paused")])
def test_what_was_stopped_before_it_began_does_not_begin(
    store: Store, wanted: jobs.Wanted, state: str
) -> None:
    jobs.enqueue(store, "derive", {})
    job = jobs.waiting(store)
    assert job is not None
    stopped = jobs.want(store, job.id, wanted)
    with project_lock(store.folder):
        assert not jobs.begin(store, job.id)
        assert running.perform(store, job) == stopped
    assert jobs.get(store, job.id).state == state


def test_a_running_job_is_only_asked(store: Store) -> None:
    job = jobs.enqueue(store, "import", {})
    jobs.begin(store, job)
    with project_lock(store.folder):
        asked = jobs.want(store, job, "pause")
    assert (asked.state, asked.wanted) == ("running", "pause")


def test_a_dead_workers_job_is_queued_again_unless_something_else_was_wanted(store: Store) -> None:
    ids = {wanted: jobs.enqueue(store, "import", {}) for wanted in ("run", "pause", "cancel")}
    with project_lock(store.folder):
        for wanted, job in ids.items():
            jobs.begin(store, job)
            jobs.want(store, job, wanted)  # type: ignore[arg-type]
        jobs.revive(store)
    assert {wanted: jobs.get(store, job).state for wanted, job in ids.items()} == {
        "run": "queued",
        "pause": "paused",
        "cancel": "cancelled",
    }


def test_progress_shares_the_transaction_of_the_work(store: Store) -> None:
    job = jobs.enqueue(store, "import", {})
    jobs.begin(store, job)
    with suppress(ZeroDivisionError), store.transaction():
        jobs.advance(store, job, 10, 100, "rows", "importing")
        raise ZeroDivisionError
    assert jobs.get(store, job).done == 0
    with store.transaction():
        jobs.advance(store, job, 10, 100, "rows", "importing")
    state = jobs.get(store, job)
    assert (state.done, state.total, state.unit, state.stage) == (10, 100, "rows", "importing")


def test_the_rate_counts_only_what_this_run_did(store: Store) -> None:
    job = jobs.enqueue(store, "import", {})
    jobs.begin(store, job)
    with project_lock(store.folder):
        for done, heartbeat, expected in (
            (5000, None, None),
            (6000, "2000-01-01T00:00:00.000Z", None),
        ):
            if heartbeat:
                store.db.execute("update jobs set heartbeat_at = ? where id = ?", (heartbeat, job))
            with store.transaction():
                jobs.advance(store, job, done, 10_000, "rows", "importing")
            state = jobs.get(store, job)
            if heartbeat is None:
                assert state.rate is expected
                assert state.seconds_left is None
    assert state.rate is not None
    assert 0 < state.rate < 1  # a thousand rows in decades, whatever there was before
    assert state.rate * (jobs.get(store, job).seconds_left or 0) == pytest.approx(0, abs=4001)


def test_what_follows_is_queued_once(store: Store) -> None:
    for _ in range(2):
        job = jobs.enqueue(store, "import", {})
        jobs.begin(store, job)
        jobs.complete(store, job, '{"imported": 1}', ("derive",))
    assert [each.kind for each in jobs.all(store)] == ["import", "derive", "import"]
    assert jobs.get(store, job).result == {"imported": 1}


def test_the_lock_says_who_has_it(store: Store) -> None:
    job = jobs.enqueue(store, "import", {})
    jobs.begin(store, job)
    with (
        project_lock(store.folder),
        pytest.raises(BusyError, match=rf"job {job} \(import") as busy,
        project_lock(store.folder),
    ):
        pass
    assert f"pause {job}" in busy.value.hint
    assert not jobs.worker_alive(store.folder)
