"""Exports of what the engine selects: refused when stale, proven by computing it again."""

from pathlib import Path
from typing import Any

import pytest

from deita_tui.errors import UsageError
from deita_tui.export import manifests
from deita_tui.export.manifests import MANIFEST
from deita_tui.project import Project
from tests.export.made import lines, make_project, said, write
from tests.export.test_manifest import edit


@pytest.fixture
def selected(tmp_path: Path) -> Project:
    rows = [{"messages": said(f"Question {at} about {at % 7}?", f"Answer {at}. " * (at % 5 + 1))}
            for at in range(60)]  # fmt: skip
    project = make_project(tmp_path / "p", write(tmp_path, {"x.jsonl": rows}))
    project.score(complexity="c", quality="q", backend="fake")
    project.embed(embedder="fake", backend="fake")
    project.select(budget=20, threshold=0.95, save="chosen")
    return project


def test_what_the_engine_selected_is_proven(selected: Project, tmp_path: Path) -> None:
    with selected as project:
        project.export(tmp_path / "out", "messages", validation=4)
        report = project.verify(tmp_path / "out")
        assert report.findings == ()
        assert report.rebuilt
        manifest = manifests.read(tmp_path / "out")
        assert [each.measures for each in manifest.scorers] == ["complexity", "quality"]
        assert manifest.embedder is not None
        assert manifest.outcomes["kept"] == 20
        assert manifest.records == {"train": 16, "validation": 4, "left_out": 0}
        told = lines(tmp_path / "out" / "provenance" / "decisions.jsonl")
        assert len(told) == 60
        kept = [each for each in told if each["decision"] == "kept"]
        assert all(each["complexity"] and each["quality"] and each["score"] for each in kept)
        similar = [each for each in told if each["decision"] == "too_similar"]
        assert all(each["neighbor_id"] and each["similarity"] > 0.95 for each in similar)


def test_a_selection_that_the_project_has_outrun_needs_as_saved(
    selected: Project, tmp_path: Path
) -> None:
    with selected as project:
        project.decide(1, "reject")
        with pytest.raises(UsageError, match=r"older than the project.*--as-saved"):
            project.export(tmp_path / "out", "messages")
        report = project.export(tmp_path / "out", "messages", as_saved=True)
        assert report.records["train"] == 20
        assert any("decided otherwise" in note for note in report.notes)
        assert manifests.read(tmp_path / "out").selection.stale  # type: ignore[union-attr]
        assert "moved on since" in (tmp_path / "out" / "README.md").read_text()
        assert project.verify(tmp_path / "out").findings == ()


def test_an_export_is_proven_after_the_project_has_gone_on(
    selected: Project, tmp_path: Path
) -> None:
    with selected as project:
        project.export(tmp_path / "out", "hf", validation=3)
        project.decide([1, 2], "reject")
        project.note(3, "later")
        project.import_(write(tmp_path, {"y.jsonl": [{"messages": said("New?", "Yes.")}]})[0])
        assert project.verify(tmp_path / "out").findings == ()


def test_an_edited_record_is_told_of_with_the_scores_that_counted(
    selected: Project, tmp_path: Path
) -> None:
    with selected as project:
        best = next(iter(project.list(sort="rank"))).id
        before = told(project, tmp_path / "before")[best]
        edit(project, best, "Question of another kind?", "Answer of another kind.")
        project.select(budget=20, threshold=0.95, save="pending")
        found = told(project, tmp_path / "out")[best]
        assert found["reason"] == "edited, pending"
        assert [found[name] for name in _SCORES] == [before[name] for name in _SCORES]
        project.score(complexity="c", quality="q", backend="fake")
        assert project.verify(tmp_path / "out").findings == ()


_SCORES = ("complexity", "quality", "score")


def told(project: Project, out: Path) -> dict[int, dict[str, Any]]:
    project.export(out, "messages")
    return {each["record"]: each for each in lines(out / "provenance" / "decisions.jsonl")}


def test_the_working_selection_is_exported_and_proven_by_its_name(
    selected: Project, tmp_path: Path
) -> None:
    with selected as project:
        project.select(budget=7, threshold=0.95)
        report = project.export(tmp_path / "out", "messages", selection="working")
        assert report.records["train"] == 7
        assert project.verify(tmp_path / "out").findings == ()


def test_the_index_and_its_recall_are_named(selected: Project, tmp_path: Path) -> None:
    with selected as project:
        project.export(tmp_path / "without", "hf")
        project.index()
        project.export(tmp_path / "with", "hf")
        index = manifests.read(tmp_path / "with").made.index
        assert index["rows"] == 60
        assert index["recall"][0]["threshold"] == 0.95
        # an index is a cache: it decides no byte of any other file
        for path in (tmp_path / "with").rglob("*"):
            if path.is_file() and path.name != MANIFEST:
                other = tmp_path / "without" / path.relative_to(tmp_path / "with")
                assert path.read_bytes() == other.read_bytes()
        assert project.verify(tmp_path / "without").findings == ()
