"""The filter language: what it finds, what it refuses, and where it says the mistake is."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store import filters, search
from deita_store.columns import COLUMNS
from deita_store.context import Context
from deita_store.errors import FilterError
from deita_store.filter_tree import Filter, Node, Term, Value
from deita_store.store import Store
from tests.store import oracle
from tests.store.made import Item, make_project, said

POOL = oracle.items(seed=1)


@pytest.fixture(scope="module", params=["indexed", "half indexed", "not indexed"])
def project(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """The oracle's project; word searches must not depend on how far the index is."""
    store = make_project(tmp_path_factory.mktemp("oracle") / "p", POOL, oracle.chosen())
    if request.param == "indexed":
        list(search.update(store))
    elif request.param == "half indexed":
        next(search.update(store, batch=30))
    yield store
    store.close()


def found(store: Store, text: str | Filter) -> list[int]:
    filter_ = filters.parse(text) if isinstance(text, str) else text
    condition, values = filters.where(filter_, Context(store))
    rows = store.db.execute(f"select r.id from records r where {condition} order by r.id", values)
    return [id_ for (id_,) in rows]


@settings(max_examples=150, deadline=None)
@given(node=oracle.nodes)
def test_finds_what_plain_python_finds(project: Store, node: Node) -> None:
    assert found(project, filters.parse(str(Filter("", node)))) == oracle.expected(node, POOL)


@settings(max_examples=300)
@given(node=oracle.nodes)
def test_the_canonical_spelling_means_the_same(node: Node) -> None:
    assert filters.parse(str(Filter("", node))).node == node


_text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20)


@given(parts=st.lists(_text, min_size=1, max_size=3).filter(lambda parts: any(parts)))
def test_any_text_can_be_asked_for(parts: list[str]) -> None:
    term = Term("text", ":", (Value(tuple(parts)),))
    assert filters.parse(str(Filter("", term))).node == term


_pieces = st.sampled_from(
    ["(", ")", '"', "-", "or", "and", "not", " ", ":", "<", ">=", "=", "!", "*", ",", "\\", "..",
     "score", "turns", "is", "kept", "source", "has", "red", "3.5", "é", "红"]
)  # fmt: skip


@settings(max_examples=500)
@given(text=st.one_of(st.text(max_size=30), st.lists(_pieces, max_size=12).map("".join)))
def test_a_mistake_is_told_with_its_place_and_never_crashes(text: str) -> None:
    try:
        filters.parse(text)
    except FilterError as told:
        error = told
    else:
        return
    assert 0 <= error.start <= error.end <= len(text)
    assert error.message


@pytest.mark.parametrize(
    ("text", "wrong", "says"),
    [
        ("scroe>3", "scroe", "score"),
        ("score>high", "high", "number"),
        ("turns:5..2", "5..2", "empty"),
        ("turns:2....5", "2....5", "number"),
        ("turns>2..5", "2..5", "turns:2..5"),
        ("turns>2,3", ",", "one number"),
        ('turns:"2"', '"2"', "number"),
        ("source>3", "source>3", "source:"),
        ("is:kpet", "kpet", "kept"),
        ("has:nots", "nots", "note"),
        ("source:", ":", "behind"),
        ("source: alpaca", ":", "without a space"),
        ("source:a,,b", ",", "behind"),
        ('text:""', '""', "nothing to look for"),
        ("*", "*", "nothing to look for"),
        ('red "black tree', '"black tree', "closed"),
        ("(red or black", "(", "closed"),
        ("red)", ")", "closes nothing"),
        (")", ")", "closes nothing"),
        ("a ()", "()", "parentheses"),
        ("or red", "or", "before"),
        ("red or", "or", "behind"),
        ("red or or black", "or", "before"),
        ("red and", "and", "behind"),
        ("red -", "-", "left out"),
        ("not", "not", "left out"),
        (">3", ">", "before"),
        ("http://x.org", "http", "double quotes"),
        ("caf\udce9", "\udce9", "character"),
    ],
)
def test_mistakes_and_their_carets(store: Store, text: str, wrong: str, says: str) -> None:
    with pytest.raises(FilterError) as caught:
        found(store, text)
    error = caught.value
    assert error.text[error.start : error.end] == wrong
    assert says in f"{error.message} {error.hint}"


def test_too_much_is_refused_before_sqlite_gives_up(store: Store) -> None:
    for text in ("(" * 60 + "a" + ")" * 60, "-" * 60 + "a", " or ".join(["a"] * 201), "a" * 10_001):
        with pytest.raises(FilterError):
            found(store, text)
    assert found(store, "(" * 45 + "a" + ")" * 45) == []
    assert found(store, " or ".join(["turns:1"] * 200)) == []
    assert found(store, "source:" + ",".join(["%_" * 10] * 200)) == []


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("", ""),
        ("  Red  BLACK ", "text:Red text:BLACK"),
        ("red or black tree", "text:red or text:black text:tree"),
        ("(red or black) tree", "(text:red or text:black) text:tree"),
        ("-(red tree) NOT black", "-(text:red text:tree) -text:black"),
        ("Score > 3.5 AND turns>= 2", "score>3.5 turns>=2"),
        ("SRC=Alpaca,'x'", "source:Alpaca,'x'"),
        ('tag:"hard, one" "or"', 'tag:"hard, one" text:or'),
        (r"\(red\) \-x well-known \frac", r'text:"(red)" text:-x text:well-known text:"\\frac"'),
        (r"ali\* al*a", r'text:"ali*" text:al*a'),
        ("wow! don't", "text:wow! text:don't"),
        ("hello,world text:a,b", 'text:"hello,world" text:a,b'),
    ],
)
def test_how_it_is_read(text: str, canonical: str) -> None:
    assert str(filters.parse(text)) == canonical
    assert str(filters.parse(canonical)) == canonical


def test_values_are_never_sql(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", [Item(said("a", "b"), source="it's")]) as store:
        evil = "x' or 1=1; drop table records; --"
        assert found(store, f'tag:"{evil}" or note:"{evil}" or uid:"{evil}" or text:"{evil}"') == []
        assert found(store, "source:it's") == [1]
        with pytest.raises(FilterError, match="it's"):
            found(store, f'source:"{evil}"')


def test_a_source_that_is_not_there_is_a_mistake_with_the_nearest_name(project: Store) -> None:
    with pytest.raises(FilterError) as caught:
        found(project, "turns>1 source:dolli")
    assert caught.value.hint == "Did you mean dolly?"
    assert caught.value.text[caught.value.start : caught.value.end] == "dolli"


def test_a_scorer_is_asked_for_by_its_name(project: Store) -> None:
    assert found(project, "fake-quality>3.5") == found(project, "q>3.5")
    with pytest.raises(FilterError) as caught:
        found(project, "fake-qualty>3.5")
    assert "fake-quality" in caught.value.hint
    with pytest.raises(FilterError, match="number"):
        found(project, "fake-quality:good")


def test_without_a_selection_nothing_is_kept_and_a_note_says_why(tmp_path: Path) -> None:
    pool = [
        Item(said("a", "b", "c", "d"), complexity=(2.0, 3.0), quality=(4.0, 5.0)),
        Item(said("e", "f"), complexity=(2.0,), quality=(None,)),
        Item(said("g", "h"), complexity=(6.0,), quality=(6.0,)),
    ]
    with make_project(tmp_path / "p", pool) as store:
        assert found(store, "is:kept") == []
        assert found(store, "score>22.9") == [1, 3], "DEITA's own: the sum over turns of c × q"
        assert found(store, "is:unscored") == [2]
        note = filters.notes(filters.parse("is:kept"), Context(store))
        assert note == ["Nothing is selected yet, so no record has a value for outcome."]
        assert filters.notes(filters.parse("turns>1 score>3"), Context(store)) == []


def test_two_scorers_of_a_kind_must_be_named(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", [Item(said("a", "b"), quality=(3.0,))]) as store:
        with store.transaction() as db:
            db.execute(
                "insert into scorers (identity, name, measures, reads, config, created_at)"
                " values ('x', 'other', 'quality', 'pair', '{}', '')"
            )
        assert filters.notes(filters.parse("q>1"), Context(store)) == [
            "There are several scorers of quality: fake-quality, other. Ask for one by name."
        ]
        assert found(store, "q>1") == []
        assert found(store, "fake-quality>1") == [1]


def test_large_numbers_keep_their_meaning(project: Store) -> None:
    everything = found(project, "")
    assert found(project, "id<99999999999999999999") == everything
    assert found(project, "id>=-1e400") == everything
    assert found(project, "id:9223372036854775807") == []


def test_help_shows_every_name_with_an_example_that_works(project: Store) -> None:
    assert set(filters.NAMES) == set(COLUMNS)
    for column in COLUMNS.values():
        found(project, column.example)


@pytest.mark.parametrize(
    ("typed", "offers"),
    [
        ("sco|", ["score"]),
        ("turns>2 -sou|", ["source:"]),
        ("is:fl|", ["flagged"]),
        ("is:kept,pin|", ["pinned"]),
        ("is:fai|", ["failed"]),
        ("(src:al|)", ["alpaca", "alpaca-cleaned"]),
        ("source=do|", ["dolly"]),
        ("tag:|", ["todo", '"hard one"', '"x*y"']),
        ('tag:"ha|', ['"hard one"']),
        ("fake-q|", ["fake-quality"]),
        ("source:alpaca |", []),
        ("text:re|", []),
        ("score>|", []),
    ],
)
def test_completion(project: Store, typed: str, offers: list[str]) -> None:
    cursor = typed.index("|")
    text = typed.replace("|", "")
    completed = filters.complete(text, cursor, filters.values(project))
    assert sorted(completed) == sorted(offers)
    start, end = filters.span(text, cursor)
    for offer in completed:
        assert text[start:cursor].lstrip('"').lower() in offer.lower()
        assert end >= cursor


@given(text=st.lists(_pieces, max_size=10).map("".join), data=st.data())
def test_completing_never_fails(text: str, data: st.DataObject) -> None:
    cursor = data.draw(st.integers(0, len(text)))
    filters.complete(text, cursor, lambda name: ["red tree", "x"])
    start, end = filters.span(text, cursor)
    assert 0 <= start <= cursor <= end <= len(text)


def test_what_was_removed_is_found_only_when_asked_for(tmp_path: Path) -> None:
    pool = [Item(said("one thing", "two")), replace(Item(said("one more", "two")), copies=0)]
    with make_project(tmp_path / "p", pool) as store:
        list(search.update(store))
        assert found(store, "") == [1]
        assert found(store, "one") == [1]
        assert found(store, "is:removed") == [2]
        assert found(store, "-is:removed") == [1]
        assert found(store, "turns:1 or is:removed") == [1, 2]
