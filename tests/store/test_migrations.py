"""From an older format to this one: whole, or not at all, and never without a copy."""

import shutil
import sqlite3
from pathlib import Path

import pytest

from deita_store import marks, migrations
from deita_store.errors import NewerProjectError, NoSpaceError, StoreError
from deita_store.store import Store

STEP_2 = (
    "-- a step\nalter table sources add column colour text;\ncreate table extra (a int) strict;\n"
)
BROKEN = STEP_2 + "insert into nowhere values (1);\n"


def version_of(folder: Path) -> int:
    db = sqlite3.connect(folder / "project.db")
    (version,) = db.execute("pragma user_version").fetchone()
    db.close()
    return int(version)


def tables_of(folder: Path) -> set[str]:
    db = sqlite3.connect(folder / "project.db")
    names = {name for (name,) in db.execute("select name from sqlite_schema")}
    db.close()
    return names


@pytest.fixture
def older(ten: Store) -> Path:
    """A project of format 1, closed."""
    marks.keep(ten, [1], "ada (cli)")
    ten.close()
    return ten.folder


@pytest.fixture
def tomorrow(older: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The steps of a program that knows format 2, once there is a project that does not."""
    steps = tmp_path / "steps"
    shutil.copytree(Path(migrations.__file__).parent, steps)
    (steps / "002_colours.sql").write_text(STEP_2)
    monkeypatch.setattr(migrations, "STEPS", steps)
    monkeypatch.setattr(migrations, "VERSION", 2)
    return steps


def test_the_version_is_that_of_the_last_step() -> None:
    names = sorted(path.name for path in migrations.STEPS.iterdir() if path.name.endswith(".sql"))
    assert [int(name[:3]) for name in names] == list(range(1, migrations.VERSION + 1))


@pytest.mark.usefixtures("tomorrow")
def test_an_older_project_is_copied_aside_and_brought_up_to_date(older: Path) -> None:
    with Store.open(older) as store:
        assert store.db.execute("select name, colour from sources").fetchall() == [
            ("x", None),
            ("y", None),
        ]
        assert store.db.execute("select count(*) from marks").fetchone() == (1,)
    assert version_of(older) == 2
    copy = sqlite3.connect(older / "project.v1.db")
    assert copy.execute("pragma user_version").fetchone() == (1,)
    assert copy.execute("select count(*) from records").fetchone() == (10,)
    assert copy.execute("pragma integrity_check").fetchone() == ("ok",)
    copy.close()
    steps = sqlite3.connect(older / "project.db")
    applied = steps.execute("select name from _sqlite_migrations order by id").fetchall()
    steps.close()
    assert applied == [("m001_initial",), ("m002_colours",)]


@pytest.mark.usefixtures("tomorrow")
def test_an_older_project_is_not_migrated_by_reading_it(older: Path) -> None:
    with pytest.raises(StoreError, match="has the older project format 1; this program reads 2"):
        Store.read(older)
    assert version_of(older) == 1


def test_a_step_that_fails_leaves_the_old_format_whole(older: Path, tomorrow: Path) -> None:
    (tomorrow / "002_colours.sql").write_text(BROKEN)
    before = tables_of(older)
    with pytest.raises(sqlite3.OperationalError, match="nowhere"):
        Store.open(older)
    assert version_of(older) == 1
    assert tables_of(older) == before
    (tomorrow / "002_colours.sql").write_text(STEP_2)
    with Store.open(older) as store:
        assert store.db.execute("select count(*) from extra").fetchone() == (0,)


def test_steps_are_taken_all_or_none(older: Path, tomorrow: Path) -> None:
    (tomorrow / "003_broken.sql").write_text("create table half (a int) strict;\nbroken;\n")
    with pytest.raises(sqlite3.OperationalError):
        Store.open(older)
    assert version_of(older) == 1
    assert not {"extra", "half"} & tables_of(older)


@pytest.mark.usefixtures("tomorrow")
def test_without_room_for_the_copy_nothing_is_touched(
    older: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil.disk_usage(older)._replace(free=1000)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: full)
    with pytest.raises(NoSpaceError, match=r"from format 1 to 2 needs .* MB free"):
        Store.open(older)
    assert version_of(older) == 1
    assert not list(older.glob("project.v*"))


@pytest.mark.usefixtures("tomorrow")
def test_a_copy_that_was_cut_short_is_made_again(older: Path) -> None:
    (older / "project.v1.partial").write_bytes(b"half a copy")
    Store.open(older).close()
    assert not (older / "project.v1.partial").exists()
    copy = sqlite3.connect(older / "project.v1.db")
    assert copy.execute("select count(*) from records").fetchone() == (10,)
    copy.close()


def test_a_newer_project_is_refused(older: Path) -> None:
    db = sqlite3.connect(older / "project.db")
    db.execute("pragma user_version = 99")
    db.close()
    for opening in (Store.open, Store.read, Store.create):
        with pytest.raises(NewerProjectError, match=r"format 99; this one knows 1.*pip install"):
            opening(older)


def test_opening_what_is_up_to_date_changes_nothing(older: Path) -> None:
    before = (older / "project.db").read_bytes()
    with Store.open(older) as store:
        migrations.migrate(store.db)
    assert (older / "project.db").read_bytes() == before
