"""A GGUF model in several files: ``name-00001-of-00003.gguf`` and its siblings.

llama.cpp is given the first part and finds the others beside it.
"""

import re
from collections.abc import Iterable
from pathlib import Path

from deita_tui.errors import UsageError

_PART = re.compile(r"(?P<stem>.+)-(?P<number>\d{5})-of-(?P<count>\d{5})\.gguf")


def names(name: str) -> list[str]:
    """The files that make up a model: one, or all parts of a split one, the first one first.

    Args:
        name: of a ``.gguf``; folders may stand before it.

    Raises:
        UsageError: ``name`` is not the first part.
    """
    match = _PART.fullmatch(name)
    if match is None:
        return [name]
    every = _parts(match)
    if name != every[0]:
        short = [each.rsplit("/", 1)[-1] for each in (name, every[0])]
        raise UsageError(f"{short[0]} is not the first part of its model.", f"Name {short[1]}.")
    return every


def models(files: Iterable[str]) -> list[list[str]]:
    """The GGUF models among ``files``, by name; each with all its parts, there or not."""
    found: dict[str, list[str]] = {}
    for name in sorted(file for file in files if file.endswith(".gguf")):
        match = _PART.fullmatch(name)
        every = [name] if match is None else _parts(match)
        found.setdefault(every[0], every)
    return list(found.values())


def parts(path: Path) -> list[Path]:
    """The files that make up the model ``path``: one, or all parts of a split one.

    Raises:
        UsageError: a file is missing, or ``path`` is not the first part.
    """
    if not path.is_file():
        raise UsageError(f"There is no file {path}.", "Check the path of the model.")
    files = [path.with_name(name) for name in names(path.name)]
    if missing := [file.name for file in files if not file.is_file()]:
        raise UsageError(lacking(path.name, missing), "Fetch all of its parts into one folder.")
    return files


def lacking(name: str, missing: list[str]) -> str:
    """What is said of a model without all its parts."""
    more = f" and {len(missing) - 1} more" if len(missing) > 1 else ""
    return f"{name} lacks its part {missing[0]}{more}."


def _parts(match: "re.Match[str]") -> list[str]:
    stem, count = match["stem"], match["count"]
    return [f"{stem}-{number:05}-of-{count}.gguf" for number in range(1, int(count) + 1)] or [
        match[0]
    ]
