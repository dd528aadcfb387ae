"""A place where one thread leaves what it wants, and another one takes the newest of it."""

from collections.abc import Callable
from threading import Condition
from typing import Generic, TypeVar

T = TypeVar("T")


class Newest(Generic[T]):
    """Hands on the newest of what is put in; what was not taken by then is dropped."""

    def __init__(self) -> None:
        self._waiting: T | None = None
        self._over = False
        self._changed = Condition()

    def put(self, value: T, stays: Callable[[T], bool] = lambda _: False) -> None:
        """Put one in; one that waits already goes, unless ``stays`` says that it must not."""
        with self._changed:
            if self._waiting is None or not stays(self._waiting):
                self._waiting = value
            self._changed.notify_all()

    def close(self) -> None:
        """Nothing comes any more."""
        with self._changed:
            self._over = True
            self._changed.notify_all()

    def next(self) -> T | None:
        """The newest, waited for; None when it is over."""
        with self._changed:
            self._changed.wait_for(self._has_news)
            value, self._waiting = self._waiting, None
            return None if self._over else value

    def is_quiet(self, seconds: float = 0) -> bool:
        """Did nothing come, for so long?"""
        with self._changed:
            return not self._changed.wait_for(self._has_news, seconds)

    def _has_news(self) -> bool:
        return self._over or self._waiting is not None
