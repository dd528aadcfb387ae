"""How many tokens each record has, for a budget in tokens; counted once and kept in the cache.

Counted are the contents of all messages, without what a chat template puts around them. Counts
belong to versions, which never change, so the cache only ever grows: ``cache/tokens/``, one file a
tokenizer, dropped with the rest of the cache by a purge.
"""

from collections.abc import Generator, Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from deita_store import scores
from deita_store.store import CACHE, Store
from deita_tui import records
from deita_tui.errors import UsageError
from deita_tui.selection.params import Reference
from deita_tui.steps.keeping import keep
from deita_tui.steps.progress import Progress

if TYPE_CHECKING:
    from tokenizers import Tokenizer

FILE = "tokenizer.json"

NOTE = (
    "Tokens were counted by the tokenizer that ships with the program, not by your model's: name "
    "that with --tokenizer."
)
_BATCH = 2_048

Ints = NDArray[np.int64]


def find(path: Path) -> Path:
    """The tokenizer that ``path`` is, or holds.

    Raises:
        UsageError: there is none.
    """
    file = path / FILE if path.is_dir() else path
    if not file.is_file():
        raise UsageError(
            f"There is no tokenizer at {path}.",
            f"Name a {FILE}, or a folder that holds one, such as a model's.",
        )
    return file


def shipped() -> Path:
    """The tokenizer of the embedder that ships with the program.

    Raises:
        UsageError: it is not there.
    """
    return find(Path(str(files("deita_tui") / "lite" / "embedder.tokenizer.json")))


def counts(
    store: Store, tokenizer: Path, versions: Ints
) -> Generator[Progress, None, tuple[Reference, Ints]]:
    """The tokens of each of ``versions``, and by which tokenizer.

    Raises:
        UsageError: the file holds no tokenizer.
    """
    content = tokenizer.read_bytes()
    reference = Reference(tokenizer.name, sha256(content).hexdigest())
    kept = _Kept(store, reference)
    missing = np.setdiff1d(versions, kept.versions)
    if len(missing):
        made = _load(tokenizer, content)
        found = np.zeros(len(missing), np.int64)
        for start in range(0, len(missing), _BATCH):
            yield Progress(start, len(missing), "records", "counting tokens")
            part = missing[start : start + _BATCH]
            found[start : start + len(part)] = _counted(made, store, part.tolist())
        kept.add(missing, found)
    return reference, kept.of(versions)


def known(store: Store, reference: Reference, versions: Ints) -> Ints:
    """The tokens of each of ``versions`` as they were counted before.

    What ships with the program can count them again; another tokenizer's file may be anywhere.

    Raises:
        UsageError: they are not in the cache any more.
    """
    kept = _Kept(store, reference)
    if not bool(np.isin(versions, kept.versions).all()):
        if sha256(shipped().read_bytes()).hexdigest() == reference.sha256:
            return _counted_anew(store, versions)
        raise UsageError(
            f"The tokens that {reference.name} makes of the records are not in the cache any more.",
            "Select again with the same --tokenizer.",
        )
    return kept.of(versions)


def _counted_anew(store: Store, versions: Ints) -> Ints:
    work = counts(store, shipped(), versions)
    while True:
        try:
            next(work)
        except StopIteration as end:
            found: Ints = end.value[1]
            return found


class _Kept:
    """The counts that are in the cache; what is there and cannot be read is counted anew."""

    def __init__(self, store: Store, reference: Reference) -> None:
        self._path = store.folder / CACHE / "tokens" / f"{reference.sha256[:32]}.npy"
        self._project = np.frombuffer(bytes.fromhex(store.project_id), np.int64)
        self._writable = not store.read_only
        self._table = np.zeros((2, 0), np.int64)
        if self._path.is_file():
            self._table = self._read()

    @property
    def versions(self) -> Ints:
        return np.asarray(self._table[0], np.int64)

    def of(self, versions: Ints) -> Ints:
        at = np.searchsorted(self._table[0], versions)
        return np.asarray(self._table[1][at], np.int64)

    def add(self, versions: Ints, counts: Ints) -> None:
        table = np.concatenate([self._table, np.stack([versions, counts])], axis=1)
        self._table = table[:, np.argsort(table[0], kind="stable")]
        if self._writable:
            self._write()

    def _read(self) -> Ints:
        try:
            table = np.load(self._path, allow_pickle=False)
        except (ValueError, EOFError):
            return self._table
        # The first column is the project's id: a cache may come with a folder that was copied.
        fits = table.dtype == np.int64 and table.ndim == 2 and len(table) == 2 and table.shape[1]
        if not fits or table[:, 0].tolist() != self._project.tolist():
            return self._table
        return np.asarray(table[:, 1:], np.int64)

    def _write(self) -> None:
        content = BytesIO()
        np.save(content, np.concatenate([self._project[:, None], self._table], axis=1))
        keep(self._path, content)


def _counted(tokenizer: "Tokenizer", store: Store, versions: Sequence[int]) -> Ints:
    bodies = scores.bodies(store, versions)
    texts: list[str] = []
    owners: list[int] = []
    for place, version in enumerate(versions):
        said = list(_contents(bodies[version])) if version in bodies else []
        texts += said
        owners += [place] * len(said)
    sizes = [len(each.ids) for each in tokenizer.encode_batch_fast(texts, add_special_tokens=False)]
    found = np.zeros(len(versions), np.int64)
    np.add.at(found, np.array(owners, np.int64), np.array(sizes, np.int64))
    return found


def _contents(body: str) -> Iterator[str]:
    return (each.content for each in records.from_body(body).messages if each.content)


def _load(path: Path, content: bytes) -> "Tokenizer":
    from tokenizers import Tokenizer

    try:
        made = Tokenizer.from_buffer(content)
    except Exception as error:  # the library raises nothing narrower
        raise UsageError(f"{path} holds no tokenizer: {error}", f"Name a {FILE}.") from error
    made.no_truncation()
    made.no_padding()
    return made
