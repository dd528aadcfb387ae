"""Choosing a file: by walking through folders, or by typing or pasting its path."""

from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import DirectoryTree, Input, Static

from deita_tui.ui.screens.dialogs import Dialog

_DATA = (".jsonl", ".json", ".csv", ".tsv", ".parquet", ".arrow", ".ndjson")
_PACKED = (".gz", ".zst", ".bz2", ".xz")


class DataTree(DirectoryTree):
    """Folders, and the files in them that may hold records."""

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Leave out what is hidden and what no reader takes."""
        return [path for path in paths if not path.name.startswith(".") and _may_hold(path)]


class Files(Dialog[Path]):
    """A path; Enter on a file chooses it, `o` in the list the whole folder.

    Args:
        start: the folder to begin in; default: the current one.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("o", "folder", "take the folder"),
        Binding("u", "up", "folder above"),
    ]

    def __init__(self, start: Path | None = None) -> None:
        super().__init__()
        self._start = start or Path.cwd()

    def compose(self) -> ComposeResult:
        """Lay it out."""
        with Vertical(classes="dialog -tall"):
            yield Static("Which file? Type or paste a path, or walk to it.", markup=False)
            yield Input(placeholder="path of a file or a folder", compact=True, id="path")
            yield DataTree(self._start)
            yield Static(
                "enter: take it · tab: into the list, where u is the folder above, and o takes the "
                "whole folder · esc: cancel",
                classes="dialog--hint",
                markup=False,
            )

    def on_mount(self) -> None:
        """Begin in the line, so that a pasted path lands there."""
        self.query_one(Input).focus()

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """A path was typed."""
        text = event.value.strip().strip("'\"").removeprefix("file://")
        if not text:
            return
        path = Path(text).expanduser()
        if path.exists():
            self.dismiss(path)
        else:
            self.notify(f"There is nothing at {path}.", severity="warning", markup=False)

    def on_directory_tree_file_selected(self, event: DirectoryTree.FileSelected) -> None:
        """A file was chosen."""
        self.dismiss(event.path)

    def action_folder(self) -> None:
        """Take the folder under the cursor, or the one that is shown."""
        node = self.query_one(DataTree).cursor_node
        data = node.data if node is not None else None
        path = data.path if data is not None else self._start
        self.dismiss(path if path.is_dir() else path.parent)

    def action_up(self) -> None:
        """Show the folder above."""
        tree = self.query_one(DataTree)
        tree.path = Path(tree.path).absolute().parent


def _may_hold(path: Path) -> bool:
    if path.is_dir():
        return True
    name = path.name.lower()
    for ending in _PACKED:
        name = name.removesuffix(ending)
    return name.endswith(_DATA)
