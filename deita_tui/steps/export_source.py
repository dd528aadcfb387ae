"""The records of an export as they come from the store: which, in which order, as of when."""

from array import array
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from deita_store import exports, freshness, imports, selections
from deita_store.context import Context
from deita_store.exports import Exported, Moment
from deita_store.selections import Selection
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.export.items import Item
from deita_tui.export.manifests import Manifest
from deita_tui.export.names import column
from deita_tui.records import Message, from_body
from deita_tui.steps.exporting_args import ExportArgs

_EXTRAS = "extras."


class Source:
    """What an export reads.

    Args:
        store: the project.
        args: what was asked for.
        again: an export that is made again: notes and decisions count up to its act of the
            journal, and what was newer than the selection then is told, not what is now.

    Raises:
        UsageError: there is no selection, or it is older than the project.
        StoreError: there is no selection or column of that name.
    """

    def __init__(self, store: Store, args: ExportArgs, again: Manifest | None = None) -> None:
        self.store = store
        self.args = args
        self.context = Context(store, args.selection)
        self.journal = again.journal if again else freshness.head(store)
        self.selection = None if args.everything else _selection(store, self.context)
        told = again.selection.stale if again and again.selection else ()
        self.stale = told if again else _stale(store, self.selection, args)
        self.notes: list[str] = []
        self.ids = self._ids()
        self.moment = Moment(store, self._texts_until(), self.journal)
        self._own = [name for name in args.fields if not name.startswith(_EXTRAS)]
        exports.columns(self.context, self._own)
        self._tools = _tool_columns(store)

    def items(self, ids: Sequence[int] | None = None) -> Iterator[tuple[Item, Exported]]:
        """Records one by one, and what the store says of them; all of them without ``ids``."""
        wanted = self.ids if ids is None else ids
        for row in exports.read(self.store, wanted, self.moment, self.context, self._own):
            yield self._item(row), row

    def _ids(self) -> "array[int]":
        if self.selection is None:
            return exports.everything(self.store)
        found, gone = exports.kept(self.store, self.selection.id)
        if gone:
            were = "record was" if gone == 1 else "records were"
            self.notes.append(f"{gone:,} selected {were} removed since, and left out.")
        return found

    def _texts_until(self) -> int | None:
        """The act up to which edits count: texts are exported as they read when it was saved."""
        if self.selection is None:
            return self.journal
        told = self.selection.computed_from.get("journal", self.selection.journal_id)
        return told if isinstance(told, int) else self.journal

    def _item(self, row: Exported) -> Item:
        record = from_body(row.body)
        layout = row.layout
        if row.imported is not None and _last_question(from_body(row.imported).messages) != (
            _last_question(record.messages)
        ):
            # where the input of another text began says nothing of this one
            layout = {name: value for name, value in layout.items() if name != "input_at"}
        own = iter(row.values)
        fields = {
            column(name): row.extras.get(name.removeprefix(_EXTRAS))
            if name.startswith(_EXTRAS)
            else next(own)
            for name in self.args.fields
        }
        tools = row.extras.get(self._tools.get(row.import_id, "tools"))
        return Item(row.id, row.uid, record, layout, tools, fields)


def _selection(store: Store, context: Context) -> Selection:
    if context.selection is None:
        raise UsageError(
            "Nothing is selected in this project yet.",
            f"Select first: deita-tui select {store.folder} --budget N; or export --all records.",
        )
    if context.selection.name is None:
        return selections.get(store)
    return selections.get(store, context.selection.name)


def _stale(store: Store, selection: Selection | None, args: ExportArgs) -> tuple[str, ...]:
    """What is newer than the selection (D6); what no engine computed cannot be stale."""
    if selection is None or "version" not in selection.computed_from:
        return ()
    from deita_tui.steps.selecting import stale

    newer = tuple(stale(store, selection))
    if newer and not args.as_saved:
        raise UsageError(
            f"The selection is older than the project. {' '.join(newer)}",
            "Select again, or export it --as-saved.",
        )
    return newer


def _tool_columns(store: Store) -> Mapping[int, str]:
    """The column that holds the tools, by import."""
    found = {}
    for each in imports.all(store):
        mapping: Any = msgspec.json.decode(each.mapping)
        columns = mapping.get("columns") if isinstance(mapping, dict) else None
        if isinstance(columns, dict):
            found[each.id] = str(columns.get("tools", "tools"))
    return found


def _last_question(messages: Sequence[Message]) -> str:
    return next((each.content for each in reversed(messages) if each.role == "user"), "")
