"""The user's own editor: a text goes out to a private file, and comes back from it.

The file lies in a folder that nobody else can open, and is removed when the editor has closed. Of a
program that died meanwhile it stays behind, until ``sweep`` finds that nobody holds its lock.
"""

import fcntl
import os
import shlex
import shutil
import signal
import stat
import subprocess
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import gettempdir, mkdtemp

from deita_tui.errors import UsageError

_LOCK = "lock"
_USUAL = ("nano", "vim", "vi", "emacs")
"""What is taken where no editor is named, the first that is there."""


def edit_text(text: str, suffix: str = ".md") -> str | None:
    """Let the user edit a text in ``$VISUAL``, else ``$EDITOR``, and return what it says then.

    Args:
        text: what to begin with.
        suffix: how the file's name ends: editors go by it.

    Returns:
        The new text, or None where it was left as it was.

    Raises:
        UsageError: there is no editor, it failed, or what it left is no text.
    """
    command = command_line()
    sweep()
    with _private() as folder:
        file = folder / f"text{suffix}"
        _write(file, text)
        _run(command, file)
        found = _read(file)
    found = without_added_newline(found, text)
    return None if found == text else found


def without_added_newline(text: str, before: str) -> str:
    """``text`` as it is meant: editors end the last line of a file, and a message need not."""
    if before.endswith("\n"):
        return text
    return text.removesuffix("\n").removesuffix("\r")


def command_line() -> Sequence[str]:
    """The editor as words: never read by a shell.

    Raises:
        UsageError: none is named and none is found, or what is named cannot be read.
    """
    told = os.environ.get("VISUAL", "").strip() or os.environ.get("EDITOR", "").strip()
    if told:
        try:
            words = shlex.split(told)
        except ValueError as error:
            raise UsageError(
                f"The editor {told!r} cannot be read as a command: {error}.",
                "Check the variables VISUAL and EDITOR.",
            ) from None
        if words:
            return words
    for name in _USUAL:
        if path := shutil.which(name):
            return [path]
    raise UsageError(
        "No editor was found.", "Name yours in the variable EDITOR, for example EDITOR=nano."
    )


def sweep() -> None:
    """Remove what programs that died while editing have left behind."""
    place = _place()
    if not _is_mine(place):
        return
    with _alone(place):
        for entry in list(os.scandir(place)):
            if entry.is_dir(follow_symlinks=False) and _is_left(Path(entry.path)):
                shutil.rmtree(entry.path, ignore_errors=True)


def _place() -> Path:
    """The folder of all texts that this user edits: in memory where the system has such a place."""
    runtime = os.environ.get("XDG_RUNTIME_DIR", "")
    parent = runtime if runtime and _is_mine(Path(runtime)) else gettempdir()
    return Path(parent) / f"deita-tui-{os.getuid()}"


@contextmanager
def _private() -> Iterator[Path]:
    """A folder of one's own, held by a lock, gone in the end."""
    place = _place()
    place.mkdir(mode=0o700, exist_ok=True)
    if not _is_mine(place):
        raise UsageError(
            f"{place} can be opened by others, so no text is put there.", "Remove that folder."
        )
    with _alone(place):
        folder = Path(mkdtemp(prefix="edit-", dir=place))
        lock = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


@contextmanager
def _alone(place: Path) -> Iterator[None]:
    """Nobody else makes or sweeps folders there: one that is just being made looks left behind."""
    lock = os.open(place / _LOCK, os.O_CREAT | os.O_RDWR | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _is_mine(place: Path) -> bool:
    """Is it a folder, the user's own, and closed to everybody else?"""
    try:
        found = place.lstat()
    except OSError:
        return False
    closed = not found.st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    return stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid() and closed


def _is_left(folder: Path) -> bool:
    """Does nobody hold it any more? The kernel drops the lock of a process that died."""
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_NOFOLLOW)
    except FileNotFoundError:
        return True
    except OSError:
        return False
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(lock)
    return True


def _write(file: Path, text: str) -> None:
    number = os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    with open(number, "w", encoding="utf-8", newline="") as out:
        out.write(text)


def _read(file: Path) -> str:
    try:
        with open(file, encoding="utf-8", newline="") as back:
            return back.read()
    except FileNotFoundError:
        raise UsageError(
            "The editor removed the file, so nothing was changed.", "Save and close to change it."
        ) from None
    except UnicodeDecodeError:
        raise UsageError(
            "What the editor left is no UTF-8, so nothing was changed.",
            "Set the editor to UTF-8.",
        ) from None


def _run(command: Sequence[str], file: Path) -> None:
    try:
        with _left_to_the_editor(signal.SIGINT), _left_to_the_editor(signal.SIGQUIT):
            code = subprocess.run([*command, str(file)], check=False).returncode
    except OSError as error:
        raise UsageError(
            f"The editor {command[0]!r} cannot be run: {error.strerror}.",
            "Check the variables VISUAL and EDITOR.",
        ) from None
    if code:
        ended = f"was ended by signal {-code}" if code < 0 else f"ended with {code}"
        raise UsageError(f"The editor {command[0]!r} {ended}, so nothing was changed.")


@contextmanager
def _left_to_the_editor(number: signal.Signals) -> Iterator[None]:
    """The keys that interrupt a program are the editor's while it has the terminal."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    # Not SIG_IGN, which the editor would inherit.
    before = signal.signal(number, lambda *_: None)
    try:
        yield
    finally:
        signal.signal(number, before)
