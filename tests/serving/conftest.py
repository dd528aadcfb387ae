from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from deita_tui.serving.house import Address, House
from deita_tui.serving.process import command
from tests.serving.visiting import Narrated, Visitor

Opening = Callable[..., AbstractAsyncContextManager[Visitor]]


@pytest.fixture
def opening(own_home: Path) -> Opening:
    """Serve a project in this process; what comes out is a browser that has not been let in."""

    @asynccontextmanager
    async def opened(
        folder: Path = Path("/nowhere"), *, words: list[str] | None = None, **address: object
    ) -> AsyncIterator[Visitor]:
        told = Narrated()
        where = Address(**{"port": 0, **address})  # type: ignore[arg-type]
        house = House(folder.name, words or command(own_home, folder), where, told)
        await house.open()
        try:
            async with Visitor.of(house, told) as visitor:
                yield visitor
        finally:
            await house.close()

    return opened
