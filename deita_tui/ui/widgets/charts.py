"""Small charts made of text: what is kept is solid, all there is is shaded."""

from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

from textual.content import Content

from deita_tui.selection.curve import Point
from deita_tui.selection.picture import Bar, Histogram
from deita_tui.ui.literal import cut

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_POOL = "░"
_KEPT = "█"
_DIM = "$foreground-muted"
_LIT = "$success"


def bars(rows: Sequence[Bar], width: int, height: int) -> Content:
    """A line for each class: its share of all records, and its share of the kept ones."""
    shown = list(rows[:height])
    if len(rows) > height > 1:
        rest = rows[height - 1 :]
        others = Bar("others", sum(row.pool for row in rest), sum(row.kept for row in rest))
        shown = [*rows[: height - 1], others]
    return Content("\n").join(bar_lines(rows, width, shown))


def bar_lines(rows: Sequence[Bar], width: int, shown: Sequence[Bar]) -> list[Content]:
    """The lines of some classes, drawn to the scale of these; shares are those of all ``rows``."""
    pool = sum(row.pool for row in rows) or 1
    kept = sum(row.kept for row in rows) or 1
    label = min(max((len(row.label) for row in shown), default=0), max(width // 3, 6))
    room = max(width - label - 14, 4)
    most = max((max(row.pool / pool, row.kept / kept) for row in shown), default=1) or 1
    lines = []
    for row in shown:
        of_pool = round(row.pool / pool / most * room)
        of_kept = round(row.kept / kept / most * room)
        blank = " " * (room - max(of_pool, of_kept))
        share = f" {row.kept:>6,} {row.kept / kept:>4.0%}"
        lines.append(
            Content.assemble(
                f"{cut(row.label, label)} ",
                (_KEPT * of_kept, _LIT),
                (_POOL * max(of_pool - of_kept, 0), _DIM),
                f"{blank}{share}",
            )
        )
    return lines


def histogram(found: Histogram, width: int, height: int) -> Content:
    """Columns of all records, shaded, and of the kept ones, solid; each to its own greatest."""
    columns = max(min(width, 120), 4)
    pool = _resampled(found.pool, columns)
    kept = _resampled(found.kept, columns)
    most, most_kept = max(pool) or 1, max(kept) or 1
    rows = max(height - 1, 1)
    lines = []
    for row in range(rows, 0, -1):
        cells: list[tuple[str, str]] = []
        for count, inside in zip(pool, kept, strict=True):
            solid = inside / most_kept * rows * 8 - (row - 1) * 8
            shade = count / most * rows - (row - 1)
            if solid >= 1:
                cells.append((_EIGHTHS[min(int(solid), 8)], _LIT))
            else:
                cells.append((_POOL if shade >= 0.5 else " ", _DIM))
        # Neighbours of one colour are one piece: a piece a cell would take longer than selecting.
        runs = groupby(cells, key=itemgetter(1))
        lines.append(Content.assemble(*(("".join(c for c, _ in run), how) for how, run in runs)))
    low, high = f"{found.low:.1f}", f"{found.high:.1f}"
    lines.append(Content.styled(low + high.rjust(columns - len(low)), _DIM))
    return Content("\n").join(lines)


def curve(points: Sequence[Point], threshold: float, width: int) -> Content:
    """What each threshold keeps, and how far down the ranking it reaches for that."""
    most = max((point.kept for point in points), default=1) or 1
    room = max(width - 26, 4)
    here = min(points, key=lambda point: abs(point.threshold - threshold), default=None)
    lines = []
    for point in points:
        mark = "▸" if point is here else " "
        bar = Content.styled((_KEPT * round(point.kept / most * room)).ljust(room), _LIT)
        figures = f" {point.kept:>7,} of {point.examined:>7,}"
        lines.append(Content(f"{mark}{point.threshold:<5.3g} ") + bar + Content(figures))
    return Content("\n").join(lines)


def _resampled(counts: Sequence[int], columns: int) -> list[float]:
    """The same spread over another number of columns."""
    found = [0.0] * columns
    for place, count in enumerate(counts):
        first, last = place * columns / len(counts), (place + 1) * columns / len(counts)
        for column in range(int(first), min(int(last - 1e-9) + 1, columns)):
            inside = min(last, column + 1) - max(first, column)
            found[column] += count * inside / (last - first)
    return found
