"""Text to token ids, read as plain text: nothing that a record says becomes a special token."""

import json
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
        full = _load(folder)
        self._before = _before(full, folder)
        self._encode = _encoder(full, folder)

    def __call__(self, text: str) -> list[int]:
        """Token ids of ``text``."""
        return [*self._before, *self._encode(text)]


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


def _before(full: Any, folder: Path) -> list[int]:
    """Ids that come before a text, found by trying: every tokenizer class does it its own way."""
    probe = "a"
    bare = full(probe, add_special_tokens=False)["input_ids"]
    whole = full(probe)["input_ids"]
    for start in range(len(whole) - len(bare) + 1):
        if whole[start : start + len(bare)] == bare:
            return list(whole[:start])
    raise UsageError(f"The tokenizer in {folder} changes a text when it adds its special tokens.")


def _encoder(full: Any, folder: Path) -> Any:
    path = folder / "tokenizer.json"
    if path.exists():
        content = json.loads(path.read_text(encoding="utf-8"))
    elif full.is_fast:
        content = json.loads(full.backend_tokenizer.to_str())
    else:
        return lambda text: full(text, add_special_tokens=False, split_special_tokens=True)[
            "input_ids"
        ]
    plain = _plain(content)
    return lambda text: plain.encode(text, add_special_tokens=False).ids


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
