"""The manifest, the card, what is told of every record; and the proof that they are true."""

import json
import shutil
from pathlib import Path

import pytest

from deita_store import edits, journal
from deita_tui import records
from deita_tui.errors import InputError, UsageError
from deita_tui.export import manifests
from deita_tui.export.manifests import DECISIONS, MANIFEST
from deita_tui.project import Project, verify_export
from deita_tui.records import Message, Record
from tests.export.made import lines, make_project, said, select, write


def edit(project: Project, id_: int, *texts: str) -> None:
    roles = ("user", "assistant")
    messages = tuple(Message(roles[at % 2], text) for at, text in enumerate(texts))  # type: ignore[arg-type]
    body = records.body(Record(messages)).decode()
    turns = records.count_turns(messages)
    edits.edit(project.store, id_, body, turns, sum(map(len, texts)), project.actor)


def test_the_manifest_names_everything(project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "out", "hf", validation=2)
    found = json.loads((tmp_path / "out" / MANIFEST).read_text())
    paths = {path.relative_to(tmp_path / "out").as_posix()
             for path in (tmp_path / "out").rglob("*") if path.is_file()}  # fmt: skip
    assert {output["path"] for output in found["outputs"]} == paths - {MANIFEST}
    assert found["selection"]["name"] == "best"
    assert found["selection"]["params"]["threshold"] == 0.9
    assert {each["file"] for each in found["inputs"]} >= {"alpaca.jsonl", "kto.jsonl"}
    assert all(len(each["sha256"]) == 64 for each in found["inputs"])
    assert found["records"] == {"train": 16, "validation": 2, "left_out": 0}
    assert str(project.folder.parent) not in json.dumps(found)


def test_two_exports_of_a_selection_are_equal_but_for_one_field(
    project: Project, tmp_path: Path
) -> None:
    for name in ("one", "two"):
        project.export(tmp_path / name, "axolotl", validation=3, shuffle=True, seed=5)
    one, two = ({path.relative_to(tmp_path / name): path.read_bytes()
                 for path in (tmp_path / name).rglob("*") if path.is_file()}
                for name in ("one", "two"))  # fmt: skip
    assert one.keys() == two.keys()
    assert {path for path in one if one[path] != two[path]} <= {Path(MANIFEST)}
    left, right = (json.loads(each[Path(MANIFEST)]) for each in (one, two))
    assert left.pop("made")["at"] != right.pop("made")["at"]
    assert left.pop("digest") != right.pop("digest")
    assert left == right


def test_every_record_is_told_of(own: Project, tmp_path: Path) -> None:
    ids = [row.id for row in own.list()]
    own.decide(ids[3], "keep")
    own.note(ids[3], "of use")
    select(own, "few", [ids[3], ids[0]])
    own.export(tmp_path / "out", "llamafactory")
    told = lines(tmp_path / "out" / DECISIONS)
    assert [each["record"] for each in told] == ids
    by_id = {each["record"]: each for each in told}
    assert by_id[ids[3]]["source"] == "pin"
    assert by_id[ids[3]]["note"] == "of use"
    assert by_id[ids[3]]["rank"] == 1
    assert by_id[ids[3]]["problems"] == ["role-out-of-order"]
    assert (by_id[ids[0]]["split"], by_id[ids[1]]["split"]) == ("train", None)
    assert by_id[ids[1]]["decision"] == "over_budget"


def test_licences_are_told_as_found(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "README.md").write_text("---\nlicense: mit\n---\n")
    files = write(folder)
    shutil.move(files[0], tmp_path / "alpaca.jsonl")
    files[0] = tmp_path / "alpaca.jsonl"
    with make_project(tmp_path / "p", files[:2]) as project:
        select(project)
        project.export(tmp_path / "out", "messages")
    found = manifests.read(tmp_path / "out").licences
    assert {(each.source, each.licence, each.records) for each in found} == {
        ("alpaca", "cc-by-4.0", 1),
        ("alpaca", "unknown", 1),
        ("chats", "mit", 7),
    }
    card = (tmp_path / "out" / "README.md").read_text()
    assert "| chats | 7 | mit |" in card
    assert "license: other" in card


def test_the_licence_of_a_model_is_that_of_its_card(own: Project, tmp_path: Path) -> None:
    from deita_store import scores

    (tmp_path / "judge").mkdir()
    (tmp_path / "judge" / "README.md").write_text("---\ntags: [x]\nlicense: llama2\n---\n")
    for name, model in (("c", str(tmp_path / "judge")), ("q", "someone/judge")):
        number = scores.ensure_scorer(own.store, name, "quality", "pair", {"of": name})
        scores.save_model(own.store, number, model)
    own.export(tmp_path / "out", "messages", everything=True)
    found = manifests.read(tmp_path / "out").scorers
    assert [(each.model, each.licence) for each in found] == [
        ("judge", "llama2"),
        ("someone/judge", "unknown"),
    ]


def test_a_name_of_a_source_is_no_markup_in_the_card(tmp_path: Path) -> None:
    rows = [{"messages": said("a", "b"), "source": "[x](http://y)|<b>`"}]
    with make_project(tmp_path / "p", write(tmp_path, {"x.jsonl": rows})) as project:
        select(project)
        project.export(tmp_path / "out", "messages")
    card = (tmp_path / "out" / "README.md").read_text()
    assert r"| \[x\]\(http://y\)\|\<b\>\` | 1 | unknown |" in card


@pytest.mark.parametrize("target", ["messages", "llamafactory", "parquet", "csv"])
def test_any_changed_byte_is_found(target: str, project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "out", target)
    assert verify_export(tmp_path / "out").ok
    for path in [each for each in (tmp_path / "out").rglob("*") if each.is_file()]:
        whole = path.read_bytes()
        for at in {0, len(whole) // 2, len(whole) - 1}:
            path.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
            try:
                report = verify_export(tmp_path / "out")
            except InputError:
                assert path.name == MANIFEST
                continue
            assert not report.ok
            assert path.relative_to(tmp_path / "out").as_posix() in {
                each.path for each in report.findings
            }
        path.write_bytes(whole)
    assert verify_export(tmp_path / "out").ok


def test_missing_and_foreign_files_are_told(project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "out", "hf")
    (tmp_path / "out" / "data" / "mine.txt").write_text("?")
    report = verify_export(tmp_path / "out")
    assert report.ok
    assert [(each.path, each.state) for each in report.findings] == [("data/mine.txt", "unknown")]
    (tmp_path / "out" / "data" / "train.jsonl").unlink()
    assert not verify_export(tmp_path / "out").ok
    with pytest.raises(InputError, match="no export"):
        verify_export(tmp_path)


@pytest.mark.parametrize("target", ["messages", "alpaca", "hf", "parquet"])
def test_an_export_can_be_made_again_after_the_project_went_on(
    target: str, own: Project, tmp_path: Path
) -> None:
    own.note(1, "before")
    options = {"validation": 3, "shuffle": True, "seed": 3, "fields": ("score", "source")}
    own.export(tmp_path / "out", target, **options)  # type: ignore[arg-type]
    edit(own, 2, "Name a number.", "Seven.")
    own.note(1, "after")
    own.decide(3, "reject")
    own.import_(write(tmp_path, {"more.jsonl": [{"messages": said("More?", "More.")}]})[0])
    report = own.verify(tmp_path / "out")
    assert report.findings == ()
    assert report.ok
    assert report.rebuilt


def test_a_selection_that_is_gone_cannot_be_proven(own: Project, tmp_path: Path) -> None:
    own.export(tmp_path / "out", "messages")
    own.undo()
    report = own.verify(tmp_path / "out")
    assert not report.ok
    assert "cannot be made again" in report.findings[0].message


def test_the_export_of_another_project_is_not_proven(
    own: Project, project: Project, tmp_path: Path
) -> None:
    project.export(tmp_path / "out", "messages")
    report = own.verify(tmp_path / "out")
    assert not report.ok
    assert "another project" in report.findings[0].message


def test_texts_are_those_of_the_moment_of_saving(own: Project, tmp_path: Path) -> None:
    edit(own, 1, "Sort.\nfast", "Sorted.")
    select(own, "edited")
    edit(own, 2, "Too late.", "Yes.")
    own.export(tmp_path / "out", "alpaca")
    first, second, *_ = lines(tmp_path / "out" / "train.json")
    assert first["instruction"] == "Sort.\nfast"  # the split of another text is not used
    assert second["instruction"] == "Name a colour.\nOnly one."
    for _ in range(3):
        own.undo()
    select(own, "undone")
    own.export(tmp_path / "again", "alpaca")
    assert lines(tmp_path / "again" / "train.json")[0]["input"] == "pear, apple"


def test_an_export_is_told_in_the_journal_and_never_undone(own: Project, tmp_path: Path) -> None:
    own.export(tmp_path / "out", "messages")
    last = journal.entries(own.store)[0]
    assert (last.kind, last.records) == ("export", 18)
    undone = own.undo()
    assert undone is not None
    assert undone.kind == "save"
    assert (tmp_path / "out" / MANIFEST).exists()


def test_what_was_removed_since_is_left_out_and_told(own: Project, tmp_path: Path) -> None:
    own.remove(source="seen")
    report = own.export(tmp_path / "out", "messages")
    assert report.records["train"] == 16
    assert "2 selected records were removed since, and left out." in report.notes


def test_without_a_selection_all_records_can_be_exported(tmp_path: Path) -> None:
    rows = {"x.jsonl": [{"messages": said("a", "b")}]}
    with make_project(tmp_path / "p", write(tmp_path, rows)) as project:
        with pytest.raises(UsageError, match=r"Nothing is selected.*select"):
            project.export(tmp_path / "out", "messages")
        project.export(tmp_path / "out", "messages", everything=True)
        project.import_(write(tmp_path, {"y.jsonl": [{"messages": said("c", "d")}]})[0])
        assert project.verify(tmp_path / "out").findings == ()
