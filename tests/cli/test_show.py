"""One record, whole: for a person, and exactly for a program."""

import json
from pathlib import Path

import pytest

from deita_store import selections
from deita_store.selections import Outcome
from deita_tui.project import Project
from tests.support import Run

NASTY = "red \x1b[31m[bold]\x1b]8;;http://x\x07\u202egnp.exe\nrecord  7 · decision keep\ttab"
ROWS = [
    {
        "id": "n-1",
        "lang": "en",
        "messages": [
            {"role": "system", "content": "Be brief."},
            {"role": "user", "content": NASTY},
            {"role": "assistant", "content": "Fine. " * 60 + "The end."},
            {"role": "user", "content": "And then?"},
            {"role": "assistant", "content": ""},
        ],
    },
    {
        "messages": [
            {"role": "user", "content": "What?"},
            {"role": "assistant", "content": "That."},
        ]
    },
]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "nasty.jsonl").write_text("".join(json.dumps(row) + "\n" for row in ROWS))
    with Project.create(tmp_path / "nasty") as project:
        project.import_(tmp_path / "nasty.jsonl")
        project.score(complexity="c", quality="q", backend="fake", scorer="trial", force=True)
    return tmp_path / "nasty"


def test_all_of_it_is_told_and_nothing_acts_on_the_terminal(deita_tui: Run, folder: Path) -> None:
    deita_tui("decide", folder, "1", "--keep", "--tag", "odd", "--note", "see\x1b[2J this")
    told = deita_tui("show", folder, "1").stdout
    assert all(char.isprintable() or char == "\n" for char in told)
    assert "from      nasty.jsonl, row 1 (import 1) · source nasty · id n-1" in told
    assert '"lang": "en"' in told
    for line in ("system", "user", "assistant", "  Be brief.", "  And then?"):
        assert line in told.splitlines()
    assert "The end." in told
    assert "red ␛[31m[bold]␛]8;;http://x␇" in told
    assert "decision  keep" in told
    assert "tags      odd" in told
    assert "note      see␛[2J this" in told
    assert told.count("complexity ") == told.count("quality ") == 2
    assert "turn 2  complexity none: empty response by trial" in told


def test_a_record_cannot_pass_for_what_is_said_of_it(deita_tui: Run, folder: Path) -> None:
    told = deita_tui("show", folder, "1").stdout.splitlines()
    assert "  record  7 · decision keep tab" in told
    assert not any(line.startswith("record  7") for line in told)


def test_json_is_the_exact_record(deita_tui: Run, folder: Path) -> None:
    done = deita_tui("show", folder, "1", "--json").stdout
    assert all(char.isprintable() or char == "\n" for char in done)
    told = json.loads(done)
    assert [each["content"] for each in told["messages"][:4]] == [
        each["content"]
        for each in ROWS[0]["messages"][:4]  # type: ignore[index]
    ]
    (occurrence,) = told["occurrences"]
    assert (occurrence["external_id"], occurrence["extras"]) == ("n-1", {"lang": "en"})
    assert (occurrence["file_name"], occurrence["row"]) == ("nasty.jsonl", 0)
    first, *_, last = told["scores"]
    assert (first["measures"], first["turn"], last["turn"]) == ("complexity", 0, 1)
    assert 1 <= first["value"] <= 6
    assert sum(first["probabilities"]) == pytest.approx(1)
    assert (last["value"], last["reason"]) == (None, "empty response")
    assert told["complexity"] == [first["value"], None]
    assert (told["decision"], told["tags"], told["note"]) == (None, [], None)
    by_uid = json.loads(deita_tui("show", folder, told["uid"], "--json").stdout)
    assert by_uid == told


def test_the_outcome_is_that_of_the_selection_that_is_named(deita_tui: Run, folder: Path) -> None:
    with Project.open(folder) as project:
        outcomes = [
            Outcome(1, "kept", rank=1, position=1, score=9.5),
            Outcome(2, "too_similar", position=2, score=3.0, blocked_by=1, similarity=0.97),
        ]
        selections.save(project.store, "first", {}, {}, outcomes, "me")
    told = deita_tui("show", folder, "2", "--selection", "first").stdout
    assert "outcome   too_similar · like record 1 (0.970) · score 3.00" in told
    assert json.loads(deita_tui("show", folder, "1", "--json").stdout)["outcome"] == "kept"
    deita_tui("show", folder, "1", "--selection", "second", expect=2)


def test_an_edited_record_and_one_without_scores(deita_tui: Run, sample: Path) -> None:
    told = deita_tui("show", sample, "2").stdout
    assert "outcome   not selected from yet" in told
    assert "scores  none yet" in told
