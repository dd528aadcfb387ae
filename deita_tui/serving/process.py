"""The process of one tab: the app, drawn for a browser, and its decent end."""

import asyncio
import codecs
import os
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import IO

from deita_tui.printable import printable
from deita_tui.serving import packets

_DRIVER = {
    "TEXTUAL_DRIVER": "textual.drivers.web_driver:WebDriver",
    "TEXTUAL_COLOR_SYSTEM": "truecolor",
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
}
_PATIENCE = (6.0, 3.0)
"""Seconds to leave when asked to, and then when told to by a signal."""

_LAST_WORDS = 4096
"""Bytes of what it wrote on stderr."""


def command(home: Path, folder: Path) -> list[str]:
    """The words that start the app over a project. No shell ever sees them."""
    # -P: the folder that the user stands in must not lend the app its modules.
    words = [sys.executable, "-P", "-m", "deita_tui.ui.served"]
    return [*words, str(os.getpid()), str(home.absolute()), str(folder.absolute())]


class AppProcess:
    """A running app.

    Args:
        process: started by ``start``.
        said: what it writes on stderr.
    """

    def __init__(self, process: asyncio.subprocess.Process, said: IO[bytes]) -> None:
        self._process = process
        self._said = said
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    @classmethod
    async def start(
        cls, words: Sequence[str], size: tuple[int, int], said: IO[bytes]
    ) -> "AppProcess":
        """Start the app on a terminal of so many columns and rows.

        Args:
            words: its command.
            size: columns and rows.
            said: a file for what it writes on stderr. Not a pipe: nobody would read it, and what
                fills up stops its writer.

        Raises:
            OSError: it could not be started.
        """
        columns, rows = packets.sized(*size)
        process = await asyncio.create_subprocess_exec(
            *words,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=said,
            env={**os.environ, **_DRIVER, "COLUMNS": str(columns), "ROWS": str(rows)},
            # Ctrl-C in the server's terminal is the server's business.
            start_new_session=True,
        )
        return cls(process, said)

    def screens(self) -> AsyncIterator[bytes]:
        """What it draws, until it ends."""
        assert self._process.stdout is not None
        return packets.screens(self._process.stdout)

    async def type(self, typed: bytes) -> None:
        """Hand it what was typed; what is not UTF-8 is replaced, or its reader would give up."""
        if text := self._decoder.decode(typed):
            await self._send(packets.packet(packets.DATA, text.encode()))

    async def tell(self, said: packets.Told | packets.Quit) -> None:
        """Tell it about its terminal."""
        await self._send(packets.meta(said))

    async def end(self) -> int:
        """Have it leave: by asking, by a signal, at last by force. Its jobs run on.

        Returns:
            Its exit code.
        """
        # What it still draws must go somewhere, or it waits for that and never leaves.
        draining = asyncio.create_task(self._drain())
        try:
            await self._ask_to_leave()
            for patience, harder in zip(_PATIENCE, (self._terminate, self._kill), strict=True):
                try:
                    return await asyncio.wait_for(self._process.wait(), patience)
                except TimeoutError:
                    harder()
            return await self._process.wait()
        finally:
            draining.cancel()

    def last_words(self) -> str:
        """The end of what it wrote on stderr, as harmless text."""
        length = self._said.seek(0, os.SEEK_END)
        self._said.seek(max(0, length - _LAST_WORDS))
        text = self._said.read().decode("utf-8", "replace")
        return "\n".join(printable(line) for line in text.strip().splitlines())

    async def _ask_to_leave(self) -> None:
        if self._process.returncode is None:
            with suppress(TimeoutError):
                await asyncio.wait_for(self.tell(packets.Quit()), _PATIENCE[0])

    async def _send(self, packet: bytes) -> None:
        assert self._process.stdin is not None
        # One that has gone needs no keys; that it has gone is seen where its screens end.
        with suppress(ConnectionError, RuntimeError):
            self._process.stdin.write(packet)
            await self._process.stdin.drain()

    async def _drain(self) -> None:
        assert self._process.stdout is not None
        while await self._process.stdout.read(1 << 16):
            pass

    def _terminate(self) -> None:
        with suppress(ProcessLookupError):
            self._process.terminate()

    def _kill(self) -> None:
        with suppress(ProcessLookupError):
            self._process.kill()
