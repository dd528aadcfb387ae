"""JSON that is no JSONL: the items of a big array, or objects one after the other, as bytes.

Only brackets, and commas between items, are looked for, so that each item is decoded by itself: a
NaN or half a character in one of them costs that item, not everything behind it. (ijson, the
library for this, stops at the first NaN and turns a lone surrogate into a question mark.)
"""

import re
from collections.abc import Collection, Iterable, Iterator

from deita_tui.formats import decoding
from deita_tui.formats.rows import EXCERPT, BreakError

# Atomic groups, not possessive repeats of groups: those go wrong in Python before 3.11.5.
_STRING = rb'"(?>(?:[^"\\]++|\\.)*)"'
_FLAT = rb'[^"\[\]{}]++|' + _STRING
# up to the next bracket or comma; within an item commas say nothing, and an object that holds no
# other is passed over in one go
_BETWEEN = re.compile(rb'(?>(?:[^"\[\]{},]++|' + _STRING + rb")*)[\[\]{},]", re.DOTALL)
_WITHIN = re.compile(
    rb"(?>(?:" + _FLAT + rb"|\{(?>(?:" + _FLAT + rb")*)\})*)[\[\]{}]",
    re.DOTALL,
)
_NAME = re.compile(rb'"((?>(?:[^"\\]++|\\.)*))"\s*:\s*\[$', re.DOTALL)
_BOM = b"\xef\xbb\xbf"


def array_items(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The items of the one array that the stream holds."""
    return _Splitter(1, None).run(blocks)


def member_items(blocks: Iterable[bytes], names: Collection[str]) -> Iterator[bytes]:
    """The items of the arrays that are members ``names`` of the one object in the stream."""
    return _Splitter(2, frozenset(name.encode() for name in names)).run(blocks)


def objects(blocks: Iterable[bytes]) -> Iterator[bytes]:
    """The objects of a stream that holds one after the other."""
    return _Splitter(0, None).run(blocks)


class _Splitter:
    """Cuts a stream at its structure; ``base`` is the bracket depth at which the items lie."""

    def __init__(self, base: int, names: frozenset[bytes] | None) -> None:
        self.base = base
        self.names = names
        self.buffer = bytearray()
        self.depth = 0
        self.start = 0
        """Where the current item begins."""
        self.scanned = 0
        self.inside = base == 0
        """Are we in an array whose items are wanted?"""
        self.closed = base == 0
        """Did every wanted array end?"""

    def run(self, blocks: Iterable[bytes]) -> Iterator[bytes]:
        """The items.

        Raises:
            BreakError: the stream ends or breaks before the array does, or goes on behind it.
        """
        enough = 0
        try:
            for block in blocks:
                self.buffer += block
                if len(self.buffer) < enough:
                    continue
                yield from self._scan()
                self._forget()
                # a long string is looked at again only when there is twice as much of it
                enough = 2 * (len(self.buffer) - self.scanned)
            yield from self._scan()
        except BreakError as error:
            yield from self._scan()
            error.rest = bytes(self.buffer[self.start : self.start + EXCERPT])
            raise
        yield from self._end()

    def _scan(self) -> Iterator[bytes]:
        while True:
            known = self.depth > self.base or (self.depth == self.base and not self.inside)
            match = (_WITHIN if known else _BETWEEN).match(self.buffer, self.scanned)
            if match is None:
                return
            begin, self.scanned = self.scanned, match.end()
            kind = self.buffer[self.scanned - 1]
            if kind in b"[{":
                self._open(kind, begin)
            elif kind in b"]}":
                if self._close() and (item := self._cut(kind)).strip():
                    yield item
            elif self.base and self.depth == self.base:  # a comma between two items
                yield self._cut(kind)

    def _open(self, kind: int, begin: int) -> None:
        self.depth += 1
        if self.base and self.depth == self.base and kind == 91:
            self.inside = self.names is None or self._name(begin) in self.names
            self.closed = self.closed and not self.inside
            self.start = self.scanned

    def _close(self) -> bool:
        """One bracket less; does an item end with it?"""
        self.depth -= 1
        if self.base == 0:
            return self.depth == 0
        if self.depth == self.base - 1 and self.inside:
            self.inside = False
            self.closed = True
            return True
        return False

    def _cut(self, kind: int) -> bytes:
        end = self.scanned if self.base == 0 else self.scanned - 1
        item = bytes(self.buffer[self.start : end])
        self.start = self.scanned
        return item.removeprefix(_BOM)

    def _name(self, begin: int) -> bytes:
        """The name of the member whose array opens at ``scanned``."""
        match = _NAME.search(bytes(self.buffer[begin : self.scanned]))
        return match[1] if match else b""

    def _forget(self) -> None:
        wanted = self.inside or (self.closed and self.names is None)
        keep = self.start if wanted else self.scanned
        if len(self.buffer) - keep > decoding.LIMIT:
            raise BreakError(
                "too-long",
                f"An item is longer than {decoding.LIMIT >> 20} MB: nothing behind it can be read.",
            )
        del self.buffer[:keep]
        self.start = max(0, self.start - keep)
        self.scanned -= keep

    def _end(self) -> Iterator[bytes]:
        rest = bytes(self.buffer[self.start :]).strip().removeprefix(_BOM)
        if self.base == 0:
            if rest:
                yield rest
        elif not self.closed:
            if rest and self.inside and self.depth == self.base and b'"' not in self.left():
                yield rest
                rest = b""
            raise BreakError("truncated", "The file ends in the middle of its array.", rest)
        elif rest and self.names is None:
            raise BreakError("not-json", "Text follows the end of the array.", rest)

    def left(self) -> bytes:
        """What lies behind the last bracket or comma."""
        return bytes(self.buffer[self.scanned :])
