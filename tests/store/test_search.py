"""Searching: by word through the index, by letter without it, and an index that can be lost."""

import os
import re
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store import search
from deita_store.search import Query
from deita_store.search_index import FILE
from deita_store.store import CACHE, Store
from deita_store.view import View
from deita_tui.records import Call, Message, Record
from tests.store.made import Item, make_project, said

WORDS = ("red", "Black", "tree", "trees", "node", "a", "of")
LETTERS = ("红黑树", "树", "算法", "データ", "트리", "ต้นไม้", "Ärger", "ΣΟΦΟΣ", 'say "hi"', "c:\\x")


def by_word(texts: Sequence[str], phrase: str) -> list[int]:
    words = r"\W+".join(map(re.escape, phrase.split()))
    pattern = re.compile(rf"(?<!\w){words}(?!\w)", re.IGNORECASE)
    return [id_ for id_, text in enumerate(texts, start=1) if pattern.search(text)]


def hits(store: Store, *parts: str) -> list[int]:
    return search.find(store, Query.of(parts))


@pytest.fixture(scope="module")
def texts() -> list[str]:
    words = (*WORDS, *LETTERS)
    return [
        " ".join(words[(n * step + n // 7) % len(words)] for step in range(1, 2 + n % 5))
        for n in range(80)
    ]


@pytest.fixture(scope="module", params=["indexed", "not indexed"])
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, texts: list[str]
) -> Iterator[Store]:
    # The number keeps equal texts from being one record.
    pool = [Item(said("q", f"{text} | {n:02}")) for n, text in enumerate(texts)]
    with make_project(tmp_path_factory.mktemp("search") / "p", pool) as store:
        if request.param == "indexed":
            list(search.update(store, batch=30))
        yield store


@settings(max_examples=60, deadline=None)
@given(
    words=st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).filter(
        lambda words: any(len(word) > 2 for word in words)
    )
)
def test_words_and_phrases_are_found_as_brute_force_finds_them(
    project: Store, texts: list[str], words: list[str]
) -> None:
    assert hits(project, " ".join(words)) == by_word(texts, " ".join(words))


@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_letters_are_found_as_brute_force_finds_them(
    project: Store, texts: list[str], data: st.DataObject
) -> None:
    whole = data.draw(st.sampled_from(LETTERS[:6]))
    start = data.draw(st.integers(0, len(whole) - 1))
    needle = whole[start : data.draw(st.integers(start + 1, len(whole)))]
    expected = [id_ for id_, text in enumerate(texts, start=1) if needle in text]
    assert hits(project, needle) == expected


@pytest.mark.parametrize(
    ("needle", "text"),
    [
        ("är", "Ärger"),
        ("ΟΣ", "ΣΟΦΟΣ"),
        ("οσ", "ΣΟΦΟΣ"),
        ("AI", "ai"),
        ("C++", "I like c++."),
        ('y "', 'say "hi"'),
        (":\\", "c:\\x"),
        ("%", "100 %"),
        ("_", "a_b"),
        ("!", "wow!"),
        ("\n", "a\nb"),
        ("😀", "ha 😀"),
    ],
)
def test_letters_whatever_their_case_and_their_meaning_elsewhere(
    tmp_path: Path, needle: str, text: str
) -> None:
    with make_project(tmp_path / "p", [Item(said("q", text)), Item(said("q", "zz"))]) as store:
        # Messages are joined by newlines, so that one is in every record.
        assert hits(store, needle) == ([1, 2] if needle == "\n" else [1])
        assert hits(store, needle + "\u212a") == [], "the Kelvin sign is no k"


def test_keys_roles_and_escapes_are_not_text(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", [Item(said("tab\there", "nothing"))]) as store:
        for text in ("user", "role", "content", "messages", "\\t", '":', "er", "there"):
            assert hits(store, text) == ([1] if text == "er" else []), text
        list(search.update(store))
        assert hits(store, "user") == []
        assert hits(store, "here") == [1]


def test_calls_reasoning_and_the_rejected_side_are_searched(tmp_path: Path) -> None:
    record = Record(
        (
            Message("user", "ask"),
            Message("assistant", calls=(Call("get_weather", '{"city":"Utrecht"}'),)),
            Message("assistant", "fine", reasoning="thinking aloud"),
        ),
        rejected=(Message("assistant", "nonsense"),),
    )
    with make_project(tmp_path / "p", [Item(record)]) as store:
        for _ in range(2):
            for text in ("weather", "Utrecht", "aloud", "nonsense", "fine"):
                assert hits(store, text) == [1]
            list(search.update(store))


def test_accents_and_case_do_not_matter_to_words(tmp_path: Path) -> None:
    pool = [Item(said("q", "Une crème BRÛLÉE")), Item(said("q", "creme brulee"))]
    with make_project(tmp_path / "p", pool) as store:
        assert hits(store, "crème brûlée") == hits(store, "CREME BRULEE") == [1, 2]
        list(search.update(store))
        assert hits(store, "crème brûlée") == hits(store, "CREME BRULEE") == [1, 2]
        assert hits(store, "cre", "") == [1, 2]


@settings(max_examples=80, deadline=None)
@given(text=st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12))
def test_nothing_in_a_query_is_syntax(project: Store, text: str) -> None:
    hits(project, text)
    hits(project, text, "")
    hits(project, f'word" OR {text}')


def test_only_the_version_in_force_counts(tmp_path: Path) -> None:
    with make_project(
        tmp_path / "p", [Item(said("q", "before")), Item(said("q", "other"))]
    ) as store:
        list(search.update(store))
        with store.transaction() as db:
            db.execute(
                "insert into conversations (id, record_id, revision, turns, chars, body)"
                """ values (3, 1, 1, 1, 5, '{"messages":[{"role":"user","content":"after"}]}')"""
            )
            db.execute("update records set conversation_id = 3 where id = 1")
        assert search.behind(store) == 1
        for _ in range(2):
            assert View(store, "before").ids.tolist() == []
            assert View(store, "after").ids.tolist() == [1]
            list(search.update(store))
        assert search.behind(store) == 0
        with store.transaction() as db:
            db.execute("update records set conversation_id = 1 where id = 1")
        assert View(store, "before").ids.tolist() == [1], "undo needs no new indexing"
        assert View(store, "after").ids.tolist() == []


def test_a_view_says_that_the_index_is_behind(project: Store) -> None:
    behind = search.behind(project)
    assert bool(View(project, "red").note) == (behind > 0)
    if behind:
        assert "80 records are not indexed yet" in View(project, "red").note
    assert View(project, "turns:1").note == ""


def _index(store: Store) -> Path:
    return store.folder / CACHE / FILE


@pytest.mark.parametrize("harm", ["foreign", "format", "rubbish", "empty", "torn", "ahead"])
def test_an_index_that_does_not_fit_is_built_anew(tmp_path: Path, harm: str) -> None:
    pool = [Item(said("q", f"word{n} common")) for n in range(300)]
    with make_project(tmp_path / "p", pool) as store:
        assert list(search.update(store, batch=100)) == [100, 200, 300]
        path = _index(store)
        if harm in ("foreign", "format", "ahead"):
            change = {
                "foreign": "project = 'x'", "format": "format = 99", "ahead": "through = 10000",
            }[harm]  # fmt: skip
            with sqlite3.connect(path) as index:
                index.execute(f"update stamp set {change}")
            index.close()
        else:
            size = path.stat().st_size
            path.write_bytes(
                {"rubbish": b"x" * size, "empty": b""}.get(harm, path.read_bytes()[:9000])
            )
        assert len(hits(store, "common")) == 300
        assert list(search.update(store)) == [300]
        assert search.behind(store) == 0
        assert len(hits(store, "common")) == 300


def test_an_index_that_is_damaged_inside_is_noticed_and_deleted(tmp_path: Path) -> None:
    pool = [Item(said("q", f"word{n} common")) for n in range(3_000)]
    with make_project(tmp_path / "p", pool) as store:
        list(search.update(store))
        with sqlite3.connect(_index(store)) as index:
            index.execute("pragma wal_checkpoint(truncate)")
            index.execute("update texts_data set block = x'ff' where id > 10")
        index.close()
        assert len(hits(store, "common")) == 3_000
        assert search.behind(store) == 3_000
        list(search.update(store))
        assert len(hits(store, "common")) == 3_000
        assert search.behind(store) == 0


def test_indexing_goes_on_where_it_stopped(tmp_path: Path) -> None:
    pool = [Item(said("q", f"word{n} common")) for n in range(250)]
    with make_project(tmp_path / "p", pool) as store:
        for done in search.update(store, batch=100):
            assert done == 100
            break
        assert search.behind(store) == 150
        assert list(search.update(store, batch=100)) == [100, 150]
        assert list(search.update(store)) == []
        assert len(hits(store, "common")) == 250


_KILLED = """
import sys
from deita_store import search
from deita_store.store import Store
print("ready", flush=True)
with Store.open(sys.argv[1]) as store:
    for done in search.update(store, batch=20):
        pass
"""


def test_kill_at_any_moment_leaves_an_index_that_is_right(tmp_path: Path) -> None:
    pool = [Item(said("q", f"word{n} common " + "filler " * 200)) for n in range(2_000)]
    with make_project(tmp_path / "p", pool) as store:
        for delay in (0.0, 0.02, 0.05, 0.08, 0.1):
            child = subprocess.Popen(
                [sys.executable, "-c", _KILLED, str(store.folder)], stdout=subprocess.PIPE
            )
            with child:
                assert child.stdout is not None
                child.stdout.readline()
                time.sleep(delay)
                os.kill(child.pid, signal.SIGKILL)
            assert len(hits(store, "common")) == 2_000
        list(search.update(store))
        with sqlite3.connect(_index(store)) as index:
            index.execute("insert into texts (texts) values ('integrity-check')")
            found = index.execute("select rowid from texts where texts match 'common'").fetchall()
        index.close()
        assert len(found) == len(set(found)) == 2_000


def test_building_never_holds_the_projects_write_lock(tmp_path: Path) -> None:
    pool = [Item(said("q", f"word{n}")) for n in range(50)]
    with make_project(tmp_path / "p", pool) as store, Store.open(store.folder) as other:
        other.db.execute("pragma busy_timeout = 0")
        for _ in search.update(store, batch=10):
            with other.transaction() as db:
                db.execute("insert into settings values (hex(randomblob(4)), 'true')")
            # Nor does it hold the log: all of it can be written back at once.
            assert other.db.execute("pragma wal_checkpoint(truncate)").fetchone()[0] == 0


def test_searching_for_reading_only_needs_no_index(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", [Item(said("q", "red black tree"))]) as store:
        folder = store.folder
    with Store.read(folder) as store:
        assert View(store, '"black tree"').ids.tolist() == [1]
        assert not _index(store).exists()
