"""Deciding, taking it back, removing, purging, packing: from the command line."""

import json
from pathlib import Path

import pytest

from tests.support import Run, wait_for_worker


def decisions(deita_tui: Run, project: Path) -> dict[int, str]:
    rows = map(json.loads, deita_tui("list", project, "--jsonl").stdout.splitlines())
    return {row["id"]: row["decision"] for row in rows if row["decision"]}


def test_a_decision_by_id_and_uid_and_back(deita_tui: Run, sample: Path) -> None:
    (row,) = json.loads(deita_tui("list", sample, "--where", "id:4", "--json").stdout)
    deita_tui("decide", sample, "2", row["uid"], "--reject")
    assert decisions(deita_tui, sample) == {2: "reject", 4: "reject"}
    assert "Undone: reject: 2 records" in deita_tui("undo", sample).stderr
    assert decisions(deita_tui, sample) == {}
    deita_tui("redo", sample)
    assert decisions(deita_tui, sample) == {2: "reject", 4: "reject"}
    deita_tui("decide", sample, "2", "--clear")
    assert decisions(deita_tui, sample) == {4: "reject"}


def test_several_marks_are_one_act(deita_tui: Run, sample: Path) -> None:
    deita_tui(
        "decide", sample, "1", "--keep", "--tag", "tea", "--tag", "-x", "--note", "good",
        "--flag", "--rate", "5",
    )  # fmt: skip
    (row,) = json.loads(deita_tui("list", sample, "--where", "id:1", "--json").stdout)
    marks = ("decision", "tags", "note", "flag", "rating")
    assert [row[mark] for mark in marks] == ["keep", ["tea"], "good", True, 5]
    deita_tui("undo", sample)
    (row,) = json.loads(deita_tui("list", sample, "--where", "id:1", "--json").stdout)
    assert [row[mark] for mark in marks] == [None, [], None, False, None]
    assert "Nothing to undo." in deita_tui("undo", sample).stderr


def test_a_filter_decides_many_once_that_is_meant(deita_tui: Run, sample: Path) -> None:
    done = deita_tui("decide", sample, "--where", "source:code", "--reject", expect=2)
    assert "3 records" in done.stderr
    assert decisions(deita_tui, sample) == {}
    deita_tui("decide", sample, "--where", "source:code", "--reject", "--yes")
    assert list(decisions(deita_tui, sample).values()) == ["reject"] * 3
    (entry,) = json.loads(deita_tui("journal", sample, "--json").stdout)
    assert (entry["records"], entry["undone"] if "undone" in entry else entry["state"]) == (
        3,
        "done",
    )
    assert "(cli)" in entry["actor"]


@pytest.mark.parametrize(
    "arguments",
    [
        ["1"],
        ["--keep"],
        ["1", "--keep", "--reject"],
        ["1", "--where", "turns>1", "--keep"],
    ],
)
def test_what_is_not_clear_is_asked(deita_tui: Run, sample: Path, arguments: list[str]) -> None:
    deita_tui("decide", sample, *arguments, expect=2)
    assert decisions(deita_tui, sample) == {}


def test_removing_a_source_and_taking_that_back(deita_tui: Run, sample: Path) -> None:
    deita_tui("remove", sample, "--source", "code")
    assert json.loads(deita_tui("status", sample, "--json").stdout)["records"] == 7
    deita_tui("undo", sample)
    deita_tui("remove", sample, "--import", "1")
    assert json.loads(deita_tui("status", sample, "--json").stdout)["records"] == 0
    deita_tui("undo", sample)
    assert json.loads(deita_tui("status", sample, "--json").stdout)["records"] == 10
    deita_tui("remove", sample, expect=2)
    assert "kitchen" in deita_tui("remove", sample, "--source", "bath", expect=2).stderr


def test_purging_leaves_no_byte_of_the_text(deita_tui: Run, sample: Path) -> None:
    secret = b"oven tells the morning"
    assert any(secret in file.read_bytes() for file in sample.rglob("*") if file.is_file())
    deita_tui("purge", sample, "9", expect=2)
    deita_tui("purge", sample, "9", "--yes")
    wait_for_worker(sample)
    assert not any(secret in file.read_bytes() for file in sample.rglob("*") if file.is_file())
    assert json.loads(deita_tui("status", sample, "--json").stdout)["records"] == 9
    found = json.loads(deita_tui("list", sample, "--where", "text:raft", "--json").stdout)
    assert [row["external_id"] for row in found] == ["raft"]


def test_packed_and_unpacked_it_is_the_same_project(
    deita_tui: Run, sample: Path, tmp_path: Path
) -> None:
    deita_tui("decide", sample, "3", "--keep")
    deita_tui("pack", sample, "sample.zip")
    assert "exists already" in deita_tui("pack", sample, "sample.zip", expect=1).stderr
    deita_tui("pack", sample, "sample.zip", "--overwrite")
    deita_tui("unpack", "sample.zip", "./again")
    again = tmp_path / "again"
    told = deita_tui("list", again, "--jsonl").stdout
    assert told == deita_tui("list", sample, "--jsonl").stdout
    packed = tmp_path / "sample.zip"
    packed.write_bytes(packed.read_bytes()[:-100])
    deita_tui("unpack", "sample.zip", "./broken", expect=1)
    assert not (tmp_path / "broken").exists()
