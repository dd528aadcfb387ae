"""Where somebody was in a queue: found again after a restart, whatever has become of the queue."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store import queues
from deita_store.store import Store
from deita_tui.project import Project


def reopened(project: Project) -> Project:
    folder = project.folder
    project.close()
    return Project.open(folder)


@pytest.mark.parametrize("name", ["borderline", "edge", "undecided", "audit-kept"])
def test_a_queue_goes_on_where_it_was_left(mix: Project, name: str) -> None:
    assert mix.queue(name).place == 0
    there = mix.queue(name).ids[4]
    mix.remember(name, there)
    with reopened(mix) as again:
        assert again.queue(name).place == 4
        # What is decided before it is gone, and it is still the same record.
        again.decide(again.queue(name).ids[2], "reject")
        queue = again.queue(name)
        assert queue.ids[queue.place] == there
        assert queue.place == 3


@pytest.mark.parametrize("name", ["edge", "undecided", "audit-dropped"])
def test_behind_a_record_that_is_decided_by_now_comes_the_next_one(mix: Project, name: str) -> None:
    ids = mix.queue(name).ids
    mix.remember(name, ids[5])
    mix.decide([ids[1], ids[5]], "keep")
    queue = mix.queue(name)
    assert queue.ids[queue.place] == ids[6]
    mix.decide(ids, "keep")
    assert (len(mix.queue(name)), mix.queue(name).place) == (0, 0)


def test_the_last_one_being_decided_leaves_one_at_the_end(mix: Project) -> None:
    ids = mix.queue("undecided").ids
    mix.remember("undecided", ids[-1])
    mix.decide(ids[-1], "keep")
    queue = mix.queue("undecided")
    assert queue.place == len(queue) - 1


def test_a_place_that_is_in_no_queue_any_more_is_the_beginning(mix: Project) -> None:
    mix.remember("undecided", 10_000)
    assert mix.queue("undecided").place == 0


def test_each_queue_and_each_filter_has_a_place_of_its_own(mix: Project) -> None:
    first, second = "where:source:dolly", "where:source:alpaca"
    places = {name: mix.queue(name).ids[at] for name, at in ((first, 3), (second, 5), ("edge", 2))}
    for name, id_ in places.items():
        mix.remember(name, id_)
    with reopened(mix) as again:
        for name, id_ in places.items():
            queue = again.queue(name)
            assert queue.ids[queue.place] == id_


def test_a_filter_goes_on_behind_what_it_no_longer_finds(mix: Project) -> None:
    name = "where:is:undecided source:dolly"
    ids = mix.queue(name).ids
    mix.remember(name, ids[4])
    mix.decide(ids[4], "reject")
    queue = mix.queue(name)
    assert queue.ids[queue.place] == ids[5]


def test_a_place_is_no_act_and_tells_nothing_of_a_filter(mix: Project) -> None:
    before = mix.journal(5)
    mix.remember("where:secret words", 3)
    mix.remember("edge", 3)
    assert mix.journal(5) == before
    assert not mix.stale()
    told = mix.store.db.execute("select group_concat(key || value) from settings").fetchone()[0]
    assert "secret" not in told


def test_what_is_open_for_reading_only_remembers_nothing(mix: Project) -> None:
    with Project.open(mix.folder, read_only=True) as reader:
        reader.remember("edge", reader.queue("edge").ids[3])
        assert reader.queue("edge").place == 0


@settings(max_examples=15, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 130), st.integers(1, 9)), max_size=200))
def test_the_places_of_the_latest_filters_are_kept(visits: list[tuple[int, int]]) -> None:
    import tempfile

    with tempfile.TemporaryDirectory() as folder, Store.create(Path(folder) / "p") as store:
        latest: dict[str, int] = {}
        with store.transaction():
            for number, record in visits:
                name = f"where:id:{number}"
                if latest.get(name) != record:
                    latest.pop(name, None)
                    latest[name] = record
                queues.remember(store, name, record)
        kept = list(latest.items())[-100:]
        assert [queues.place(store, name) for name, _ in kept] == [id_ for _, id_ in kept]
        gone = [name for name in latest if name not in dict(kept)]
        assert not any(queues.place(store, name) for name in gone)
