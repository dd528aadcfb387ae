"""One thing that took long to make, kept for whoever asks for the same again."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Held(Generic[T]):
    """Room for one; any thread may ask, one after another."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._made: tuple[object, T] | None = None

    @contextmanager
    def of(self, key: object, make: Callable[[], T]) -> Iterator[T]:
        """What belongs to a key, made where another one was asked for last; nobody else has it."""
        with self._lock:
            if self._made is None or self._made[0] != key:
                self._made = None  # two of them at once would take twice the memory
                self._made = key, make()
            yield self._made[1]
