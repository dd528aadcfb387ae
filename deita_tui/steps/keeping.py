"""Small files in cache/: all of one at its place, or nothing, and a full disk is told."""

import os
from io import BytesIO
from pathlib import Path

from deita_store.sentences import told_of_files


def keep(path: Path, content: BytesIO) -> None:
    """Write a file beside its place and rename it; what cannot be written leaves nothing.

    Raises:
        NoSpaceError: the disk is full.
    """
    partial = path.with_suffix(f".{os.getpid()}.partial")
    with told_of_files(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            partial.write_bytes(content.getbuffer())
            os.replace(partial, path)
        finally:
            partial.unlink(missing_ok=True)
