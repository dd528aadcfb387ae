"""Inputs as streams of raw rows: (place, bytes or columns), whatever holds them."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, Protocol

from deita_tui.formats import columnar, tables
from deita_tui.formats.compression import blocks
from deita_tui.formats.items import array_items, member_items, objects
from deita_tui.formats.lines import lines
from deita_tui.formats.plans import Plan
from deita_tui.formats.rows import RowError

Raw = bytes | dict[str, Any] | RowError
"""A row before it is understood: its JSON, its columns, or why it could not be had."""


class Container(Protocol):
    """Reads the raw rows of a plan, from row ``skip`` on.

    Raises:
        BreakError: behind the last row that could be had.
    """

    def __call__(self, plan: Plan, skip: int) -> Iterator[tuple[str, Raw]]:
        """(place, row) pairs."""
        ...


def jsonl(plan: Plan, skip: int) -> Iterator[tuple[str, Raw]]:
    """The lines of a file that are not blank."""
    number = 0
    for group, _ in lines(blocks(plan.files[0], plan.compression)):
        for raw in group:
            number += 1
            if raw and not raw.isspace():
                if skip:
                    skip -= 1
                else:
                    yield f"line {number}", raw


def json_items(plan: Plan, skip: int) -> Iterator[tuple[str, Raw]]:
    """The items of a JSON array, of members of an object, or objects one after the other."""
    stream = blocks(plan.files[0], plan.compression)
    if plan.container == "json-array":
        items = array_items(stream)
    elif plan.container == "json-members":
        items = member_items(stream, plan.members)
    else:
        items = objects(stream)
    return _placed(items, "item", skip)


def _placed(rows: Iterable[Raw], word: str, skip: int) -> Iterator[tuple[str, Raw]]:
    for number, row in enumerate(islice(rows, skip, None), skip + 1):
        yield f"{word} {number}", row


def place_after(plan: Plan, rows: int) -> str:
    """Where an input breaks off behind so many rows."""
    word = {"jsonl": "line", "csv": "row", "parquet": "row", "arrow": "row"}
    return f"{word.get(plan.container, 'item')} {rows + 1}"


CONTAINERS: dict[str, Container] = {
    "csv": tables.rows,
    "parquet": columnar.parquet,
    "arrow": columnar.arrow,
    "jsonl": jsonl,
    "json-array": json_items,
    "json-members": json_items,
    "json-objects": json_items,
}
