"""How many tokens a conversation has for one model: its own tokenizer, and its chat template.

transformers renders the template, in jinja's immutable sandbox; a tokenizer that needs code of its
own is not loaded. Without transformers the texts alone are counted.
"""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deita_tui.errors import InputError

Messages = Sequence[Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class ChatTokens:
    """Counts the tokens of conversations."""

    count: Callable[[Messages, list[dict[str, Any]] | None], int | str]
    """Messages of role and content, and tools, to tokens; or why the template refuses them."""
    how: str
    """What is counted, as a sentence."""


def load(folder: Path) -> ChatTokens:
    """The counter of the model, or of the tokenizer alone, that lies in ``folder``.

    Raises:
        InputError: there is no tokenizer there.
    """
    if not (folder / "tokenizer.json").is_file() and not (folder / "tokenizer.model").is_file():
        raise InputError(
            f"{folder} holds no tokenizer: neither tokenizer.json nor tokenizer.model.",
            "Name the folder of the model that you train.",
        )
    if not _has_template(folder):
        return _plain(folder, "It has no chat template, so")
    try:
        import transformers  # noqa: F401
    except ImportError:
        return _plain(folder, "transformers is not installed to render its chat template, so")
    return _templated(folder)


def _has_template(folder: Path) -> bool:
    if (folder / "chat_template.jinja").is_file() or (folder / "chat_template.json").is_file():
        return True
    try:
        config = json.loads((folder / "tokenizer_config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return False
    return isinstance(config, dict) and bool(config.get("chat_template"))


def _templated(folder: Path) -> ChatTokens:
    from jinja2 import TemplateError
    from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(
            str(folder), local_files_only=True, trust_remote_code=False
        )
    except (OSError, ValueError, ImportError, KeyError) as error:
        raise InputError(f"The tokenizer in {folder} cannot be loaded: {_first(error)}") from error

    def count(messages: Messages, tools: list[dict[str, Any]] | None) -> int | str:
        try:
            text = tokenizer.apply_chat_template(
                [dict(message) for message in messages],
                tools=list(tools or ()) or None,
                tokenize=False,
            )
        except (TemplateError, TypeError, ValueError, KeyError, AttributeError) as error:
            return _first(error)
        return len(tokenizer(text, add_special_tokens=False)["input_ids"])

    return ChatTokens(count, f"Tokens are those of {folder.name}, with its chat template.")


def _plain(folder: Path, why: str) -> ChatTokens:
    from tokenizers import Tokenizer

    path = folder / "tokenizer.json"
    if not path.is_file():
        raise InputError(
            f"{why} its tokens would be counted from tokenizer.json, which {folder} has not.",
            "Install the extra that brings transformers: pip install 'deita-tui[hf]'",
        )
    tokenizer = Tokenizer.from_file(str(path))
    tokenizer.no_truncation()

    def count(messages: Messages, tools: list[dict[str, Any]] | None) -> int | str:
        texts = [str(message.get("content") or "") for message in messages]
        texts += [
            json.dumps(message["tool_calls"]) for message in messages if message.get("tool_calls")
        ]
        texts += [json.dumps(tools)] if tools else []
        found = tokenizer.encode_batch(texts, add_special_tokens=False)
        return sum(len(each.ids) for each in found)

    told = f"{why} only the tokens of the texts are counted; the template adds some to each turn."
    return ChatTokens(count, told)


def _first(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0][:200]
