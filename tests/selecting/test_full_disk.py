"""What selecting keeps in cache/ on a disk that takes nothing more."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deita_store.errors import NoSpaceError
from deita_tui.neighbours import files
from tests.selecting.projects import clustered, project

_SELECT = """
import resource, signal, sys
from deita_tui.project import Project
from deita_tui.errors import DeitaError
with Project.open(sys.argv[1]) as project:
    project.select(budget=1, embedder="lite")
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))
    try:
        project.select(**eval(sys.argv[2]))
    except DeitaError as error:
        sys.exit(f"told: {error}")
"""


@pytest.mark.parametrize("asked", ["budget_tokens", "against"])
def test_a_full_disk_is_told_and_nothing_is_left(asked: str, tmp_path: Path) -> None:
    project(tmp_path / "project", clustered(200)).close()
    file = tmp_path / "a.jsonl"
    file.write_text("".join(f'{{"instruction": "{n}?", "output": "{n}"}}\n' for n in range(20)))
    options = {"budget": 2, "embedder": "lite"}
    options |= {"against": str(file)} if asked == "against" else {"budget_tokens": 50}
    done = subprocess.run(
        [sys.executable, "-c", _SELECT, tmp_path / "project", repr(options)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.stderr.startswith("told: ")
    assert [each.name for each in (tmp_path / "project" / "cache").rglob("*.partial")] == []
    assert "Traceback" not in done.stderr


def test_vectors_that_did_not_fit_are_not_left(tmp_path: Path) -> None:
    def full() -> Iterator[tuple[Any, Any]]:
        raise NoSpaceError("full")
        yield

    with files.writing(tmp_path), pytest.raises(NoSpaceError):
        files.grow(tmp_path, None, 4, full())
    assert [each.name for each in tmp_path.iterdir()] == ["lock"]
