"""A judge over a served one, closed when the block ends."""

import contextlib
from collections.abc import Iterator

from deita_tui.backends.http import HttpJudge, HttpSettings
from deita_tui.backends.http import open as open_judge
from tests.wire.serving import Served, serving

PROMPTS = [[256, *f"prompt {number}".encode()] for number in range(6)]
DIGITS = tuple(b"123456")


@contextlib.contextmanager
def asking(served: Served, **settings: object) -> Iterator[HttpJudge]:
    """A judge that asks ``served``, without waiting long between tries."""
    with serving(served):
        given = HttpSettings(**{"first_wait": 0.001, "tries": 3, **settings})  # type: ignore[arg-type]
        judge = open_judge(served.url, given)
        with contextlib.closing(judge):
            yield judge
