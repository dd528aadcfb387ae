"""What a target is: how a record becomes a row, which rules the row keeps, which files hold it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from deita_tui.export.items import Item, Kind, Needs, Options, Row
from deita_tui.export.problems import Fault

Container = Literal["jsonl", "json", "parquet", "csv", "npz"]

SUFFIXES: dict[Container, str] = {
    "jsonl": ".jsonl",
    "json": ".json",
    "parquet": ".parquet",
    "csv": ".csv",
    "npz": ".npz",
}

# fmt: off
RESERVED = frozenset({
    "id", "messages", "conversations", "prompt", "completion", "chosen", "rejected", "text",
    "instruction", "input", "output", "system", "history", "tools", "label", "kto_tag", "images",
    "videos", "audios", "chat_template_kwargs", "input_ids", "labels", "vectors",
})
# fmt: on
"""Columns that some trainer takes for something: no further column may be called like that."""


@dataclass(frozen=True, slots=True)
class Layout:
    """Which files a finished export holds; what the extra files are written from."""

    title: str
    """What the set is called: the selection's name, fit for a file name."""
    options: Options
    files: dict[str, str]
    """File by split: ``{"train": "train.jsonl"}``."""
    rows: dict[str, int]
    needs: Needs


@dataclass(frozen=True, slots=True)
class Target:
    """A trainer or a kind of file, as a table of functions."""

    name: str
    title: str
    """What it is, in a few words."""
    row: Callable[[Item, Needs, Options], Row]
    faults: Callable[[Item, Row, Options], Iterator[Fault]]
    """What the target does to the row that it would not do to a better one."""
    reads: Callable[[Row, Options], tuple[str, dict[str, str], Row]] | None = None
    """Which of our readers reads the row again: format, columns, and the row in its terms."""
    container: Container = "jsonl"
    folder: str = ""
    kinds: tuple[Kind, ...] = ("sft",)
    extra: Callable[[Layout], dict[str, str]] = field(default=lambda layout: {})
    """Further files by path: configurations, recipes."""
    over: str = "cuts it there"
    """What the trainer does to a record that is longer than its limit."""
    over_effect: Literal["cut", "dropped"] = "cut"
    splits: bool = True

    def path(self, split: str) -> str:
        """Where the rows of a split go."""
        name = "vectors" if self.container == "npz" else split
        return f"{self.folder}{name}{SUFFIXES[self.container]}"
