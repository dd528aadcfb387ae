"""Vectors out of a project into a file, and out of a file into a project."""

from collections.abc import Generator, Sequence
from pathlib import Path
from typing import cast

import msgspec
import numpy as np

from deita_store import transfers, vectors
from deita_store.store import Store
from deita_store.vectors import Embedder, Vector
from deita_tui.embedding import rendering
from deita_tui.embedding.rendering import Rendering, What
from deita_tui.errors import UsageError
from deita_tui.exchange import files
from deita_tui.exchange.rows import Header, Maker, Refused, VectorRow, identity
from deita_tui.steps.embedding_windows import Reading, reading
from deita_tui.steps.identity import sha256
from deita_tui.steps.progress import Progress
from deita_tui.steps.score_exchange import Taken, Tally

_UNIT = 2e-2
"""How far from 1 the length of a stored vector may be: float16 rounds each of its numbers."""


class ExportedVectors(msgspec.Struct, frozen=True):
    """What was written."""

    rows: int
    embedder: str
    dimensions: int


def write(
    store: Store, path: Path, embedder: Embedder, records: Sequence[int]
) -> Generator[Progress, None, ExportedVectors]:
    """Write the vectors of ``records``; yields how far it is."""
    maker = Maker(
        vectors.identity(store, embedder.id), embedder.name, dict(embedder.config),
        dimensions=embedder.dimensions,
    )  # fmt: skip
    done = rows = 0
    with files.Writer[VectorRow](path, Header("vectors", (maker,))) as file:
        for some in transfers.linked(store, embedder.id, records):
            file.write([
                VectorRow(uid, 0, text.hex(), _numbers(vector), reason, bool(shortened))
                for uid, text, vector, reason, shortened in some
            ])  # fmt: skip
            rows, done = rows + len(some), min(done + transfers.CHUNK, len(records))
            yield Progress(done, len(records), "records", "writing vectors")
    return ExportedVectors(rows, embedder.name, embedder.dimensions)


def take(store: Store, paths: Sequence[Path], name: str = "") -> Generator[Progress, None, Taken]:
    """Take the vectors of some files. The caller holds the project's lock.

    A row is taken where its record is here and its text, as the embedder renders it, is the one
    that was embedded. Broken off, the same call goes on.

    Args:
        store: the project.
        paths: the files.
        name: what to call vectors that others made, whose files have no header. They are taken to
            be of whole conversations, and are brought to length 1.

    Raises:
        InputError: a file cannot be read or believed.
        UsageError: one has no header, and nothing says what its vectors are.
    """
    tally = Tally()
    opened = [files.read_vectors(path) for path in paths]
    foreign = [path for path, (head, _) in zip(paths, opened, strict=True) if head is None]
    digest = sha256(tuple(sorted(foreign))) if foreign else ""
    for path, (head, rows) in zip(paths, opened, strict=True):
        taking = _Taking(store, tally, path, head, name, str(digest))
        for batch in files.batches(rows):
            taking.take(batch)
            yield Progress(tally.rows, None, "rows", f"taking {path.name}")
    return tally.report(tally.taken)


class _Taking:
    """The rows of one file on their way in."""

    def __init__(
        self, store: Store, tally: Tally, path: Path, head: Header | None, name: str, digest: str
    ) -> None:
        if head is None and not name:
            raise UsageError(
                f"{path.name} does not say whose vectors it holds.", "Say it: --name my-encoder."
            )
        if head is not None and len(head.makers) != 1:
            raise UsageError(
                f"{path.name} names {len(head.makers)} embedders, and holds the vectors of one.",
                "Export it again.",
            )
        self._store, self._tally, self._path = store, tally, path
        self._foreign = (name, digest) if head is None else None
        self._maker = head.makers[0] if head else None
        self._reading = _reading(store, self._maker)
        self._embedder: int | None = None
        self._dimensions = self._maker.dimensions if self._maker else 0
        self._row = 0

    def take(self, batch: Sequence[VectorRow | Refused]) -> None:
        """Store what belongs here of some rows, in one transaction."""
        uids = {row.uid for row in batch if isinstance(row, VectorRow)}
        with self._store.transaction():
            there = transfers.conversations(self._store, uids)
            keys = self._keys(there.values())
            fitting: list[tuple[int, Vector]] = []
            for row in batch:
                self._row += 1
                self._tally.rows += 1
                if isinstance(row, Refused):
                    self._tally.refuse(row.place, "no row of vectors", row.message)
                elif isinstance(found := self._vector(row, there, keys), Vector):
                    fitting.append((there[row.uid], found))
                else:
                    self._tally.refuse(f"row {self._row}", found, f"record {row.uid}")
            self._add(fitting)

    def _keys(self, versions: Sequence[int] | object) -> dict[int, bytes]:
        """The hash of each version's text, as the embedder renders it."""
        found = {}
        for version, body in vectors.bodies(self._store, list(cast("Sequence[int]", versions))):
            text, problem = self._reading.text(body)
            found[version] = rendering.key(problem or text)
        return found

    def _vector(
        self, row: VectorRow, there: dict[str, int], keys: dict[int, bytes]
    ) -> Vector | str:
        """What to store; or why the row cannot be taken."""
        if row.uid not in there:
            return "there is no such record here"
        key = keys[there[row.uid]]
        if self._maker is not None and row.text != key.hex():
            return "another text was embedded: the record was edited, here or there"
        if row.vector is None:
            if not row.reason:
                return "it has no vector, and no reason for having none"
            return Vector(key, None, row.reason, row.shortened)
        if not self._dimensions:
            self._dimensions = len(row.vector)
        if len(row.vector) != self._dimensions:
            return f"it has {len(row.vector)} dimensions, and not {self._dimensions}"
        numbers = np.array(row.vector, np.float64)
        length = float(np.linalg.norm(numbers))
        if not np.isfinite(length) or length == 0:
            return "its vector is zero, or holds what is no number"
        if self._maker is None:
            numbers = numbers / length
        elif abs(length - 1) > _UNIT:
            return f"its vector is of length {length:.3g}, and not 1"
        return Vector(key, numbers.astype("<f2").tobytes(), None, row.shortened)

    def _add(self, fitting: Sequence[tuple[int, Vector]]) -> None:
        if not fitting:
            return
        if self._embedder is None:
            self._embedder = self._ensure()
        before = self._store.db.total_changes
        vectors.add(self._store, self._embedder, [vector for _, vector in fitting])
        self._tally.added += self._store.db.total_changes - before
        self._tally.taken += len(fitting)
        links = [(version, vector.text) for version, vector in fitting]
        vectors.link(self._store, self._embedder, links)

    def _ensure(self) -> int:
        maker = self._maker or self._stranger()
        id_ = vectors.ensure_embedder(self._store, maker.name, self._dimensions, maker.config)
        if not vectors.model(self._store, id_):
            vectors.save_model(self._store, id_, f"embedded elsewhere ({self._path.name})")
        return id_

    def _stranger(self) -> Maker:
        assert self._foreign is not None
        name, digest = self._foreign
        config: dict[str, object] = {
            "method": "file/1", "what": "conversation", "rendering": "plain",
            "pairs": self._reading.pairing, "sha256": digest,
        }  # fmt: skip
        return Maker(identity(config), name, config, dimensions=self._dimensions)


def _reading(store: Store, maker: Maker | None) -> Reading:
    config = maker.config if maker else {}
    what = cast("What", config.get("what", "conversation"))
    how = cast("Rendering", config.get("rendering", "plain"))
    found = reading(store, what, how)
    if maker and config.get("pairs", found.pairing) != found.pairing:
        raise UsageError(
            f"The vectors of {maker.name} were made of turns that were paired by the rule "
            f"{config['pairs']!r}; this project pairs by {found.pairing!r}.",
            "Make this project anew with that rule, or embed here.",
        )
    return found


def _numbers(vector: bytes | None) -> tuple[float, ...] | None:
    return None if vector is None else tuple(np.frombuffer(vector, "<f2").tolist())
