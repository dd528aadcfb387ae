"""Files to import, and what must become of them."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from deita_store.store import Store

Write = Callable[..., Path]


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A new, empty project."""
    with Store.create(tmp_path / "project") as made:
        yield made


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write a JSONL file of question and answer rows; a string stands as it is."""

    def written(rows: list[dict[str, object] | str], name: str = "pool.jsonl") -> Path:
        path = tmp_path / name
        lines = (row if isinstance(row, str) else json.dumps(row) for row in rows)
        path.write_text("".join(line + "\n" for line in lines), encoding="utf-8")
        return path

    return written
