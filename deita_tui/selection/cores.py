"""How many cores matrix products take."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any


@contextmanager
def one_core() -> Iterator[None]:
    """Make products on one core inside the block, in the whole process.

    Behind a decision they are small. OpenBLAS shares out even those, and its threads then wait for
    one another by spinning: where something else wants a core, and the screen does, that takes ten
    times as long as one core needs alone.
    """
    with _libraries().limit(limits=1, user_api="blas"):
        yield


@cache
def _libraries() -> Any:
    # Looking for them takes milliseconds; numpy has loaded its own by now.
    from threadpoolctl import ThreadpoolController  # type: ignore[import-untyped]

    return ThreadpoolController()
