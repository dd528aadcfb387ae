"""Text to token ids, read as plain text: nothing that a record says becomes a special token."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from deita_tui.errors import UsageError


class PlainText:
    """The tokenizer of a model's folder, deaf to the special tokens in a text.

    What stands before every text (BOS, where the model has it) is what transformers puts there;
    what stands after it (EOS) is left out. The text itself goes through ``tokenizer.json`` as it
    is in the folder, because transformers rebuilds some tokenizers from their class instead.
    """

    def __init__(self, folder: Path) -> None:
        self._full = _load(folder)
        self._folder = folder
        self.before, self.after = _around(self._full, folder)
        """What transformers puts before and after every text."""
        self._encode = _encoder(self._full, folder)

    def __call__(self, text: str) -> list[int]:
        """Token ids of ``text``, with what stands before it."""
        return [*self.before, *self._encode(text)]

    def encode(self, text: str) -> list[int]:
        """Token ids of ``text`` alone."""
        found: list[int] = self._encode(text)
        return found

    @property
    def most(self) -> int:
        """The most tokens of a text, by the tokenizer; huge where it does not say."""
        return int(self._full.model_max_length)

    def special(self, text: str) -> int | None:
        """The special token that is spelled ``text``; None where there is none."""
        id_ = self._full.convert_tokens_to_ids(text)
        # A token that it does not know becomes the unknown one, which is special too.
        known = id_ is not None and self._full.convert_ids_to_tokens(id_) == text
        return int(id_) if known and id_ in self._full.all_special_ids else None

    def continued(self) -> Callable[[str], list[int]]:
        """As ``encode``, for a text that follows a special token.

        Some tokenizers put a space before the first text only, and not before this one.
        """
        found: Callable[[str], list[int]] = _encoder(self._full, self._folder, first=False)
        return found


def _load(folder: Path) -> Any:
    from transformers import AutoTokenizer

    try:
        return AutoTokenizer.from_pretrained(
            folder, local_files_only=True, trust_remote_code=False, use_fast=True
        )
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise UsageError(
            f"{folder} has no tokenizer that can be read without running its code "
            f"({_first_line(error)}).",
            "Its folder needs tokenizer.json or tokenizer.model.",
        ) from error


def _around(full: Any, folder: Path) -> tuple[list[int], list[int]]:
    """Ids that come before and after a text, found by trying: every class does it its own way."""
    probe = "a"
    bare = full(probe, add_special_tokens=False)["input_ids"]
    whole = full(probe)["input_ids"]
    for start in range(len(whole) - len(bare) + 1):
        if whole[start : start + len(bare)] == bare:
            return list(whole[:start]), list(whole[start + len(bare) :])
    raise UsageError(f"The tokenizer in {folder} changes a text when it adds its special tokens.")


def _encoder(full: Any, folder: Path, first: bool = True) -> Any:
    path = folder / "tokenizer.json"
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8"))
    elif full.is_fast:
        content = json.loads(full.backend_tokenizer.to_str())
    else:
        return lambda text: full(text, add_special_tokens=False, split_special_tokens=True)[
            "input_ids"
        ]
    plain = _plain(content if first else _not_first(content))
    return lambda text: plain.encode(text, add_special_tokens=False).ids


def _not_first(content: Any) -> Any:
    """``content`` with no space before a text, where it puts one before the first only."""
    if isinstance(content, dict):
        found = {key: _not_first(value) for key, value in content.items() if key != "model"}
        if found.get("type") == "Metaspace" and found.get("prepend_scheme") == "first":
            found["prepend_scheme"] = "never"
        return found | ({"model": content["model"]} if "model" in content else {})
    return [_not_first(each) for each in content] if isinstance(content, list) else content


def _plain(content: dict[str, Any]) -> Any:
    from tokenizers import Tokenizer

    content["truncation"] = content["padding"] = None
    model = content["model"]
    if model.get("type") == "Unigram":
        # Its vocabulary lists the special tokens as pieces like any other, at the best score.
        special = {token["content"] for token in content["added_tokens"] if token["special"]}
        model["vocab"] = [
            [piece, -1e6 if piece in special else score] for piece, score in model["vocab"]
        ]
    plain = Tokenizer.from_str(json.dumps(content))
    plain.encode_special_tokens = True
    return plain


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0][:200]
