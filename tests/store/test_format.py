"""store/README.md is true: all tables and columns are explained, all queries answer as shown."""

import re
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from deita_store import care, edits, journal, marks, selections
from deita_store.selections import Outcome
from deita_store.store import Store
from deita_tui.records import Message, Record, body

README = (Path(__file__).parents[2] / "store" / "README.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"```sql\n(.*?)```\n\n```text\n(.*?)```", README, re.DOTALL)
TUI, CLI = "ada (tui)", "ada (cli)"


@pytest.fixture
def example(store: Store, rows: Callable[[Store], Any]) -> Store:
    """The example that the page speaks of."""
    made = rows(store)
    chat = [("chat", text) for text in ("tea", "coffee", "chai", "tea", "milk")]
    made.imported(chat, "chat.jsonl")
    db = store.db
    db.execute("update occurrences set row = 5, external_id = 'c-5', extras = '{\"lang\":\"en\"}'"
               " where row = 4")  # fmt: skip
    db.execute(
        "insert into refusals (import_id, row, place, reason, message, excerpt) values"
        " (1, 3, 'line 4', 'not-json', 'The line is no JSON: it ends too early.', '{\"a')"
    )
    made.imported([("spam", "milk"), ("spam", "casino")], "spam.jsonl")
    made.derived({1: "tea", 2: "coffee", 3: "chai", 4: "milk"})
    made.scorer("complexity-judge", "complexity", "instruction")
    judge = made.scorer("quality-judge", "quality", "pair")
    db.execute(
        "update scores set value = null, reason = 'no digit among the answers' where scorer_id = ?"
        " and text = (select pair from turns where conversation_id = 3)",
        (judge,),
    )
    history(store)
    return store


def history(store: Store) -> None:
    """What Ada did."""
    marks.reject(store, [2], TUI)
    marks.note(store, [2], "boilerplate", TUI)
    marks.keep(store, [2, 4], TUI)
    journal.undo(store, TUI)
    said = Record((Message("user", "About tea?"), Message("assistant", "Tea is a drink.")))
    edits.edit(store, 1, body(said).decode(), 1, 25, TUI)
    marks.tag(store, [3], "to-check", TUI)
    care.remove_source(store, "spam", CLI)
    outcomes = [
        Outcome(1, "kept", rank=1, position=1, score=12.5),
        Outcome(2, "rejected", reason="by you"),
        Outcome(3, "too_similar", position=2, score=11.0, blocked_by=1, similarity=0.953),
    ]
    selections.save(store, "first", {"budget": 1}, {}, outcomes, CLI)


def test_the_page_holds_the_questions_that_matter() -> None:
    assert len(QUERIES) == README.count("```sql")
    assert len(QUERIES) >= 11


@pytest.mark.parametrize(("query", "answer"), QUERIES, ids=range(len(QUERIES)))
def test_every_query_answers_as_shown(example: Store, query: str, answer: str) -> None:
    # Another connection, and nothing but the standard library, as a stranger would.
    stranger = sqlite3.connect(f"file:{example.folder}/project.db?mode=ro", uri=True)
    found = stranger.execute(query).fetchall()
    stranger.close()
    shown = ["|".join("" if value is None else str(value) for value in row) for row in found]
    assert shown == answer.splitlines()


def test_every_table_and_column_is_explained(store: Store) -> None:
    names = store.db.execute(
        "select name, type from sqlite_schema where type in ('table', 'view')"
        " and name not like 'sqlite%'"
    ).fetchall()
    assert len(names) > 20
    for name, kind in names:
        heading = f"### {name} (view)\n" if kind == "view" else f"### {name}\n"
        assert heading in README, name
        section = README.partition(heading)[2].partition("\n### ")[0]
        columns = store.db.execute("select name from pragma_table_info(?)", (name,)).fetchall()
        for (column,) in columns:
            assert f"`{column}`" in section, f"{name}.{column}"


def test_the_page_explains_no_table_that_is_gone(store: Store) -> None:
    explained = re.findall(
        r"^### (\w+)(?: \(view\))?$", README.partition("## Table by table")[2], re.M
    )
    there = {name for (name,) in store.db.execute("select name from sqlite_schema")}
    assert set(explained) <= there


def test_json_columns_refuse_what_is_none(ten: Store) -> None:
    with pytest.raises(sqlite3.IntegrityError):
        ten.db.execute("insert into settings values ('a', 'not json')")
    with pytest.raises(sqlite3.IntegrityError):
        ten.db.execute("insert into marks (record_id, decision) values (1, 'maybe')")
    with pytest.raises(sqlite3.IntegrityError):
        ten.db.execute("insert into records values (99, 'u', 'not a number', 1, 1, 1, 1)")


def test_who_rejected_is_told_even_after_someone_else_spoke(ten: Store) -> None:
    marks.reject(ten, [3], "ada (tui)")
    marks.rate(ten, [3], 2, "bob (tui)")
    marks.clear(ten, [3], "bob (tui)")
    marks.reject(ten, [3], "eve (tui)")
    query = "select by_whom from dropped where record_id = 3"
    assert ten.db.execute(query).fetchall() == [("eve (tui)",)]
    journal.undo(ten, "bob (tui)")
    journal.undo(ten, "bob (tui)")
    assert ten.db.execute(query).fetchall() == [("ada (tui)",)]


def test_a_record_that_came_after_a_selection_has_no_outcome_in_it(
    ten: Store, rows: Callable[[Store], Any]
) -> None:
    selections.save(ten, "s", {}, {}, [Outcome(1, "kept", rank=1)], CLI)
    rows(ten).imported([("x", "later")])
    outcomes = ten.db.execute("select record_id, status from record_outcomes").fetchall()
    assert dict(outcomes) == {1: "kept", **dict.fromkeys(range(2, 11), "over_budget")}


def test_texts_reads_the_version_in_force_in_order(ten: Store) -> None:
    said = Record((Message("user", "first"), Message("assistant", "second"), Message("user", "x")))
    edits.edit(ten, 1, body(said).decode(), 1, 1, CLI)
    texts = ten.db.execute("select text from texts where record_id = 1").fetchone()
    assert texts == ("first\nsecond\nx",)
