"""Embedders, vectors, and which version has which."""

import pytest

from deita_store import purging, vectors
from deita_store.errors import StoreError
from deita_store.store import Store
from deita_store.vectors import NONE, Vector
from tests.store.conftest import Rows


@pytest.fixture
def three(store: Store) -> Store:
    """Records 1 to 3."""
    Rows(store).imported([("a", "tea"), ("a", "coffee"), ("b", "water")])
    return store


def stored(store: Store, *texts: str, **embedder: object) -> int:
    """An embedder with a vector for each text; record n has the n-th."""
    id_ = vectors.ensure_embedder(store, "e", 2, {"n": 1, **embedder})
    with store.transaction():
        vectors.add(
            store,
            id_,
            [
                Vector(text.encode().ljust(16), *((None, text) if "bad" in text else (b"1234",)))
                for text in texts
            ],
        )
        links = [(number, text.encode().ljust(16)) for number, text in enumerate(texts, 1)]
        vectors.link(store, id_, links)
    return id_


def test_equal_configs_are_one_embedder_whatever_it_is_called(three: Store) -> None:
    first = vectors.ensure_embedder(three, "lite", 2, {"a": 1, "b": 2})
    assert vectors.ensure_embedder(three, "other", 2, {"b": 2, "a": 1}) == first
    second = vectors.ensure_embedder(three, "lite", 2, {"a": 2})
    assert [each.name for each in vectors.embedders(three)] == ["lite", "lite"]
    assert vectors.newest(three) == second
    assert vectors.find(three, "lite").id == second
    assert vectors.find(three, first).config == {"a": 1, "b": 2}
    vectors.ensure_embedder(three, "lite", 2, {"a": 1, "b": 2})
    assert vectors.newest(three) == first, "the one that was used last"
    assert vectors.find(three).id == first


def test_no_embedder_is_a_sentence(three: Store) -> None:
    assert vectors.newest(three) is None
    with pytest.raises(StoreError, match="Nothing is embedded"):
        vectors.find(three)
    vectors.ensure_embedder(three, "lite", 2, {})
    with pytest.raises(StoreError, match="No embedder is called 'x'") as told:
        vectors.find(three, "x")
    assert told.value.hint == "There are: lite."


def test_rows_come_by_id_and_only_what_is_new(three: Store) -> None:
    id_ = stored(three, "one", "bad", "two")
    found = list(vectors.rows(three, id_))
    assert [each[1] for each in found] == [b"1234", b"1234"]
    assert [each[0] for each in found] == [1, 3]
    assert list(vectors.rows(three, id_, after=1)) == found[1:]
    assert list(vectors.rows(three, id_ + 1)) == []


def test_records_without_a_vector_have_none(three: Store) -> None:
    id_ = stored(three, "one", "bad")
    records, of = vectors.record_rows(three, id_)
    assert (list(records), list(of)) == ([1, 2, 3], [1, NONE, NONE])
    assert vectors.reasons(three, id_) == {2: "bad"}
    assert list(vectors.pending(three, id_, [3, 2, 1])) == [3]
    with three.transaction() as db:
        db.execute("update records set live = 0 where id = 2")
    assert list(vectors.record_rows(three, id_)[0]) == [1, 3]
    assert vectors.reasons(three, id_) == {}


def test_what_is_known_is_told_for_any_number_of_texts(three: Store) -> None:
    id_ = stored(three, "one")
    many = [f"{number:016}".encode() for number in range(2_500)]
    assert vectors.known(three, id_, [*many, b"one".ljust(16)]) == {b"one".ljust(16)}


def test_a_text_keeps_the_vector_that_it_has(three: Store) -> None:
    id_ = stored(three, "one")
    with three.transaction():
        vectors.add(three, id_, [Vector(b"one".ljust(16), b"9999")])
        vectors.link(three, id_, [(3, b"one".ljust(16)), (99, b"one".ljust(16))])
    assert [each[1] for each in vectors.rows(three, id_)] == [b"1234"]
    assert list(vectors.record_rows(three, id_)[1]) == [1, NONE, 1]


def test_failures_are_forgotten_and_nothing_else(three: Store) -> None:
    id_ = stored(three, "one", "bad", "two")
    other = stored(three, "bad", another=True)
    assert vectors.forget_failures(three, id_) == 1
    assert list(vectors.pending(three, id_, [1, 2, 3])) == [2]
    assert vectors.reasons(three, other) == {1: "bad"}
    assert three.db.execute("pragma foreign_keys").fetchone() == (1,)
    assert three.db.execute("pragma foreign_key_check").fetchall() == []


def test_a_purge_takes_the_vectors_with_it(three: Store) -> None:
    id_ = stored(three, "one", "two", "two")
    purging.purge(three, [1, 2], "ada (cli)")
    assert [each[0] for each in vectors.rows(three, id_)] == [2], "another record shares it"
    purging.purge(three, [3], "ada (cli)")
    assert list(vectors.rows(three, id_)) == []


def test_what_it_was_asked_for_is_remembered(three: Store) -> None:
    id_ = stored(three, "one")
    assert (vectors.model(three, id_), vectors.reach(three, id_)) == ("", None)
    vectors.save_model(three, id_, "org/name")
    vectors.save_reach(three, id_, {"limit": 5})
    assert vectors.model(three, id_) == "org/name"
    assert vectors.reach(three, id_) == {"limit": 5}
    vectors.save_reach(three, id_, None)
    assert vectors.reach(three, id_) is None
    assert len(vectors.identity(three, id_)) == 64
