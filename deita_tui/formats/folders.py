"""Folders: the files in them that can be imported, and datasets that were saved as a folder."""

import json
from pathlib import Path
from typing import Any

from deita_tui.errors import InputError
from deita_tui.formats.sniff import suffix

IMPORTABLE = (".json", ".jsonl", ".ndjson", ".csv", ".tsv", ".parquet", ".arrow")
INDEX_FILES = ("dataset_info.json", "dataset_infos.json", "dataset_dict.json", "state.json")
_BIGGEST_INDEX = 16 << 20


def expand(path: Path) -> list[Path]:
    """The inputs that a path stands for: itself, or what a folder holds, in name order.

    A folder that ``save_to_disk`` wrote is one input (one for each split); files that only describe
    others are none.

    Raises:
        InputError: there is nothing to import.
    """
    path = Path(path)
    if not path.exists():
        raise InputError(f"{path} does not exist.", "Check the path.")
    if not path.is_dir():
        return [path]
    found = list(_inputs(path))
    if not found:
        raise InputError(
            f"{path} holds nothing that can be imported.",
            f"Files are recognised by their names: {' '.join(IMPORTABLE)}, also .gz or .zst.",
        )
    return found


def is_saved_dataset(folder: Path) -> bool:
    """Was ``folder`` written by ``save_to_disk``?"""
    return (folder / "state.json").is_file() and bool(_data_files(folder))


def data_files(folder: Path) -> tuple[Path, ...]:
    """The Arrow files of a saved dataset, in their order.

    Raises:
        InputError: one is missing, or named outside of the folder.
    """
    files = []
    for name in _data_files(folder):
        # an index file may name siblings, never a path
        if Path(name).name != name or name in ("", ".", ".."):
            raise InputError(f"{folder / 'state.json'} names {name!r}, which is not in its folder.")
        if not (folder / name).is_file():
            raise InputError(f"{folder} lacks its data file {name}.", "Copy the whole folder.")
        files.append(folder / name)
    return tuple(files)


def read_index(path: Path) -> dict[str, Any]:
    """An index file's object; empty if it is missing or is none."""
    try:
        if not path.is_file() or path.stat().st_size > _BIGGEST_INDEX:
            return {}
        value = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _data_files(folder: Path) -> list[str]:
    listed = read_index(folder / "state.json").get("_data_files")
    if not isinstance(listed, list):
        return []
    return [str(each.get("filename")) for each in listed if isinstance(each, dict)]


def _inputs(folder: Path) -> list[Path]:
    if is_saved_dataset(folder):
        return [folder]
    found: list[Path] = []
    for path in sorted(folder.iterdir()):
        if path.name.startswith("."):
            continue
        if path.is_dir() and not path.is_symlink():
            found += _inputs(path)
        elif path.is_file() and path.name not in INDEX_FILES and suffix(path) in IMPORTABLE:
            found.append(path)
    return found
