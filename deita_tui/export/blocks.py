"""What a loader must see early: it takes the types of all columns from a file's first block.

``datasets`` reads ten megabytes, decides, and stops with an error at the first later row that has a
column, or a key in a message, which no row of these had. So a row that has it is put first.
"""

from array import array
from collections.abc import Sequence
from typing import Any

from deita_tui.export.items import Row

BLOCK = 8 << 20
"""Bytes; less than a loader's own block, since it counts a little otherwise."""

Shape = frozenset[Any]


class Shapes:
    """Which columns, and keys within them, each row has; equal rows share one entry."""

    def __init__(self) -> None:
        self.of: list[dict[str, Shape]] = []
        """By kind of row: the shapes of the values in each column that is not empty."""
        self._kinds: dict[frozenset[tuple[str, Shape]], int] = {}
        self._kind = array("i")
        self._bytes = array("q")
        self._place: dict[int, int] = {}

    def add(self, id_: int, row: Row, size: int) -> None:
        """Take a row into account, which has ``size`` bytes."""
        shapes = {name: _shapes(value) for name, value in row.items() if value not in (None, "")}
        shapes = {name: shape for name, shape in shapes.items() if shape}
        key = frozenset(shapes.items())
        kind = self._kinds.setdefault(key, len(self.of))
        if kind == len(self.of):
            self.of.append(shapes)
        self._place[id_] = len(self._kind)
        self._kind.append(kind)
        self._bytes.append(size)

    def first(self, ids: Sequence[int], block: int = BLOCK) -> list[int]:
        """The records of one file, in its order, that must be put before all others."""
        early, read = set[int](), 0
        places = [self._place[id_] for id_ in ids]
        for at, place in enumerate(places):
            early.add(self._kind[place])
            read += self._bytes[place]
            if read >= block:
                late = zip(ids[at + 1 :], places[at + 1 :], strict=True)
                return self._missing(early, [(id_, self._kind[place]) for id_, place in late])
        return []

    def _missing(self, early: set[int], late: Sequence[tuple[int, int]]) -> list[int]:
        """Rows that bring a column, or a second shape of one, which the first block lacks.

        Two shapes are enough: then a loader takes any.
        """
        seen: dict[str, set[Any]] = {}
        for kind in early:
            for name, shape in self.of[kind].items():
                seen.setdefault(name, set()).update(shape)
        known = set(early)
        found = []
        for id_, kind in late:
            if kind in known:
                continue
            known.add(kind)
            new = [
                (name, shape)
                for name, shape in self.of[kind].items()
                if len(seen.get(name, ())) < 2 and not shape <= seen.get(name, set())
            ]
            if new:
                found.append(id_)
            for name, shape in new:
                seen.setdefault(name, set()).update(shape)
        return found


def _shapes(value: Any) -> Shape:
    """The shapes of what a column holds: of a list, those of its items."""
    if isinstance(value, list):
        return frozenset(_shape(each) for each in value if each is not None)
    return frozenset((_shape(value),))


def _shape(value: Any) -> Any:
    if isinstance(value, dict):
        return frozenset((key, _shape(each)) for key, each in value.items() if each is not None)
    if isinstance(value, list):
        return ("list", frozenset(map(_shape, value)))
    return type(value).__name__
