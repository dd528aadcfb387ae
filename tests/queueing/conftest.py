from collections.abc import Iterator
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.selecting.projects import clustered, project


@pytest.fixture
def mix(tmp_path: Path) -> Iterator[Project]:
    """A project of 200 records in clusters of near twins, of which 60 are kept as ``mine``."""
    project(tmp_path / "mix", clustered(200, seed=5)).close()
    with Project.open(tmp_path / "mix") as made:
        made.select(budget=60, threshold=0.95, save="mine")
        yield made
