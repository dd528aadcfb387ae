"""The packets between the app and us, as Textual's driver for browsers writes and reads them.

A letter (D: what a terminal gets or sends, M: a JSON object about it), four bytes of length, big
end first, and so many bytes.
"""

import asyncio
from collections.abc import AsyncIterator

import msgspec

PRELUDE = b"__GANGLION__\n"
"""The driver says this first."""

DATA, META = b"D", b"M"


class Resize(msgspec.Struct, tag_field="type", tag="resize", forbid_unknown_fields=True):
    """The terminal has another size, in cells."""

    width: int
    height: int

    def __post_init__(self) -> None:
        self.width, self.height = sized(self.width, self.height)


class Focus(msgspec.Struct, tag_field="type", tag="focus", forbid_unknown_fields=True):
    """Keys go to the terminal from now on."""


class Blur(msgspec.Struct, tag_field="type", tag="blur", forbid_unknown_fields=True):
    """Keys go elsewhere from now on."""


class Quit(msgspec.Struct, tag_field="type", tag="quit"):
    """Leave the app. Only the server says so."""


Told = Resize | Focus | Blur
"""What a page may tell about its terminal."""

_COLUMNS, _ROWS = 1000, 500


def sized(width: int, height: int) -> tuple[int, int]:
    """A size that a terminal may have."""
    return min(max(width, 2), _COLUMNS), min(max(height, 2), _ROWS)


def told(text: str) -> Told:
    """What a page said.

    Raises:
        msgspec.ValidationError, msgspec.DecodeError: it is none of what a page may say.
    """
    said: Told = msgspec.json.decode(text, type=Told)
    return said


def packet(kind: bytes, payload: bytes) -> bytes:
    """One packet."""
    return kind + len(payload).to_bytes(4, "big") + payload


def meta(said: Told | Quit) -> bytes:
    """A packet that tells the app about its terminal."""
    return packet(META, msgspec.json.encode(said))


async def screens(stream: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """What the app draws, until it ends; what it tells besides is passed over.

    Raises:
        ValueError: this is no app that draws for a browser.
    """
    try:
        if await stream.readexactly(len(PRELUDE)) != PRELUDE:
            raise ValueError("no prelude")
        while True:
            head = await stream.readexactly(5)
            payload = await stream.readexactly(int.from_bytes(head[1:], "big"))
            if head[:1] == DATA:
                yield payload
    except (asyncio.IncompleteReadError, ConnectionResetError):
        return
