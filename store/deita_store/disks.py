"""What lies under a folder: free space, and which kind of file system."""

import os
import shutil
from pathlib import Path

from deita_store.errors import NoSpaceError

# fmt: off
_NETWORK = frozenset({
    "9p", "afs", "beegfs", "ceph", "cifs", "coda", "davfs", "fuse.gcsfuse", "fuse.glusterfs",
    "fuse.rclone", "fuse.s3fs", "fuse.sshfs", "glusterfs", "gpfs", "lustre", "ncpfs", "nfs", "nfs4",
    "smb2", "smb3", "smbfs",
})
# fmt: on


def require(folder: Path, needed: int, purpose: str) -> None:
    """See that ``needed`` bytes are free where ``folder`` is (or will be).

    Raises:
        NoSpaceError: they are not; the message begins with ``purpose``.
    """
    free = shutil.disk_usage(_there(folder)).free
    if free < needed:
        raise NoSpaceError(
            f"{purpose} needs {_size(needed)} free on the disk of {folder}; "
            f"there are {_size(free)}.",
            "Free some space and try again; nothing was changed.",
        )


def filesystem(folder: Path | str, mounts: Path = Path("/proc/mounts")) -> str:
    """The type of the file system under ``folder``, such as 'ext4' or 'nfs4'; '' if unknown."""
    place = _there(Path(folder)).resolve()
    best = ("", "")
    try:
        lines = mounts.read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    for line in lines:
        _, point, kind, *_ = line.split(" ")
        point = _unescaped(point)
        # A later mount on the same point lies on top of the earlier one.
        if place.is_relative_to(point) and len(point) >= len(best[0]):
            best = (point, kind)
    return best[1]


def is_network(kind: str) -> bool:
    """Is a file system of this type one whose locks and shared memory SQLite cannot rely on?"""
    return kind in _NETWORK


def _there(folder: Path) -> Path:
    """``folder``, or the nearest folder above it that exists."""
    folder = Path(os.path.abspath(folder))
    while not folder.exists():
        folder = folder.parent
    return folder


def _unescaped(point: str) -> str:
    # The kernel writes space, tab, newline and backslash as three octal digits.
    for code, character in (("040", " "), ("011", "\t"), ("012", "\n"), ("134", "\\")):
        point = point.replace(f"\\{code}", character)
    return point


def _size(count: int) -> str:
    return f"{count / 1e9:.1f} GB" if count >= 1e8 else f"{count / 1e6:.1f} MB"
