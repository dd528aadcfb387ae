"""What two selections are made of, side by side."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from textual.content import Content

from deita_tui.figures import number
from deita_tui.ui.literal import cut

if TYPE_CHECKING:
    from deita_tui.selection.compare import Comparison, Mix, Spread

_FIRST, _SECOND, _BOTH = "▀", "▄", "█"
"""The upper half of a line is A's, the lower half B's."""
_DIM = "$foreground-muted"
_LIT = "$success"
_NUMBER = 8
_SOURCES = 12


def drawn(found: "Comparison", width: int) -> Content:
    """Sources, turns, lengths and scores of either: ``▀`` is A, ``▄`` is B."""
    return Content("\n").join(_lines(found, max(width, 36)))


def _lines(found: "Comparison", width: int) -> Iterator[Content]:
    first, second = found.first, found.second
    yield _head("sources", width)
    yield from _shares(first.sources, second.sources, first, second, width)
    yield Content("")
    yield _head("turns", width)
    yield from _shares(first.turns, second.turns, first, second, width, by_name=True)
    for name, pair, digits in (("score", (first.score, second.score), 2),
                               ("characters", (first.chars, second.chars), 0)):  # fmt: skip
        yield Content("")
        yield _head(name, width)
        yield from _spreads(*pair, width, digits)


def _head(name: str, width: int) -> Content:
    room = max(width - 2 * _NUMBER, 8)
    figures = f"{f'A {_FIRST}':>{_NUMBER}}{f'B {_SECOND}':>{_NUMBER}}"
    return Content.styled(cut(name, room) + figures, "bold $primary")


def _shares(
    one: Mapping[str, int], other: Mapping[str, int], first: "Mix", second: "Mix", width: int,
    *, by_name: bool = False,
) -> Iterator[Content]:  # fmt: skip
    """A line for each class, with how large a part of either it is."""
    names = list(dict.fromkeys([*one, *other]))
    if by_name:
        names.sort(key=lambda name: (len(name.rstrip("+")), name))
    shown, rest = names[:_SOURCES], names[_SOURCES:]
    rows = [(name, one.get(name, 0), other.get(name, 0)) for name in shown]
    if rest:
        others = (sum(side.get(name, 0) for name in rest) for side in (one, other))
        rows.append((f"{len(rest)} others", *others))  # type: ignore[arg-type]
    label = min(max((len(name) for name, _, _ in rows), default=0), width // 3)
    room = max(width - label - 2 * _NUMBER - 2, 4)
    parts = [(was / (first.kept or 1), is_ / (second.kept or 1)) for _, was, is_ in rows]
    most = max((max(pair) for pair in parts), default=1) or 1
    for (name, was, is_), (of_first, of_second) in zip(rows, parts, strict=True):
        a, b = round(of_first / most * room), round(of_second / most * room)
        bar = Content.styled(_BOTH * min(a, b), _LIT)
        bar += Content.styled(_FIRST * max(a - b, 0), _DIM)
        bar += Content.styled(_SECOND * max(b - a, 0), _LIT)
        blank = " " * (room - max(a, b))
        figures = f"{was:>{_NUMBER},}{is_:>{_NUMBER},}"
        yield Content(f"{cut(name, label)} ") + bar + Content(f"{blank} {figures}")


def _spreads(first: "Spread", second: "Spread", width: int, digits: int) -> Iterator[Content]:
    told = {"0%": "least", "50%": "median", "100%": "most"}
    rows = [("mean", first.mean, second.mean)]
    rows += [
        (told.get(share, share), first.quantiles[share], second.quantiles[share])
        for share in first.quantiles
    ]
    room = max(width - 2 * _NUMBER, 8)
    for name, was, is_ in rows:
        figures = "".join(f"{number(value, digits):>{_NUMBER}}" for value in (was, is_))
        yield Content(cut(name, room) + figures)
