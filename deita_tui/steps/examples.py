"""Files of examples beside the pool: what one has already, and what one wants more of.

``--against`` and ``--targets`` take any file that can be imported. Its records are embedded as the
pool is, by the same embedder, and kept in ``cache/examples/`` under the file's content, so that a
selection can be made again without the file.
"""

import contextlib
from collections.abc import Generator, Iterator, Mapping
from dataclasses import dataclass
from hashlib import file_digest, sha256
from io import BytesIO
from pathlib import Path
from typing import Any
from zipfile import BadZipFile

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store import jobs, vectors
from deita_store.store import CACHE, Store
from deita_store.vectors import Embedder
from deita_tui import formats, records
from deita_tui.backends import embedders
from deita_tui.embedding.asking import Asker
from deita_tui.errors import InputError, UsageError
from deita_tui.formats import Plan
from deita_tui.selection.params import Params, Reference
from deita_tui.steps import embedding_models
from deita_tui.steps.embedding_args import EmbedArgs
from deita_tui.steps.embedding_windows import Reading
from deita_tui.steps.keeping import keep
from deita_tui.steps.progress import Progress

Vectors = NDArray[np.float16]

_BATCH = 512


@dataclass(frozen=True, slots=True)
class Examples:
    """What a file came to."""

    vectors: Vectors
    """(records of the file, d): zeros where one holds nothing that can be embedded."""
    refused: int
    """Rows that could not be read."""

    def notes(self, name: str) -> tuple[str, ...]:
        """What a user should know about it."""
        empty = int((~self.vectors.any(axis=1)).sum())
        told = []
        if self.refused:
            rows = "1 row" if self.refused == 1 else f"{self.refused:,} rows"
            told.append(f"{rows} of {name} could not be read.")
        if empty:
            told.append(f"{empty:,} of the {len(self.vectors):,} records of {name} have no vector.")
        return tuple(told)


def read(store: Store, embedder: Embedder, reference: Reference) -> Examples:
    """What a file was embedded to before.

    Raises:
        UsageError: they are not in the cache any more.
    """
    try:
        with np.load(_path(store, embedder, reference), allow_pickle=False) as kept:
            found, refused = kept["vectors"], int(kept["refused"])
    except (OSError, ValueError, EOFError, KeyError, BadZipFile):
        found, refused = None, 0
    if found is None or found.dtype != np.float16 or found.shape[1:] != (embedder.dimensions,):
        raise UsageError(
            f"What {reference.name} was embedded to is not in the cache any more.",
            "Select again with the file itself.",
        )
    return Examples(np.asarray(found, np.float16), refused)


def of(
    store: Store, embedder: Embedder | None, params: Params
) -> tuple[dict[str, Vectors], tuple[str, ...]]:
    """What the files that ``params`` name bring to a pool, and what a user should know of them."""
    found: dict[str, Vectors] = {}
    notes: tuple[str, ...] = ()
    for name in ("against", "targets"):
        reference = getattr(params, name)
        if reference is not None and embedder is not None:
            each = read(store, embedder, reference)
            notes += each.notes(reference.name)
            # A target without a vector asks for nothing; the others keep their numbers.
            rows = each.vectors if name == "against" else each.vectors[each.vectors.any(axis=1)]
            found[name] = rows
    return found, notes


def embed(store: Store, embedder: Embedder, file: Path) -> Generator[Progress, None, Reference]:
    """Embed the records of a file, unless that was done before.

    Raises:
        InputError: the file cannot be read as records, or none of them can be embedded.
        UsageError: the embedder that made the pool's vectors cannot be opened any more.
    """
    plan = formats.plan(file)
    reference = Reference(file.name, _digest(plan))
    path = _path(store, embedder, reference)
    if path.is_file():
        return reference
    if store.read_only:
        raise UsageError(
            f"{store.folder} is open for reading only, and {file.name} must be embedded first.",
            "Copy the project to a folder of your own.",
        )
    parts = [np.zeros((0, embedder.dimensions), np.float16)]
    asker = yield from _opened(store, embedder)
    with contextlib.closing(asker):
        done = 0
        said = _Said(plan, embedder.config)
        for texts in _batches(said.texts()):
            parts.append(_embedded(asker, texts, embedder.dimensions))
            done += len(texts)
            yield Progress(done, None, "records", f"embedding {file.name}")
    found = np.concatenate(parts)
    if not found.any():
        raise InputError(f"{file} holds no record that can be embedded.")
    _write(path, Examples(found, said.refused))
    return reference


class _Said:
    """What is embedded of the records of a file."""

    def __init__(self, plan: Plan, config: Mapping[str, Any]) -> None:
        self._plan = plan
        self._how = Reading(
            config.get("what", "conversation"),
            config.get("rendering", "plain"),
            config.get("pairs", "deita-tui"),
        )
        self.refused = 0

    def texts(self) -> Iterator[str]:
        """Of each record; empty where there is nothing."""
        for row in formats.read(self._plan):
            self.refused += row.refusal is not None
            for found in row.found:
                yield self._how.text(records.body(found.record).decode())[0]


def _embedded(asker: Asker, texts: list[str], dimensions: int) -> Vectors:
    found = np.zeros((len(texts), dimensions), np.float16)
    there = [place for place, text in enumerate(texts) if text]
    if there:
        answer = asker.ask([texts[place] for place in there])
        good = [place for place in range(len(there)) if place not in answer.reasons]
        found[[there[place] for place in good]] = answer.vectors[good]
    return found


def _opened(store: Store, embedder: Embedder) -> Generator[Progress, None, Asker]:
    """The embedder of the pool's vectors, opened again.

    Raises:
        UsageError: what is there under its name is another one now.
    """
    args = _asked(store, embedder)
    model = yield from embedding_models.choose(store, args, _looked)
    yield Progress(0, None, "records", "loading the embedder")
    asker = Asker(
        lambda: embedders.open_embedder(model.backend, model.model, model.settings), args.patience
    )
    if dict(asker.embedder.identity) != embedder.config.get("embedder"):
        asker.close()
        raise UsageError(
            f"{args.embedder} is not what the pool was embedded with any more, so its vectors "
            "cannot be compared with the pool's.",
            f"Embed the pool again: deita-tui embed {store.folder} --embedder {args.embedder}",
        )
    return asker


def _asked(store: Store, embedder: Embedder) -> EmbedArgs:
    """What was asked for when the embedder was used last."""
    for job in reversed(jobs.all(store)):
        if job.kind == "embed" and _result(job).get("embedder_id") == embedder.id:
            return msgspec.convert(job.args, EmbedArgs)
    return EmbedArgs(vectors.model(store, embedder.id) or embedder.name)


def _result(job: jobs.Job) -> dict[str, object]:
    return job.result if isinstance(job.result, dict) else {}


def _looked(stage: str, bytes_: tuple[int, int] | None) -> Progress:
    return Progress(*bytes_, "bytes", stage) if bytes_ else Progress(0, None, "records", stage)


def _batches(texts: Iterator[str]) -> Iterator[list[str]]:
    held: list[str] = []
    for text in texts:
        held.append(text)
        if len(held) == _BATCH:
            yield held
            held = []
    if held:
        yield held


def _digest(plan: Plan) -> str:
    digest = sha256()
    for path in plan.files:
        with path.open("rb") as file:
            digest.update(file_digest(file, "sha256").digest())
    return digest.hexdigest()


def _path(store: Store, embedder: Embedder, reference: Reference) -> Path:
    identity = vectors.identity(store, embedder.id)
    return store.folder / CACHE / "examples" / f"{reference.sha256[:32]}-{identity[:16]}.npz"


def _write(path: Path, found: Examples) -> None:
    content = BytesIO()
    np.savez(content, vectors=found.vectors, refused=found.refused)
    keep(path, content)
