"""Where a completion server is, and whether dataset text may go there.

A server on this machine is asked as a matter of course. Anything else is sent nothing unless the
user has said so, because what is sent is the text of the records.
"""

import os
import socket
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit

from deita_tui.errors import UsageError

KEY = "DEITA_TUI_API_KEY"
"""The variable that holds a server's key, where no other is named."""

_SCHEMES = ("http", "https")
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Address:
    """A server, and one of the models on it."""

    root: str
    """Scheme, host, port and path, without ``/v1`` and without a slash at the end."""
    model: str
    """As the server calls it; empty: the only one it has."""
    scheme: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.root}#{self.model}" if self.model else self.root

    @property
    def is_local(self) -> bool:
        """Is it this machine, whatever the name is looked up as?"""
        try:
            return ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost" and all(map(_loopback, self._found()))

    def _found(self) -> list[str]:
        try:
            found = socket.getaddrinfo(self.host, self.port, type=socket.SOCK_STREAM)
        except OSError:
            return []
        return [str(each[4][0]) for each in found]


def is_url(text: str) -> bool:
    """Does ``text`` name a server rather than a file or a hub id?"""
    return text.partition("://")[0].lower() in _SCHEMES and "://" in text


def parse(text: str) -> Address:
    """Read ``http://host:port/path#model``.

    Raises:
        UsageError: it is no such address, or holds a password.
    """
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"{_bare(text)} is no address: {error}.") from error
    scheme = parts.scheme.lower()
    if scheme not in _SCHEMES or not parts.hostname:
        raise UsageError(
            f"{_bare(text)} is no address of a server.", "Write it as http://127.0.0.1:8080."
        )
    if parts.username is not None or parts.password is not None or parts.query:
        raise UsageError(
            "A server's address must hold no name, password or key: it is stored and shown.",
            f"Put the key into the environment, as {KEY}.",
        )
    host = parts.hostname
    shown = f"[{host}]" if ":" in host else host
    path = parts.path.rstrip("/").removesuffix("/v1")
    root = f"{scheme}://{shown}{f':{port}' if port else ''}{path}"
    return Address(root, parts.fragment, scheme, host, port or _PORTS[scheme])


def full(model: str, url: str) -> str:
    """What a model is stored as: the address of its server, and behind # its name there.

    Args:
        model: a name on the server at ``url``, or an address of its own.
        url: empty where ``model`` is an address.

    Raises:
        UsageError: it is neither.
    """
    if is_url(model):
        return str(parse(model))
    if not url:
        raise UsageError(f"Nobody said which server has the model {model}.", "Say so with --url.")
    server = parse(url)
    return f"{server.root}#{model}"


def refuse_remote(address: Address, allowed: bool) -> None:
    """See that dataset text goes nowhere but where the user wants it.

    Raises:
        UsageError: the server is not on this machine, and nobody allowed that.
    """
    if not (allowed or address.is_local):
        raise UsageError(
            f"{address.root} is not on this machine, and scoring sends it the text of your "
            "records.",
            "If that is what you want, add --allow-remote.",
        )


def key(variable: str) -> str | None:
    """The key for a server, out of the environment; None where there is none.

    Raises:
        UsageError: the variable was asked for by name, and is not there; or cannot be a key.
    """
    found = os.environ.get(variable, "").strip()
    if not found and variable != KEY:
        raise UsageError(f"The variable {variable} holds no key.", "Set it, or name another one.")
    if not (found.isascii() and found.isprintable()):
        raise UsageError(f"What {variable} holds cannot be a key: it has odd characters.")
    return found or None


def _loopback(address: str) -> bool:
    return ip_address(address.partition("%")[0]).is_loopback


def _bare(text: str) -> str:
    """``text`` without what may be a password in it."""
    scheme, sign, rest = text.partition("://")
    return f"{scheme}{sign}{rest.rpartition('@')[2]}"
