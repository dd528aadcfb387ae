"""One open page: its socket on one side, the process of its app on the other."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from tempfile import TemporaryFile

import msgspec
from aiohttp import WSMsgType, web

from deita_tui.serving import packets
from deita_tui.serving.process import AppProcess

LARGEST_MESSAGE = 1 << 20
"""Bytes that a page may send at once; it sends a long paste in pieces."""

MOST_TABS = 16
"""Each is a process."""

HEARTBEAT_SECONDS = 20.0
"""Between two questions whether the browser is still there; it answers by itself."""


class LastWord(msgspec.Struct, frozen=True):
    """What a page is told when there will be no more."""

    title: str
    text: str
    again: bool
    """Can the app be opened again from this page?"""


async def open_tab(
    request: web.Request,
    words: Sequence[str],
    *,
    size: tuple[int, int],
    tabs: "set[Tab]",
    say: Callable[[str], None],
) -> web.WebSocketResponse:
    """Run an app for as long as the page shows it.

    Args:
        request: what asks for a WebSocket.
        words: the command of the app.
        size: columns and rows of the page's terminal.
        tabs: the open ones; this one is among them meanwhile.
        say: for what the server's user should know.
    """
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_MESSAGE)
    await socket.prepare(request)
    tab = Tab(socket, say)
    if len(tabs) >= MOST_TABS:
        await tab.refuse()
        return socket
    tabs.add(tab)
    try:
        await tab.run(words, size)
    finally:
        tabs.discard(tab)
        await socket.close()
    return socket


class Tab:
    """A page and its app."""

    def __init__(self, socket: web.WebSocketResponse, say: Callable[[str], None]) -> None:
        self._socket = socket
        self._say = say
        self._close = asyncio.Event()
        self.gone = asyncio.Event()
        """Set when the app's process has ended."""

    async def run(self, words: Sequence[str], size: tuple[int, int]) -> None:
        """Start the app, hand bytes to and fro, and end it when either side goes."""
        try:
            with TemporaryFile() as said:
                app = await AppProcess.start(words, size, said)
                broke_off = await self._show(app)
                last_words = app.last_words()
        except OSError as error:
            await self._last_word("The app could not be started", str(error))
            return
        finally:
            self.gone.set()
        await self._tell_the_end(last_words, broke_off=broke_off)

    async def _show(self, app: AppProcess) -> bool:
        """Hand bytes to and fro until the app leaves, the page goes or the server ends.

        Returns:
            Whether the app left by itself, and not as it should.
        """
        drawing = asyncio.create_task(self._draw(app))
        others = [
            asyncio.create_task(self._listen(app)),
            asyncio.create_task(self._close.wait()),
        ]
        try:
            await asyncio.wait([drawing, *others], return_when=asyncio.FIRST_COMPLETED)
        finally:
            left = drawing.done()
            for side in (drawing, *others):
                side.cancel()
            came = await asyncio.gather(drawing, *others, return_exceptions=True)
            code = await app.end()
        for mistake in came:
            if isinstance(mistake, Exception):
                raise mistake
        return left and code != 0

    async def refuse(self) -> None:
        """Say that there are enough."""
        text = f"{MOST_TABS} tabs of this project are open, each with an app of its own. Close one."
        await self._last_word("Too many tabs", text)
        await self._socket.close()

    def close(self) -> None:
        """Have the app leave, since the server ends."""
        self._close.set()

    async def _draw(self, app: AppProcess) -> None:
        """Hand on what the app draws, until it has left."""
        with suppress(ConnectionError):
            async for screen in app.screens():
                await self._socket.send_bytes(screen)

    async def _listen(self, app: AppProcess) -> None:
        """Hand on what is typed, until the page has gone or says what no page of ours does."""
        async for message in self._socket:
            if message.type is WSMsgType.BINARY:
                await app.type(message.data)
            elif message.type is WSMsgType.TEXT:
                try:
                    said = packets.told(message.data)
                except msgspec.DecodeError:
                    return
                await app.tell(said)

    async def _tell_the_end(self, said: str, *, broke_off: bool) -> None:
        if broke_off:
            self._say("An app in the browser broke off:")
            for line in said.splitlines():
                self._say(f"  {line}")
            await self._last_word("The app broke off", said)
        elif self._close.is_set():
            text = "Start deita-tui serve again, and open the link that it prints."
            await self._last_word("The server has ended", text, again=False)
        else:
            text = "What you decided is on disk, and jobs run on."
            await self._last_word("You left the app", text)

    async def _last_word(self, title: str, text: str, *, again: bool = True) -> None:
        if not self._socket.closed:
            told = msgspec.json.encode(LastWord(title, text, again)).decode()
            with suppress(ConnectionError):
                await self._socket.send_str(told)
