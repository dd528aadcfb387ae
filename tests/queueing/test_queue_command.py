"""The command ``queue``: it lists queues, and prints what is in one so that it pipes on."""

import json
from pathlib import Path
from typing import Any

import pytest

from deita_tui.project import Project
from tests.support import Run


@pytest.fixture
def folder(mix: Project) -> Path:
    mix.close()
    return mix.folder


def loaded(run: Run, *words: str) -> Any:
    return json.loads(run("queue", "mix", *words, "--json").stdout)


def test_it_lists_the_queues_and_what_they_lack(deita_tui: Run, folder: Path) -> None:
    done = deita_tui("queue", "mix")
    lines = dict(line.split("\t", 1) for line in done.stdout.splitlines())
    assert lines["undecided"] == "60\tWhat you have not decided, from the top of the ranking."
    assert lines["flagged"] == "\tNo record is flagged."
    assert done.stderr == ""
    kinds = {each["name"]: each for each in loaded(deita_tui)}
    assert list(kinds)[:9] == list(lines)[1:10]
    assert (kinds["edge"]["available"], kinds["edge"]["why_not"]) == (True, "")
    assert (kinds["flagged"]["available"], kinds["undecided"]["count"]) == (False, 60)
    rows = deita_tui("queue", "mix", "--jsonl").stdout.splitlines()
    assert [json.loads(row)["name"] for row in rows] == list(kinds)


def test_it_prints_a_queue_with_the_reasons(deita_tui: Run, folder: Path) -> None:
    told = loaded(deita_tui, "borderline")
    assert (told["name"], told["selection"], told["place"]) == ("borderline", "mine", 0)
    assert (told["count"], told["audit"]) == (len(told["records"]), None)
    first = told["records"][0]
    assert first["why"].startswith("0.9")
    assert f"#{first['partner']}" in first["why"]
    done = deita_tui("queue", "mix", "borderline", "--limit", "2")
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    assert rows[0] == ["id", "why", "instruction"]
    assert [row[:2] for row in rows[1:]] == [
        [str(each["id"]), each["why"]] for each in told["records"][:2]
    ]
    assert "2 records in the queue: borderline pairs" in done.stderr
    lines = deita_tui("queue", "mix", "borderline", "--jsonl").stdout.splitlines()
    assert [json.loads(line) for line in lines] == told["records"]


def test_its_ids_go_into_decide(deita_tui: Run, folder: Path) -> None:
    ids = deita_tui("queue", "mix", "edge", "--limit", "3", "--ids").stdout.split()
    assert len(ids) == 3
    deita_tui("decide", "mix", *ids, "--reject")
    assert not set(ids) & set(deita_tui("queue", "mix", "edge", "--ids").stdout.split())
    assert len(deita_tui("queue", "mix", "where:decision:reject", "--ids").stdout.split()) == 3


def test_an_audit_goes_on_drawing_and_says_how_it_stands(deita_tui: Run, folder: Path) -> None:
    first = deita_tui("queue", "mix", "audit-kept", "--limit", "8", "--ids").stdout.split()
    deita_tui("decide", "mix", *first[:6], "--keep")
    deita_tui("decide", "mix", *first[6:], "--reject")
    told = loaded(deita_tui, "audit-kept", "--limit", "8")
    assert not {str(each["id"]) for each in told["records"]} & set(first)
    assert told["records"][0]["why"] == "no. 9 of the draw"
    audit = told["audit"]
    assert (audit["judged"], audit["agreed"], audit["share"]) == (8, 6, 0.75)
    assert audit["low"] < 0.75 < audit["high"]
    done = deita_tui("queue", "mix", "audit-kept", "--limit", "1")
    assert "You agree with 6 of 8 that mine kept: 0.75." in done.stderr
    assert loaded(deita_tui, "audit-dropped")["audit"]["share"] is None


def test_on_goes_on_where_the_app_was_left(deita_tui: Run, folder: Path) -> None:
    with Project.open(folder) as project:
        ids = project.queue("undecided").ids
        project.remember("undecided", ids[12])
    found = deita_tui("queue", "mix", "undecided", "--on", "--limit", "2", "--ids").stdout.split()
    assert found == [str(ids[12]), str(ids[13])]
    assert loaded(deita_tui, "undecided")["place"] == 12


def test_what_makes_no_sense_is_told(deita_tui: Run, folder: Path) -> None:
    wrong = deita_tui("queue", "mix", "undecidde", expect=2)
    assert "Did you mean undecided?" in wrong.stderr
    assert wrong.stdout == ""
    assert "No record is flagged." in deita_tui("queue", "mix", "flagged", expect=2).stderr
    assert "Which queue?" in deita_tui("queue", "mix", "--ids", expect=2).stderr
    assert "Only one of" in deita_tui("queue", "mix", "edge", "--ids", "--json", expect=2).stderr
    wrong = deita_tui("queue", "mix", "where:scoer>3", expect=2)
    assert "Did you mean" in wrong.stderr
    assert deita_tui("queue", "mix", "edge", "--selection", "none", expect=2).stdout == ""
