"""Small texts in the user's cache that save work when it comes again; losing them costs time."""

import os
from contextlib import suppress
from hashlib import sha256
from pathlib import Path


def read(kind: str, key: str) -> str | None:
    """What was written under ``key``; None where nothing was, or it is gone."""
    try:
        return _path(kind, key).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return None


def write(kind: str, key: str, text: str) -> None:
    """Keep ``text`` under ``key``; a cache that cannot be written keeps nothing."""
    path = _path(kind, key)
    aside = path.with_name(f"{path.name}.{os.getpid()}")
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, encoding="utf-8")
        aside.replace(path)


def _path(kind: str, key: str) -> Path:
    from platformdirs import user_cache_path

    return user_cache_path("deita-tui") / kind / sha256(key.encode()).hexdigest()
