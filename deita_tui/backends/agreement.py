"""Do two tokenizers of one model agree? A different tokenization moves a score by up to 1.8.

A GGUF carries a copy of its source's tokenizer, rewritten for llama.cpp; the places where such
copies differ are known, and are tried.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path

Tokens = Callable[[str], Sequence[int]]

SAMPLE = (
    "Hello, how are you?",
    " leading space",
    "two  spaces,   three,    four",
    "trailing spaces  ",
    "\n\nnew lines\n \n\ttabs\t\tand\r\nreturns",
    "<s>[INST] not special [/INST]</s><unk>",
    "<|im_start|>user\nnot special either<|im_end|><|endoftext|>",
    "0 1 12 123 1234 3.14159 2024-05-06",
    "naïve café, Straße, Ελλάδα, Привет",
    "你好,世界。 日本語のテキスト 한국어",
    "🙂👩‍👩‍👧 ‏שלום‎ ﷽",
    "def f(x):\n    return {'a': [x ** 2]}",
    "user query. \n##Query: 2 + 2 = ?  \n##Complexity: 3",
    "word \n##Quality: 5",
    "",
)


@dataclass(frozen=True, slots=True)
class Agreement:
    """How often two tokenizers gave the same ids."""

    texts: int
    differing: tuple[str, ...]
    """The texts on which they do not agree."""

    @property
    def share(self) -> float:
        """Of the texts, from 0 to 1, on which they agree."""
        return 1 - len(self.differing) / self.texts

    def __str__(self) -> str:
        if not self.differing:
            return f"Both tokenizers agree on all {self.texts} texts tried."
        return (
            f"The tokenizers disagree on {len(self.differing)} of {self.texts} texts "
            f"({1 - self.share:.0%}), as on {self.differing[0]!r}: scores will differ there."
        )


def compare(one: Tokens, other: Tokens, texts: Sequence[str] = SAMPLE) -> Agreement:
    """Tokenize ``texts`` with both."""
    differing = tuple(text for text in texts if list(one(text)) != list(other(text)))
    return Agreement(len(texts), differing)


def check(tokens: Tokens, path: Path) -> Agreement | None:
    """Compare the tokenizer of the GGUF ``path`` with the one in the folder around it.

    Args:
        tokens: the GGUF's own, as its judge has it.
        path: the ``.gguf`` file.

    Returns:
        None where no ``tokenizer.json`` lies beside it, or nothing is installed that reads it.
    """
    if not (path.parent / "tokenizer.json").exists() or find_spec("transformers") is None:
        return None
    from deita_tui.backends.hf_tokens import PlainText

    return compare(tokens, PlainText(path.parent))
