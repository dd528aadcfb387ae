from collections.abc import Iterator
from pathlib import Path

import pytest

from deita_store.store import Store
from tests.selecting.projects import clustered, project


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with project(tmp_path / "project", clustered(200)) as made:
        yield made
