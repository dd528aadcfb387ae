"""Where an export goes: all of it or nothing, and over nothing that it did not write."""

import os
import resource
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

import pytest

from deita_tui.errors import StoreError, UsageError
from deita_tui.export import manifests, placing
from deita_tui.export.manifests import MANIFEST, Output
from deita_tui.project import Project, verify_export
from tests.export.made import make_project, said, select, write


def everything(folder: Path) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink()
    }


def test_it_makes_the_folder_or_fills_an_empty_one(project: Project, tmp_path: Path) -> None:
    project.export(tmp_path / "a" / "new", "messages")
    (tmp_path / "empty").mkdir()
    project.export(tmp_path / "empty", "messages")
    assert everything(tmp_path / "empty").keys() == everything(tmp_path / "a" / "new").keys()
    assert sorted(each.name for each in tmp_path.iterdir()) == ["a", "empty"]


@pytest.mark.parametrize("force", [False, True])
def test_a_folder_with_something_in_it_is_refused(
    force: bool, project: Project, tmp_path: Path
) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "mine.txt").write_text("mine")
    with pytest.raises(UsageError, match="not empty"):
        project.export(tmp_path / "out", "messages", force=force)
    assert everything(tmp_path / "out") == {"mine.txt": b"mine"}


def test_force_replaces_only_what_the_earlier_manifest_names(
    project: Project, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    project.export(out, "llamafactory", validation=3)
    with pytest.raises(UsageError, match=r"holds an export already.*--force"):
        project.export(out, "messages")
    (out / "recipes" / "mine.yaml").write_text("mine")
    project.export(out, "messages", force=True)
    found = everything(out)
    assert "dataset_info.json" not in found
    assert found["recipes/mine.yaml"] == b"mine"
    assert found.keys() - {"recipes/mine.yaml"} == {
        "README.md", MANIFEST, "provenance/decisions.jsonl", "provenance/journal.jsonl",
        "recipes/trl_sft.py", "train.jsonl",
    }  # fmt: skip
    assert verify_export(out).ok
    parent = manifests.read(out).made.parent
    assert parent is not None
    assert parent.selection == "best"


def test_a_file_of_the_same_name_that_no_manifest_names_stays(
    project: Project, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    project.export(out, "messages")
    (out / "train.json").write_text("mine")
    before = everything(out)
    with pytest.raises(UsageError, match="no earlier export wrote it"):
        project.export(out, "alpaca", force=True)
    assert everything(out) == before


def test_an_input_is_never_overwritten(tmp_path: Path) -> None:
    with make_project(tmp_path / "p", write(tmp_path, {"x.jsonl": [{"messages": said("a", "b")}]})
                      ) as project:  # fmt: skip
        select(project)
        project.export(tmp_path / "out", "messages")
        project.import_(tmp_path / "out" / "train.jsonl")
        before = everything(tmp_path / "out")
        with pytest.raises(UsageError, match="never overwritten"):
            project.export(tmp_path / "out", "messages", force=True)
        assert everything(tmp_path / "out") == before


def test_the_projects_own_folder_is_refused(project: Project) -> None:
    for place in (project.folder, project.folder / "out", project.folder / "cache" / ".." / "x"):
        with pytest.raises(UsageError, match="in the project"):
            project.export(place, "messages")
    assert not (project.folder / "out").exists()


def test_links_lead_nowhere(project: Project, tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "real")
    with pytest.raises(UsageError, match="is a link"):
        project.export(tmp_path / "link", "messages")
    project.export(tmp_path / "link" / "out", "messages")  # above the place they are followed
    assert (tmp_path / "real" / "out" / MANIFEST).exists()
    out = tmp_path / "real" / "out"
    (tmp_path / "elsewhere").mkdir()
    for path in (out / "provenance").iterdir():
        path.rename(tmp_path / "elsewhere" / path.name)
    (out / "provenance").rmdir()
    (out / "provenance").symlink_to(tmp_path / "elsewhere")
    before = everything(tmp_path / "elsewhere")
    with pytest.raises(UsageError, match="is a link"):
        project.export(out, "messages", force=True)
    assert everything(tmp_path / "elsewhere") == before


def test_a_manifest_cannot_name_files_elsewhere(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    project.export(out, "messages")
    (tmp_path / "precious").write_text("mine")
    import msgspec

    manifest = manifests.read(out)
    evil = (*manifest.outputs, Output("../precious", 4, "0" * 64))
    (out / MANIFEST).write_bytes(manifests.encode(msgspec.structs.replace(manifest, outputs=evil)))
    assert not verify_export(out).ok
    with pytest.raises(UsageError, match="outside"):
        project.export(out, "alpaca", force=True)
    assert (tmp_path / "precious").read_text() == "mine"


def test_names_that_are_allowed_beside_it_stay(project: Project, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (out / "project").mkdir(parents=True)
    (out / "project" / "x").write_text("x")
    for _ in range(2):
        project.export(out, "messages", beside=("project",), force=True)
        assert (out / "project" / "x").read_text() == "x"
        assert verify_export(out).ok


def test_strict_writes_nothing_and_says_what_is_wrong(project: Project, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"\d+ records as they are"):
        project.export(tmp_path / "out", "messages", strict=True)
    assert not (tmp_path / "out").exists()


_EXPORT = """
import sys
from deita_tui.project import Project
with Project.open(sys.argv[1], read_only=True) as project:
    print("ready", flush=True)
    project.export(sys.argv[2], "messages", validation=0.1, force=True)
"""


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("many")
    rows = [{"messages": said(f"{at}?", "x" * 3000)} for at in range(3000)]
    with make_project(folder / "project", write(folder, {"many.jsonl": rows})) as project:
        select(project)
    return folder / "project"


def test_killed_on_the_way_it_leaves_nothing_in_the_place(many: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for pause in (0.0, 0.15, 0.3):
        work = subprocess.Popen(
            [sys.executable, "-c", _EXPORT, many, out], stdout=subprocess.PIPE, text=True
        )
        assert work.stdout is not None
        work.stdout.readline()
        deadline = monotonic() + 20
        while not list(tmp_path.glob("out.partial-*/out/*")) and monotonic() < deadline:
            sleep(0.002)
        sleep(pause)
        work.send_signal(signal.SIGKILL)
        work.wait()
        work.stdout.close()
        assert not out.exists() or verify_export(out).ok
    with Project.open(many, read_only=True) as project:
        project.export(out, "messages", force=True)
    assert [each.name for each in tmp_path.iterdir()] == ["out"]
    assert verify_export(out).ok


def test_killed_while_it_replaces_it_can_be_repeated(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    project.export(out, "llamafactory")
    replace, calls = os.replace, iter(range(100))

    def dies(source: Path, target: Path) -> None:
        if next(calls) == 3:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        project.export(out, "messages", force=True)
    monkeypatch.undo()
    report = verify_export(out)
    assert not report.ok
    assert "broke off" in report.findings[0].message
    project.export(out, "messages", force=True)
    assert verify_export(out).findings == ()


@pytest.mark.parametrize("call", range(4))
def test_killed_on_its_way_into_a_folder_beside_others_it_can_be_repeated(
    call: int, project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    (out / "project").mkdir(parents=True)
    replace, calls = os.replace, iter(range(100))

    def dies(source: Path, target: Path) -> None:
        if next(calls) == call:
            raise KeyboardInterrupt
        replace(source, target)

    monkeypatch.setattr(os, "replace", dies)
    with pytest.raises(KeyboardInterrupt):
        project.export(out, "messages", force=True, beside=("project",))
    monkeypatch.undo()
    project.export(out, "messages", force=True, beside=("project",))
    assert verify_export(out).findings == () or [
        each.path for each in verify_export(out).findings
    ] == ["project"]


def test_a_folder_that_is_a_disk_of_its_own_is_filled(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    (out / "out.partial-killed").mkdir(parents=True)
    (out / "out.partial-killed" / ".writing").touch()
    replace = os.replace

    def within(source: Path, target: Path) -> None:
        assert Path(source).is_relative_to(out)
        assert out in Path(target).parents
        replace(source, target)

    monkeypatch.setattr(placing, "_workplace", lambda folder: folder)
    monkeypatch.setattr(os, "replace", within)
    for target in ("messages", "sharegpt"):
        project.export(out, target, force=True)
        assert verify_export(out).findings == ()


def test_a_full_disk_is_told_and_leaves_nothing(many: Path, tmp_path: Path) -> None:
    def little_space() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))

    done = subprocess.run(
        [sys.executable, "-c", _EXPORT, many, tmp_path / "out"],
        preexec_fn=little_space,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "StoreError" in done.stderr or "NoSpaceError" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_takes_nothing_is_told(project: Project, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises((UsageError, StoreError), match="file"):
        project.export(tmp_path / "file" / "out", "messages")
    with pytest.raises(UsageError, match="is a file"):
        project.export(tmp_path / "file", "messages")
