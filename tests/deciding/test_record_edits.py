"""Changing one message of a record."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deita_store import edits
from deita_store.store import Store
from deita_tui import records
from deita_tui.errors import StoreError, UsageError
from deita_tui.project import Project
from deita_tui.records import Call, Message, Record
from deita_tui.steps.editing import version
from tests.scoring.small_project import fill


def counts(project: Project, record: int) -> tuple[int, int]:
    row = project.store.db.execute("select turns, chars from records where id = ?", (record,))
    turns, chars = row.fetchone()
    return turns, chars


def test_one_message_changes_and_the_rest_stays(scored: Project) -> None:
    before, was = scored.record(4), counts(scored, 4)
    act = scored.edit(4, 1, "Another answer.\n")
    assert act is not None
    assert (act.kind, act.summary, act.first) == ("edit", "edit record 4", 4)
    after = scored.record(4)
    assert after.messages[1] == Message("assistant", "Another answer.\n")
    assert after.messages[:1] + after.messages[2:] == before.messages[:1] + before.messages[2:]
    change = len("Another answer.\n") - len(before.messages[1].content)
    assert counts(scored, 4) == (was[0], was[1] + change)
    assert scored.edit(4, 1, "Another answer.\n") is None
    assert scored.undo_depth() == 2  # with the selection that was saved
    scored.undo()
    assert scored.record(4) == before
    assert counts(scored, 4) == was
    scored.redo()
    assert scored.record(4) == after
    assert len(edits.versions(scored.store, 4)) == 2


@pytest.mark.parametrize(
    ("message", "text", "told"),
    [
        (99, "x", "has no message 99"),
        (-1, "x", "has no message -1"),
        (0, "", "would be empty"),
        (0, " \n\t", "would be empty"),
        (0, "a\0b", "NUL or half a character"),
        (0, "a\ud800b", "NUL or half a character"),
    ],
)
def test_what_is_no_text_is_refused(scored: Project, message: int, text: str, told: str) -> None:
    before, depth = scored.record(4), scored.undo_depth()
    with pytest.raises(UsageError, match=told):
        scored.edit(4, message, text)
    assert (scored.record(4), scored.undo_depth()) == (before, depth)
    with pytest.raises(StoreError, match="no record 61"):
        scored.edit(61, 0, "x")


@given(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1))
@settings(max_examples=60, deadline=None)
def test_any_text_comes_back_as_it_was_given(
    tmp_path_factory: pytest.TempPathFactory, text: str
) -> None:
    if not text.strip():
        return
    with Store.create(tmp_path_factory.mktemp("edit") / "project") as store:
        fill(store, [[("question", "answer"), ("again?", "again")]])
        made = version(store, 1, 2, text)
        edits.edit(store, 1, *made, "ada (test)")
        with Project.open(store.folder) as project:
            assert project.record(1).messages[2].content == text
            assert made.chars == sum(len(each.content) for each in project.record(1).messages)


def test_calls_thoughts_and_the_other_side_stay(scored: Project) -> None:
    said = Record(
        (
            Message("user", "What is the weather?"),
            Message("assistant", "", "I had better ask.", (Call("weather", '{"at": "here"}'),)),
            Message("tool", "rain", call_id="1"),
            Message("assistant", "It rains."),
        ),
        rejected=(Message("assistant", "No idea."),),
        label=True,
    )
    edits.edit(scored.store, 4, records.body(said).decode(), 1, 37, "ada (test)")
    scored.edit(4, 3, "It pours.")
    assert scored.edit(4, 1, "") is None  # it calls a tool, and says nothing
    scored.edit(4, 1, "Wait.")
    now = scored.record(4)
    assert (now.rejected, now.label) == (said.rejected, True)
    assert now.messages[1] == Message("assistant", "Wait.", said.messages[1].reasoning,
                                      said.messages[1].calls)  # fmt: skip
    assert now.messages[3].content == "It pours."
