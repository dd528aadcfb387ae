from collections.abc import Callable
from pathlib import Path

import pytest

from deita_tui.formats import Mapping, Row, plan, read

FILES = Path(__file__).parent / "files"


@pytest.fixture(scope="session")
def files() -> Path:
    """The sample files: small, one of each shape that publishers use."""
    return FILES


@pytest.fixture
def rows_of(tmp_path: Path) -> Callable[..., list[Row]]:
    """Plan and read a file that holds ``data``."""

    def run(
        data: str | bytes, name: str = "pool.jsonl", mapping: Mapping | None = None
    ) -> list[Row]:
        path = tmp_path / name
        path.write_bytes(data.encode() if isinstance(data, str) else data)
        return list(read(plan(path, mapping)))

    return run
