"""What a saved selection was computed from: enough to do it again, and to tell what has changed.

It is the JSON in ``selections.computed_from``. Sets of records are written so that they stay
short: as runs of ids (``3,7-12``), or as bits by id, deflated, in base 64.
"""

import base64
import zlib
from hashlib import sha256

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store.freshness import VERSION
from deita_tui.errors import StoreError
from deita_tui.selection.params import Reference
from deita_tui.selection.pool import Pool
from deita_tui.selection.result import KEPT, TOO_SIMILAR, Result

_SLAB = 16_384

Mask = NDArray[np.bool_]


class Basis(msgspec.Struct, frozen=True):
    """Everything besides the parameters that decided a selection, at that moment."""

    version: int
    journal: int
    """The newest row of the journal."""
    acts: tuple[int, ...]
    """Acts in force that changed which records there are, or what they say."""
    marks: int
    """The newest act in force of any other kind, as a filter may ask for any mark; see ``acts``."""
    records: int
    """How many it was made from."""
    members: str
    """Which: bits by id."""
    last_record: int
    last_version: int
    """Versions above this one came later."""
    edited: tuple[tuple[int, int], ...]
    """Records that read otherwise than imported, each with the version that counted."""
    pending: str
    """Of these, the ones whose newest version was not scored and embedded yet: runs of ids."""
    kept: str
    """The records that the user had pinned: runs of ids."""
    rejected: str
    scorers: dict[str, int]
    """By what the formula calls them."""
    embedder: int | None
    scored: dict[str, tuple[int, int]]
    """By scorer: versions that it had dealt with, and turns with a value in them."""
    embedded: int
    """Versions that the embedder had dealt with."""
    allowed: str | None
    """What the filters let through: bits by id; None without any."""
    tokenizer: Reference | None
    tags: str
    """The files' own column that tags came from; empty: the project's tags."""
    inputs: dict[str, str]
    """sha256 of each of the arrays that decided it, by name."""
    result: str
    """sha256 of what came out."""
    examined: int
    counts: dict[str, int]
    rest_reason: str
    """Of the records without a row: the reason, where their status has one."""
    notes: tuple[str, ...]
    with_vector: str | None = None
    """The records that had a vector: bits by id; None where all had one."""
    with_score: dict[str, str] = {}
    """The turns that had a score, by what the formula calls the scorer: bits by the turn's place.
    A scorer that had scored every turn is not in it."""


def parse(computed_from: dict[str, object]) -> Basis:
    """The basis of a saved selection.

    Raises:
        StoreError: another version of the program wrote it.
    """
    if computed_from.get("version") != VERSION:
        raise StoreError(
            "It does not say what it was computed from in a way that this version knows.",
            "Select again.",
        )
    return msgspec.convert(computed_from, Basis)


def bits(ids: NDArray[np.int64]) -> str:
    """Ids as bits, that of id 0 first, deflated, in base 64."""
    there = np.zeros(int(ids.max()) + 1 if len(ids) else 0, np.bool_)
    there[ids] = True
    packed = np.packbits(there, bitorder="little").tobytes()
    return base64.b64encode(zlib.compress(packed, 9)).decode("ascii")


def from_bits(text: str) -> NDArray[np.int64]:
    """The ids that ``bits`` wrote, ascending."""
    packed = np.frombuffer(zlib.decompress(base64.b64decode(text)), np.uint8)
    return np.flatnonzero(np.unpackbits(packed, bitorder="little")).astype(np.int64)


def missing(pool: Pool) -> tuple[str | None, dict[str, str]]:
    """``with_vector`` and ``with_score`` of a pool: what came later is then told from it."""
    embedded = pool.row >= 0
    vectors = None if embedded.all() else bits(pool.ids[embedded])
    return vectors, {
        name: bits(np.flatnonzero(~np.isnan(values)))
        for name, values in pool.scores.items()
        if np.isnan(values).any()
    }


def digests(pool: Pool, result: Result) -> dict[str, str]:
    """What decided ``result``, array by array.

    Of the vectors only those that were compared: for the walk down the ranking these are the kept
    and the too similar records; other selectors look at all.
    """
    params = result.params
    found = {"records": _digest(pool.ids, pool.turn_start)}
    if params.shares or params.selector == "balanced":
        used, source = np.unique(pool.source, return_inverse=True)
        names = (pool.sources[number].encode() for number in used.tolist())
        found["sources"] = _digest(source.astype(np.int32), *names)
    found |= {f"scores of {name}": _digest(values) for name, values in pool.scores.items()}
    compared = pool.row >= 0
    if params.selector == "deita":
        compared &= (result.status == KEPT) | (result.status == TOO_SIMILAR)
    found["vectors"] = _digest_rows(pool, np.flatnonzero(compared))
    more = {"tokens": pool.tokens, "against": pool.against, "targets": pool.targets}
    found |= {name: _digest(values) for name, values in more.items() if values is not None}
    if pool.tags is not None and params.selector.startswith("tags"):
        told = (repr(sorted(each)).encode() for each in pool.tags)
        found["tags"] = _digest(*told)
    return found


def digest_of(result: Result) -> str:
    """What came out, to the last byte."""
    return _digest(
        result.kept, result.status, result.reason, result.rank, result.position,
        result.score, result.blocker, result.similarity, result.against,
    )  # fmt: skip


def _digest(*parts: NDArray[np.generic] | bytes) -> str:
    digest = sha256()
    for part in parts:
        data = part if isinstance(part, bytes) else np.ascontiguousarray(part).data.cast("B")
        digest.update(len(data).to_bytes(8, "little"))
        digest.update(data)
    return digest.hexdigest()


def _digest_rows(pool: Pool, places: NDArray[np.int64]) -> str:
    digest = sha256()
    for start in range(0, len(places), _SLAB):
        slab = places[start : start + _SLAB]
        digest.update(slab.astype(np.int64).data.cast("B"))
        digest.update(np.ascontiguousarray(pool.vectors[pool.row[slab]]).data.cast("B"))
    return digest.hexdigest()
