"""A project as one file: everything in it comes back, and nothing that was altered does."""

import contextlib
import json
import shutil
import sqlite3
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from deita_store import marks, pack
from deita_store.errors import (
    DamagedError,
    DeitaError,
    NewerProjectError,
    NoSpaceError,
    NotAProjectError,
    StoreError,
)
from deita_store.store import Store

ME = "ada (cli)"


@pytest.fixture
def packed(ten: Store, tmp_path: Path) -> Path:
    """A packed project whose newest commits lay in the log only."""
    marks.note(ten, [3], "still in the log", ME)
    pack.pack(ten.folder, tmp_path / "p.zip")
    return tmp_path / "p.zip"


@pytest.fixture(scope="module")
def one_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same file for many tries to alter it."""
    folder = tmp_path_factory.mktemp("packed")
    with Store.create(folder / "p") as store:
        store.db.execute("insert into sources (name) values ('precious')")
        pack.pack(store.folder, folder / "p.zip")
    return folder / "p.zip"


def dump(folder: Path) -> list[str]:
    with Store.read(folder) as store:
        return list(store.db.iterdump())


def rewritten(file: Path, change: Callable[[dict[str, Any]], None]) -> Path:
    """The packed file with another manifest."""
    with zipfile.ZipFile(file) as old:
        manifest, database = json.loads(old.read("manifest.json")), old.read("project.db")
    change(manifest)
    altered = file.with_name("altered.zip")
    with zipfile.ZipFile(altered, "w") as new:
        new.writestr("manifest.json", json.dumps(manifest))
        new.writestr("project.db", database)
    return altered


def test_everything_comes_back(ten: Store, packed: Path, tmp_path: Path) -> None:
    pack.unpack(packed, tmp_path / "back")
    assert dump(tmp_path / "back") == dump(ten.folder)
    with Store.open(tmp_path / "back") as back:
        assert back.project_id == ten.project_id
        assert back.db.execute("pragma journal_mode").fetchone() == ("wal",)
        assert marks.keep(back, [1], ME) is not None
    parts = sorted(path.name for path in (tmp_path / "back").iterdir())
    assert parts == ["cache", "logs", "project.db"]


def test_any_program_can_look_into_it(packed: Path) -> None:
    with zipfile.ZipFile(packed) as archive:
        assert archive.testzip() is None
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["made_by"] == "deita-tui"
    assert manifest["format"] == 1
    assert set(manifest["files"]["project.db"]) == {"size", "sha256"}


def test_what_is_derived_stays_behind(ten: Store, tmp_path: Path) -> None:
    (ten.folder / "cache" / "search.db").write_text("derived")
    pack.pack(ten.folder, tmp_path / "p.zip")
    with zipfile.ZipFile(tmp_path / "p.zip") as archive:
        assert archive.namelist() == ["manifest.json", "project.db"]


def test_a_project_is_packed_while_it_is_written(ten: Store, tmp_path: Path) -> None:
    with ten.transaction() as db:
        db.execute("update marks set note = 'half done'")
        db.execute("insert into sources (name) values ('half done')")
        pack.pack(ten.folder, tmp_path / "p.zip")
    pack.unpack(tmp_path / "p.zip", tmp_path / "back")
    with Store.read(tmp_path / "back") as back:
        assert back.db.execute("select name from sources").fetchall() == [("x",), ("y",)]


def test_nothing_is_overwritten_unasked(ten: Store, packed: Path, tmp_path: Path) -> None:
    before = packed.read_bytes()
    with pytest.raises(StoreError, match="exists already"):
        pack.pack(ten.folder, packed)
    assert packed.read_bytes() == before
    marks.keep(ten, [1], ME)
    pack.pack(ten.folder, packed, overwrite=True)
    assert packed.read_bytes() != before
    with pytest.raises(StoreError, match="not empty"):
        pack.unpack(packed, ten.folder)
    (tmp_path / "empty").mkdir()
    pack.unpack(packed, tmp_path / "empty")
    assert dump(tmp_path / "empty") == dump(ten.folder)


def test_a_packed_file_does_not_lie_in_its_project(ten: Store) -> None:
    with pytest.raises(StoreError, match="inside the project"):
        pack.pack(ten.folder, ten.folder / "p.zip")


def test_a_failed_pack_leaves_no_file(
    ten: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    with pytest.raises(StoreError, match="There is no folder"):
        pack.pack(ten.folder, out / "p.zip")
    out.mkdir()
    with pytest.raises(NotAProjectError):
        pack.pack(tmp_path / "nothing", out / "p.zip")
    full = shutil.disk_usage(out)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(NoSpaceError, match="Packing needs"):
        pack.pack(ten.folder, out / "p.zip")
    assert list(out.iterdir()) == []


def test_unpacking_without_room_leaves_no_folder(
    packed: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(tmp_path)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    before = sorted(tmp_path.iterdir())
    with pytest.raises(NoSpaceError, match="Unpacking"):
        pack.unpack(packed, tmp_path / "back")
    assert sorted(tmp_path.iterdir()) == before


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data())
def test_an_altered_file_is_refused_or_means_the_same(one_file: Path, data: st.DataObject) -> None:
    whole = one_file.read_bytes()
    # Half of the tries go to the ends, where the zip keeps its own records.
    near = st.integers(0, 400) | st.integers(len(whole) - 400, len(whole) - 1)
    place = data.draw(near | st.integers(0, len(whole) - 1))
    altered = bytearray(whole)
    altered[place] ^= data.draw(st.integers(1, 255))
    file, back = one_file.with_name("altered.zip"), one_file.with_name("back")
    file.write_bytes(altered)
    with contextlib.suppress(DamagedError):
        pack.unpack(file, back)
        # A time stamp or an attribute of the zip: what was packed is untouched.
        assert dump(back) == dump(one_file.with_name("p"))
        shutil.rmtree(back)
    assert not back.exists()
    assert not list(one_file.parent.glob(".*"))


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_a_file_cut_short_is_refused(one_file: Path, data: st.DataObject) -> None:
    whole = one_file.read_bytes()
    file = one_file.with_name("short.zip")
    file.write_bytes(whole[: data.draw(st.integers(0, len(whole) - 1))])
    with pytest.raises(DamagedError, match=r"cut short or altered.*Get it again"):
        pack.unpack(file, one_file.with_name("never"))
    assert not one_file.with_name("never").exists()


@pytest.mark.parametrize("name", ["../evil", "/evil", "logs/1.log", "project.db"])
def test_only_known_members_are_unpacked(one_file: Path, tmp_path: Path, name: str) -> None:
    file = tmp_path / "more.zip"
    shutil.copyfile(one_file, file)
    with zipfile.ZipFile(file, "a") as archive:
        if name == "project.db":
            with pytest.warns(UserWarning, match="Duplicate name"):
                archive.writestr(name, "evil")
        else:
            archive.writestr(name, "evil")
    with pytest.raises(DamagedError, match="nothing else"):
        pack.unpack(file, tmp_path / "back")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["more.zip"]


def test_a_manifest_that_lies_is_refused(packed: Path, tmp_path: Path) -> None:
    def shorter(manifest: dict[str, Any]) -> None:
        manifest["files"]["project.db"]["size"] -= 1

    def other(manifest: dict[str, Any]) -> None:
        manifest["files"]["project.db"]["sha256"] = "0" * 64

    def nothing(manifest: dict[str, Any]) -> None:
        del manifest["files"]

    def someone(manifest: dict[str, Any]) -> None:
        manifest["made_by"] = "someone"

    for change in (shorter, other, nothing, someone):
        with pytest.raises(DamagedError):
            pack.unpack(rewritten(packed, change), tmp_path / "back")
        assert not (tmp_path / "back").exists()


def test_a_newer_packed_project_is_refused(packed: Path, tmp_path: Path) -> None:
    newer = rewritten(packed, lambda manifest: manifest.update(format=99))
    with pytest.raises(NewerProjectError, match="format 99"):
        pack.unpack(newer, tmp_path / "back")


def test_a_sound_zip_around_something_else_is_refused(packed: Path, tmp_path: Path) -> None:
    diary = tmp_path / "diary.db"
    db = sqlite3.connect(diary)
    db.execute("create table diary (entry text)")
    db.close()
    from hashlib import sha256

    content = diary.read_bytes()
    with zipfile.ZipFile(packed) as old:
        manifest = json.loads(old.read("manifest.json"))
    manifest["files"]["project.db"] = {"size": len(content), "sha256": sha256(content).hexdigest()}
    with zipfile.ZipFile(tmp_path / "diary.zip", "w") as new:
        new.writestr("manifest.json", json.dumps(manifest))
        new.writestr("project.db", content)
    with pytest.raises(DamagedError, match="no sound project"):
        pack.unpack(tmp_path / "diary.zip", tmp_path / "back")
    with pytest.raises(DamagedError):
        pack.unpack(diary, tmp_path / "back")
    with pytest.raises(DeitaError, match="There is no file"):
        pack.unpack(tmp_path / "nowhere.zip", tmp_path / "back")
