"""How many cores matrix products take."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cache
from threading import Lock
from typing import Any


@contextmanager
def one_core() -> Iterator[None]:
    """Make products on one core inside the block, in the whole process.

    Behind a decision or a slider's step they are small. OpenBLAS shares out even those, and its
    threads then wait for one another by spinning: where something else wants a core, and the screen
    does, that takes ten times as long as one core needs alone.

    Several threads may be inside at once: the first one in sets it, the last one out ends it.
    """
    _inside.enter()
    try:
        yield
    finally:
        _inside.leave()


class _Inside:
    """How many are inside the block."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._count = 0
        self._limit = ExitStack()

    def enter(self) -> None:
        with self._lock:
            if self._count == 0:
                self._limit.enter_context(_libraries().limit(limits=1, user_api="blas"))
            self._count += 1

    def leave(self) -> None:
        with self._lock:
            self._count -= 1
            if self._count == 0:
                self._limit.close()


_inside = _Inside()


@cache
def _libraries() -> Any:
    # Looking for them takes milliseconds. They are found only once they are loaded, and numpy
    # brings the one that it multiplies with.
    import numpy  # noqa: F401
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
