"""Links that work once, packets, and the page."""

import asyncio
import re
from collections.abc import Iterable

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.errors import UsageError
from deita_tui.serving import answers, packets
from deita_tui.serving.guests import Guests


def test_a_link_works_once_and_the_next_is_another() -> None:
    guests = Guests()
    first = guests.token
    secret = guests.enter(first)
    assert secret is not None
    assert guests.knows(secret)
    assert guests.enter(first) is None
    other = guests.enter(guests.token)
    assert other is not None
    assert len({first, secret, other, guests.token}) == 4
    # Whoever came before is not put out.
    assert guests.knows(secret)
    assert guests.knows(other)


@given(st.text())
def test_nothing_else_opens(text: str) -> None:
    guests = Guests()
    token = guests.token
    assert guests.enter(text) is None
    assert not guests.knows(text)
    assert not guests.knows(token)
    assert guests.token == token


async def read(stream: bytes, sizes: Iterable[int] = ()) -> list[bytes]:
    reader = asyncio.StreamReader()
    for size in sizes:
        reader.feed_data(stream[:size])
        stream = stream[size:]
    reader.feed_data(stream)
    reader.feed_eof()
    return [screen async for screen in packets.screens(reader)]


@given(
    st.lists(st.tuples(st.sampled_from([b"D", b"M", b"P"]), st.binary(max_size=50))),
    st.integers(0, 6),
    st.lists(st.integers(0, 9), max_size=20),
)
def test_screens_come_whole_however_they_are_cut(
    sent: list[tuple[bytes, bytes]], lost: int, sizes: list[int]
) -> None:
    stream = packets.PRELUDE + b"".join(packets.packet(*each) for each in sent)
    screens = [payload for kind, payload in sent if kind == b"D"]
    assert asyncio.run(read(stream, sizes)) == screens
    # An app that died in the middle of a packet: what was whole is shown.
    torn = asyncio.run(read(stream[: max(len(packets.PRELUDE), len(stream) - lost)], sizes))
    assert torn == screens[: len(torn)]


async def test_what_is_no_app_is_found_out() -> None:
    with pytest.raises(ValueError, match="prelude"):
        await read(b"Traceback (most recent call last):\n")


@pytest.mark.parametrize(
    "text",
    [
        "", "{}", "[]", "null", '{"type":"quit"}', '{"type":"exit"}', '{"type":"resize"}',
        '{"type":"resize","width":"80","height":24}', '{"type":"resize","width":1e3,"height":24.5}',
        '{"type":"focus","key":"x"}', '{"type":"deliver_chunk_request","key":"a","size":9}',
    ],
)  # fmt: skip
def test_a_page_may_say_only_what_a_page_says(text: str) -> None:
    with pytest.raises(msgspec.DecodeError):
        packets.told(text)


@given(st.integers(-(10**6), 10**6), st.integers(-(10**6), 10**6))
def test_a_size_is_one_that_a_terminal_can_have(width: int, height: int) -> None:
    said = packets.told(f'{{"type":"resize","width":{width},"height":{height}}}')
    assert isinstance(said, packets.Resize)
    assert 2 <= said.width <= 1000
    assert 2 <= said.height <= 500


def test_the_page_names_only_what_is_served_and_nothing_outside() -> None:
    page = answers.page("mix").body.decode()
    asked = set(re.findall(r'(?:src|href)="static/([^"]+)"', page))
    asked |= set(re.findall(r'url\("([^"]+)"\)', answers.parts()["page.css"].body.decode()))
    assert asked == set(answers.parts())
    assert "//" not in page
    for name in ("page.css", "terminal.css"):
        assert "url(" not in answers.parts()[name].body.decode().replace('url("font', "")


def test_a_name_of_a_project_is_text_in_the_page() -> None:
    page = answers.page('</title><script>alert("x")</script>\x1b').body.decode()
    assert "&lt;script&gt;" in page
    assert "<script>alert" not in page
    assert "\x1b" not in page


def test_another_terminal_than_the_known_one_is_not_used() -> None:
    with pytest.raises(UsageError, match="another version"):
        answers.cut("window.onload=()=>{}")


def test_of_the_foreign_bundle_nothing_connects_or_opens_addresses() -> None:
    script = answers.parts()["terminal.js"].body.decode()
    for word in (
        "new WebSocket",
        "window.onload",
        "open_url",
        "deliver_file",
        "sessionWebsocketUrl",
    ):
        assert word not in script
