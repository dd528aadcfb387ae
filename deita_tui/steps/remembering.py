"""What a model said of a response, kept over runs: ICI asks the same again and again.

A probe is a probe of many turns, and where the pool grows most turns keep their probes. So the mean
log-probability of every answer lies in ``cache/shown/`` under the hash of the question's tokens; a
file belongs to one model, as its identity has it. Whatever is lost there is asked again.
"""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from hashlib import blake2b, sha256
from pathlib import Path
from zlib import crc32

import msgspec
import numpy as np

from deita_store.sentences import told_of_files
from deita_store.store import CACHE, Store
from deita_tui.backends import Item, Judge
from deita_tui.scoring.asking import Answer, Asker

_ROW = np.dtype([("high", ">u8"), ("low", ">u8"), ("mean", "<f8"), ("check", "<u4")])
_TOKENS = 16_384
"""So many are asked about at once, unless a single question has more."""


class Memory:
    """Means by key, in a file that only ever grows at its end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        with told_of_files(file.parent):
            file.parent.mkdir(parents=True, exist_ok=True)
            content = file.read_bytes() if file.exists() else b""
            whole = len(content) - len(content) % _ROW.itemsize
            if whole < len(content):
                # Somebody died while writing.
                with file.open("r+b") as torn:
                    torn.truncate(whole)
        rows = np.frombuffer(content[:whole], _ROW)
        self._rows = rows[np.argsort(rows["high"], kind="stable")]
        self._high = self._rows["high"].astype(np.uint64)
        self._new: dict[bytes, float] = {}

    def get(self, key: bytes) -> float | None:
        """The mean under a key of 16 bytes; None where there is none, or it is damaged."""
        if key in self._new:
            return self._new[key]
        high = np.uint64(int.from_bytes(key[:8]))
        at = int(np.searchsorted(self._high, high))
        while at < len(self._rows) and self._high[at] == high:
            row = self._rows[at].tobytes()
            if row[:16] == key and crc32(row[:24]) == int.from_bytes(row[24:], "little"):
                return float(self._rows[at]["mean"])
            at += 1
        return None

    def put(self, means: Mapping[bytes, float]) -> None:
        """Keep some more; they are in the file when this returns."""
        rows = []
        for key, mean in means.items():
            row = key + np.array(mean, "<f8").tobytes()
            rows.append(row + crc32(row).to_bytes(4, "little"))
        with told_of_files(self._file.parent), self._file.open("ab") as file:
            file.write(b"".join(rows))
        self._new.update(means)


class Remembering:
    """An asker that asks nothing twice. Its answers to ``follow`` hold one number: the mean."""

    def __init__(self, asker: Asker, memory: Memory) -> None:
        self._asker, self._memory = asker, memory
        self.judge: Judge = asker.judge

    @property
    def failing(self) -> bool:
        """See ``Asker``."""
        return self._asker.failing

    def ask(
        self, prompts: Sequence[Sequence[int]], choices: Sequence[int], shared: int
    ) -> list[Answer]:
        """See ``Asker``."""
        return self._asker.ask(prompts, choices, shared)

    def follow(self, items: Sequence[Item]) -> list[Answer]:
        """How likely each token of a continuation is, on average; see ``Asker``."""
        keys = [_key(item) for item in items]
        said = {key: mean for key in keys if (mean := self._memory.get(key)) is not None}
        missing = {key: item for key, item in zip(keys, items, strict=True) if key not in said}
        failed: dict[bytes, Answer] = {}
        for some in _slices(missing):
            answers = self._asker.follow(list(some.values()))
            found = {}
            for key, answer in zip(some, answers, strict=True):
                if answer.logprobs is None:
                    failed[key] = answer
                else:
                    found[key] = float(np.mean(answer.logprobs))
            self._memory.put(found)
            said |= found
        return [failed[key] if key in failed else Answer([said[key]]) for key in keys]

    def close(self) -> None:
        """See ``Asker``."""
        self._asker.close()


def memory(store: Store, judge: Judge) -> Memory:
    """What is remembered of a model in this project."""
    identity = msgspec.json.encode(dict(judge.identity), order="deterministic")
    return Memory(store.folder / CACHE / "shown" / f"{sha256(identity).hexdigest()[:32]}.bin")


def _key(item: Item) -> bytes:
    digest = blake2b(len(item[0]).to_bytes(8), digest_size=16)
    for part in item:
        digest.update(array("i", part).tobytes())
    return digest.digest()


def _slices(items: Mapping[bytes, Item]) -> Iterator[dict[bytes, Item]]:
    """A few at a time, so that none takes longer than a model may take for an answer."""
    held: dict[bytes, Item] = {}
    tokens = 0
    for key, item in items.items():
        size = len(item[0]) + len(item[1])
        if held and tokens + size > _TOKENS:
            yield held
            held, tokens = {}, 0
        held[key] = item
        tokens += size
    if held:
        yield held
