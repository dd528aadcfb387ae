"""Two conversations side by side, the same turns beside each other, the words that differ lit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from deita_tui.ui.literal import cut
from deita_tui.ui.widgets.abreast import Half, Piece, Row, lines_of

_BESIDE = 90
"""From so many cells on there is room for two columns."""
_BETWEEN = " │ "
_FOLD = 8
"""A text that both have is folded to so many lines."""


@dataclass(frozen=True, slots=True)
class Cell:
    """What stands in one column of one line."""

    pieces: tuple[Piece, ...] = ()
    style: str = ""
    """A component class; empty for plain text."""
    right: str = ""


class SideBySide(ScrollView, can_focus=True):
    """Two conversations; one above the other, turn by turn, where there is no room for columns.

    Its first lines say which record is which, and stay when the text scrolls.
    """

    DEFAULT_CSS = """
    SideBySide {
        height: 1fr; padding: 0 1; background: $surface;
        overflow-x: hidden; overflow-y: scroll; scrollbar-size-vertical: 1;
    }
    SideBySide > .abreast--head { color: $primary; text-style: bold; background: $panel; }
    SideBySide > .abreast--user { color: $accent; text-style: bold; }
    SideBySide > .abreast--assistant { color: $success; text-style: bold; }
    SideBySide > .abreast--other { color: $foreground-muted; text-style: bold; }
    SideBySide > .abreast--quiet { color: $foreground-muted; }
    SideBySide > .abreast--lit { background: $warning-muted; text-style: bold underline; }
    """
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "abreast--head", "abreast--user", "abreast--assistant", "abreast--other",
        "abreast--quiet", "abreast--lit",
    }  # fmt: skip

    def __init__(self) -> None:
        super().__init__()
        self.lights = True
        """Are the differing words lit?"""
        self.folds = True
        """Is a long text that both have folded?"""
        self._heads: tuple[str, ...] = ()
        self._rows: tuple[Row, ...] = ()
        self._laid: list[tuple[Cell, ...]] = []
        self._tops: list[int] = []
        self._for = (0, 0)

    def show(self, heads: Sequence[str], rows: Sequence[Row]) -> None:
        """Show two conversations, or one.

        Args:
            heads: what either is; one of them where there is nothing beside the record.
            rows: their messages.
        """
        same = tuple(rows) == self._rows
        self._heads, self._rows = tuple(heads), tuple(rows)
        self.lay()
        if not same:
            self.scroll_to(y=0, animate=False)

    def lay(self) -> None:
        """Break the lines anew."""
        self._for = (self.room, len(self._heads))
        self._laid, self._tops = [], []
        for row in self._rows:
            self._tops.append(len(self._laid))
            self._laid += self._of(row)
        self.virtual_size = Size(0, len(self._laid) + self.height_of_head)
        self.refresh()

    def on_resize(self) -> None:
        """Break the lines anew where the width has changed."""
        if self._for != (self.room, len(self._heads)):
            self.lay()

    @property
    def room(self) -> int:
        """Cells of a line: what the scroll bar leaves."""
        return self.scrollable_content_region.width

    @property
    def stacked(self) -> bool:
        """Does one stand above the other?"""
        return len(self._heads) > 1 and self.room < _BESIDE

    @property
    def height_of_head(self) -> int:
        """Lines that stay."""
        return len(self._heads) if self.stacked else 1

    def turn(self, step: int) -> None:
        """Scroll to the next message, or to the one before."""
        here = self.scroll_offset.y
        later = [top for top in self._tops if (top > here if step > 0 else top < here)]
        if later:
            self.scroll_to(y=later[0] if step > 0 else later[-1], animate=False)

    def render_line(self, y: int) -> Strip:
        """One line of the screen."""
        if y < self.height_of_head:
            return self._head(y)
        index = y - self.height_of_head + self.scroll_offset.y
        cells = self._laid[index] if index < len(self._laid) else (Cell(),)
        return self._line(cells)

    def _head(self, y: int) -> Strip:
        cells = [Cell(((head, False),), "abreast--head") for head in self._heads or ("",)]
        return self._line(cells[y : y + 1] if self.stacked else cells)

    def _line(self, cells: Sequence[Cell]) -> Strip:
        plain = self.rich_style
        if len(cells) < 2:
            return self._strip(cells[0], self.room)
        left = (self.room - len(_BETWEEN)) // 2
        right = self.room - len(_BETWEEN) - left
        between = Strip([Segment(_BETWEEN, plain + self._component("abreast--quiet"))])
        one, other = self._strip(cells[0], left), self._strip(cells[1], right)
        return Strip.join([one, between, other])

    def _strip(self, cell: Cell, width: int) -> Strip:
        plain = self.rich_style
        style, lit = plain + self._component(cell.style), self._component("abreast--lit")
        segments = [Segment(text, style + lit if is_lit else style) for text, is_lit in cell.pieces]
        if cell.style or cell.right:
            room = max(width - len(cell.right) - 1, 0) if cell.right else width
            line = "".join(text for text, _ in cell.pieces)
            segments = [Segment(cut(line, room), style)]
        if cell.right:
            segments.append(Segment(f" {cell.right}", plain + self._component("abreast--quiet")))
        return Strip(segments).adjust_cell_length(width, style).crop(0, width)

    def _component(self, name: str) -> Style:
        if not name:
            return Style()
        # A colour that shines through is only mixed with what is behind it in the whole style.
        return self.get_component_rich_style(name, partial=name != "abreast--quiet")

    # Laying out -----------------------------------------------------------------------------------

    def _of(self, row: Row) -> Iterator[tuple[Cell, ...]]:
        if len(self._heads) < 2:
            half = row.first or row.second
            yield from ((cell,) for cell in self._half(half, row, self.room))
            yield (Cell(),)
        elif self.stacked:
            yield from self._one_above_the_other(row)
        else:
            yield from self._abreast(row)

    def _abreast(self, row: Row) -> Iterator[tuple[Cell, ...]]:
        width = (self.room - len(_BETWEEN)) // 2
        one, other = (
            list(self._half(row.first, row, width)),
            list(self._half(row.second, row, width)),
        )
        for y in range(max(len(one), len(other))):
            yield (
                one[y] if y < len(one) else Cell(),
                other[y] if y < len(other) else Cell(),
            )
        yield (Cell(), Cell())

    def _one_above_the_other(self, row: Row) -> Iterator[tuple[Cell, ...]]:
        whose = [head.partition(" ")[0] for head in self._heads]
        if row.same and row.first is not None:
            yield from ((cell,) for cell in self._half(row.first, row, self.room, "both"))
            yield (Cell(),)
            return
        for half, name in zip((row.first, row.second), whose, strict=True):
            if half is not None:
                yield from ((cell,) for cell in self._half(half, row, self.room, name))
                yield (Cell(),)

    def _half(self, half: Half | None, row: Row, width: int, whose: str = "") -> Iterator[Cell]:
        if half is None:
            return
        told = " · ".join(filter(None, (half.title, whose, row.told)))
        yield Cell(((told, False),), half.style, half.right)
        lines = lines_of(half, max(width, 10), self.lights)
        folded = row.same and self.folds and len(lines) > _FOLD + 1
        shown = lines[:_FOLD] if folded else lines
        yield from (Cell(tuple(line)) for line in shown)
        if folded:
            more = f"⋯ {len(lines) - _FOLD:,} more lines that both have"
            yield Cell(((more, False),), "abreast--quiet")
