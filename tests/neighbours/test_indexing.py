"""Indexing a project: up to date, cheap to extend, and never half of anything."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

import numpy as np
import pytest

from deita_store import vectors
from deita_store.errors import DamagedError
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.neighbours import building, files, lists
from deita_tui.neighbours.hnsw import Graph
from deita_tui.project import Project
from deita_tui.steps import indexing, listing, matrices
from deita_tui.steps.indexing_args import IndexArgs
from tests.bench.vectors_made import vectors as realistic
from tests.neighbours.embedded import add, pool, result
from tests.neighbours.oracle import Vectors, unpadded
from tests.neighbours.oracle import lists as slow_lists

COUNT = 700


@pytest.fixture(scope="module")
def made() -> Vectors:
    return realistic(COUNT, 16, seed=11)


@pytest.fixture
def store(tmp_path: Path, made: Vectors) -> Iterator[Store]:
    """A project that holds all but the last hundred of ``made``."""
    with Store.create(tmp_path / "project") as found:
        embedder = vectors.ensure_embedder(found, "made", made.shape[1], {"a": 1})
        assert embedder == 1
        with found.transaction():
            add(found, 1, made[:-100], list(range(COUNT - 100)))
        yield found


@pytest.fixture
def through_the_index(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is few enough to be compared with everything."""
    monkeypatch.setattr(listing, "_CHEAP", -1.0)
    monkeypatch.setattr(building, "_CHUNK", 64)
    monkeypatch.setattr(lists, "_CHUNK", 64)


def arrive(store: Store, made: Vectors) -> None:
    with store.transaction():
        add(store, 1, made[-100:], list(range(COUNT - 100, COUNT)))


def folder(store: Store) -> Path:
    return matrices.folder_of(store, 1)


def test_the_matrix_is_the_vectors_and_needs_no_lists(store: Store, made: Vectors) -> None:
    ids, rows = indexing.matrix(store, 1)
    assert np.array_equal(rows, made[:-100])
    assert ids.tolist() == list(range(1, COUNT - 99))
    assert not rows.flags.writeable
    assert indexing.open(store, 1) is None
    before = rows.copy()
    arrive(store, made)
    assert np.array_equal(indexing.matrix(store, 1)[1], made)
    assert np.array_equal(rows, before)


def test_who_only_reads_gets_what_came_since_in_memory(store: Store, made: Vectors) -> None:
    with Store.read(store.folder) as reading:
        assert np.array_equal(indexing.matrix(reading, 1)[1], made[:-100])
        assert not folder(store).exists()
        indexing.matrix(store, 1)
        arrive(store, made)
        assert np.array_equal(indexing.matrix(reading, 1)[1], made)


def test_few_vectors_are_all_compared(store: Store, made: Vectors) -> None:
    report = result(indexing.run(store))
    assert (report.rows, report.added, report.k) == (COUNT - 100, COUNT - 100, 32)
    assert report.exact
    assert not report.ready
    found = indexing.open(store, 1)
    assert found is not None
    assert found.complete
    assert unpadded(found.neighbours, found.similarities) == slow_lists(made[:-100], 32)
    assert found.rows_of(np.array([1, 5, 10**9, 0])).tolist() == [0, 4, -1, -1]
    assert all(each.recall in (1, None) for each in report.recall)
    assert result(indexing.run(store)).ready


def test_lists_that_are_behind_are_not_given_out_and_extended_cheaply(
    store: Store, made: Vectors
) -> None:
    result(indexing.run(store, IndexArgs(k=7)))
    arrive(store, made)
    assert indexing.open(store, 1) is None
    report = result(indexing.run(store, IndexArgs(k=7)))
    assert report.added == 100
    found = indexing.open(store, 1)
    assert found is not None
    assert unpadded(found.neighbours, found.similarities) == slow_lists(made, 7)


@pytest.mark.usefixtures("through_the_index")
@pytest.mark.parametrize("few", [0.0, 1.0])
def test_extending_an_index_is_as_good_as_building_it_anew(
    store: Store, made: Vectors, few: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "_FEW", few)
    first = result(indexing.run(store, IndexArgs(k=8)))
    assert not first.exact
    arrive(store, made)
    report = result(indexing.run(store, IndexArgs(k=8)))
    assert report.added == 100
    found = indexing.open(store, 1)
    assert found is not None
    assert not found.complete
    true = slow_lists(made, 8)[1]
    for threshold in (0.8, 0.9, 0.95):
        needed = sum(value > threshold for row in true for value in row)
        assert (found.similarities > threshold).sum() >= 0.995 * needed
        told = found.certificate.at(threshold)
        assert told.recall is not None
        assert told.recall >= 0.995
    stamp = files.read(folder(store))
    assert stamp is not None
    assert stamp.index is not None
    # The index is extended only where it is needed.
    assert stamp.index.rows == (COUNT - 100 if few else COUNT)


@pytest.mark.usefixtures("through_the_index")
def test_a_run_that_is_paused_goes_on_where_it_was(store: Store) -> None:
    steps = indexing.run(store)
    for progress in steps:
        if progress.stage == "building the index" and progress.done >= 192:
            break
    steps.close()
    assert indexing.open(store, 1) is None
    stages = []
    steps = indexing.run(store)
    for progress in steps:
        stages.append((progress.stage, progress.done))
    assert next(done for stage, done in stages if stage == "building the index") > 192
    assert indexing.open(store, 1) is not None
    assert not list(folder(store).glob("*.part"))


def test_other_wishes_make_other_lists(store: Store, made: Vectors) -> None:
    result(indexing.run(store, IndexArgs(k=4)))
    report = result(indexing.run(store, IndexArgs(k=9)))
    assert not report.ready
    found = indexing.open(store, 1)
    assert found is not None
    assert found.neighbours.shape == (COUNT - 100, 9)


@pytest.mark.usefixtures("through_the_index")
def test_exact_lists_replace_those_of_an_index_and_stay(store: Store, made: Vectors) -> None:
    result(indexing.run(store, IndexArgs(k=5)))
    assert result(indexing.run(store, IndexArgs(k=5, exact=True))).exact
    found = indexing.open(store, 1)
    assert found is not None
    assert unpadded(found.neighbours, found.similarities) == slow_lists(made[:-100], 5)
    again = result(indexing.run(store, IndexArgs(k=5)))
    assert again.ready
    assert again.exact


@pytest.mark.parametrize("count", [0, 1, 2])
def test_next_to_nothing_is_indexed_as_well(tmp_path: Path, count: int) -> None:
    with Store.create(tmp_path / "small") as store:
        vectors.ensure_embedder(store, "made", 3, {})
        with store.transaction():
            add(
                store,
                1,
                realistic(count, 3) if count else np.empty((0, 3), np.float16),
                list(range(count)),
            )
        assert result(indexing.run(store)).rows == count
        found = indexing.open(store, 1)
        assert found is not None
        assert found.neighbours.shape == (count, 32)
        assert found.certificate.at(0.9).recall in (None, 1)


def test_what_is_foreign_is_not_read(store: Store, made: Vectors, tmp_path: Path) -> None:
    result(indexing.run(store))
    with Store.create(tmp_path / "other") as other:
        vectors.ensure_embedder(other, "made", made.shape[1], {"a": 1})
        with other.transaction():
            add(other, 1, made[:-100], list(range(COUNT - 100)))
        folder(other).parent.mkdir(parents=True)
        os.rename(folder(store), folder(other))
        assert indexing.open(other, 1) is None
        assert np.array_equal(indexing.matrix(other, 1)[1], made[:-100])


def test_after_a_purge_nothing_of_before_is_read(tmp_path: Path, made: Vectors) -> None:
    embedder = pool(tmp_path / "mine", made[:50])
    with Project.open(tmp_path / "mine") as project:
        project.index()
        kept = {path.name: path.read_bytes() for path in folder(project.store).iterdir()}
        project.purge(50)
        assert not folder(project.store).exists()
        # Somebody who wrote while it was purged.
        folder(project.store).mkdir(parents=True)
        for name, data in kept.items():
            (folder(project.store) / name).write_bytes(data)
        assert project.neighbours() is None
        assert len(indexing.matrix(project.store, embedder)[0]) == 49


@pytest.mark.parametrize(
    "kind", ["ids", "vectors", "neighbours", "similarities", "sample", "stamp"]
)
@pytest.mark.parametrize("how", ["cut", "gone", "overwritten"])
def test_what_is_damaged_is_not_read_and_made_again(
    store: Store, made: Vectors, kind: str, how: str
) -> None:
    result(indexing.run(store, IndexArgs(k=6)))
    (path,) = folder(store).glob(f"{kind}*")
    data = path.read_bytes()
    path.unlink()
    if how != "gone":
        path.write_bytes(data[: len(data) // 2] if how == "cut" else bytes(len(data)))
    assert indexing.open(store, 1) is None
    assert np.array_equal(indexing.matrix(store, 1)[1], made[:-100])
    result(indexing.run(store, IndexArgs(k=6)))
    found = indexing.open(store, 1)
    assert found is not None
    assert unpadded(found.neighbours, found.similarities) == slow_lists(made[:-100], 6)


@pytest.mark.parametrize("kind", ["vectors", "similarities"])
def test_one_wrong_bit_is_found_by_the_next_run(store: Store, made: Vectors, kind: str) -> None:
    result(indexing.run(store))
    (path,) = folder(store).glob(f"{kind}*")
    data = bytearray(path.read_bytes())
    data[1003] ^= 1
    path.write_bytes(data)
    assert not result(indexing.run(store)).ready
    found = indexing.open(store, 1)
    assert found is not None
    assert unpadded(found.neighbours, found.similarities) == slow_lists(made[:-100], 32)


@pytest.mark.usefixtures("through_the_index")
def test_a_damaged_index_is_built_again(store: Store, made: Vectors) -> None:
    result(indexing.run(store))
    (path,) = folder(store).glob("index*")
    path.write_bytes(path.read_bytes()[:1000])
    arrive(store, made)
    assert result(indexing.run(store, IndexArgs(graph=Graph(m=8)))).rows == COUNT
    assert indexing.open(store, 1) is not None


def test_vectors_that_nobody_could_have_stored_are_refused(store: Store) -> None:
    with store.transaction():
        add(store, 1, np.full((1, 16), np.nan, np.float16), [10**6])
    with pytest.raises(DamagedError, match="finite numbers"):
        indexing.matrix(store, 1)


def test_without_vectors_it_says_what_to_do(tmp_path: Path) -> None:
    with Project.create(tmp_path / "empty") as project:
        with pytest.raises(UsageError, match="Nothing is embedded"):
            project.index()
        assert project.jobs() == []


KILLED = """
import sys
from deita_store.store import Store
from deita_tui.neighbours import building, lists
from deita_tui.steps import indexing, listing
listing._CHEAP, building._CHUNK, lists._CHUNK, building._SAVE_SECONDS = -1.0, 32, 32, 0.0
with Store.open(sys.argv[1]) as store:
    print("ready", flush=True)
    for progress in indexing.run(store):
        print(progress.stage, flush=True)
"""


def test_kill_9_at_any_moment_leaves_nothing_half_read(
    store: Store, made: Vectors, monkeypatch: pytest.MonkeyPatch
) -> None:
    rng = np.random.default_rng(0)
    for _ in range(6):
        running = subprocess.Popen(
            [sys.executable, "-c", KILLED, str(store.folder)], stdout=subprocess.PIPE, text=True
        )
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        deadline = monotonic() + float(rng.uniform(0.0, 0.4))
        while monotonic() < deadline and running.poll() is None:
            sleep(0.002)
        running.kill()
        running.communicate()
        found = indexing.open(store, 1)
        if found is not None:
            assert found.neighbours.shape == (COUNT - 100, 32)
        assert np.array_equal(indexing.matrix(store, 1)[1], made[:-100])
    result(indexing.run(store, IndexArgs(exact=True)))
    found = indexing.open(store, 1)
    assert found is not None
    assert unpadded(found.neighbours, found.similarities) == slow_lists(made[:-100], 32)
    stamp = files.read(folder(store))
    assert stamp is not None
    assert stamp.lists is not None
    named = {stamp.rows.ids, stamp.rows.vectors, *stamp.lists.files, "stamp.json", "lock"}
    if stamp.index is not None:
        named.add(stamp.index.file)
    assert {path.name for path in folder(store).iterdir()} == named


def test_more_like_this(tmp_path: Path, made: Vectors) -> None:
    pool(tmp_path / "mine", made[:60])
    rows, values = slow_lists(made[:60], 59)
    with Project.open(tmp_path / "mine") as project:
        without = project.similar(7, 12)
        project.index(k=20)
        found = project.similar(7, 12)
        assert found == without
        assert [each.similarity for each in found] == values[6][:12]
        assert {each.id - 1 for each in found} == set(rows[6][:12])
        assert len(project.similar(7, 100)) == 59
        assert project.similar(found[0].uid, 1)
        some = project.similar_to(3 * made[6].astype(np.float32), 5)
        assert some[0].id == 7
        assert some[0].similarity == pytest.approx(1, abs=1e-3)


def test_more_like_this_leaves_out_what_was_removed(tmp_path: Path, made: Vectors) -> None:
    pool(tmp_path / "mine", made[:40])
    other = tmp_path / "other.jsonl"
    other.write_text(json.dumps({"prompt": "Something else", "completion": "Yes."}))
    with Project.open(tmp_path / "mine") as project:
        project.import_(other, source="other")
        from tests.neighbours.embedded import give

        give(project.store, made[3:4], above=40)
        project.index()
        assert project.similar(4, 1)[0].id == 41
        project.remove(source="other")
        assert [each.id for each in project.similar(4, 39)].count(41) == 0
        assert len(project.similar(4, 39)) == 39
