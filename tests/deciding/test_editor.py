"""The user's own editor: what it gets, what comes back, and that nothing stays behind."""

import os
import shlex
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path

import pytest

from deita_tui import editor
from deita_tui.errors import UsageError

Place = Path


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    """The folder of private texts, in a runtime folder of the test's own."""
    runtime = tmp_path / "runtime"
    runtime.mkdir(mode=0o700)
    monkeypatch.setenv("XDG_RUNTIME_DIR", str(runtime))
    monkeypatch.delenv("VISUAL", raising=False)
    return runtime / f"deita-tui-{os.getuid()}"


def use(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, script: str) -> None:
    """Let this Python be the editor; ``file`` is what it is to edit."""
    code = f"import pathlib, os, sys\nfile = pathlib.Path(sys.argv[1])\n{script}"
    (tmp_path / "an editor.py").write_text(code)
    command = [sys.executable, str(tmp_path / "an editor.py")]
    monkeypatch.setenv("EDITOR", shlex.join(command))


def left(place: Place) -> list[Path]:
    return [each for each in place.rglob("*") if each.name != "lock"]


def test_what_is_saved_comes_back_and_nothing_stays(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, "file.write_bytes(file.read_bytes().replace(b'tea', b'coffee'))")
    assert (
        editor.edit_text("tea, Tee, чай 茶\r\n[bold]tea") == "coffee, Tee, чай 茶\r\n[bold]coffee"
    )
    assert left(place) == []


def test_nobody_else_can_read_it(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = tmp_path / "modes"
    use(
        monkeypatch,
        tmp_path,
        f"all = [file, file.parent, file.parent.parent]\n"
        f"open({str(told)!r}, 'w').write(' '.join(oct(os.stat(e).st_mode & 0o777) for e in all))\n"
        "file.write_text(file.name)",
    )
    old = os.umask(0)
    try:
        assert editor.edit_text("secret", ".txt") == "text.txt"
    finally:
        os.umask(old)
    assert told.read_text() == "0o600 0o700 0o700"


@pytest.mark.parametrize(
    ("before", "saved", "after"),
    [
        ("a", "a", None),
        ("a", "a\n", None),
        ("a", "b\n", "b"),
        ("a", "b\r\n", "b"),
        ("a", "b\n\n", "b\n"),
        ("a\n", "a\n", None),
        ("a\n", "b\n", "b\n"),
        ("a\n", "a", "a"),
        ("a", "", ""),
    ],
)
def test_the_newline_that_editors_add_is_no_change(
    place: Place,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    before: str,
    saved: str,
    after: str | None,
) -> None:
    use(monkeypatch, tmp_path, f"file.write_bytes({saved.encode()!r})")
    assert editor.edit_text(before) == after


@pytest.mark.parametrize(
    ("script", "told"),
    [
        ("sys.exit(3)", "ended with 3, so nothing was changed"),
        ("os.kill(os.getpid(), 9)", "was ended by signal 9"),
        ("file.unlink()", "removed the file"),
        ("file.write_bytes(b'caf\\xe9')", "is no UTF-8"),
    ],
)
def test_an_editor_that_fails_changes_nothing_and_leaves_nothing(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str, told: str
) -> None:
    use(monkeypatch, tmp_path, script)
    with pytest.raises(UsageError, match=told):
        editor.edit_text("text")
    assert left(place) == []


def test_the_command_is_words_and_never_a_shells(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", f"touch {tmp_path}/made; true")
    editor.edit_text("text")
    assert (tmp_path / "made;").exists()
    assert not (tmp_path / "made").exists()
    monkeypatch.setenv("EDITOR", "vi 'unclosed")
    with pytest.raises(UsageError, match="cannot be read as a command"):
        editor.edit_text("text")
    monkeypatch.setenv("EDITOR", "no-such-editor-anywhere")
    with pytest.raises(UsageError, match="cannot be run: No such file"):
        editor.edit_text("text")
    monkeypatch.setenv("VISUAL", "true")
    assert editor.command_line() == ["true"]
    for name in ("VISUAL", "EDITOR"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(UsageError, match="No editor was found"):
        editor.edit_text("text")


def test_a_folder_that_others_can_open_is_not_used(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("EDITOR", "true")
    place.mkdir(mode=0o777)
    place.chmod(0o777)
    with pytest.raises(UsageError, match="can be opened by others"):
        editor.edit_text("text")
    assert list(place.iterdir()) == []


def test_interrupting_is_the_editors_own_key(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(
        monkeypatch,
        tmp_path,
        "import signal\nsignal.signal(signal.SIGINT, lambda *_: file.write_text('heard'))\n"
        "os.kill(os.getppid(), signal.SIGINT)\nos.kill(os.getpid(), signal.SIGINT)",
    )
    assert editor.edit_text("text") == "heard"
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_what_a_crash_left_behind_goes_at_the_next_start(
    place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    use(monkeypatch, tmp_path, "import time\ntime.sleep(60)")
    code = "from deita_tui import editor\neditor.edit_text('a secret')"
    program = subprocess.Popen([sys.executable, "-c", code])
    while not (children := _children(program.pid)):
        assert program.poll() is None
        time.sleep(0.01)
    (child,), (text,) = children, place.glob("*/text.md")
    assert stat.S_IMODE(text.stat().st_mode) == 0o600
    editor.sweep()
    assert text.exists(), "it is being edited"
    program.kill()
    program.wait()
    assert text.exists()
    editor.sweep()
    assert left(place) == []
    os.kill(child, signal.SIGKILL)


def test_every_start_of_the_program_sweeps(place: Place, tmp_path: Path) -> None:
    (place / "edit-gone").mkdir(parents=True, mode=0o700)
    place.chmod(0o700)
    (place / "edit-gone" / "text.md").write_text("a secret")
    (place / "edit-gone" / "lock").touch()
    program = Path(sys.executable).with_name("deita-tui")
    subprocess.run([program, "doctor"], check=True, capture_output=True)
    assert left(place) == []


def _children(pid: int) -> list[int]:
    told = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    return [int(each) for each in told.split()]
