"""Where a server may be, and what an address must not hold."""

import pytest

from deita_tui.backends import http_address, names
from deita_tui.backends.http_address import full, is_url, parse, refuse_remote
from deita_tui.errors import UsageError


@pytest.mark.parametrize(
    ("text", "root", "model", "local"),
    [
        ("http://127.0.0.1:8080", "http://127.0.0.1:8080", "", True),
        ("http://127.8.8.8/v1/", "http://127.8.8.8", "", True),
        ("http://localhost:8000/v1#org/name", "http://localhost:8000", "org/name", True),
        ("HTTP://[::1]:80/here", "http://[::1]:80/here", "", True),
        ("https://10.0.0.3:8443#a", "https://10.0.0.3:8443", "a", False),
        ("http://127.0.0.1.example:1", "http://127.0.0.1.example:1", "", False),
        ("http://0.0.0.0:1", "http://0.0.0.0:1", "", False),
    ],
)
def test_addresses(text: str, root: str, model: str, local: bool) -> None:
    found = parse(text)
    assert (found.root, found.model, found.is_local) == (root, model, local)
    assert parse(str(found)) == found
    assert names.pick(text) == "http"


@pytest.mark.parametrize(
    "text", ["http://user:pass@127.0.0.1", "http://u@127.0.0.1", "http://127.0.0.1/?key=pass"]
)
def test_what_may_be_a_secret_is_refused_and_not_shown(text: str) -> None:
    with pytest.raises(UsageError) as raised:
        parse(text)
    assert "pass" not in str(raised.value).replace("password", "")
    assert http_address.KEY in (raised.value.hint or "")


@pytest.mark.parametrize("text", ["http://", "http:///path", "http://127.0.0.1:port", "ftp://a"])
def test_what_is_no_address_is_said(text: str) -> None:
    with pytest.raises(UsageError, match="no address"):
        parse(text)


def test_a_name_belongs_to_the_server_that_is_given() -> None:
    assert full("tiny", "http://127.0.0.1:1/v1") == "http://127.0.0.1:1#tiny"
    assert full("http://127.0.0.1:2/", "http://127.0.0.1:1") == "http://127.0.0.1:2"
    with pytest.raises(UsageError, match="which server has the model tiny"):
        full("tiny", "")
    assert not is_url("org/name")
    assert not is_url("http.gguf")


def test_texts_leave_this_machine_only_where_that_is_allowed() -> None:
    refuse_remote(parse("http://127.0.0.1:1"), allowed=False)
    refuse_remote(parse("http://10.0.0.1:1"), allowed=True)
    with pytest.raises(UsageError, match="the text of your records") as raised:
        refuse_remote(parse("http://10.0.0.1:1"), allowed=False)
    assert "--allow-remote" in (raised.value.hint or "")
