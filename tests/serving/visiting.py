"""A browser as far as HTTP goes: it keeps cookies, and says what it is told to say."""

import asyncio
import json
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import Any
from urllib.parse import urlsplit

from aiohttp import ClientResponse, ClientSession, ClientWebSocketResponse, CookieJar, WSMsgType

from deita_tui.serving.house import House

_PATIENCE = 60.0
_COLOURS = re.compile(rb"\x1b\[[0-9;]*m")
_OTHERS = re.compile(rb"\x1b(\[[0-9;?<=>]*\$?[a-zA-Z]|\][^\x07\x1b]*(\x07|\x1b\\))")


@dataclass
class Narrated:
    """What the server told its user."""

    links: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def link(self, url: str) -> None:
        self.links.append(url)

    def say(self, text: str) -> None:
        self.lines.append(text)


class Visitor:
    """A browser at a server."""

    def __init__(self, session: ClientSession, house: House, told: Narrated) -> None:
        self.session = session
        self.house = house
        self.told = told
        self.port = urlsplit(told.links[0]).port
        self.base = f"http://127.0.0.1:{self.port}"

    @classmethod
    @asynccontextmanager
    async def of(cls, house: House, told: Narrated) -> AsyncIterator["Visitor"]:
        """A browser that knows no cookie yet."""
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
            yield cls(session, house, told)

    async def enter(self) -> "Visitor":
        """Come in by the last link."""
        link = urlsplit(self.told.links[-1])
        assert (await self.get(f"{link.path}?{link.query}")).status == 200
        return self

    async def get(self, path: str, method: str = "GET", **headers: str) -> ClientResponse:
        """Ask for something, and read the answer."""
        asked = self.session.request(method, self.base + path, headers=headers)
        async with asked as answer:
            await answer.read()
            return answer

    async def raw(self, head: str) -> bytes:
        """Send a request as it stands, and read the answer to its end."""
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(head.replace("\n", "\r\n").encode("latin-1") + b"\r\n\r\n")
        try:
            return await asyncio.wait_for(reader.read(), _PATIENCE)
        finally:
            writer.close()
            await writer.wait_closed()

    @property
    def cookies(self) -> str:
        """The Cookie header that it would send."""
        return "; ".join(f"{each.key}={each.value}" for each in self.session.cookie_jar)

    @asynccontextmanager
    async def tab(self, size: str = "width=80&height=24") -> AsyncIterator["Tab"]:
        """Open the app in a tab."""
        url = f"{self.base}/app?{size}"
        async with self.session.ws_connect(url, origin=self.base) as socket:
            yield Tab(socket)


class Tab:
    """An open tab: what it was sent, and what it sends."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self.socket = socket
        self.drawn = b""
        self.last_word: dict[str, Any] | None = None

    async def sees(self, *texts: str) -> None:
        """Wait until all texts were drawn since ``forget``."""
        try:
            async with asyncio.timeout(_PATIENCE):
                while not all(text in self.text for text in texts):
                    assert await self._receive(), f"no {texts} in {self.text} {self.last_word}"
        except TimeoutError:
            raise AssertionError(f"no {texts} in {self.text}") from None

    async def draws(self, drawn: bytes) -> None:
        """Wait until these bytes were drawn."""
        async with asyncio.timeout(_PATIENCE):
            while drawn not in self.drawn:
                assert await self._receive(), self.last_word

    async def ends(self) -> dict[str, Any]:
        """Wait until there is no more; the last word."""
        async with asyncio.timeout(_PATIENCE):
            while await self._receive():
                pass
        assert self.last_word is not None
        return self.last_word

    async def type(self, text: str) -> None:
        """Press keys, as a terminal sends them."""
        self.drawn = b""
        await self.socket.send_bytes(text.encode())

    async def tell(self, **said: object) -> None:
        """Tell of the terminal."""
        self.drawn = b""
        await self.socket.send_str(json.dumps(said))

    @property
    def text(self) -> str:
        """What was drawn, without colours and places."""
        return _OTHERS.sub(b" ", _COLOURS.sub(b"", self.drawn)).decode("utf-8", "replace")

    async def _receive(self) -> bool:
        message = await self.socket.receive()
        if message.type is WSMsgType.BINARY:
            self.drawn += message.data
        elif message.type is WSMsgType.TEXT:
            self.last_word = json.loads(message.data)
        else:
            return False
        return True


def apps(folder: Path) -> set[int]:
    """The processes that run an app over a project."""
    found = set()
    for process in Path("/proc").glob("[0-9]*"):
        try:
            words = (process / "cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            continue
        if b"deita_tui.ui.served" in words and str(folder).encode() in words:
            found.add(int(process.name))
    return found


async def gone(folder: Path, *, but: int = 0) -> None:
    """Wait until so many apps over a project are left."""
    deadline = monotonic() + _PATIENCE
    while len(left := apps(folder)) > but:
        assert monotonic() < deadline, left
        await asyncio.sleep(0.05)
