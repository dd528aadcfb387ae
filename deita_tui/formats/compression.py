"""The bytes of a file, in blocks, whether it is compressed or not.

What was compressed well before a break is delivered; then ``BreakError`` tells of it.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

from deita_tui.errors import InputError
from deita_tui.formats.rows import BreakError

BLOCK = 1 << 20
"""About how many bytes a block has."""

# zstandard tells a cut file from a whole one only through an object that returns all of its output
# at once, so little is put in at a time: 8 kB hold at most 256 MB.
_ZST_INPUT = 8 << 10

_MAGIC = {
    b"\x1f\x8b": "gz",
    b"\x28\xb5\x2f\xfd": "zst",
    b"BZh": "bz2",
    b"\xfd7zXZ\x00": "xz",
}

_STRANGE = {
    b"PK\x03\x04": "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"Rar!": "a rar archive",
    b"\x04\x22\x4d\x18": "compressed with lz4",
    b"Salted__": "encrypted",
    b"age-encryption.org": "encrypted",
    b"-----BEGIN PGP MESSAGE": "encrypted",
    b"SQLite format 3": "a SQLite database",
    b"\x80\x04": "a pickle, which is never opened",
    b"\x80\x05": "a pickle, which is never opened",
    b"%PDF": "a PDF",
    b"\xff\xfe": "text in UTF-16",
    b"\xfe\xff": "text in UTF-16",
}


def compression(path: Path) -> str | None:
    """``"gz"``, ``"zst"``, ``"bz2"``, ``"xz"``, or None for a plain file; by content, not by name.

    Raises:
        InputError: the file is missing, empty, or something that holds no text.
    """
    try:
        with path.open("rb") as file:
            head = file.read(32)
    except OSError as error:
        raise InputError(
            f"{path} cannot be opened: {error.strerror}.", "Check the path and its permissions."
        ) from error
    if not head:
        raise InputError(f"{path} is empty.")
    for magic, name in _MAGIC.items():
        if head.startswith(magic):
            return name
    refuse_strange(path, head)
    return None


def refuse_strange(path: Path, head: bytes) -> None:
    """Refuse a file that begins like something known that holds no rows."""
    for magic, what in _STRANGE.items():
        if head.startswith(magic):
            raise InputError(
                f"{path} is {what}.",
                "Unpack or convert it to UTF-8 JSON, JSONL, CSV or Parquet first.",
            )


def blocks(path: Path, kind: str | None) -> Iterator[bytes]:
    """The uncompressed bytes of ``path``.

    Raises:
        BreakError: behind the last bytes that could be read.
    """
    try:
        with path.open("rb") as file:
            yield from _READERS[kind](file)
    except (OSError, EOFError, ValueError) as error:
        # OSError covers a bad checksum and a disk that fails, ValueError a damaged header
        raise BreakError(
            "truncated" if isinstance(error, EOFError) else "damaged",
            f"The file breaks off here: {error}.",
        ) from error


def _plain(file: BinaryIO) -> Iterator[bytes]:
    while block := file.read(BLOCK):
        yield block


def _gz(file: BinaryIO) -> Iterator[bytes]:
    import gzip
    import zlib

    with gzip.GzipFile(fileobj=file) as stream:
        yield from _pieces(stream.read1, zlib.error)


def _bz2(file: BinaryIO) -> Iterator[bytes]:
    import bz2

    with bz2.BZ2File(file) as stream:
        yield from _pieces(stream.read1, OSError)


def _xz(file: BinaryIO) -> Iterator[bytes]:
    import lzma

    with lzma.LZMAFile(file) as stream:
        yield from _pieces(stream.read1, lzma.LZMAError)


def _pieces(read: Callable[[int], bytes], damaged: type[Exception]) -> Iterator[bytes]:
    """Gather small reads into blocks, so that a break loses none that came before it."""
    pieces: list[bytes] = []
    size = 0
    try:
        while piece := read(BLOCK):
            pieces.append(piece)
            size += len(piece)
            if size >= BLOCK:
                yield b"".join(pieces)
                pieces, size = [], 0
    except (EOFError, OSError, damaged) as error:
        if pieces:
            yield b"".join(pieces)
        if isinstance(error, EOFError | OSError):
            raise
        raise OSError(str(error)) from error
    if pieces:
        yield b"".join(pieces)


def _zst(file: BinaryIO) -> Iterator[bytes]:
    import zstandard

    decompressor = zstandard.ZstdDecompressor(max_window_size=1 << 31)
    stream = decompressor.decompressobj()
    data = file.read(_ZST_INPUT)
    while data:
        try:
            piece = stream.decompress(data)
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from error
        if piece:
            yield piece
        data = stream.unused_data or file.read(_ZST_INPUT)
        if stream.eof and data:
            stream = decompressor.decompressobj()
    if not stream.eof:
        raise EOFError("compressed file ended before the end-of-stream marker was reached")


_READERS: dict[str | None, Callable[[BinaryIO], Iterator[bytes]]] = {
    None: _plain,
    "gz": _gz,
    "zst": _zst,
    "bz2": _bz2,
    "xz": _xz,
}
