"""The journal goes with an export: every act up to it, and what each one changed."""

import json
from pathlib import Path
from typing import Any

import pytest

from deita_tui.project import Project, verify_export


@pytest.fixture
def made(sample: Path) -> Path:
    with Project.open(sample) as project:
        project.score(scorer="lite")
        project.embed()
    return sample


def lines(folder: Path, name: str) -> list[dict[str, Any]]:
    text = (folder / "provenance" / name).read_text(encoding="utf-8")
    return [json.loads(line) for line in text.splitlines()]


def test_what_was_done_is_told_as_it_stood(made: Path, tmp_path: Path) -> None:
    with Project.open(made) as project:
        uid = {row.id: row.uid for row in project.list()}
        project.decide([3, 4], "keep")
        project.edit(5, 0, "another question")
        project.undo()
        project.note(6, "a note, with [bold] in it")
        project.decide(7, "reject")
        project.undo()
        project.select(budget=8, save="mine")
        project.export(tmp_path / "one", target="trl")
        acts = lines(tmp_path / "one", "journal.jsonl")
        assert [(each["kind"], each["state"], each["target"]) for each in acts] == [
            ("keep", "done", None),
            ("edit", "void", None),
            ("undo", "done", 2),
            ("note", "done", None),
            ("reject", "void", None),
            ("undo", "done", 5),
            ("save", "done", None),
        ]
        # What the project itself says of these acts is the same.
        known = {each.id: each.state for each in project.journal() if each.kind != "export"}
        assert {each["entry"]: each["state"] for each in acts} == known
        changes = lines(tmp_path / "one", "changes.jsonl")
        assert changes[:3] == [
            {"entry": 1, "record": uid[3], "field": "decision", "before": None, "after": "keep"},
            {"entry": 1, "record": uid[4], "field": "decision", "before": None, "after": "keep"},
            {"entry": 2, "record": uid[5], "field": "revision", "before": 0, "after": 1},
        ]
        assert changes[3]["after"] == "a note, with [bold] in it"
    manifest = json.loads((tmp_path / "one" / "manifest.json").read_bytes())
    rows = {each["path"]: each["rows"] for each in manifest["outputs"]}
    assert rows["provenance/journal.jsonl"] == len(acts)
    assert rows["provenance/changes.jsonl"] == len(changes)


def test_made_again_later_it_is_the_same_to_the_byte(made: Path, tmp_path: Path) -> None:
    with Project.open(made) as project:
        project.decide([3, 4], "keep")
        project.decide([5], "reject")
        project.undo()
        project.select(budget=8, save="mine")
        project.export(tmp_path / "one", target="trl")
        # What was undone then is void by now, what stood is undone, and there is more.
        project.decide(9, "keep")
        project.undo_to(0)
        project.export(tmp_path / "two", target="trl", everything=True)
        project.redo()
        project.redo()
        report = project.verify(tmp_path / "one")
        assert (report.ok, report.findings) == (True, ())
    assert verify_export(tmp_path / "two").ok
    states = [each["state"] for each in lines(tmp_path / "two", "journal.jsonl")]
    assert states.count("undone") == 3


def test_two_exports_tell_the_same_journal(made: Path, tmp_path: Path) -> None:
    with Project.open(made) as project:
        project.decide([3, 4], "keep")
        project.select(budget=8, save="mine")
        project.export(tmp_path / "one", target="trl")
        project.export(tmp_path / "two", target="trl")
    for name in ("journal.jsonl", "changes.jsonl"):
        one, two = ((tmp_path / each / "provenance" / name).read_bytes() for each in ("one", "two"))
        assert one == two
