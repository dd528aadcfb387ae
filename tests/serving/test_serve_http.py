"""Who is answered, and what: over real sockets, without an app behind."""

import socket

import pytest
from aiohttp import ClientSession, CookieJar, WSServerHandshakeError

from tests.serving.conftest import Opening

ROUTES = ["/", "/alive", "/app?width=80&height=24", "/static/page.js", "/static/none", "/none"]


@pytest.mark.parametrize("path", ROUTES)
async def test_without_the_link_nothing_is_answered(opening: Opening, path: str) -> None:
    async with opening() as visitor:
        for cookie in ("", "deita-tui-00000000=x", visitor.told.links[0].replace("?token", "x")):
            answer = await visitor.get(path, Cookie=cookie, Origin=visitor.base)
            assert answer.status == 401
            assert "is not known here" in await answer.text()
            assert not answer.cookies


@pytest.mark.parametrize("path", ROUTES)
@pytest.mark.parametrize("known", [False, True])
async def test_no_route_answers_a_foreign_host_or_origin(
    opening: Opening, path: str, known: bool
) -> None:
    async with opening() as visitor:
        if known:
            await visitor.enter()
        # A name of a foreign page that now means this machine: its own origin, and a real cookie.
        rebound = {"Host": f"evil.example:{visitor.port}"}
        own = {"Origin": f"http://evil.example:{visitor.port}"}
        for headers in (
            rebound,
            rebound | own,
            {"Origin": "http://evil.example"},
            {"Origin": f"http://localhost:{visitor.port}"},
            {"Origin": "null"},
        ):
            answer = await visitor.get(path, **headers, Cookie=visitor.cookies)
            assert answer.status == 403
            assert not answer.cookies


async def test_the_link_is_not_used_up_by_a_foreign_host(opening: Opening) -> None:
    async with opening() as visitor:
        link = visitor.told.links[0].removeprefix(visitor.base)
        assert (await visitor.get(link, Host="evil.example")).status == 403
        assert (await visitor.get(link, method="HEAD")).status == 401
        assert (await visitor.get(link.replace("/?", "/app?"))).status == 403
        assert (await visitor.get(link)).status == 200


async def test_the_link_lets_one_browser_in_and_the_next_is_printed(opening: Opening) -> None:
    async with opening() as visitor:
        link = visitor.told.links[0].removeprefix(visitor.base)
        answer = await visitor.get(link)
        (cookie,) = answer.cookies.values()
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
        assert cookie.value not in visitor.told.links[0]
        assert len(visitor.told.links) == 2
        assert (await visitor.get("/alive")).status == 200
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as other:
            async with other.get(visitor.told.links[0]) as answer:
                assert answer.status == 401
            async with other.get(visitor.told.links[1]) as answer:
                assert answer.status == 200
        # A browser that is known and takes a link does not use it up.
        again = visitor.told.links[2].removeprefix(visitor.base)
        assert (await visitor.get(again)).status == 200
        assert len(visitor.told.links) == 3


async def test_every_answer_forbids_what_comes_from_outside(opening: Opening) -> None:
    async with opening() as visitor:
        link = visitor.told.links[0].removeprefix(visitor.base)
        for path in (link, "/", "/static/page.js", "/alive", "/none", "/?token=x"):
            answer = await visitor.get(path)
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "script-src 'self';" in policy
            assert "frame-ancestors 'none'" in policy
            assert f"ws://127.0.0.1:{visitor.port} " in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "path",
    [
        "/static/../page.html", "/static/..%2fpage.html", "/static/%2e%2e/house.py",
        "/static/..%5cpage.html", "/static/%2fetc%2fpasswd", "//etc/passwd", "/../../../etc/passwd",
        "/static/page.html", "/static/", "/static/./../../etc/passwd", "/static/page.js/..",
        "/static/%252e%252e%252fhouse.py", "/static/\\..\\house.py", "/static/page.js%00.css",
    ],
)  # fmt: skip
async def test_no_path_leads_to_a_file(opening: Opening, path: str) -> None:
    async with opening() as visitor:
        await visitor.enter()
        head = f"GET {path} HTTP/1.1\nHost: localhost:{visitor.port}\nConnection: close"
        answer = await visitor.raw(f"{head}\nCookie: {visitor.cookies}")
        assert answer.split(b" ", 2)[1] in (b"404", b"400"), answer[:200]
        for inside in (b"root:", b"import ", b"<!DOCTYPE"):
            assert inside not in answer


async def test_a_request_without_a_host_or_with_two_is_refused(opening: Opening) -> None:
    async with opening() as visitor:
        await visitor.enter()
        own = f"Host: localhost:{visitor.port}"
        for head in (
            f"GET / HTTP/1.0\nCookie: {visitor.cookies}",
            f"GET / HTTP/1.0\n{own}\nHost: evil.example\nCookie: {visitor.cookies}",
        ):
            answer = await visitor.raw(head)
            assert answer.split(b" ", 2)[1] in (b"403", b"400"), answer[:200]


@pytest.mark.parametrize("origin", [None, "http://evil.example", "http://localhost:1"])
async def test_a_socket_is_opened_by_our_own_page_alone(
    opening: Opening, origin: str | None
) -> None:
    async with opening() as visitor:
        await visitor.enter()
        with pytest.raises(WSServerHandshakeError) as refused:
            await visitor.session.ws_connect(f"{visitor.base}/app", origin=origin)
        assert refused.value.status == 403


@pytest.mark.parametrize("size", ["", "width=80", "width=x&height=24", "width=8e1&height=24"])
async def test_a_socket_without_a_size_is_refused(opening: Opening, size: str) -> None:
    async with opening() as visitor:
        await visitor.enter()
        answer = await visitor.get(f"/app?{size}", Origin=visitor.base)
        assert answer.status == 400


async def test_the_page_and_its_parts_are_served(opening: Opening) -> None:
    async with opening() as visitor:
        await visitor.enter()
        page = await visitor.get("/")
        assert page.headers["Content-Type"] == "text/html; charset=utf-8"
        assert "<title>nowhere</title>" in await page.text()
        for name in ("page.js", "terminal.js", "terminal.css", "page.css", "font.ttf"):
            assert (await visitor.get(f"/static/{name}")).status == 200


async def test_further_names_are_heeded(opening: Opening) -> None:
    async with opening(names=("box.example",)) as visitor:
        await visitor.enter()
        answer = await visitor.get("/alive", Host="box.example", Cookie=visitor.cookies)
        assert answer.status == 200


async def test_on_all_addresses_the_machine_has_its_own_name_and_no_other(opening: Opening) -> None:
    async with opening(host="0.0.0.0") as visitor:
        name = socket.gethostname().lower()
        assert visitor.told.links[0].lower().startswith(f"http://{name}:")
        await visitor.enter()
        for host, status in ((f"{name}:1", 200), ("evil.example", 403), ("192.0.2.7", 403)):
            answer = await visitor.get("/alive", Host=host, Cookie=visitor.cookies)
            assert answer.status == status, host
