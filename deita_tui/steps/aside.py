"""Work that takes its time and yields nothing on the way, done aside so that its job still moves.

A download or a measurement runs in a thread; meanwhile the job tells how far it is, and can be
paused or cancelled.
"""

import threading
from collections.abc import Callable, Generator
from queue import Empty, SimpleQueue
from typing import Generic, TypeVar

from deita_tui.steps.progress import Progress

T = TypeVar("T")
Tell = Callable[[int, int, str], None]
"""Told bytes done, bytes in all and a file's name; raises where nobody waits any more."""

_SECONDS = 0.5


class Left(Exception):
    """Nobody waits for the result any more."""


class Aside(Generic[T]):
    """A function in a thread of its own."""

    def __init__(self, function: Callable[[Tell], T]) -> None:
        self._function = function
        self._left = threading.Event()
        self._results: SimpleQueue[tuple[T | None, BaseException | None]] = SimpleQueue()
        self.bytes: tuple[int, int] | None = None
        """Done and in all, once it has told."""
        threading.Thread(target=self._work, name="aside", daemon=True).start()

    def follow(
        self, advance: Callable[[tuple[int, int] | None], Progress]
    ) -> Generator[Progress, None, T]:
        """Yield what ``advance`` makes of it twice a second, and return its result."""
        try:
            while True:
                try:
                    result, error = self._results.get(timeout=_SECONDS)
                except Empty:
                    yield advance(self.bytes)
                    continue
                if error is not None:
                    raise error
                return result  # type: ignore[return-value]
        finally:
            self._left.set()

    def _work(self) -> None:
        try:
            self._results.put((self._function(self._tell), None))
        except BaseException as error:
            self._results.put((None, error))

    def _tell(self, done: int, total: int, _: str) -> None:
        if self._left.is_set():
            raise Left
        self.bytes = (done, total)
