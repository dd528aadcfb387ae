"""The Python API, used as a notebook would."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from deita_store.jobs import Job
from deita_tui import DeitaError, Project
from deita_tui.errors import (
    BusyError,
    FilterError,
    InputError,
    JobError,
    NotAProjectError,
    ReadOnlyError,
    UsageError,
)
from deita_tui.steps.lock import project_lock
from tests.support import SAMPLE


@pytest.fixture
def project(sample: Path) -> Iterator[Project]:
    with Project.open(sample) as opened:
        yield opened


def test_an_import_reports_and_can_be_followed(tmp_path: Path) -> None:
    seen: list[Job] = []
    with Project.create(tmp_path / "new") as project:
        report = project.import_(SAMPLE, progress=seen.append)
        assert (report.imported, report.duplicates, report.refused) == (10, 1, {"truncated": 1})
        assert seen[-1].state == "done"
        assert seen[-1].done == 12
        again = project.import_(SAMPLE)
        assert (again.state, project.counts().records) == ("unchanged", 10)
        (refused,) = project.refused()
        assert (refused.place, refused.reason) == ("line 10", "truncated")


def test_what_follows_an_import_is_done_when_asked(tmp_path: Path) -> None:
    with Project.create(tmp_path / "new") as project:
        project.import_(SAMPLE)
        assert [job.state for job in project.jobs()] == ["done", "queued", "queued"]
        project.catch_up()
        assert {job.state for job in project.jobs()} == {"done"}


def test_an_import_waits_for_nobody(project: Project) -> None:
    with project_lock(project.folder), pytest.raises(BusyError):
        project.import_(SAMPLE, source="other", strict=True)


def test_bad_input_is_told(project: Project, tmp_path: Path) -> None:
    strange = tmp_path / "strange.jsonl"
    strange.write_text('{"a": 1}\n')
    with pytest.raises(InputError):
        project.import_(strange)
    with pytest.raises(InputError):
        project.import_(tmp_path / "missing.jsonl")
    with pytest.raises(UsageError):
        project.import_(SAMPLE, map="no pairs")


def test_strict_stops_at_the_first_bad_row(tmp_path: Path) -> None:
    with Project.create(tmp_path / "new") as project:
        with pytest.raises(JobError, match="line 10"):
            project.import_(SAMPLE, strict=True)
        assert project.counts().records == 8


def test_listing_filters_sorts_and_stops(project: Project) -> None:
    rows = list(project.list("turns>=1", sort="-chars", limit=2))
    assert [row.external_id for row in rows] == ["raft", "moon"]
    assert [row.source for row in project.list("source:code")] == ["code"] * 3
    assert len(list(project.list())) == len(project.view()) == 10
    with pytest.raises(FilterError) as caught:
        list(project.list("soruce:x"))
    assert (caught.value.start, caught.value.end) == (0, 6)


def test_records_are_named_by_id_or_uid(project: Project) -> None:
    uid = next(project.list("id:2")).uid
    assert project.record(uid) == project.record(2)
    assert project.record(2).messages[1].content == "Why does tea turn bitter?"
    with pytest.raises(DeitaError, match="no record"):
        project.record("ffffffffffffffff")


def test_deciding_and_taking_it_back(project: Project) -> None:
    act = project.decide([1, 2], "keep")
    assert act is not None
    assert act.records == 2
    assert "(python)" in act.actor
    assert project.decide(1, "keep") is None
    project.tag(1, "tea")
    project.flag(1)
    project.rate(1, 6)
    project.note(1, "mind the temperature")
    (row,) = project.list("id:1")
    told = (row.decision, row.tags, row.flag, row.rating, row.note)
    assert told == ("keep", ("tea",), True, 6, "mind the temperature")
    for _ in range(5):
        assert project.undo() is not None
    assert project.undo() is None
    (row,) = project.list("id:1")
    assert (row.decision, row.tags, row.flag, row.rating, row.note) == (None, (), False, None, None)
    assert project.redo() is not None
    assert [row.id for row in project.list("decision:keep")] == [1, 2]
    assert project.journal(limit=1)[0].kind == "redo"
    project.tag(1, "tea", on=False)
    project.flag(1, on=False)
    project.rate(1, None)
    project.note(1, None)


def test_several_marks_in_one_act(project: Project) -> None:
    act = project.mark([1], {"decision": None, "rating": 4, "flag": False, "tag:a": True})
    assert act is not None
    assert act.summary == "clear the decision, rate 4, no flag, tag a: record 1"


def test_removing_names_one_thing(project: Project) -> None:
    project.remove(source="code")
    assert project.counts().records == 7
    assert project.remove(source="code") is None
    for wrong in ({}, {"source": "code", "import_id": 1}):
        with pytest.raises(UsageError):
            project.remove(**wrong)  # type: ignore[arg-type]


def test_purging_needs_the_project_to_itself(project: Project) -> None:
    with project_lock(project.folder), pytest.raises(BusyError):
        project.purge(1)
    project.purge([1])
    project.purge(refused=1)
    project.catch_up()
    assert project.counts().records == 9
    assert [row.external_id for row in project.list("text:raft")] == ["raft"]
    assert next(project.refused()).excerpt == ""


def test_arrow_carries_everything(project: Project) -> None:
    project.decide(3, "reject")
    project.tag(3, "py")
    table = project.to_arrow("source:code")
    assert table.column_names == [
        *("id", "uid", "source", "external_id", "messages", "complexity", "quality"),
        *("score", "outcome", "decision", "tags", "extras"),
    ]
    first = table.to_pylist()[0]
    assert first["messages"][0]["role"] == "user"
    assert (first["decision"], first["tags"], first["score"]) == ("reject", ["py"], None)
    assert project.to_arrow("id:99").num_rows == 0


def test_arrow_keeps_extra_fields_and_tool_calls(tmp_path: Path) -> None:
    call = {"type": "function", "function": {"name": "sum", "arguments": '{"a": 1}'}}
    messages = [
        {"role": "user", "content": "Add."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "content": "1"},
        {"role": "assistant", "content": "One."},
    ]
    file = tmp_path / "calls.jsonl"
    file.write_text(json.dumps({"messages": messages, "licence": "MIT"}) + "\n")
    with Project.create(tmp_path / "calls") as project:
        project.import_(file)
        (row,) = project.to_arrow().to_pylist()
    assert row["messages"][1]["content"] == '{"name":"sum","arguments":{"a":1}}'
    assert json.loads(row["extras"]) == {"licence": "MIT"}


def test_a_worker_does_what_is_queued_and_can_be_steered(project: Project, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text('{"prompt": "Why?", "completion": "Because."}\n')
    job = project.queue_import(file, project.plan(file))
    assert project.queue_import(file, project.plan(file)) == job
    assert project.steer(job, "pause").state == "paused"
    project.steer(job, "resume")
    ended = list(project.watch(job))[-1]
    assert project.report(ended).imported == 1
    assert project.job(job).state == "done"
    with pytest.raises(DeitaError, match="done already"):
        project.steer(job, "cancel")


def test_a_packed_project_comes_back(project: Project, tmp_path: Path) -> None:
    project.pack(tmp_path / "all.zip")
    with Project.unpack(tmp_path / "all.zip", tmp_path / "copy") as copy:
        assert list(copy.list()) == list(project.list())


def test_opening_what_is_no_project(tmp_path: Path) -> None:
    with pytest.raises(NotAProjectError):
        Project.open(tmp_path)


def test_reading_only_changes_nothing(sample: Path) -> None:
    with Project.open(sample, read_only=True) as project:
        assert project.counts().records == 10
        with pytest.raises(ReadOnlyError):
            project.decide(1, "keep")
        assert project.notice == ""
