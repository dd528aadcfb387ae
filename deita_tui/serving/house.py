"""The server: its routes, who may use them, how it begins and how it ends."""

import asyncio
import errno
import secrets
import signal
import socket
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from aiohttp import web

from deita_tui.errors import UsageError
from deita_tui.serving import answers, doors
from deita_tui.serving.guests import Guests
from deita_tui.serving.process import command
from deita_tui.serving.tab import Tab, open_tab

_Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

_ALL = ("", "0.0.0.0", "::")
"""Hosts that stand for every address of this machine."""


@dataclass(frozen=True, slots=True)
class Address:
    """Where a server listens.

    Attributes:
        host: a name or an address of this machine.
        port: 0 for any that is free.
        names: what browsers may call it besides.
    """

    host: str = "127.0.0.1"
    port: int = 8765
    names: tuple[str, ...] = ()


class Narrator(Protocol):
    """Whoever tells the server's user what happens."""

    def link(self, url: str) -> None:
        """The link that works now, once."""

    def say(self, text: str) -> None:
        """A line of what happens."""


def serve(folder: Path, home: Path, address: Address, narrator: Narrator) -> None:
    """Serve a project's app to browsers until SIGINT, SIGTERM or SIGHUP.

    Args:
        folder: the project.
        home: the folder of the projects that are named without a path.
        address: where to listen.
        narrator: told each link, and what happens.

    Raises:
        UsageError: it cannot listen there.
        MissingExtraError: the package with the terminal is not installed.
    """
    answers.parts()
    asyncio.run(_serve(folder, home, address, narrator))


async def _serve(folder: Path, home: Path, address: Address, narrator: Narrator) -> None:
    house = House(folder.resolve().name, command(home, folder), address, narrator)
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, ended.set)
    await house.open()
    try:
        await ended.wait()
    finally:
        await house.close()


class House:
    """A server over one project.

    Args:
        title: what the project is called.
        words: the command that starts its app.
        address: where to listen.
        narrator: told each link, and what happens.
    """

    def __init__(
        self, title: str, words: Sequence[str], address: Address, narrator: Narrator
    ) -> None:
        self._title = title
        self._words = words
        self._address = address
        self._narrator = narrator
        self._door = doors.door(address.host, _names(address))
        self._guests = Guests()
        # Two servers that a browser knows under one name (through two tunnels) have two cookies.
        self._cookie = f"deita-tui-{secrets.token_hex(4)}"
        self._tabs: set[Tab] = set()
        self._runner = web.AppRunner(self._application(), access_log=None, shutdown_timeout=5.0)

    async def open(self) -> None:
        """Listen, and tell the first link."""
        await self._runner.setup()
        host, port = self._address.host, self._address.port
        try:
            await web.TCPSite(self._runner, host or None, port).start()
        except OSError as error:
            await self._runner.cleanup()
            raise _cannot_listen(self._address, error) from error
        self._tell_link()

    async def close(self) -> None:
        """Have every app leave, and let nobody in any more."""
        for site in list(self._runner.sites):
            await site.stop()
        tabs = list(self._tabs)
        for tab in tabs:
            tab.close()
        await asyncio.gather(*(tab.gone.wait() for tab in tabs))
        await self._runner.cleanup()

    def _tell_link(self) -> None:
        port = self._runner.addresses[0][1]
        host = socket.gethostname() if self._address.host in _ALL else self._address.host
        self._narrator.link(f"http://{doors.bracketed(host)}:{port}/?token={self._guests.token}")

    # What is answered -----------------------------------------------------------------------------

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[self._check])
        routes = {
            "/": self._page,
            "/alive": self._alive,
            "/app": self._app,
            "/static/{name}": self._static,
        }
        for path, handler in routes.items():
            # A look at the link's head must not use it up.
            application.router.add_get(path, handler, allow_head=False)
        return application

    @web.middleware
    async def _check(self, request: web.Request, handler: _Handler) -> web.StreamResponse:
        """Nothing is answered, not even that there is nothing, to whoever may not ask."""
        why = self._door.refusal(
            request.headers.getall("Host", []),
            request.headers.getall("Origin", []),
            scripted=request.path == "/app",
            address=_came_to(request),
        )
        if why is not None:
            return web.Response(status=403, text=why + "\n")
        headers = answers.headers(request.headers["Host"].lower())
        if not self._guests.knows(request.cookies.get(self._cookie, "")):
            return self._enter(request, headers)
        try:
            answer = await handler(request)
        except web.HTTPException as error:
            answer = web.Response(status=error.status, text=f"{error.reason}\n")
        if not answer.prepared:
            answer.headers.update(headers)
        return answer

    def _enter(self, request: web.Request, headers: dict[str, str]) -> web.Response:
        """Let in whoever has the link; tell anybody else where it is."""
        at_door = request.method == "GET" and request.path == "/"
        secret = self._guests.enter(request.query.get("token", "")) if at_door else None
        if secret is None:
            told = answers.locked(self._title)
            return web.Response(
                status=401, body=told.body, content_type=told.kind, charset="utf-8", headers=headers
            )
        response = _sent(answers.entered(self._title))
        response.headers.update(headers)
        response.set_cookie(self._cookie, secret, httponly=True, samesite="Strict", path="/")
        self._narrator.say("A browser came in by that link. The next one, should it be needed:")
        self._tell_link()
        return response

    async def _page(self, request: web.Request) -> web.StreamResponse:
        # Known already: the link stays good for another browser, and leaves the address line.
        if "token" in request.query:
            return _sent(answers.entered(self._title))
        return _sent(answers.page(self._title))

    async def _alive(self, request: web.Request) -> web.StreamResponse:
        return web.Response(text="here\n")

    async def _static(self, request: web.Request) -> web.StreamResponse:
        found = answers.parts().get(request.match_info["name"])
        if found is None:
            raise web.HTTPNotFound
        return _sent(found)

    async def _app(self, request: web.Request) -> web.StreamResponse:
        try:
            size = int(request.query["width"]), int(request.query["height"])
        except (KeyError, ValueError):
            raise web.HTTPBadRequest from None
        return await open_tab(
            request, self._words, size=size, tabs=self._tabs, say=self._narrator.say
        )


def _sent(answer: answers.Answer) -> web.Response:
    text = answer.kind.startswith("text/")
    return web.Response(
        body=answer.body, content_type=answer.kind, charset="utf-8" if text else None
    )


def _names(address: Address) -> list[str]:
    """What a server may be called besides the usual names of loopback."""
    own = [] if doors.is_loopback(address.host) else [socket.gethostname()]
    return [*own, *address.names]


def _came_to(request: web.Request) -> str:
    name = request.transport.get_extra_info("sockname") if request.transport else None
    return str(name[0]).lower() if name else ""


def _cannot_listen(address: Address, error: OSError) -> UsageError:
    if error.errno == errno.EADDRINUSE:
        return UsageError(
            f"Port {address.port} is taken, maybe by another deita-tui serve.",
            "Choose another one with --port; --port 0 takes any that is free.",
        )
    return UsageError(
        f"This machine cannot listen at {address.host}, port {address.port}: "
        f"{error.strerror or error}.",
        "Leave --host and --port out to serve this machine alone at a usual port.",
    )
