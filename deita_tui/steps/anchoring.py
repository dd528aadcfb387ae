"""The anchors of NUGGETS: turns of the pool that lie in the middle of its clusters, or a file's.

They are chosen once for a model, and stay for as long as the records are there that they come from:
what is added to the pool changes no score.
"""

from collections.abc import Callable, Generator, Sequence
from hashlib import sha256
from io import BytesIO
from pathlib import Path

import msgspec
import numpy as np

from deita_store import pool as tables
from deita_store import scores, settings, vectors
from deita_store.store import CACHE, Store
from deita_store.transfers import conversations, places
from deita_tui import formats, records
from deita_tui.errors import InputError, UsageError
from deita_tui.records import Pairing
from deita_tui.scoring import clusters
from deita_tui.scoring.digits import Tokens
from deita_tui.scoring.nuggets import LAYOUT
from deita_tui.scoring.shown import Target, target
from deita_tui.steps import loading, matrices
from deita_tui.steps.keeping import keep
from deita_tui.steps.probing_args import Probing
from deita_tui.steps.progress import Progress

SEED = 42
_SAMPLE = 20_000
"""Records that clusters are made of, at most."""
_TRIES = 50
"""So many around each centre are looked at for one that can be asked about."""

Found = tuple[tuple[tuple[str, str], Target], ...]


class _Kept(msgspec.Struct, frozen=True):
    """An anchor, by where it comes from: settings hold no text."""

    uid: str
    turn: int
    pair: str


def of_file(store: Store, file: Path) -> str:
    """Keep the first turn of each record of a file with the project; what it is kept as.

    Raises:
        InputError: it cannot be read as records, or none of them has a turn.
    """
    turns = []
    for row in formats.read(formats.plan(file)):
        for found in row.found:
            fitting = [each for each in records.pairs(found.record.messages) if not each.problem]
            turns += [(each.instruction, each.response) for each in fitting[:1]]
    turns = list(dict.fromkeys(turns))
    if not turns:
        raise InputError(f"{file} holds no record with a turn that could be an anchor.")
    content = msgspec.json.encode(turns)
    digest = sha256(content).hexdigest()
    if not store.read_only:  # as it is for a plan
        keep(_path(store, digest), BytesIO(content))
    return digest


def choose(
    store: Store, args: Probing, pairing: Pairing, model: str, tokens: Tokens, limit: int
) -> Generator[Progress, None, tuple[Found, str]]:
    """The anchors, and how they were chosen.

    Args:
        store: the project.
        args: how many, or which file.
        pairing: how messages make turns.
        model: the model's identity.
        tokens: its tokenizer.
        limit: the most tokens of a question.

    Raises:
        UsageError: there are none.
    """
    yield Progress(0, None, "records", "choosing anchors")

    def fits(turn: Sequence[str]) -> Target | None:
        return target(turn, LAYOUT, tokens, limit)

    if args.anchors_file:
        texts, chosen = _of_digest(store, args.anchors_file), "file"
    else:
        embedder = vectors.find(store, args.embedder or None)
        chosen = f"k-means {vectors.identity(store, embedder.id)} seed {SEED}"
        asked = f"{model} {limit} {args.anchors} {pairing} {chosen}"
        key = f"anchors:{sha256(asked.encode()).hexdigest()[:32]}"
        known = _known(store, key, pairing)
        if known is None:
            known = _central(store, embedder.id, args.anchors, pairing, fits)
            settings.put(store, key, [msgspec.to_builtins(kept) for kept, _ in known])
        texts = [turn for _, turn in known]
    found = tuple((turn, its) for turn in texts if (its := fits(turn)) is not None)
    if not found:
        raise UsageError(
            f"No anchor fits into the {limit} tokens of a question.",
            "Allow more with --max-tokens, or name other anchors with --anchors FILE.",
        )
    return found, chosen


def _central(
    store: Store,
    embedder_id: int,
    count: int,
    pairing: Pairing,
    fits: Callable[[Sequence[str]], Target | None],
) -> list[tuple[_Kept, tuple[str, str]]]:
    """What lies nearest to the centres of a k-means over a fair sample of the pool."""
    versions = scores.order(store, SEED, limit=_SAMPLE)
    at = loading.wrapped(tables.vectors(store, embedder_id, versions))
    ids, rows = matrices.matrix(store, embedder_id)
    row = loading.places(ids, at)
    there = np.flatnonzero(row >= 0)
    if not len(there):
        raise UsageError(
            "Nothing is embedded yet, so no anchors can be chosen.",
            f"Embed first: deita-tui embed {store.folder}; or name them with --anchors FILE.",
        )
    unit = clusters.unit(rows[row[there]]).astype(np.float32)
    _, centres = clusters.kmeans(unit, count, SEED, rounds=25)
    chosen: dict[bytes, tuple[_Kept, tuple[str, str]]] = {}
    for centre in centres:
        far = np.einsum("ij,ij->i", unit, unit) - 2 * unit @ centre
        for place in np.argsort(far, kind="stable")[:_TRIES].tolist():
            found = _anchor(store, versions[int(there[place])], pairing, fits)
            if found is not None and found[0] not in chosen:
                chosen[found[0]] = found[1]
                break
    return list(chosen.values())


def _anchor(
    store: Store,
    version: int,
    pairing: Pairing,
    fits: Callable[[Sequence[str]], Target | None],
) -> tuple[bytes, tuple[_Kept, tuple[str, str]]] | None:
    """A record's first turn, by the hash of its texts; None where it cannot be asked about."""
    body = scores.bodies(store, [version])[version]
    said = records.pairs(records.from_body(body).messages, pairing)
    for number, turn in enumerate(said):
        texts = turn.instruction, turn.response
        if turn.problem is None:
            uid = records.uid(body.encode())
            # One that was edited goes by the name of what it was.
            if fits(texts) is None or uid not in conversations(store, [uid]):
                return None
            pair = records.pair_key(turn)
            return pair, (_Kept(uid, number, pair.hex()), texts)
    return None


def _known(store: Store, key: str, pairing: Pairing) -> list[tuple[_Kept, tuple[str, str]]] | None:
    """The anchors as they were chosen before; None where one has gone or reads otherwise."""
    kept = msgspec.convert(settings.get(store, key, []), list[_Kept])
    there = places(store, [each.uid for each in kept])
    found = []
    for each in kept:
        place = there.get((each.uid, each.turn))
        if place is None or place.pair.hex() != each.pair:
            return None
        found.append((each, _turns(store, place.conversation, pairing)[each.turn]))
    return found or None


def _turns(store: Store, version: int, pairing: Pairing) -> list[tuple[str, str]]:
    body = scores.bodies(store, [version])[version]
    said = records.pairs(records.from_body(body).messages, pairing)
    return [(each.instruction, each.response) for each in said]


def _of_digest(store: Store, digest: str) -> list[tuple[str, str]]:
    try:
        content = _path(store, digest).read_bytes()
    except OSError:
        content = b""
    if sha256(content).hexdigest() != digest:
        raise UsageError(
            "The anchors are not in the cache any more.", "Name their file again with --anchors."
        )
    return msgspec.json.decode(content, type=list[tuple[str, str]])


def _path(store: Store, digest: str) -> Path:
    return store.folder / CACHE / "anchors" / f"{digest[:32]}.json"
