"""An embedding run: what it stores, what it never does twice, what it does with what fails."""

from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deita_store import edits, scores, vectors
from deita_store import settings as project_settings
from deita_store.counts import read as counts
from deita_store.store import Store
from deita_tui import records
from deita_tui.backends.fake_embedder import FakeEmbedder, FakeSettings
from deita_tui.embedding import rendering
from deita_tui.embedding.normalising import NOT_A_NUMBER, ZERO
from deita_tui.embedding.rendering import EMPTY, NO_TURN
from deita_tui.errors import JobError, UsageError
from deita_tui.records import Message, Record
from deita_tui.steps import embedding
from tests.embedding.runs import FAKE, Embedders, follow, made, rows, run
from tests.scoring.runs import pool
from tests.scoring.small_project import Pair, fill, record

CONVERSATIONS = pool(120, seed=3)


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with made(tmp_path / "project", CONVERSATIONS) as opened:
        yield opened


def small(tmp_path: Path, *conversations: list[Pair]) -> Store:
    return made(tmp_path / "small", conversations)


def text_of(pairs: list[Pair]) -> str:
    return rendering.render(records.pairs(record(pairs).messages), "conversation")


def vector_of(text: str) -> bytes:
    """What is stored of a text, by hand."""
    row = FakeEmbedder("m", FakeSettings()).embed([text]).vectors[0].astype(np.float64)
    return bytes((row / np.sqrt((row**2).sum())).astype("<f2").tobytes())


def test_every_record_gets_the_vector_of_its_text(store: Store) -> None:
    report = run(store, FAKE)
    distinct = {text_of(pairs) for pairs in CONVERSATIONS}
    assert (report.records, report.embedded, report.failed) == (120, len(distinct), 0)
    ids, linked = vectors.record_rows(store, report.embedder_id)
    stored = dict(vectors.rows(store, report.embedder_id))
    assert list(ids) == list(range(1, 121))
    for pairs, vector in zip(CONVERSATIONS, linked, strict=True):
        assert stored[vector] == vector_of(text_of(pairs))
    assert len(stored) == len(distinct)


def test_a_text_is_never_embedded_twice(tmp_path: Path) -> None:
    same: list[Pair] = [("How are you?", "Well.")]
    with small(tmp_path, same, [("Other", "one")], same) as store:
        first = Embedders()
        assert run(store, FAKE, first).embedded == 2
        assert set(first.texts.values()) == {1}
        fill(store, [same, [("New", "one")]])
        again = Embedders()
        report = run(store, FAKE, again)
        assert list(again.texts) == ["New\none"]
        assert (report.ready, report.embedded, report.reused) == (3, 1, 1)
        third = Embedders()
        assert run(store, FAKE, third).embedded == 0
        assert not third.texts


def test_an_edit_is_pending_and_its_undo_is_not(tmp_path: Path) -> None:
    with small(tmp_path, [("a", "b")], [("c", "d")]) as store:
        id_ = run(store, FAKE).embedder_id
        before = vectors.record_rows(store, id_)
        body = records.body(Record((Message("user", "a"), Message("assistant", "new")))).decode()
        edits.edit(store, 1, body, turns=1, chars=4, actor="ada (tui)")
        todo = embedding.chosen(store, FAKE)
        assert len(vectors.pending(store, id_, todo)) == 1
        assert vectors.record_rows(store, id_)[1][0] == vectors.NONE
        assert run(store, FAKE).embedded == 1
        assert vectors.record_rows(store, id_)[1][0] not in (vectors.NONE, before[1][0])


def test_zero_and_nan_are_error_rows_with_their_reason(tmp_path: Path) -> None:
    bad = msgspec.structs.replace(FAKE, settings={"zero_if": "zero", "nan_if": "nan"})
    with small(tmp_path, [("fine", "x")], [("zero", "x")], [("nan", "x")]) as store:
        report = run(store, bad)
        assert (report.embedded, report.failed) == (1, 2)
        assert report.reasons == {ZERO: 1, NOT_A_NUMBER: 1}
        assert vectors.reasons(store, report.embedder_id) == {2: ZERO, 3: NOT_A_NUMBER}
        _, linked = vectors.record_rows(store, report.embedder_id)
        assert [bool(each) for each in linked] == [True, False, False]
        assert counts(store).embedders == [(report.embedder_id, 3)]


def test_retry_tries_again_what_failed_and_only_that(tmp_path: Path) -> None:
    # The fault is not part of what the embedder is, as a full memory is not.
    failing = msgspec.structs.replace(FAKE, settings={"raise_if": "boom"})
    with small(tmp_path, [("fine", "x")], [("boom", "x")], [("boom", "y")]) as store:
        report = run(store, failing)
        assert (report.embedded, report.failed) == (1, 2)
        (kept,) = vectors.rows(store, report.embedder_id)
        once = Embedders()
        run(store, FAKE, once)
        assert not once.texts, "what failed stays failed until it is asked for"
        again = Embedders()
        healed = run(store, msgspec.structs.replace(FAKE, retry=True), again)
        assert (healed.embedder_id, healed.embedded) == (report.embedder_id, 2)
        assert sorted(again.texts) == ["boom\nx", "boom\ny"]
        now = list(vectors.rows(store, report.embedder_id))
        assert now[0] == kept, "rows are only ever added behind"
        assert store.db.execute("pragma foreign_key_check").fetchall() == []


def test_records_without_anything_to_embed_say_so(tmp_path: Path) -> None:
    with small(tmp_path, [("  \n", " ")], [("a", "b")], []) as store:
        report = run(store, FAKE)
        assert (report.empty, report.embedded, report.failed) == (2, 1, 0)
        assert vectors.reasons(store, report.embedder_id) == {1: EMPTY, 3: NO_TURN}
        assert run(store, FAKE).ready == 3


@pytest.mark.parametrize(
    ("what", "text"),
    [("instruction", "q1\nq2"), ("response", "a1\na2"), ("conversation", "q1\na1\nq2\na2")],
)
def test_what_is_embedded_is_a_choice(tmp_path: Path, what: str, text: str) -> None:
    args = msgspec.structs.replace(FAKE, what=what)
    with small(tmp_path, [("q1", "a1"), ("q2", "a2")]) as store:
        embedders = Embedders()
        report = run(store, args, embedders)
        assert list(embedders.texts) == [text]
        assert report.name == ("m" if what == "conversation" else f"m:{what}")


def test_each_choice_is_an_embedder_of_its_own(tmp_path: Path) -> None:
    with small(tmp_path, [("q", "a")]) as store:
        ids = [
            run(store, msgspec.structs.replace(FAKE, **changed)).embedder_id
            for changed in (
                {},
                {"what": "response"},
                {"preset": "deita"},
                {"pool": "mean"},
                {"max_tokens": 99},
                {"embedder": "n"},
                {"seed": 9, "batch_tokens": 7, "name": "again"},
            )
        ]
        assert ids == [1, 2, 3, 4, 5, 6, 1]
        assert vectors.newest(store) == 1, "the one that was used last"
        assert vectors.find(store, "n").id == 6
        project_settings.put(store, "pairing", "reference")
        assert run(store, FAKE).embedder_id == 7


def test_the_preset_is_the_papers(tmp_path: Path) -> None:
    args = msgspec.structs.replace(FAKE, preset="deita")
    with small(tmp_path, [("q", "a")]) as store:
        embedders = Embedders()
        report = run(store, args, embedders)
        (text,) = embedders.texts
        assert rendering.shown(text) == f"{rendering.VICUNA}USER: q ASSISTANT: a</s>"
        (opened,) = embedders.opened
        assert (opened.settings.pool, opened.limit) == ("last", 2048)
        assert report.name == "deita"
        with pytest.raises(UsageError, match="takes the states of a language model"):
            run(store, msgspec.structs.replace(args, embedder="lite", backend="auto"))


def test_where_and_limit_choose_a_fair_sample(store: Store) -> None:
    few = msgspec.structs.replace(FAKE, limit=10)
    report = run(store, few)
    assert report.records == 10
    linked = {
        row[0] for row in store.db.execute("select conversation_id from record_vectors").fetchall()
    }
    assert linked == set(scores.order(store, 0, None, 10)), "the sample that scorers take, too"
    assert vectors.reach(store, report.embedder_id) == {"limit": 10, "records": 10}
    some = run(store, msgspec.structs.replace(FAKE, where="turns>=2"))
    assert some.records == sum(len(pairs) >= 2 for pairs in CONVERSATIONS)
    run(store, FAKE)
    assert vectors.reach(store, report.embedder_id) is None
    assert counts(store).embedded == 120


def test_long_texts_are_marked(tmp_path: Path) -> None:
    short = msgspec.structs.replace(FAKE, max_tokens=20)
    with small(tmp_path, [("few", "words")], [("many", "words " * 30)]) as store:
        assert run(store, short).shortened == 1
        found = store.db.execute("select shortened from vectors order by shortened").fetchall()
        assert found == [(0,), (1,)]


def test_a_model_that_fails_throughout_ends_with_a_sentence_and_blames_no_text(
    store: Store,
) -> None:
    failing = msgspec.structs.replace(FAKE, settings={"raise_if": "question"})
    with pytest.raises(JobError, match="failed on 20 texts in a row"):
        run(store, failing)
    assert store.db.execute("select count(*) from vectors where vector is null").fetchone() == (0,)
    assert run(store, FAKE).failed == 0


def test_progress_counts_records_up_to_all(store: Store) -> None:
    told = follow(store, FAKE)
    assert [each.done for each in told] == sorted(each.done for each in told)
    assert (told[-1].done, told[-1].total, told[-1].unit) == (120, 120, "records")


def test_records_that_were_removed_are_not_embedded(store: Store) -> None:
    with store.transaction() as db:
        db.execute("update records set live = 0 where id <= 20")
    report = run(store, FAKE)
    assert report.records == 100
    assert list(vectors.record_rows(store, report.embedder_id)[0]) == list(range(21, 121))


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(stops=st.lists(st.integers(1, 5), max_size=4), batch=st.sampled_from([1, 300, 65_536]))
def test_stopped_anywhere_it_comes_to_the_same(
    tmp_path_factory: pytest.TempPathFactory, stops: list[int], batch: int
) -> None:
    args = msgspec.structs.replace(FAKE, batch_tokens=batch, commit_seconds=0)
    folder = tmp_path_factory.mktemp("stops")
    with made(folder / "once", CONVERSATIONS[:40]) as once:
        run(once, FAKE)
        wanted = rows(once)
    with made(folder / "project", CONVERSATIONS[:40]) as store:
        for steps in stops:
            work = embedding.run(store, args, open_embedder=Embedders())
            for _ in zip(range(steps), work, strict=False):
                pass
            work.close()
        run(store, args)
        assert rows(store) == wanted
