"""A headless Chromium, driven through its own debugging protocol."""

import asyncio
import base64
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from time import monotonic
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
_PATIENCE = 60.0

KEYS = {
    "Enter": (13, "\r"), "Escape": (27, ""), "Tab": (9, ""), "F5": (116, ""),
    "ArrowDown": (40, ""), "ArrowUp": (38, ""),
}  # fmt: skip
"""The number and the text of keys that are no letters."""


def installed() -> str | None:
    """The browser's program, where there is one."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab."""

    def __init__(self, socket: ClientWebSocketResponse) -> None:
        self._socket = socket
        self._asked = 0
        self.said: list[dict[str, Any]] = []
        """What the browser told by itself: requests, mistakes, messages of the console."""

    async def ask(self, method: str, **parameters: object) -> dict[str, Any]:
        """Call a method of the protocol."""
        self._asked += 1
        asked = {"id": self._asked, "method": method, "params": parameters}
        await self._socket.send_json(asked)
        while True:
            told = json.loads((await self._socket.receive(_PATIENCE)).data)
            if told.get("id") == self._asked:
                assert "error" not in told, (method, told)
                result: dict[str, Any] = told["result"]
                return result
            self.said.append(told)

    async def go(self, url: str) -> None:
        """Open an address."""
        await self.ask("Page.navigate", url=url)

    async def value(self, expression: str) -> Any:
        """What a JavaScript expression comes to."""
        asked = {"expression": expression, "returnByValue": True, "awaitPromise": True}
        found = await self.ask("Runtime.evaluate", **asked)
        return found["result"].get("value")

    async def text(self) -> str:
        """What stands on the terminal, or in the page where there is none yet."""
        shown = "typeof terminal === 'object' && terminal ? screenText() : document.body.innerText"
        notice = "document.querySelector('#notice:not(.-gone)')?.innerText ?? ''"
        told = str(await self.value(f"({notice}) + '\\n' + ({shown})"))
        return "\n".join(line.rstrip() for line in told.splitlines())

    async def sees(self, *texts: str) -> str:
        """Wait until all texts are on the screen; the screen."""
        deadline = monotonic() + _PATIENCE
        while True:
            shown = await self.text()
            if all(each in shown for each in texts):
                return shown
            assert monotonic() < deadline, f"no {texts} in:\n{shown}"
            await asyncio.sleep(0.05)

    async def becomes(self, expression: str) -> None:
        """Wait until a JavaScript expression is true."""
        deadline = monotonic() + _PATIENCE
        while not await self.value(expression):
            assert monotonic() < deadline, f"never {expression}, in:\n{await self.text()}"
            await asyncio.sleep(0.05)

    async def press(self, key: str, *, control: bool = False) -> None:
        """Press a key and let it go."""
        number, text = KEYS.get(key, (ord(key.upper()[0]), key))
        known = {"key": key, "windowsVirtualKeyCode": number, "modifiers": 2 if control else 0}
        kind = "keyDown" if text and not control else "rawKeyDown"
        written = {"text": text} if kind == "keyDown" else {}
        await self.ask("Input.dispatchKeyEvent", type=kind, **known, **written)
        await self.ask("Input.dispatchKeyEvent", type="keyUp", **known)

    async def click(self, x: int, y: int) -> None:
        """Press and release the left button."""
        for kind in ("mousePressed", "mouseReleased"):
            await self.ask(
                "Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1
            )

    async def resize(self, width: int, height: int) -> None:
        """Give the tab another size, in pixels."""
        await self.ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=False,
        )  # fmt: skip

    async def picture(self, path: Path) -> None:
        """Write what is seen to a PNG."""
        path.write_bytes(base64.b64decode((await self.ask("Page.captureScreenshot"))["data"]))


class Browser:
    """A running browser."""

    def __init__(self, session: ClientSession, address: str) -> None:
        self._session = session
        self._address = address

    @asynccontextmanager
    async def page(self, url: str = "about:blank") -> AsyncIterator[Page]:
        """Another tab, which is closed in the end."""
        async with self._session.put(f"{self._address}/json/new?about:blank") as answer:
            made = await answer.json(content_type=None)
        async with self._session.ws_connect(made["webSocketDebuggerUrl"], max_msg_size=0) as socket:
            page = Page(socket)
            for domain in ("Page", "Runtime", "Network", "Log"):
                await page.ask(f"{domain}.enable")
            await page.resize(1000, 600)
            await page.go(url)
            yield page
        async with self._session.get(f"{self._address}/json/close/{made['id']}"):
            pass


@asynccontextmanager
async def browsing(program: str, folder: Path) -> AsyncIterator[Browser]:
    """A browser with a profile of its own in ``folder``."""
    process = subprocess.Popen(
        [
            program, "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run",
            "--disable-dev-shm-usage", "--disable-background-networking", "--disable-sync",
            "--disable-component-update", "--remote-debugging-port=0", f"--user-data-dir={folder}",
            "about:blank",
        ],
        stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        port = await _port(folder / "DevToolsActivePort")
        async with ClientSession() as session:
            yield Browser(session, f"http://127.0.0.1:{port}")
    finally:
        process.terminate()
        process.wait(timeout=_PATIENCE)


async def _port(file: Path) -> int:
    deadline = monotonic() + _PATIENCE
    while not file.exists() or not (told := file.read_text().split()):
        assert monotonic() < deadline, "the browser did not start"
        await asyncio.sleep(0.05)
    return int(told[0])
