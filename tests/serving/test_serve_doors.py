"""Which requests are answered, told by Host and Origin alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deita_tui.serving.doors import door, is_loopback

LOOPBACK = door("127.0.0.1")


def refused(host: list[str], origin: list[str], *, scripted: bool = False, at: str = "") -> bool:
    return LOOPBACK.refusal(host, origin, scripted=scripted, address=at) is not None


@pytest.mark.parametrize(
    "host", ["127.0.0.1:8765", "localhost:8765", "LOCALHOST:9000", "[::1]:8765", "localhost"]
)
def test_this_machine_may_be_called_by_its_names_of_loopback(host: str) -> None:
    assert not refused([host], [])
    assert not refused([host], [f"http://{host}"], scripted=True)
    assert not refused([host], [f"https://{host}"], scripted=True)


@pytest.mark.parametrize(
    "host",
    [
        "evil.example:8765", "127.0.0.1.evil.example", "localhost.evil.example", "localhost.",
        "evil.example@localhost", "localhost@evil.example", "localhost:8765:1", "localhost:", "",
        " localhost", "localhost\t", "127.1", "0.0.0.0", "2130706433", "[::1",
        "localhost/", "lоcalhost",
    ],
)  # fmt: skip
def test_a_foreign_name_is_refused(host: str) -> None:
    assert refused([host], [])
    assert refused([host], [f"http://{host}"], scripted=True)


@pytest.mark.parametrize(
    "origin",
    [
        "http://evil.example", "http://localhost:3000", "http://127.0.0.1:8765", "null", "",
        "http://localhost:8765.evil.example", "http://localhost:8765@evil.example",
        "http://localhost:8765/", "ftp://localhost:8765", "localhost:8765",
    ],
)  # fmt: skip
@pytest.mark.parametrize("scripted", [True, False])
def test_a_page_from_elsewhere_is_refused(origin: str, scripted: bool) -> None:
    assert refused(["localhost:8765"], [origin], scripted=scripted)


def test_a_script_must_say_where_it_is_from() -> None:
    assert refused(["localhost:8765"], [], scripted=True)


def test_two_answers_to_one_question_are_refused() -> None:
    assert refused([], [])
    assert refused(["localhost", "localhost"], [])
    assert refused(["localhost"], ["http://localhost", "http://evil.example"])


def test_the_address_that_it_came_to_is_a_name_and_another_one_is_not() -> None:
    assert not refused(["192.0.2.7:8765"], [], at="192.0.2.7")
    assert not refused(["[2001:db8::7]:8765"], [], at="2001:db8::7")
    assert refused(["192.0.2.8:8765"], [], at="192.0.2.7")


def test_further_names_can_be_told() -> None:
    known = door("0.0.0.0", ["GPU-box.Example"])
    assert known.refusal(["gpu-box.example:8765"], [], scripted=False) is None
    assert known.refusal(["other.example:8765"], [], scripted=False) is not None


@given(st.text(max_size=30), st.text(max_size=30))
def test_nothing_else_comes_in(host: str, origin: str) -> None:
    name = host.lower().rpartition(":")[0] or host.lower()
    if name not in LOOPBACK.names and host.lower() not in LOOPBACK.names:
        assert refused([host], [])
    if origin.lower() not in ("http://localhost", "https://localhost"):
        assert refused(["localhost"], [origin], scripted=True)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.1", "localhost", "::1"])
def test_loopback(host: str) -> None:
    assert is_loopback(host)


@pytest.mark.parametrize(
    "host",
    ["", "0.0.0.0", "::", "192.0.2.7", "box", "localhost.example", "127.1", "::ffff:1.2.3.4"],
)
def test_everything_else_may_be_reached_from_elsewhere(host: str) -> None:
    assert not is_loopback(host)
