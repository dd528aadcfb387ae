"""JSONL: lines in blocks, as few operations a line as can be."""

from collections.abc import Iterable, Iterator

from deita_tui.formats import decoding
from deita_tui.formats.decoding import Overlong, suspicious
from deita_tui.formats.rows import BreakError

BOM = b"\xef\xbb\xbf"
_HEAD = 1000  # what is kept of an overlong line, for its excerpt


def lines(blocks: Iterable[bytes]) -> Iterator[tuple[list[bytes], bool]]:
    """The lines of a stream, many at a time, without their ends; may a NUL be among them?

    A BOM is dropped. The last line may be empty.

    A line longer than ``decoding.LIMIT`` comes as an ``Overlong``, never held whole.

    Raises:
        BreakError: the stream broke; ``rest`` is the line that was cut.
    """
    tail: list[bytes] = []
    size = 0
    first = True
    try:
        for block in blocks:
            if first and block.startswith(BOM):
                block = block[len(BOM) :]
            first = False
            cut = block.rfind(b"\n")
            if cut < 0:
                tail.append(block)
                size += len(block)
                if size > decoding.LIMIT:
                    tail = [b"".join(tail)[:_HEAD]]
                continue
            yield _split(tail, size, block[:cut])
            tail = [block[cut + 1 :]]
            size = len(block) - cut - 1
    except BreakError as error:
        error.rest = b"".join(tail)[:_HEAD]
        raise
    if size:
        yield _split(tail, size, b"")


def _split(tail: list[bytes], size: int, block: bytes) -> tuple[list[bytes], bool]:
    """The lines of ``block``, the first of which began in ``tail``."""
    first = block.find(b"\n")
    if size + (len(block) if first < 0 else first) > decoding.LIMIT:
        rest = [] if first < 0 else block[first + 1 :].split(b"\n")
        return [Overlong(b"".join(tail)[:_HEAD]), *rest], suspicious(block)
    if size:
        block = b"".join((*tail, block))
    return block.split(b"\n"), suspicious(block)
