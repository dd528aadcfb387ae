"""Requests to one server: many at a time, patient with what passes, plain about what does not.

The requests run in a loop of their own, in a thread of its own, so that whoever asks need not know
of it. Redirects are not followed: text meant for one server must not end up at another.
"""

import asyncio
import os
import random
import threading
from collections.abc import Awaitable, Coroutine, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.request import getproxies, proxy_bypass

import msgspec

from deita_tui.backends.http_address import Address
from deita_tui.errors import JobError

if TYPE_CHECKING:
    import aiohttp

T = TypeVar("T")

_PASSING = frozenset({408, 425, 429, 500, 502, 503, 504, 529})
"""Answers that may be other ones a moment later."""
_LONGEST_WAIT = 60.0
"""Seconds; a server that wants to be left alone for longer is not available."""
_TRIES_OF_A_STRANGER = 3
"""Where nobody has ever answered, the address is wrong more often than the server is slow."""
_CONNECT = 10.0
_ERROR_BYTES = 64 * 1024
_KEPT = "What was scored before is kept; the same command goes on."


@dataclass(frozen=True, slots=True)
class Manners:
    """How a server is asked."""

    concurrency: int = 8
    timeout: float = 300.0
    """Seconds for one answer."""
    tries: int = 8
    first_wait: float = 0.5
    """Seconds before the second try; twice as many before each further one."""


class Refused(Exception):
    """The server would not answer this request; others may fare better.

    Args:
        status: of HTTP.
        said: what it said, short and printable.
    """

    def __init__(self, status: int, said: str) -> None:
        super().__init__(f"the server answered {status}{f': {said}' if said else ''}")
        self.status = status
        self.said = said


class _Passing(Exception):
    """What is worth another try; with the seconds that the server wants to be left alone."""

    def __init__(self, why: str, status: int = 0, wait: float | None = None) -> None:
        super().__init__(why)
        self.status = status
        self.wait = wait


class Wire:
    """The way to one server. For any thread; close it when done.

    Args:
        address: of the server.
        key: sent with every request, and nowhere else.
        manners: how to ask.
    """

    def __init__(self, address: Address, key: str | None, manners: Manners) -> None:
        self._address = address
        self._manners = manners
        self._headers = {"Accept": "application/json"}
        if key:
            self._headers["Authorization"] = f"Bearer {key}"
        self._proxy = _proxy(address)
        self._reached = False
        """Did anybody ever answer there?"""
        self.interruptions = 0
        """How often there was no answer so far, and a question was asked again."""
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="wire", daemon=True)
        self._thread.start()
        self._session: aiohttp.ClientSession = self._call(self._opened())
        self._slots = asyncio.Semaphore(manners.concurrency)

    def widen(self, concurrency: int) -> None:
        """Ask so many questions at a time from now on."""
        self._slots = asyncio.Semaphore(concurrency)

    def get(self, path: str) -> Any:
        """What the server says at ``path``; see ``ask``."""
        return self._call(self._request("GET", path, None, _ERROR_BYTES * 16))

    def ask(self, path: str, body: object, most: int) -> Any:
        """The answer to one question, decoded.

        Args:
            path: behind the server's address.
            body: sent as JSON.
            most: bytes that the answer may have.

        Raises:
            Refused: the server will not answer this one, now or later.
            JobError: the server is not there, or is no such server.
        """
        return self._call(self._request("POST", path, body, most))

    def ask_all(self, path: str, bodies: Sequence[object], most: int) -> "list[Any | Refused]":
        """The answers to many questions, in order; see ``ask``."""

        async def one(body: object) -> "Any | Refused":
            async with self._slots:
                try:
                    return await self._request("POST", path, body, most)
                except Refused as refused:
                    return refused

        return self._call(_together([one(body) for body in bodies]))

    def close(self) -> None:
        """Let go of the connections; a second call does nothing."""
        if self._loop.is_closed():
            return
        self._call(_closed(self._session))
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def _call(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _opened(self) -> "aiohttp.ClientSession":
        import aiohttp

        return aiohttp.ClientSession(
            headers=self._headers,
            # Proxies, and passwords in .netrc, are not looked for behind the user's back.
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            connector=aiohttp.TCPConnector(limit=0),
            timeout=aiohttp.ClientTimeout(total=self._manners.timeout, sock_connect=_CONNECT),
        )

    async def _request(self, method: str, path: str, body: object, most: int) -> Any:
        wait = self._manners.first_wait
        for number in range(1, self._manners.tries + 1):
            try:
                return await self._once(method, path, body, most)
            except _Passing as passing:
                self.interruptions += 1
                tries = self._manners.tries
                tries = tries if self._reached else min(tries, _TRIES_OF_A_STRANGER)
                if number >= tries or (passing.wait or 0.0) > _LONGEST_WAIT:
                    raise self._given_up(passing, number) from passing
                await asyncio.sleep(passing.wait or wait * random.uniform(0.5, 1.0))
                wait = min(wait * 2, _LONGEST_WAIT / 2)
        raise AssertionError("there is at least one try")

    async def _once(self, method: str, path: str, body: object, most: int) -> Any:
        import aiohttp

        data = None if body is None else msgspec.json.encode(body)
        headers = {"Content-Type": "application/json"} if data is not None else {}
        try:
            async with self._session.request(
                method,
                self._address.root + path,
                data=data,
                headers=headers,
                proxy=self._proxy,
                allow_redirects=False,
            ) as response:
                self._reached = True
                return await self._answer(response, most)
        except TimeoutError as error:
            raise _Passing(f"no answer within {self._manners.timeout:g} s") from error
        except aiohttp.ClientConnectorError as error:
            number = error.os_error.errno
            why = os.strerror(number) if number and number > 0 else str(error.os_error)
            raise _Passing(shown(why).lower()) from error
        except (aiohttp.ClientConnectionError, aiohttp.ClientPayloadError) as error:
            raise _Passing(shown(str(error)) or "the connection was cut") from error
        except aiohttp.ClientError as error:
            raise JobError(
                f"{self._address.root} does not speak HTTP as it should: {shown(str(error))}.",
                "Is it the address of a completion server?",
            ) from error

    async def _answer(self, response: "aiohttp.ClientResponse", most: int) -> Any:
        status = response.status
        if 300 <= status < 400:
            raise JobError(
                f"{self._address.root} sends its visitors on to "
                f"{shown(response.headers.get('Location', 'nowhere'))}.",
                "Nothing was sent there. If it is right, give that address instead.",
            )
        if status >= 400:
            said = _message(await _read(response, _ERROR_BYTES))
            if status in _PASSING:
                wait = _seconds(response.headers.get("Retry-After"))
                raise _Passing(f"it answered {status}{f': {said}' if said else ''}", status, wait)
            if status in (401, 403):
                raise JobError(
                    f"{self._address.root} lets nobody in without a key, or not with this one "
                    f"({status}).",
                    "Set the key in the environment where the job starts; see --key-env.",
                )
            raise Refused(status, said)
        content = await _read(response, most)
        if content is None:
            raise JobError(
                f"{self._address.root} answered with more than {most / 1e6:,.0f} MB.",
                "That is no answer of a completion server; is the address right?",
            )
        try:
            return msgspec.json.decode(content)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
            kind = "a web page" if content.lstrip()[:1] == b"<" else "something else"
            raise JobError(
                f"{self._address.root} answered with {kind} where JSON was due.",
                "Is it the address of a completion server?",
            ) from error

    def _given_up(self, passing: _Passing, tries: int) -> Exception:
        # Of an error that a server makes of one question, whoever asked it must judge.
        if passing.status == 500:
            return Refused(500, str(passing))
        if passing.wait is not None and passing.wait > _LONGEST_WAIT:
            why = f"it wants to be left alone for {passing.wait:,.0f} s"
        else:
            why = f"{passing}; tried {tries} times"
        return JobError(f"{self._address.root} does not answer: {why}.", _KEPT)


async def _together(work: Sequence[Awaitable[T]]) -> list[T]:
    """What all of it comes to; when one fails, the rest is given up."""
    tasks = [asyncio.ensure_future(each) for each in work]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _closed(session: "aiohttp.ClientSession") -> None:
    await session.close()
    # What is still asked belongs to nobody any more.
    others = [each for each in asyncio.all_tasks() if each is not asyncio.current_task()]
    for task in others:
        task.cancel()
    await asyncio.gather(*others, return_exceptions=True)
    # Sockets are closed by callbacks that are still to come.
    for _ in range(3):
        await asyncio.sleep(0)


async def _read(response: "aiohttp.ClientResponse", most: int) -> bytes | None:
    """The body; None where it has more than ``most`` bytes."""
    found = bytearray()
    async for chunk in response.content.iter_any():
        found += chunk
        if len(found) > most:
            return None
    return bytes(found)


def _message(content: bytes | None) -> str:
    """What a server says is wrong, in the places where servers say it."""
    try:
        said: object = msgspec.json.decode(content or b"")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ""
    for name in ("error", "message", "detail"):
        if isinstance(said, dict) and name in said:
            said = said[name]
    return shown(said if isinstance(said, str) else str(said))


def shown(text: str) -> str:
    """What a server says, short and without anything that a terminal would obey."""
    plain = "".join(char if char.isprintable() else " " for char in text)
    return plain.strip()[:200]


def _seconds(header: str | None) -> float | None:
    """What Retry-After says: seconds, or a date."""
    if not header:
        return None
    if header.isascii() and header.strip().isdecimal():
        return float(header)
    from datetime import UTC, datetime

    try:
        until = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    if until.tzinfo is None:
        until = until.replace(tzinfo=UTC)
    return max(0.0, (until - datetime.now(UTC)).total_seconds())


def _proxy(address: Address) -> str | None:
    """The proxy that the environment names for this server; none for this machine's own."""
    if address.is_local or proxy_bypass(address.host):
        return None
    return getproxies().get(address.scheme)
