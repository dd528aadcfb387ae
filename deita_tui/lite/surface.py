"""What shows on the face of a text: its size, shape, marks and kinds of words; no meaning."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from deita_tui.embedding.lite import Words
from deita_tui.lite.lexicon import NAMES, PHRASES, WORDS

Floats = NDArray[np.float32]

READ = 20_000
"""Characters of a text that are looked at, apart from its length."""

_VOCABULARY = 30_522
_RARE = 8_000
"""Tokens are numbered about as often as they are used; from here on they are rare."""
_PLACES = 512
"""Tokens that are looked at for repetition."""
_CROWDED = 20.0
"""More of a mark a sentence than this tells nothing more."""
_ENDS = frozenset('.!?。"”)`}>]$')
_SENTENCES = (". ", ".\n", "! ", "? ", "。")

SIZES = ("characters", "words", "tokens", "sentences", "lines", "paragraphs")
SHAPE = (
    "letters a word",
    "tokens a word",
    "words a sentence",
    "sentences a paragraph",
    "variety of words",
    "repeated lines",
    "repeated triples",
    "rarity",
    "rare tokens",
    "digits",
    "beyond ASCII",
    "ends whole",
    "ends in a word",
    "ends in a question or colon",
    "starts small",
)
LINES: Mapping[str, str] = {"bullets": "-*•", "numbered": "0123456789", "headings": "#"}
"""What a line may begin with."""
MARKS: Mapping[str, str] = {
    "table": "|",
    "formula": "$\\",
    "sums": "=+^",
    "commas": ",",
    "questions": "?",
    "exclamations": "!",
    "colons": ":",
    "semicolons": ";",
    "quotes": '"',
    "brackets": "([",
    "braces": "{<",
}
DOUBLED: Mapping[str, str] = {"fences": "```", "bold": "**"}
COUNTED = (*LINES, *DOUBLED, *MARKS)
NAMES_OF_TEXT: tuple[str, ...] = (
    *SIZES,
    *SHAPE,
    *COUNTED,
    *(f"{each} a sentence" for each in COUNTED),
    *(f"words of {each}" for each in NAMES),
    *(f"share of {each}" for each in NAMES),
    *PHRASES,
)
"""What ``Surface.of`` gives, in order."""

_RAW = len(SIZES) + len(SHAPE) + len(COUNTED) + len(NAMES) + len(PHRASES)


class Surface:
    """Looks at texts."""

    def __init__(self, words: Words) -> None:
        self._classes = np.zeros((_VOCABULARY, len(NAMES) + 2), np.float32)
        for place, name in enumerate(NAMES):
            for word in WORDS[name].split():
                token = words.id(word)
                if token is not None:
                    self._classes[token, place] = 1
        self._classes[_RARE:, -2] = 1
        self._classes[:, -1] = np.log1p(np.arange(_VOCABULARY))
        self._marks = np.zeros((128, len(MARKS) + 1), np.int64)
        for place, signs in enumerate((*MARKS.values(), "0123456789")):
            for sign in signs:
                self._marks[ord(sign), place] = 1

    def of(
        self,
        texts: Sequence[str],
        words: Sequence[Sequence[str]],
        ids: Sequence[NDArray[np.int64]],
    ) -> Floats:
        """(n, len(NAMES_OF_TEXT)), all finite.

        Args:
            texts: n, as they are.
            words: of each, from ``embedding.lite.split``.
            ids: (t,) tokens of each.
        """
        raw = np.zeros((len(texts), _RAW), np.float64)
        for row, (text, some, tokens) in enumerate(zip(texts, words, ids, strict=True)):
            raw[row] = self._raw(text, some, tokens)
        return _finished(raw)

    def _raw(self, text: str, words: Sequence[str], ids: NDArray[np.int64]) -> list[float]:
        part = text[:READ]
        coded = part.encode(errors="replace")
        codes = np.bincount(np.frombuffer(coded, np.uint8), minlength=128)[:128]
        *marks, digits = (codes @ self._marks).tolist()
        stripped = [line.strip() for line in part.split("\n")]
        lines = [line for line in stripped if line]
        starts = "".join(line[0] for line in lines[1:])
        classes = self._classes[ids].sum(axis=0).tolist()
        small = part.lower()
        tokens = max(1, len(ids))
        first, last = (lines[0][0], lines[-1][-1]) if lines else ("", "")
        return [
            *(len(text), len(words), len(ids)),
            1 + sum(map(part.count, _SENTENCES)),
            *(len(lines), 1 + part.count("\n\n")),
            # What follows takes its denominators from the sizes, later and all at once.
            *(len("".join(words)), len(ids), 0, 0, len(set(words))),
            1 - len(set(lines)) / max(1, len(lines)),
            *(_repeated(ids[:_PLACES]), classes[-1] / tokens, classes[-2] / tokens),
            digits / (1 + len(part)),
            len(coded) / max(1, len(part)) - 1,
            *(last in _ENDS, last.isalnum(), last != "" and last in "?:", first.islower()),
            *(sum(map(starts.count, signs)) for signs in LINES.values()),
            *map(part.count, DOUBLED.values()),
            *marks,
            *classes[:-2],
            *(sum(map(small.count, phrases)) for phrases in PHRASES.values()),
        ]


def _finished(raw: NDArray[np.float64]) -> Floats:
    """Counts as logarithms and shares; sizes differ by factors, not by sums."""
    sizes, shape, counts, kinds, phrases = np.split(
        raw,
        np.cumsum([len(SIZES), len(SHAPE), len(COUNTED), len(NAMES)]),
        axis=1,
    )
    words, tokens, sentences = np.maximum(sizes[:, 1:4], 1).T
    shape = shape.copy()
    shape[:, 0] = np.log1p(shape[:, 0] / words)
    shape[:, 1] = np.log1p(shape[:, 1] / words)
    shape[:, 2] = np.log1p(sizes[:, 1] / sentences)
    shape[:, 3] = np.log1p(sentences / sizes[:, 5])
    shape[:, 4] = np.log1p(shape[:, 4]) - np.log1p(sizes[:, 1])
    found = [
        np.log1p(sizes),
        shape,
        np.log1p(counts),
        np.minimum(counts / sentences[:, None], _CROWDED),
        np.log1p(kinds),
        kinds / (tokens[:, None] + 1),
        np.log1p(phrases),
    ]
    table: Floats = np.concatenate(found, axis=1).astype(np.float32)
    return table


def _repeated(ids: NDArray[np.int64]) -> float:
    """Share of three tokens in a row that stood there before."""
    if len(ids) < 4:
        return 0.0
    triples = (ids[:-2] * _VOCABULARY + ids[1:-1]) * _VOCABULARY + ids[2:]
    return 1 - len(set(triples.tolist())) / len(triples)
