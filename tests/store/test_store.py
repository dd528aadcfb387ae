"""Opening a project, whatever became of it, and writing to it."""

import codecs
import os
import shutil
import signal
import sqlite3
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deita_store import disks, marks, pack, sentences
from deita_store.errors import (
    DamagedError,
    NoSpaceError,
    NotAProjectError,
    ReadOnlyError,
    StoreError,
)
from deita_store.store import Store, filesystem, is_network, is_project

ME = "ada (cli)"


@pytest.fixture
def shared() -> Iterator[Path]:
    """A folder that every user of the machine can enter."""
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o755)
    yield folder
    for path in (folder, *folder.rglob("*")):
        path.chmod(0o755)
    shutil.rmtree(folder)


def as_guest(task: Callable[[], str]) -> str:
    """What ``task`` says when a user without rights runs it; root may write to everything."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            if os.getuid() == 0:
                os.setgroups([])
                os.setgid(65534)
                os.setuid(65534)
            said = task()
        except Exception as error:
            said = f"{type(error).__name__}: {error}"
        os.write(writing, said.encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as pipe:
        said = pipe.read()
    os.waitpid(child, 0)
    return said


def test_a_new_project_is_empty_and_has_an_id_of_its_own(tmp_path: Path) -> None:
    with Store.create(tmp_path / "deep" / "a") as a, Store.create(tmp_path / "b") as b:
        assert a.db.execute("select count(*) from records").fetchone() == (0,)
        assert len(a.project_id) == 32
        assert a.project_id != b.project_id
    assert is_project(tmp_path / "b")
    with Store.open(tmp_path / "b") as again, Store.read(tmp_path / "b") as reader:
        assert again.project_id == reader.project_id
        assert (again.note, reader.note) == ("", "")


def test_a_project_is_never_made_over_another(ten: Store) -> None:
    with pytest.raises(StoreError, match="is a project already"):
        Store.create(ten.folder)
    assert ten.db.execute("select count(*) from records").fetchone() == (10,)


def test_a_creation_that_was_cut_short_can_be_repeated(tmp_path: Path) -> None:
    folder = tmp_path / "p"
    folder.mkdir()
    (folder / "project.db").touch()
    for opening in (Store.open, Store.read):
        with pytest.raises(NotAProjectError, match=r"its creation was cut short.*deita-tui new"):
            opening(folder)
    with Store.create(folder) as store:
        assert store.db.execute("pragma integrity_check").fetchone() == ("ok",)


@pytest.mark.slow
def test_a_killed_creation_leaves_nothing_in_the_way(tmp_path: Path) -> None:
    """Kill it at every system call that writes, roughly: after each step of the trace."""
    folder = tmp_path / "p"
    code = (
        "import sys, os, signal, deita_store.store as s\n"
        "left = int(sys.argv[2])\n"
        "def step(statement):\n"
        "    global left\n"
        "    left -= 1\n"
        "    if left == 0: os.kill(os.getpid(), signal.SIGKILL)\n"
        "class Traced(s.sqlite3.Connection):\n"
        "    def __init__(self, *a, **k):\n"
        "        super().__init__(*a, **k)\n"
        "        self.set_trace_callback(step)\n"
        "plain = s.sqlite3.connect\n"
        "s.sqlite3.connect = lambda *a, **k: plain(*a, factory=Traced, **k)\n"
        "s.Store.create(sys.argv[1]).close()\n"
    )
    for steps in (1, 2, 4, 6, 7, 9, 12, 20, 40, 60):
        killed = subprocess.run([sys.executable, "-c", code, str(folder), str(steps)], check=False)
        assert killed.returncode == -signal.SIGKILL
        if steps % 2:
            with Store.create(folder) as store:
                assert store.project_id
            shutil.rmtree(folder)
    with Store.create(folder) as store:
        assert store.db.execute("select count(*) from records").fetchone() == (0,)


def test_of_two_who_create_at_once_both_find_one_project(tmp_path: Path) -> None:
    ids: list[str] = []

    def create() -> None:
        try:
            with Store.create(tmp_path / "p") as store:
                ids.append(store.project_id)
        except StoreError:
            with Store.open(tmp_path / "p") as store:
                ids.append(store.project_id)

    threads = [threading.Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 8
    assert len(set(ids)) == 1


def test_what_is_no_project_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(NotAProjectError, match=r"is no project.*deita-tui new"):
        Store.open(tmp_path)
    foreign = sqlite3.connect(tmp_path / "project.db")
    foreign.execute("create table diary (entry text)")
    foreign.close()
    for opening in (Store.open, Store.read, Store.create):
        with pytest.raises(NotAProjectError, match="was not made by deita-tui"):
            opening(tmp_path)
    (tmp_path / "project.db").write_text("my diary, not a database\n" * 99)
    for opening in (Store.open, Store.read, Store.create):
        with pytest.raises(DamagedError, match="is damaged"):
            opening(tmp_path)
    assert (tmp_path / "project.db").read_text().startswith("my diary")


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    (tmp_path / "p").touch()
    with pytest.raises(StoreError, match="exists"):
        Store.create(tmp_path / "p")


def test_a_damaged_project_is_told_as_such(ten: Store) -> None:
    folder = ten.folder
    ten.db.execute("pragma wal_checkpoint(truncate)")
    ten.close()
    with (folder / "project.db").open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * 8192 * 20)
    with (
        pytest.raises(DamagedError, match=r"is damaged.*Restore it from a packed copy"),
        Store.open(folder) as store,
    ):
        marks.keep(store, [1], ME)


def test_a_full_disk_is_told_and_nothing_is_half_done(ten: Store) -> None:
    (pages,) = ten.db.execute("pragma page_count").fetchone()
    ten.db.execute(f"pragma max_page_count = {pages}")
    with pytest.raises(NoSpaceError, match=r"is full.*run the same command again"):
        marks.note(ten, range(1, 11), "long " * 20_000, ME)
    assert ten.db.execute("select count(*) from journal").fetchone() == (0,)
    ten.db.execute("pragma max_page_count = 1000000")
    assert marks.keep(ten, [1], ME) is not None


def test_a_project_that_is_being_written_is_told(
    ten: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sentences, "BUSY_SECONDS", 0.05)
    with (
        Store.open(ten.folder) as other,
        ten.transaction(),
        pytest.raises(StoreError, match=r"has been busy.*deita-tui jobs"),
    ):
        marks.keep(other, [1], ME)
    with Store.open(ten.folder) as other:
        assert marks.keep(other, [1], ME) is not None


def test_a_half_read_cursor_sees_what_was_there_when_it_began(ten: Store) -> None:
    with Store.read(ten.folder) as reader:
        half_read = reader.db.execute("select id from records order by id")
        assert next(half_read) == (1,)
        marks.keep(ten, range(1, 11), ME)
        assert [id_ for (id_,) in half_read] == list(range(2, 11))
        assert reader.db.execute("select count(*) from marks").fetchone() == (10,)


def interrupted(store: Store) -> None:
    with store.transaction() as db:
        db.execute("delete from occurrences")
        raise KeyboardInterrupt


def test_a_transaction_is_all_or_nothing_at_every_depth(ten: Store) -> None:
    with ten.transaction() as db:
        db.execute("insert into sources (name) values ('outer')")
        with pytest.raises(sqlite3.IntegrityError), ten.transaction():
            db.executemany("insert into sources (name) values (?)", [("inner",), ("inner",)])
        with ten.transaction(), ten.transaction():
            db.execute("insert into sources (name) values ('deep')")
    names = [name for (name,) in ten.db.execute("select name from sources order by id")]
    assert names == ["x", "y", "outer", "deep"]
    with pytest.raises(KeyboardInterrupt):
        interrupted(ten)
    assert ten.db.execute("select count(*) from occurrences").fetchone() == (10,)


def test_a_reader_cannot_write(ten: Store) -> None:
    with Store.read(ten.folder) as reader:
        with pytest.raises(ReadOnlyError, match="open for reading only"):
            marks.keep(reader, [1], ME)
        with pytest.raises(sqlite3.OperationalError):
            reader.db.execute("delete from records")


def test_errors_of_the_callers_own_files_pass_unchanged(ten: Store) -> None:
    with pytest.raises(PermissionError, match="not ours"), ten.transaction():
        raise PermissionError("not ours")


def test_a_read_only_project_opens_as_it_stands(shared: Path) -> None:
    with Store.create(shared / "p") as store:
        store.db.execute("insert into sources (name) values ('there')")
    (shared / "p").chmod(0o555)

    def read() -> str:
        with Store.read(shared / "p") as store:
            (name,) = store.db.execute("select name from sources").fetchone()
            return f"{name}: {store.note}"

    assert as_guest(read) == (
        f"there: {shared}/p is read-only: it is shown as it was when it was last closed."
    )
    assert as_guest(lambda: str(Store.open(shared / "p"))).startswith("ReadOnlyError")
    assert as_guest(lambda: str(Store.create(shared / "p" / "q"))).startswith("ReadOnlyError")


def crashed(shared: Path) -> Path:
    """A read-only project whose latest change is in its log still."""
    with Store.create(shared / "p") as store:
        store.db.execute("pragma wal_checkpoint(truncate)")
        store.db.execute("insert into sources (name) values ('late')")
        shutil.copytree(shared / "p", shared / "crashed")
    (shared / "crashed").chmod(0o555)
    return shared / "crashed"


def test_a_read_only_project_that_was_not_closed_shows_its_latest_changes(shared: Path) -> None:
    folder = crashed(shared)

    def read() -> str:
        with Store.read(folder) as store:
            return str(store.db.execute("select name from sources").fetchall())

    assert as_guest(read) == "[('late',)]"


def test_where_the_log_cannot_be_read_in_place_that_is_told(shared: Path) -> None:
    folder = crashed(shared)
    (folder / "project.db-shm").unlink()

    def read() -> str:
        with Store.read(folder) as store:
            return store.note

    assert "its latest changes are missing here" in as_guest(read)


@pytest.mark.parametrize(
    ("folder", "kind", "network"),
    [
        ("/home/ada/p", "ext4", False),
        ("/mnt/my disk/p", "nfs4", True),
        ("/mnt/lab", "fuse.sshfs", True),
        ("/mnt/laboratory", "ext4", False),
        ("/mnt/lab/scratch/p", "xfs", False),
        ("/twice", "cifs", True),
    ],
)
def test_the_file_system_of_a_folder(
    tmp_path: Path, folder: str, kind: str, network: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    mounts = tmp_path / "mounts"
    mounts.write_text(
        "/dev/a / ext4 rw 0 0\n"
        "server:/b /mnt/my\\040disk nfs4 rw 0 0\n"
        "ada@host: /mnt/lab fuse.sshfs rw 0 0\n"
        "/dev/c /mnt/lab/scratch xfs rw 0 0\n"
        "/dev/d /twice ext4 rw 0 0\n"
        "//server/d /twice cifs rw 0 0\n"
    )
    # These folders are not on this machine: see them as they are written.
    monkeypatch.setattr(Path, "exists", lambda _: True)
    assert disks.filesystem(folder, mounts) == kind
    assert is_network(kind) is network


def test_the_file_system_here_is_known_and_elsewhere_unknown(tmp_path: Path) -> None:
    assert filesystem(tmp_path)
    assert filesystem(tmp_path / "not" / "there" / "yet") == filesystem(tmp_path)
    assert filesystem(tmp_path, tmp_path / "no mounts") == ""


def test_a_read_only_project_is_packed_with_its_latest_changes(shared: Path) -> None:
    folder = crashed(shared)
    (folder / "project.db-shm").unlink()
    (shared / "p").chmod(0o555)
    (shared / "out").mkdir()
    (shared / "out").chmod(0o777)

    def packed() -> str:
        found = []
        for name in ("p", "crashed"):
            pack.pack(shared / name, shared / "out" / f"{name}.zip")
            pack.unpack(shared / "out" / f"{name}.zip", shared / "out" / name)
            with Store.read(shared / "out" / name) as store:
                found += store.db.execute("select name from sources").fetchall()
        return str(found)

    # The guest may not be let into Python's own library: what zipfile will want is loaded here.
    codecs.lookup("cp437")
    assert as_guest(packed) == "[('late',), ('late',)]"
