from collections.abc import Iterator
from pathlib import Path

import pytest

from deita_tui.project import Project
from tests.export.made import make_project, select, write


@pytest.fixture(scope="package")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of one record of every kind, all selected; no test changes it."""
    folder = tmp_path_factory.mktemp("made")
    with make_project(folder / "project", write(folder)) as project:
        select(project)
    return folder / "project"


@pytest.fixture
def project(made: Path) -> Iterator[Project]:
    """That project, open for reading."""
    with Project.open(made, read_only=True) as found:
        yield found


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Project]:
    """A project of the same records that a test may change."""
    (tmp_path / "in").mkdir()
    with make_project(tmp_path / "project", write(tmp_path / "in")) as found:
        select(found)
        yield found
