"""How scores are spread, drawn with text: one line a source, and a cloud of all records."""

import math
from collections.abc import Sequence

from textual.content import Content

from deita_tui.selection.portrait import Cloud, Spread
from deita_tui.ui.literal import cut

_EIGHTHS = " ▁▂▃▄▅▆▇█"
_DENSITY = "·:░▒"
"""Few records to many; what is kept has a sign of its own."""
_KEPT = "●"
_DIM = "$foreground-muted"
_LIT = "$success"


def spread(found: Spread, width: int, height: int) -> Content:
    """A line for all records and one for each source, as columns, with the mean behind it."""
    rows = found.rows[: max(height - 1, 1)]
    label = min(max(len(row.label) for row in rows), max(width // 3, 6))
    room = max(width - label - 7, 4)
    lines = []
    for place, row in enumerate(rows):
        columns = _columns(row.counts, room)
        style = "$primary" if place == 0 else "$foreground"
        drawn = Content.styled(columns, style)
        lines.append(Content(f"{cut(row.label, label)} ") + drawn + Content(f"{row.mean:>6.2f}"))
    low, high = f"{found.low:.1f}", f"{found.high:.1f}"
    scale = f"{'':<{label}} {low}{high:>{max(room - len(low), 0)}}  mean"
    return Content("\n").join([*lines, Content.styled(scale[:width], _DIM)])


def cloud(found: Cloud, width: int, height: int) -> Content:
    """Every record where its complexity and quality put it; where some are kept, it is lit."""
    rows, columns = max(height - 1, 1), max(width - 5, 4)
    pool = _shrunk(found.pool, rows, columns)
    kept = _shrunk(found.kept, rows, columns)
    most = max(map(max, pool)) or 1
    lines = []
    for row in range(rows - 1, -1, -1):
        edge = {rows - 1: found.high[1], 0: found.low[1]}.get(row)
        line = [Content.styled(f"{'' if edge is None else f'{edge:.1f}':>4} ", _DIM)]
        for count, inside in zip(pool[row], kept[row], strict=True):
            line.append(_cell(count, inside, most))
        lines.append(Content("").join(line))
    low, high = f"{found.low[0]:.1f}", f"{found.high[0]:.1f}"
    scale = f"     {low}{'c, and q upwards':^{max(columns - len(low) - len(high), 0)}}{high}"
    return Content("\n").join([*lines, Content.styled(scale[:width], _DIM)])


def _cell(count: int, inside: int, most: int) -> Content:
    if inside:
        return Content.styled(_KEPT, _LIT)
    if not count:
        return Content(" ")
    # By orders of magnitude: most clouds are thick in the middle and thin all around.
    share = count.bit_length() / most.bit_length()
    return Content.styled(_DENSITY[min(int(share * len(_DENSITY)), len(_DENSITY) - 1)], _DIM)


def _columns(counts: Sequence[int], width: int) -> str:
    """Counts as a line of columns; each as high as its share of the greatest."""
    shrunk = _spread_over(counts, width)
    most = max(shrunk) or 1
    # What is there at all is seen: only nothing has the lowest column.
    return "".join(_EIGHTHS[math.ceil(count * 8 / most - 1e-9)] for count in shrunk)


def _spread_over(counts: Sequence[int], columns: int) -> list[float]:
    """The same counts over another number of bins; one that is cut counts in both parts."""
    found = [0.0] * columns
    scale = columns / len(counts)
    for place, count in enumerate(counts):
        first, last = place * scale, (place + 1) * scale
        for column in range(int(first), min(math.ceil(last), columns)):
            inside = min(last, column + 1) - max(first, column)
            found[column] += count * inside / scale
    return found


def _shrunk(grid: Sequence[Sequence[int]], rows: int, columns: int) -> list[list[int]]:
    """The same counts on a coarser grid; on a finer one, each cell stands where it belongs."""
    found = [[0] * columns for _ in range(rows)]
    tall, wide = len(grid), len(grid[0])
    for y, line in enumerate(grid):
        target = found[y * rows // tall]
        for x, count in enumerate(line):
            target[x * columns // wide] += count
    return found
