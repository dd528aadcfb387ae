from collections.abc import Iterator
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.scoring.runs import pool
from tests.scoring.small_project import project


@pytest.fixture
def scored(tmp_path: Path) -> Iterator[Project]:
    """A project of 60 records, scored and embedded by models that were named, and selected from."""
    project(tmp_path / "project", pool(60, seed=3)).close()
    with Project.open(tmp_path / "project") as made:
        made.score(complexity="c", quality="q", backend="fake")
        made.embed(embedder="m", backend="fake")
        made.select(budget=20, threshold=0.95, save="mine")
        yield made
