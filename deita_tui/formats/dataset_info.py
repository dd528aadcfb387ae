"""LLaMA-Factory's ``dataset_info.json``: what it says about a file that lies beside it."""

from pathlib import Path
from typing import Any

from deita_tui.formats.folders import read_index
from deita_tui.formats.mapping import Mapping
from deita_tui.formats.messages import ROLE_NAMES, ROLE_TAGS
from deita_tui.formats.sniff import bare_name

NAME = "dataset_info.json"
NEEDED = ("prompt", "response", "messages", "chosen", "rejected", "kto_tag")
"""Parts that an entry cannot name in vain."""
_OPENAI = {"role_tag": "role", "content_tag": "content"}
_SHAREGPT = {"role_tag": "from", "content_tag": "value"}


def mapping_for(path: Path) -> Mapping | None:
    """The mapping of ``path`` in the index beside it; None if it says nothing of its columns."""
    name = bare_name(path)
    for entry in read_index(path.parent / NAME).values():
        if isinstance(entry, dict) and entry.get("file_name") == name:
            columns = _texts(entry.get("columns"))
            return _mapping(entry, columns) if columns else None
    return None


def _mapping(entry: dict[str, Any], columns: dict[str, str]) -> Mapping:
    formatting = entry.get("formatting", "alpaca")
    tags = _texts(entry.get("tags"))
    keys = {**(_OPENAI if formatting == "openai" else _SHAREGPT), **tags}
    base = "messages" if keys["role_tag"] == "role" else "sharegpt"
    usual = _OPENAI if base == "messages" else _SHAREGPT
    told = {
        tag: value
        for tag, value in keys.items()
        if value != usual.get(tag) and (tag in usual or tag in ROLE_TAGS) and not _known(tag, value)
    }
    if entry.get("ranking") is True or {"chosen", "rejected"} <= columns.keys():
        return Mapping("preference", tuple({**columns, **told}.items()))
    if "kto_tag" in columns:
        base = "kto" if "messages" in columns else "kto-pairs"
        return Mapping(base, tuple({**columns, **told}.items()))
    if formatting == "alpaca":
        return Mapping("alpaca", tuple(columns.items()))
    return Mapping(base, tuple({**columns, **told}.items()))


def _known(tag: str, value: str) -> bool:
    """Does the role name mean here what the tag says, without being told?"""
    return value in ROLE_NAMES and ROLE_NAMES[value] == ROLE_TAGS.get(tag)


def _texts(value: Any) -> dict[str, str]:
    if not isinstance(value, dict):
        return {}
    return {str(key): each for key, each in value.items() if isinstance(each, str) and each}
