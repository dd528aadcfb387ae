"""The embedder that ships with the program: a vector a token, averaged over the text.

The table was distilled from a sentence encoder; ``deita_tui/lite/README.md`` is its card and
``deita_tui/lite/training`` made it. It needs numpy and a tokenizer, no model runtime, and the order
of words means nothing to it.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import sha256
from importlib.resources import files
from itertools import chain
from typing import TYPE_CHECKING

from deita_tui.backends.embedders import Embedded

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from tokenizers import Tokenizer

LIMIT = 2048
"""The most words, and the most tokens, of a text that are read."""

VERSION = "1"
"""How a text becomes a vector, apart from the table: counted up when that changes."""

NO_TOKEN = "there is nothing in it to embed: it is empty, or has no token that is known"

_FILES = "lite"
_HEAD = 1_000
"""Characters of a text by which its script is told."""
_SPELT = re.compile("[\u0370-\u07bf]")
"""Letters of alphabets other than the Latin one: Greek, Cyrillic, Armenian, Hebrew, Arabic."""
_KNOWN_WORDS = 200_000
"""Words whose tokens are remembered; the memory is dropped when there are more."""
_LONG = 40
"""Characters of a word that is not worth remembering."""
_LONGEST = 16 * LIMIT
"""Characters of a word that are read; only what is no language has such."""


def spelt(text: str) -> bool:
    """Whether at least half of how a text begins is in the letters of another alphabet.

    The table knows such words letter by letter, and the letters of one text are those of any other.
    """
    head = text[:_HEAD]
    return not head.isascii() and 2 * len(_SPELT.findall(head)) >= len(head)


@dataclass(frozen=True, slots=True)
class LiteSettings:
    """There is nothing to set."""


class Words:
    """Splits texts into the table's tokens. Words come again and again, so each is cut up once."""

    def __init__(self, tokenizer: "Tokenizer") -> None:
        self._tokenizer = tokenizer
        self._unknown = tokenizer.token_to_id("[UNK]")
        self._known: dict[str, list[int]] = {}

    def tokens(self, texts: Sequence[str]) -> list[tuple[list[int], bool]]:
        """The first ``LIMIT`` known tokens of each text, and whether it has more."""
        return self.of([split(text) for text in texts])

    def of(self, texts: Sequence[tuple[list[str], bool]]) -> list[tuple[list[int], bool]]:
        """The same, of texts that are split into words already, with whether there are more."""
        if len(self._known) > _KNOWN_WORDS:
            self._known.clear()
        known = self._known
        new = list(set(chain.from_iterable(words for words, _ in texts)).difference(known))
        cut = [word[:_LONGEST] for word in new]
        for word, pieces in zip(
            new, self._tokenizer.encode_batch_fast(cut, add_special_tokens=False), strict=True
        ):
            known[word] = [each for each in pieces.ids if each != self._unknown]
        found = []
        for words, longer in texts:
            ids = list(chain.from_iterable(map(known.__getitem__, words)))
            found.append((ids[:LIMIT], longer or len(ids) > LIMIT))
        for word in new:
            if len(word) > _LONG:
                del known[word]
        return found

    def id(self, token: str) -> int | None:
        """The number of a token."""
        found: int | None = self._tokenizer.token_to_id(token)
        return found


class LiteEmbedder:
    """The average of the token vectors of a text, frequent tokens counting less."""

    def __init__(self) -> None:
        table, scale, tokenizer, digest = _shipped()
        self._table = table
        self._scale = scale
        self.words = Words(tokenizer)
        self.dimensions = int(table.shape[1])
        self.limit = LIMIT
        self.identity: Mapping[str, str] = {
            "backend": "lite",
            "version": VERSION,
            "weights": digest,
            "pooling": "weighted mean of token vectors",
            "precision": "int8 table, float32 sums",
            "limit": str(LIMIT),
        }

    def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder``; a row depends on its own text alone, to the last bit."""
        import numpy as np

        read = self.words.tokens(texts)
        vectors = np.full((len(texts), self.dimensions), np.nan, np.float32)
        for row, (ids, _) in enumerate(read):
            if ids:
                vectors[row] = self.mean(ids)
        short = np.fromiter((cut for _, cut in read), np.bool_, len(read))
        failed = any(not ids for ids, _ in read)
        return Embedded(vectors, short, NO_TOKEN if failed else "")

    def mean(self, ids: "Sequence[int] | NDArray[np.int64]") -> "NDArray[np.float32]":
        """(d,): the average vector of tokens, of which there is at least one."""
        import numpy as np

        at = np.array(ids, np.int64)
        # Not a matrix product: how that adds up depends on the machine's threads.
        rows = self._table[at].astype(np.float32)
        rows *= self._scale[at, None]
        mean: NDArray[np.float32] = np.add.reduce(rows, axis=0) / np.float32(len(at))
        return mean

    def close(self) -> None:
        """Nothing to give back."""


def open(model: str = "lite", settings: LiteSettings = LiteSettings()) -> LiteEmbedder:  # noqa: A001
    """The embedder; there is one only, whatever ``model`` says."""
    return LiteEmbedder()


def split(text: str) -> tuple[list[str], bool]:
    """The first ``LIMIT`` words of a text, and whether it has more."""
    words = text.split(None, LIMIT)
    return words[:LIMIT], len(words) > LIMIT


@lru_cache(maxsize=1)
def _shipped() -> "tuple[NDArray[np.int8], NDArray[np.float32], Tokenizer, str]":
    """Table (n, d), scale (n,), tokenizer, and the sha256 of the two files."""
    from io import BytesIO

    import numpy as np
    from tokenizers import Tokenizer

    folder = files("deita_tui") / _FILES
    numbers, words = (
        (folder / name).read_bytes() for name in ("embedder.npz", "embedder.tokenizer.json")
    )
    digest = sha256(sha256(numbers).digest() + sha256(words).digest()).hexdigest()
    with np.load(BytesIO(numbers), allow_pickle=False) as held:
        return held["table"], held["scale"], Tokenizer.from_buffer(words), digest
