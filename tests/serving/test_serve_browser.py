"""The app in a real browser: what a person sees, and that nothing is asked of anybody else."""

import asyncio
import os
from collections.abc import AsyncIterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from deita_tui.project import Project
from tests.serving.browser import Browser, Page, browsing, installed
from tests.serving.conftest import Opening
from tests.serving.visiting import apps, gone


@pytest.fixture
async def browser(tmp_path: Path) -> AsyncIterator[Browser]:
    """A headless Chromium."""
    program = installed()
    if program is None and "CI" not in os.environ:
        pytest.skip("There is no Chromium here; .ci/run installs it where it may.")
    assert program is not None, "CI needs a Chromium"
    async with browsing(program, tmp_path / "profile") as found:
        yield found


KNOCK = """new Promise((done) => {
    const socket = new WebSocket("ws://127.0.0.1:%d/app?width=80&height=24");
    socket.onopen = () => done("open");
    socket.onerror = () => done("shut");
})"""


def asked(page: Page) -> list[str]:
    """The addresses that the page wanted something from."""
    sent = [each["params"] for each in page.said if each["method"] == "Network.requestWillBeSent"]
    return [each["request"]["url"] for each in sent]


def complaints(page: Page) -> list[object]:
    """What went wrong in the page, or was forbidden to it."""
    kinds = ("Runtime.exceptionThrown", "Log.entryAdded")
    return [each["params"] for each in page.said if each["method"] in kinds]


async def test_keys_typed_in_a_browser_are_answered_by_the_app(
    opening: Opening, browser: Browser, sample: Path
) -> None:
    async with opening(sample) as visitor, browser.page(visitor.told.links[0]) as page:
        await page.sees("overview", "Score 10 records.")
        # The link is out of the address line, and out of the way back.
        assert await page.value("location.href") == f"{visitor.base}/"
        assert await page.value("history.length") == 2
        assert await page.value("document.cookie") == ""
        await page.press("b")
        await page.sees("1 of 10", "green tea")
        await page.press("ArrowDown")
        await page.sees("2 of 10")
        await page.press("\\")
        await page.sees("esc leave")
        await page.ask("Input.insertText", text="steep")
        await page.press("Enter")
        await page.sees("1 of 1\n", "green tea")
        await page.press("x")
        await page.sees("rejected #1")
        # A smaller window is another terminal.
        assert await page.value("terminal.cols") > 90
        await page.resize(700, 500)
        await page.becomes("terminal.cols < 80")
        await page.sees("green tea", "? keys")
        assert max(map(len, (await page.text()).splitlines())) < 80
        # Its own F5, not the browser's: the page is still the same one.
        await page.value("window.mark = 1")
        await page.press("F5")
        await page.press("q", control=True)
        shown = await page.sees("You left the app")
        assert "on disk" in shown
        assert await page.value("window.mark") == 1
        await gone(sample)
        # The button has the focus.
        await page.press("Enter")
        await page.sees("overview", "1 decided")
        assert {urlsplit(url).netloc for url in asked(page)} == {f"127.0.0.1:{visitor.port}"}
        assert not complaints(page)
    with Project.open(sample, read_only=True) as project:
        assert project.counts().decided == {"reject": 1}
    await gone(sample)


async def test_tabs_a_foreign_page_a_lost_connection_and_the_end(
    opening: Opening, browser: Browser, sample: Path
) -> None:
    async with opening(sample) as visitor, browser.page(visitor.told.links[0]) as page:
        await page.sees("overview")
        async with browser.page(visitor.base) as other:
            await other.sees("overview")
            assert len(apps(sample)) == 2
            # What any other page can try, with the browser's own cookie: here, one by another name.
            await other.go(f"http://localhost:{visitor.port}/")
            await other.sees("not known here")
            assert await other.value(KNOCK % visitor.port) == "shut"
        await gone(sample, but=1)
        await page.ask("Page.bringToFront")
        # The connection breaks: the page comes back by itself.
        await page.value("void socket.close()")
        await page.sees("The connection is lost")
        await page.becomes("notice.classList.contains('-gone')")
        await page.sees("overview")
        await page.click(30, 10)
        await page.press("b")
        await page.sees("1 of 10")
        ending = asyncio.create_task(visitor.house.close())
        assert "Start deita-tui serve again" in await page.sees("The server has ended")
        await ending
    await gone(sample)
