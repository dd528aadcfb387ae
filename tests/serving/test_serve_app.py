"""The app behind a tab: real processes, and their end."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from deita_tui.project import Project
from tests.serving.conftest import Opening
from tests.serving.visiting import Narrated, Visitor, apps, gone
from tests.support import SAMPLE


async def test_keys_are_answered_and_what_is_decided_stays(opening: Opening, sample: Path) -> None:
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab() as tab:
            await tab.sees("overview", "Score 10 records.")
            await tab.type("b")
            await tab.sees("1 of 10", "instruction")
            await tab.type("x")
            await tab.sees("rejected #1")
            await tab.type("\x11")
            assert await tab.ends() == {
                "title": "You left the app",
                "text": "What you decided is on disk, and jobs run on.",
                "again": True,
            }
    with Project.open(sample, read_only=True) as project:
        assert project.counts().decided == {"reject": 1}


async def test_two_tabs_are_two_apps_over_one_project(opening: Opening, sample: Path) -> None:
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab() as one, visitor.tab("width=120&height=40") as other:
            await one.sees("Score 10 records.")
            await other.sees("Score 10 records.")
            assert len(apps(sample)) == 2
            await one.type("b")
            await one.sees("1 of 10")
            await one.type("x")
            await one.sees("rejected #1")
            # The other one notices by itself.
            await other.sees("1 decided")
            await one.socket.close()
            await other.type("b")
            await other.sees("1 of 10")
            await gone(sample, but=1)
    await gone(sample)


async def test_a_page_that_goes_ends_its_app(opening: Opening, sample: Path) -> None:
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab() as tab:
            await tab.sees("overview")
            # Neither a farewell nor a closing frame, as when a laptop falls asleep.
            transport = tab.socket.get_extra_info("socket")
            assert transport is not None
            transport.shutdown(2)
            await gone(sample)
    assert not visitor.told.lines[1:], visitor.told.lines


async def test_another_size_is_drawn(opening: Opening, sample: Path) -> None:
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab() as tab:
            await tab.sees("Score 10 records.")
            await tab.tell(type="resize", width=150, height=45)
            await tab.draws(b"\x1b[45;1H")
            # What no terminal can have is made one.
            await tab.tell(type="resize", width=10**9, height=-5)
            await tab.tell(type="resize", width=80, height=24)
            await tab.sees("Score 10 records.")


async def test_a_page_that_says_what_ours_does_not_is_left(opening: Opening, sample: Path) -> None:
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab() as tab:
            await tab.sees("overview")
            await tab.socket.send_str('{"type":"exit"}')
            await tab.ends()
            await gone(sample)


async def test_bytes_that_are_no_text_do_no_harm(opening: Opening, sample: Path) -> None:
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab() as tab:
            await tab.sees("overview")
            await tab.socket.send_bytes(b"\xff\xfe\x80\xed\xa0\xbd")
            # An escape sequence and a letter of two bytes, each cut in two.
            for typed in (b"\x1b", b"[", b"I", b"\xc3", b"\xa9"):
                await tab.socket.send_bytes(typed)
            await tab.type("b")
            await tab.sees("1 of 10")


async def test_a_project_may_be_called_anything(opening: Opening, tmp_path: Path) -> None:
    made = tmp_path / "made"
    name = "-a; touch made; $(touch made) `touch made` 'b\" & | > made %s {0} <b>#1"
    folder = tmp_path / name
    with Project.create(folder) as project:
        project.import_(SAMPLE)
    async with opening(folder) as visitor:
        await visitor.enter()
        assert "&lt;b&gt;#1</title>" in await (await visitor.get("/")).text()
        async with visitor.tab("width=150&height=40") as tab:
            await tab.sees("-a; touch made; $(touch made) `touch made` 'b\"")
    assert not made.exists()


async def test_an_app_that_cannot_start_says_why(opening: Opening, tmp_path: Path) -> None:
    failing = [sys.executable, "-c", "raise SystemExit('no such luck \\x1b[31m')"]
    async with opening(tmp_path, words=failing) as visitor:
        await visitor.enter()
        async with visitor.tab() as tab:
            word = await tab.ends()
        assert word["title"] == "The app broke off"
        assert word["text"] == "no such luck ␛[31m"
        assert "  no such luck ␛[31m" in visitor.told.lines
        visitor.house._words = [str(tmp_path / "missing")]
        async with visitor.tab() as tab:
            word = await tab.ends()
        assert word["title"] == "The app could not be started"
        assert "missing" in word["text"]


async def test_an_app_that_hangs_is_ended_all_the_same(
    opening: Opening, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deita_tui.serving.process._PATIENCE", (0.2, 0.2))
    hanging = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
sys.stdout.write("__GANGLION__\\n")
while True:
    sys.stdout.buffer.write(b"D\\0\\0\\1\\0" + b"x" * 256)
"""
    words = [sys.executable, "-c", hanging, "deita_tui.ui.served", str(tmp_path)]
    async with opening(tmp_path, words=words) as visitor:
        await visitor.enter()
        async with visitor.tab() as tab:
            await tab.sees("xxx")
            assert len(apps(tmp_path)) == 1
        await gone(tmp_path)


async def test_there_is_an_end_to_tabs(
    opening: Opening, sample: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("deita_tui.serving.tab.MOST_TABS", 1)
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab() as one:
            async with visitor.tab() as other:
                assert (await other.ends())["title"] == "Too many tabs"
            await one.sees("overview")


async def test_the_end_of_the_server_is_told_and_ends_the_apps(
    opening: Opening, sample: Path
) -> None:
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab() as tab:
            await tab.sees("overview")
            ending = asyncio.create_task(visitor.house.close())
            assert (await tab.ends())["title"] == "The server has ended"
            assert not apps(sample)
            await ending


def serving(*words: object) -> "subprocess.Popen[str]":
    """The installed program as it serves."""
    program = Path(sys.executable).with_name("deita-tui")
    return subprocess.Popen(
        [program, "serve", *map(str, words), "--port", "0"],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        encoding="utf-8", env=os.environ | {"PYTHONWARNINGS": "error"},
    )  # fmt: skip


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP])
def test_the_command_prints_the_link_and_ends_when_told(
    sample: Path, number: signal.Signals
) -> None:
    with serving(sample) as server:
        assert server.stdout is not None
        assert server.stdout.readline().startswith("http://127.0.0.1:")
        server.send_signal(number)
        out, narration = server.communicate(timeout=60)
    assert server.returncode == 0, narration
    assert not out
    assert "it works once" in narration
    assert "Ended." in narration


async def test_no_app_outlives_a_server_that_was_killed(sample: Path) -> None:
    with serving(sample) as server:
        assert server.stdout is not None
        told = Narrated([server.stdout.readline().strip()])
        async with Visitor.of(None, told) as visitor:  # type: ignore[arg-type]
            await visitor.enter()
            async with visitor.tab() as tab:
                await tab.sees("overview")
                assert len(apps(sample)) == 1
                server.kill()
                await gone(sample)
        server.communicate(timeout=60)


async def test_a_job_runs_on_when_the_page_is_closed(opening: Opening, sample: Path) -> None:
    async with opening(sample) as visitor:
        await visitor.enter()
        async with visitor.tab("width=120&height=40") as tab:
            await tab.sees("Score 10 records.")
            await tab.type("\r")
            await tab.sees("lite: a quick draft", "time:")
            await tab.type("\x1b[15~")
            await tab.sees("Make vectors")
        await gone(sample)
    deadline = monotonic() + 60
    with Project.open(sample, read_only=True) as project:
        while any(job.state != "done" for job in project.jobs()):
            assert monotonic() < deadline
            await asyncio.sleep(0.05)
        assert "score" in {job.kind for job in project.jobs()}


def test_what_a_library_prints_is_kept_away_from_the_packets() -> None:
    printing = """
import os, sys
from deita_tui.ui import served
assert served.Served.served and not served.DeitaApp.served
served.keep_stdout()
os.write(1, b"noise")
print("more", flush=True)
os.write(sys.__stdout__.fileno(), b"packets")
"""
    done = subprocess.run([sys.executable, "-c", printing], capture_output=True, check=True)
    assert done.stdout == b"packets"
    assert b"noise" in done.stderr
