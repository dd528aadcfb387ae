"""Putting a finished export in its place: all of it at once, or file by file over an older one.

An export is written into a folder beside its place. Where nothing is there yet, that folder is
renamed; where an older export is to be replaced, a manifest that names the files of both goes
first, then the files, then the new manifest: broken off anywhere, the folder says what it is.
"""

import fcntl
import os
import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from glob import escape
from pathlib import Path, PurePosixPath
from tempfile import mkdtemp

import msgspec

from deita_tui.errors import UsageError
from deita_tui.export import manifests
from deita_tui.export.manifests import MANIFEST, Manifest

_LOCK = ".writing"


class Place:
    """Where an export goes.

    Args:
        folder: the folder that the user named.
        inputs: files that must not be overwritten.
        projects: folders of projects: nothing is written into them.
        force: replace the files of an earlier export there.
        beside: names that may lie in the folder already, and stay.

    Raises:
        UsageError: nothing can be written there; the sentence says why.
    """

    def __init__(
        self,
        folder: Path,
        inputs: Sequence[Path] = (),
        projects: Sequence[Path] = (),
        force: bool = False,
        beside: Sequence[str] = (),
    ) -> None:
        self.folder = _absolute(folder)
        self._inputs = inputs
        self._beside = set(beside)
        for project in projects:
            if self.folder == project or self.folder.is_relative_to(project):
                raise UsageError(
                    f"{folder} is in the project {project}: an export would lie among its files.",
                    "Name a folder outside of it.",
                )
        self.earlier = _earlier(self.folder, force, self._beside)
        """The manifest of the export that is replaced."""

    @contextmanager
    def prepared(self) -> Iterator[Path]:
        """A folder beside the place to write into; it is gone when the block ends."""
        parent = _workplace(self.folder)
        parent.mkdir(parents=True, exist_ok=True)
        _sweep(parent, self.folder.name)
        partial = Path(mkdtemp(prefix=f"{self.folder.name}.partial-", dir=parent))
        lock = os.open(partial / _LOCK, os.O_CREAT | os.O_RDWR)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX)
            inside = partial / "out"
            inside.mkdir()
            yield inside
        finally:
            shutil.rmtree(partial, ignore_errors=True)
            os.close(lock)

    def require(self, paths: Iterable[str]) -> None:
        """See that these files may be written, before any of them is.

        Raises:
            UsageError: one of them would overwrite what no earlier manifest names, or an input.
        """
        known = {file.path for file in self.earlier.outputs} if self.earlier else set()
        for path in (*paths, MANIFEST):
            target = self.folder / path
            _no_links(self.folder, path)
            if not target.exists() and not target.is_symlink():
                continue
            if path not in known and not (path == MANIFEST and self.earlier):
                raise UsageError(
                    f"{target} is there already, and no earlier export wrote it.",
                    "Choose another folder; nothing was changed.",
                )
            if any(_same(target, each) for each in self._inputs):
                raise UsageError(
                    f"{target} was imported into the project: an input is never overwritten.",
                    "Choose another folder; nothing was changed.",
                )

    def fill(self, prepared: Path, manifest: Manifest) -> None:
        """Move the finished files to their place, the manifest last."""
        self.require(file.path for file in manifest.outputs)
        _synced(prepared)
        if not self.folder.exists() or not any(self.folder.iterdir()):
            # over an empty folder too: a rename is all or nothing
            os.replace(prepared, self.folder)
            return
        old = self.earlier.outputs if self.earlier else ()
        known = {file.path: file for file in (*old, *manifest.outputs)}
        both = msgspec.structs.replace(manifest, outputs=tuple(known.values()), complete=False)
        # Written where it leaves nothing: a name that no manifest knows would bar the folder.
        beside = prepared / f"{MANIFEST}.new"
        beside.write_bytes(manifests.encode(both))
        os.replace(beside, self.folder / MANIFEST)
        new = {file.path for file in manifest.outputs}
        for path in new:
            target = self.folder / path
            target.parent.mkdir(parents=True, exist_ok=True)
            os.replace(prepared / path, target)
        for path in known.keys() - new:
            (self.folder / path).unlink(missing_ok=True)
            _drop_empty(self.folder, path)
        os.replace(prepared / MANIFEST, self.folder / MANIFEST)


def inside(path: str) -> bool:
    """Is a path of a manifest one that stays in its folder?"""
    parts = PurePosixPath(path).parts
    return bool(parts) and not path.startswith("/") and ".." not in parts and "\0" not in path


def _absolute(folder: Path) -> Path:
    """The folder with every link above it followed; it must not be one itself."""
    folder = Path(os.path.abspath(folder))
    if folder.is_symlink():
        raise UsageError(f"{folder} is a link.", "Name the folder itself.")
    return folder.parent.resolve() / folder.name


def _earlier(folder: Path, force: bool, beside: set[str]) -> Manifest | None:
    if not folder.exists():
        return None
    if not folder.is_dir():
        raise UsageError(f"{folder} is a file; an export is a folder.", "Name another place.")
    names = {entry.name for entry in os.scandir(folder)} - beside
    if _workplace(folder) == folder:  # what was killed there is swept away
        names = {name for name in names if not name.startswith(f"{folder.name}.partial-")}
    if not names:
        return None
    if not (folder / MANIFEST).is_file():
        raise UsageError(
            f"{folder} is not empty, and holds no earlier export.", "Name a new folder."
        )
    if not force:
        raise UsageError(
            f"{folder} holds an export already.",
            "Name a new folder, or replace the files of that export with --force.",
        )
    found = manifests.read(folder)
    if outside := [file.path for file in found.outputs if not inside(file.path)]:
        raise UsageError(
            f"The manifest in {folder} names files outside of it: {outside[0][:100]}.",
            "It was tampered with. Name a new folder.",
        )
    return found


def _workplace(folder: Path) -> Path:
    """Where an export is prepared: beside its folder, or in one that is a disk of its own.

    Nothing can be renamed from one disk to another.
    """
    own = folder.is_dir() and folder.stat().st_dev != folder.parent.stat().st_dev
    return folder if own else folder.parent


def _no_links(folder: Path, path: str) -> None:
    """A folder inside the place that is a link would lead the file elsewhere."""
    for parent in PurePosixPath(path).parents:
        if (folder / parent).is_symlink() and str(parent) != ".":
            raise UsageError(f"{folder / parent} is a link.", "Remove it, or name another folder.")


def _same(target: Path, other: Path) -> bool:
    try:
        return target.samefile(other)
    except OSError:
        return False


def _drop_empty(folder: Path, path: str) -> None:
    for parent in PurePosixPath(path).parents:
        place = folder / parent
        if str(parent) == "." or not place.is_dir() or any(place.iterdir()):
            return
        place.rmdir()


def _synced(folder: Path) -> None:
    """What is renamed must be on the disk: a power cut leaves no empty files under good names."""
    for root, _, names in os.walk(folder):
        for name in names:
            descriptor = os.open(os.path.join(root, name), os.O_RDONLY)
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _sweep(parent: Path, name: str) -> None:
    """Remove what an export to this place has left that was killed: nobody holds its lock."""
    for left in parent.glob(f"{escape(name)}.partial-*"):
        try:
            lock = os.open(left / _LOCK, os.O_RDWR)
        except OSError:
            continue
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(left, ignore_errors=True)
        except BlockingIOError:
            pass
        finally:
            os.close(lock)
