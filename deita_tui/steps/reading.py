"""Reading a big file in a process of its own, beside the one that writes the project.

Decoding and hashing cost as much as storing, so two processes halve the time. The reader gets one
request on its standard input and answers with frames on its standard output: a length, then
batches as ``marshal`` writes them, which is the fastest way between two processes of one
interpreter. It ends when nobody reads on.
"""

import contextlib
import gc
import marshal
import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import IO, Any, Self

import msgspec

from deita_store.arrivals import Batch
from deita_tui import errors, formats
from deita_tui.errors import DeitaError, JobError
from deita_tui.steps import batches
from deita_tui.steps.batches import Read

_AHEAD = 1
"""Batches that wait decoded while one is being stored and one is on its way."""

Frame = tuple[str, Any]


class Request(msgspec.Struct, frozen=True):
    """What the reader is to read."""

    path: str
    mapping: str
    skip: int
    strict: bool
    rows: int


class Reader:
    """A reader process; started early, because it takes a while until it is ready.

    Use it as a context manager: leaving the block ends the process.
    """

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            # -P: the folder that the user stands in must not lend us its modules.
            [sys.executable, "-P", "-m", "deita_tui.steps.reading"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            close_fds=True,
            pipesize=1 << 20,
            # Ctrl-C is for whoever leads; the reader ends with its pipe.
            start_new_session=True,
        )
        self._frames: queue.Queue[Frame] = queue.Queue(_AHEAD)
        self._pump = Thread(target=self._receive, name="frames", daemon=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        while self._pump.is_alive():
            with contextlib.suppress(queue.Empty):
                self._frames.get(timeout=0.01)
        for pipe in (self._process.stdin, self._process.stdout):
            assert pipe is not None
            with contextlib.suppress(BrokenPipeError):
                pipe.close()
        self._process.wait()

    def read(self, request: Request) -> Iterator[Read]:
        """Ask for a file, once, and take its batches.

        Raises:
            DeitaError: what the reader ended with.
            JobError: it died.
        """
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):
            self._process.stdin.write(msgspec.json.encode(request))
            self._process.stdin.close()
        self._pump.start()
        while True:
            kind, value = self._frames.get()
            if kind == "end":
                return
            if kind == "error":
                name, message, hint = value
                raise getattr(errors, name)(message, hint)
            if kind == "lost":
                raise JobError(
                    f"The process that read the file ended unexpectedly ({self._process.wait()}).",
                    "What was read is stored; run the same command again to go on.",
                )
            columns, position, refused = value
            read = [Read(Batch(*columns), position, refused)]
            del columns, value  # a row may have 50 MB: what is handed over is held no longer
            yield read.pop()

    def _receive(self) -> None:
        """Take frames while others are stored: reading and committing leave Python idle."""
        pipe = self._process.stdout
        assert pipe is not None
        kind = ""
        while kind not in ("end", "error", "lost"):
            frame = _receive(pipe)
            kind = frame[0]
            self._frames.put(frame)


def _receive(pipe: IO[bytes]) -> Frame:
    header = pipe.read(8)
    size = int.from_bytes(header, "little")
    payload = pipe.read(size)
    if len(header) < 8 or len(payload) < size:
        return "lost", None
    frame: Frame = marshal.loads(payload)
    return frame


def _frame(kind: str, value: Any) -> bytes:
    return marshal.dumps((kind, value))


def _send(pipe: IO[bytes], frame: bytes) -> None:
    pipe.write(len(frame).to_bytes(8, "little"))
    pipe.write(frame)
    pipe.flush()


def _serve(request: Request, pipe: IO[bytes]) -> None:
    try:
        mapping = formats.Mapping.from_json(request.mapping)
        plan = formats.plan(Path(request.path), mapping)
        for read in batches.batches(plan, request.skip, request.strict, request.rows):
            frame = _frame("batch", (_columns(read.batch), read.position, read.refused))
            del read
            _send(pipe, frame)
            del frame
        _send(pipe, _frame("end", None))
    except DeitaError as error:
        _send(pipe, _frame("error", (type(error).__name__, error.message, error.hint)))


def _columns(batch: Batch) -> tuple[object, ...]:
    return tuple(getattr(batch, name) for name in Batch.__slots__)


def main() -> None:
    """Serve one request; the entry point of the reader process."""
    # Whatever prints must not print into the frames.
    pipe = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)
    # Records hold no cycles, and looking for some costs a tenth of the time.
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    request = msgspec.json.decode(sys.stdin.buffer.read(), type=Request)
    try:
        _serve(request, pipe)
    except BrokenPipeError:
        os._exit(1)  # the writer is gone: there is nobody to tell


if __name__ == "__main__":
    main()
