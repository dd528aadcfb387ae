"""A model in a thread of its own, so that whoever asks it can stop waiting.

Nothing else can stop waiting for native code. A thread that hangs is left behind; it ends with the
process.
"""

import threading
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import Any, Generic, Protocol, TypeVar

from deita_tui.errors import JobError


class Closes(Protocol):
    """Whatever gives its memory back when it is asked to."""

    def close(self) -> None:
        """Give the memory back."""
        ...


M = TypeVar("M", bound=Closes)
T = TypeVar("T")


class Patient(Generic[M]):
    """A model, and patience with it.

    Args:
        open_model: opens the model, called in the thread; a download may take its time.
        patience: seconds after which a call is taken to hang.
        name: of the thread.
    """

    def __init__(self, open_model: Callable[[], M], patience: float, name: str) -> None:
        self._patience = patience
        self._hangs = False
        self._calls: SimpleQueue[_Call[Any] | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._work, name=name, daemon=True)
        self._thread.start()
        try:
            self.model = self._call(open_model, None)
        except BaseException:
            self._calls.put(None)
            raise

    def call(self, function: Callable[[], T]) -> T:
        """What ``function`` returns or raises, called in the model's thread.

        Raises:
            JobError: it has not come back in time.
        """
        return self._call(function, self._patience)

    def close(self) -> None:
        """Give the model's memory back; one that hangs cannot be asked to."""
        if not self._hangs:
            self._call(self.model.close, self._patience)
            self._calls.put(None)
            self._thread.join()

    def _call(self, function: Callable[[], T], patience: float | None) -> T:
        call = _Call(function)
        self._calls.put(call)
        try:
            return call.result(patience)
        except Empty:
            self._hangs = True
            raise JobError(
                f"The model has not answered for {patience:.0f} s.",
                "What came before is kept; if the machine is only slow, raise --patience.",
            ) from None

    def _work(self) -> None:
        while (call := self._calls.get()) is not None:
            call.run()


class _Call(Generic[T]):
    """A function on its way to the model's thread, and its result on the way back."""

    def __init__(self, function: Callable[[], T]) -> None:
        self._function = function
        self._values: SimpleQueue[T] = SimpleQueue()
        self._done: SimpleQueue[BaseException | None] = SimpleQueue()

    def run(self) -> None:
        try:
            self._values.put(self._function())
        except BaseException as error:
            self._done.put(error)
        else:
            self._done.put(None)

    def result(self, patience: float | None) -> T:
        """What it returned or raised; ``queue.Empty`` after ``patience`` seconds."""
        error = self._done.get(timeout=patience)
        if error is not None:
            raise error
        return self._values.get()


def sentence(error: BaseException) -> str:
    """The kind and the first line of an error, short and printable."""
    first = str(error).strip().splitlines()[:1]
    text = ": ".join([type(error).__name__, *first])
    return "".join(char if char.isprintable() else " " for char in text)[:200]
