"""Scores that any project of this user may take instead of asking a model again.

One SQLite file of the user's, keyed by what a score hangs on: the hash of the text and the identity
of the scorer. It holds no text. Every process may read and write it at any time, and none needs it:
what is lost in it is asked again.
"""

import os
import sqlite3
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from time import time

from deita_tui.errors import DeitaError, UsageError

VARIABLE = "DEITA_TUI_CACHE"
"""Names another file than the one in the user's cache folder, or says ``off``."""

_VERSION = 1
_WAIT = 5.0
"""Seconds for another process to finish writing."""
_LEFT = 0.9
"""What is left of the size allowed when the oldest were thrown out, to have peace for a while."""
_DAY = 86_400
_CHUNK = 500
_DIGITS = struct.Struct("<6d")
_SCHEMA = f"""
    create table if not exists scorers (
        id integer primary key, identity text not null unique
    ) strict;
    create table if not exists scores (
        scorer integer not null, text blob not null, value real not null, digits blob, mass real,
        tokens integer, shortened integer not null, used integer not null, -- a day
        primary key (scorer, text)
    ) strict, without rowid;
    pragma user_version = {_VERSION};
"""


class CacheError(DeitaError):
    """The file cannot be used; scoring goes on without it."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A score as some project got it."""

    text: bytes
    """The hash of what was read."""
    value: float
    probabilities: tuple[float, ...] | None = None
    """Of the digits 1 to 6."""
    mass: float | None = None
    tokens: int | None = None
    shortened: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What there is."""

    path: Path
    scores: int
    scorers: int
    bytes: int
    """On disk."""


def place() -> Path | None:
    """The file; None where the user wants none."""
    told = os.environ.get(VARIABLE)
    if told:
        return None if told.lower() == "off" else Path(told).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("deita-tui") / "scores.db"


class ScoreCache:
    """The cache in one file. A connection lives for one call, so nothing is left open.

    Args:
        path: of the file, which need not exist.
        megabytes: what it may grow to.
    """

    def __init__(self, path: Path, megabytes: int) -> None:
        self.path = path
        self._most = megabytes * 1_000_000

    def get(self, identity: str, texts: Sequence[bytes]) -> list[Kept]:
        """What is known of ``texts``, by the scorer with this identity, in no order.

        Raises:
            CacheError: the file cannot be read.
        """
        if not texts or not self.path.exists():
            return []
        with self._opened() as db:
            scorer = db.execute("select id from scorers where identity = ?", (identity,)).fetchone()
            if scorer is None:
                return []
            rows = [row for some in _chunks(texts) for row in _read(db, scorer[0], some)]
            today = int(time()) // _DAY
            with db:
                db.executemany(
                    "update scores set used = ? where scorer = ? and text = ?",
                    [(today, scorer[0], row[0]) for row in rows if row[6] != today],
                )
        return [_kept(row) for row in rows]

    def put(self, identity: str, found: Iterable[Kept]) -> None:
        """Keep ``found``; what is there already stays as it is.

        Raises:
            CacheError: the file cannot be written.
        """
        rows = list(found)
        if not rows:
            return
        today = int(time()) // _DAY
        with self._opened(make=True) as db:
            with db:
                db.execute("begin immediate")
                db.execute("insert or ignore into scorers (identity) values (?)", (identity,))
                (scorer,) = db.execute(
                    "select id from scorers where identity = ?", (identity,)
                ).fetchone()
                db.executemany(
                    "insert or ignore into scores values (?, ?, ?, ?, ?, ?, ?, ?)",
                    [_row(scorer, each, today) for each in rows],
                )
            self._shrink(db)

    def facts(self) -> Facts:
        """How much there is.

        Raises:
            CacheError: the file cannot be read.
        """
        if not self.path.exists():
            return Facts(self.path, 0, 0, 0)
        with self._opened() as db:
            (scores,) = db.execute("select count(*) from scores").fetchone()
            (scorers,) = db.execute("select count(distinct scorer) from scores").fetchone()
        return Facts(self.path, scores, scorers, sum(_size(each) for each in _files(self.path)))

    def clear(self) -> None:
        """Forget everything; a file that is damaged is taken away.

        Raises:
            CacheError: the file cannot be written.
        """
        if not self.path.exists():
            return
        try:
            with self._opened() as db:
                db.executescript("delete from scores; delete from scorers; vacuum")
                db.execute("pragma wal_checkpoint(truncate)")
        except CacheError as error:
            if isinstance(error.__cause__, sqlite3.OperationalError | OSError):
                raise
            for file in _files(self.path):
                file.unlink(missing_ok=True)

    @contextmanager
    def _opened(self, make: bool = False) -> Iterator[sqlite3.Connection]:
        try:
            if make:
                self._made()
            with closing(sqlite3.connect(self.path, timeout=_WAIT, isolation_level=None)) as db:
                version = db.execute("pragma user_version").fetchone()[0]
                if version > _VERSION:
                    raise CacheError(
                        f"The cache of scores at {self.path} is of a newer deita-tui.",
                        f"Update deita-tui, or set {VARIABLE} to another file or to off.",
                    )
                if version < _VERSION:
                    db.execute("pragma journal_mode = wal")
                    db.executescript(_SCHEMA)
                db.execute("pragma synchronous = normal")
                yield db
        except (sqlite3.Error, OSError) as error:
            raise CacheError(
                f"The cache of scores at {self.path} cannot be used: {error}.",
                f"Empty it with deita-tui cache --clear, or set {VARIABLE} to another file.",
            ) from error

    def _made(self) -> None:
        """The file, which nobody else may read: who guesses a text could see that it was scored."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        if not self.path.exists():
            os.close(os.open(self.path, os.O_CREAT | os.O_WRONLY, 0o600))

    def _shrink(self, db: sqlite3.Connection) -> None:
        """Throw out what was not used for longest, where it has grown too large."""
        used = _used(db)
        if used <= self._most:
            return
        (rows,) = db.execute("select count(*) from scores").fetchone()
        out = round(rows * (1 - _LEFT * self._most / used))
        with db:
            db.execute("begin immediate")
            db.execute(
                "delete from scores where (scorer, text) in "
                "(select scorer, text from scores order by used limit ?)",
                (out,),
            )


def _read(db: sqlite3.Connection, scorer: int, texts: Sequence[bytes]) -> list[tuple[object, ...]]:
    marks = ", ".join("?" * len(texts))
    return db.execute(
        "select text, value, digits, mass, tokens, shortened, used from scores "
        f"where scorer = ? and text in ({marks})",
        (scorer, *texts),
    ).fetchall()


def _row(scorer: int, kept: Kept, today: int) -> tuple[object, ...]:
    digits = None if kept.probabilities is None else _DIGITS.pack(*kept.probabilities)
    rest = (kept.mass, kept.tokens, int(kept.shortened), today)
    return (scorer, kept.text, kept.value, digits, *rest)


def _kept(row: Sequence[object]) -> Kept:
    text, value, digits, mass, tokens, shortened, _ = row
    six = _DIGITS.unpack(digits) if isinstance(digits, bytes) else None
    return Kept(text, value, six, mass, tokens, bool(shortened))  # type: ignore[arg-type]


def _chunks(texts: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    return (texts[start : start + _CHUNK] for start in range(0, len(texts), _CHUNK))


def _used(db: sqlite3.Connection) -> int:
    """Bytes of the pages that hold something."""
    (pages,) = db.execute("pragma page_count").fetchone()
    (free,) = db.execute("pragma freelist_count").fetchone()
    (size,) = db.execute("pragma page_size").fetchone()
    return int((pages - free) * size)


def _files(path: Path) -> list[Path]:
    return [path.with_name(path.name + end) for end in ("", "-wal", "-shm")]


def _size(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0


def the_users(megabytes: int) -> ScoreCache:
    """The user's cache.

    Raises:
        UsageError: the user wants none.
    """
    path = place()
    if path is None:
        raise UsageError(f"{VARIABLE} says off: there is no cache of scores.")
    return ScoreCache(path, megabytes)
