"""Rows of records: heads, scores a turn, and everything a table shows of them."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_store import rows
from deita_store.errors import StoreError
from deita_store.heads import LENGTH, heads
from deita_store.store import Store
from deita_tui.records import Call, Message, Record, body, pairs, uid
from tests.store import oracle
from tests.store.made import Item, make_project, said

_texts = st.one_of(
    st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=12),
    st.integers(150, 170).map(lambda length: "x" * length),
)
_arguments = st.one_of(_texts, st.sampled_from(('{"a": [1, 2.50, "b c"]}', "[NaN]", "", " 1 ")))
_calls = st.lists(st.builds(Call, name=_texts, arguments=_arguments), max_size=2).map(
    lambda calls: tuple(calls) or None
)
_messages = st.builds(
    Message, st.sampled_from(("system", "user", "assistant", "tool")), _texts, calls=_calls
)


@given(messages=st.lists(_messages, max_size=7))
def test_heads_are_the_beginning_of_the_first_turn(messages: list[Message]) -> None:
    instruction, response = heads(body(Record(tuple(messages))).decode())
    turns = pairs(messages)
    if turns:
        assert instruction == turns[0].instruction[:LENGTH]
        assert response == turns[0].response[:LENGTH]
    else:
        asked = "\n".join(message.content for message in messages if message.role == "user")
        assert (instruction, response) == (asked[:LENGTH], "")


def test_a_large_body_is_read_no_further_than_its_heads() -> None:
    # What follows the first turn is not even JSON: it is never looked at.
    whole = body(said("a" * 200, "b" * 200, "c", "d")).decode()
    cut = whole[: whole.index('{"role":"user","content":"c"')]
    assert heads(cut + "?") == ("a" * 160, "b" * 160)


def test_a_50_mb_record_is_one_row_like_any_other(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", [Item(said("q", "x" * 50_000_000))]) as store:
        (row,) = rows.read(store, [1])
        assert (row.instruction, row.response) == ("q", "x" * 160)


def test_a_row_says_everything_that_is_known(tmp_path: Path) -> None:
    item = Item(
        said("ask", "answer", "again", "well"),
        source="dolly",
        external_id="CC-7",
        copies=2,
        complexity=(2.0, None),
        quality=(3.0, 5.0),
        decision="keep",
        flag=True,
        rating=4,
        note="a note",
        tags=("hard", "todo"),
        outcome="kept",
        rank=1,
        score=6.0,
        revision=1,
    )
    with make_project(tmp_path / "p", [item], oracle.chosen()) as store:
        (row,) = rows.read(store, [1])
    expected = rows.RecordRow(
        id=1,
        uid=uid(body(item.record)),
        external_id="CC-7",
        source="dolly",
        turns=2,
        chars=len("askansweragainwell"),
        instruction="ask",
        response="answer",
        complexity=[2.0, None],
        quality=[3.0, 5.0],
        c=2.0,
        q=4.0,
        score=6.0,
        outcome="kept",
        rank=1,
        decision="keep",
        flag=True,
        rating=4,
        tags=("hard", "todo"),
        note="a note",
        revision=1,
        copies=2,
    )
    assert row == expected
    assert row.edited


def test_scores_tell_failed_from_never_asked(tmp_path: Path) -> None:
    pool = [
        Item(said("a", "b", "c", "d"), complexity=(None, None)),
        Item(said("e", "f")),
        Item(said("g", "h"), complexity=(3.5,), quality=(4.5,)),
    ]
    with make_project(tmp_path / "p", pool) as store:
        with store.transaction() as db:
            # A turn that cannot be scored has no score row; that it was dealt with is noted here.
            db.execute("insert into record_scores values (2, 2, 0, 1, null)")
        failed, never, scored = rows.read(store, [1, 2, 3])
    assert (failed.complexity, failed.c, failed.quality) == ([None, None], None, None)
    assert (never.complexity, never.quality) == (None, [None])
    assert (scored.complexity, scored.quality, scored.score) == ([3.5], [4.5], 3.5 * 4.5)


def test_the_rows_agree_with_the_oracle_in_the_order_asked_for(tmp_path: Path) -> None:
    pool = oracle.items(seed=3)
    ids = [40, 3, 60, 1, 3, 999]
    with make_project(tmp_path / "p", pool, oracle.chosen()) as store:
        found = rows.read(store, ids)
    assert [row.id for row in found] == ids
    for row in found[:-1]:
        item = pool[row.id - 1]
        assert row.outcome == oracle.outcome(row.id, item)
        assert row.complexity == (list(item.complexity) if item.complexity else None)
        assert (row.tags, row.note, row.score) == (item.tags, item.note, item.score)
        assert (row.decision, row.flag, row.rating) == (item.decision, item.flag, item.rating)


def test_records_are_found_by_id_and_by_uid(tmp_path: Path) -> None:
    pool = [Item(said("one", "two"), external_id="x"), Item(said("three", "four"), copies=0)]
    with make_project(tmp_path / "p", pool) as store:
        name = uid(body(pool[0].record))
        assert [rows.find(store, ref) for ref in ("1", "#1", " 2 ", name, name.upper())] == [
            1, 1, 2, 1, 1,
        ]  # fmt: skip
        assert rows.body(store, 1) == body(pool[0].record).decode()
        (occurrence,) = rows.extras(store, 1)
        assert (occurrence.file_name, occurrence.row, occurrence.external_id) == (
            "pool.jsonl", 0, "x",
        )  # fmt: skip
        assert rows.extras(store, 2) == [], "what was removed is no occurrence"
        wrong = name[:-1] + ("0" if name[-1] != "0" else "1")
        with pytest.raises(StoreError) as caught:
            rows.find(store, wrong)
        assert name in caught.value.hint


@pytest.mark.parametrize("ref", ["", "3", "-1", "9" * 30, "²", "x'; --", "#", "zz"])
def test_what_names_no_record_is_told(tmp_path: Path, store: Store, ref: str) -> None:
    with pytest.raises(StoreError, match="has no record"):
        rows.find(store, ref)
