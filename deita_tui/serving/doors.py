"""Which requests are answered at all: told by their Host and their Origin, before anything else.

A foreign page can make the browser send requests here. With a name of its own that suddenly means
this machine (DNS rebinding) it could even read the answers; the Host that the browser then sends is
that foreign name. Without one it can still open a WebSocket; the Origin tells on it.
"""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

LOOPBACK = ("127.0.0.1", "localhost", "[::1]")
"""What browsers on this machine, or behind a tunnel to it, may call it."""

_HOST = re.compile(r"(?P<name>\[[0-9a-f:.]+\]|[a-z0-9_.-]+)(?P<port>:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Door:
    """The names that requests may call this machine by.

    Attributes:
        names: lower case, IPv6 addresses in brackets, without ports. The port is not looked at,
            since a tunnel may have another one at its other end.
    """

    names: frozenset[str]

    def refusal(
        self, host: Sequence[str], origin: Sequence[str], *, scripted: bool, address: str = ""
    ) -> str | None:
        """Why a request is not answered; None where it is.

        Args:
            host: its Host headers.
            origin: its Origin headers.
            scripted: whether only a page's script sends such a request. It always has an Origin.
            address: the address of this machine that it came to. A foreign page can have a name
                point here, but it cannot make an address its own.
        """
        known = self.names | {bracketed(address)} if address else self.names
        if len(host) != 1 or name_of(host[0]) not in known:
            return "This machine is not served under that name: see deita-tui serve --allow-host."
        if not origin:
            return "A page's request must say what page it is of." if scripted else None
        own = {f"{scheme}://{host[0].lower()}" for scheme in ("http", "https")}
        if len(origin) != 1 or origin[0].lower() not in own:
            return "Only pages that come from here may ask for this."
        return None


def door(bound: str, names: Iterable[str] = ()) -> Door:
    """The door of a server that listens at the host ``bound``, and has further names."""
    told = [*LOOPBACK, *names, *([bound] if bound else [])]
    return Door(frozenset(bracketed(name.lower()) for name in told))


def name_of(host: str) -> str | None:
    """The name in a Host header, without its port; None where it is not one."""
    found = _HOST.fullmatch(host.lower())
    return found["name"] if found else None


def bracketed(name: str) -> str:
    """A name or an address as URLs have it: IPv6 addresses in brackets."""
    return f"[{name}]" if ":" in name and not name.startswith("[") else name


def is_loopback(host: str) -> bool:
    """Does only this machine reach a server that listens there?"""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False
