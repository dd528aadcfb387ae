"""Exporting: the records of a selection into the files of a trainer, with where they come from.

The records pass twice, and are never in memory together: first every rule of the target is tried
on each, then they are written. Nothing of the project changes but a line in its journal, so the
project's lock is not taken, and an export need not wait for a scoring run.
"""

from array import array
from collections.abc import Generator
from pathlib import Path

from deita_store import acts
from deita_store.sentences import told_of_files
from deita_store.store import Store
from deita_tui.errors import UsageError
from deita_tui.export import names
from deita_tui.export.cards import Figures
from deita_tui.export.checking import Checker, Count
from deita_tui.export.items import Item, Row
from deita_tui.export.manifests import Manifest
from deita_tui.export.placing import Place
from deita_tui.export.problems import Problems
from deita_tui.export.target import Target
from deita_tui.steps import export_facts, export_splits, export_writing
from deita_tui.steps.export_facts import Licences
from deita_tui.steps.export_source import Source
from deita_tui.steps.export_writing import Parts
from deita_tui.steps.exporting_args import ExportArgs, ExportReport
from deita_tui.steps.progress import Progress

__all__ = ["ExportArgs", "ExportReport", "again", "run"]

Working = Generator[Progress, None, ExportReport]

_EVERY = 500
_LISTED = 1000
"""Problems that the report of a written export holds; a dry run holds all."""


def run(store: Store, args: ExportArgs, job: int | None = None) -> Working:
    """Export, or with ``args.check`` say what the target would do; yields as it goes.

    Stopped anywhere before its end, it leaves nothing in the folder.

    Raises:
        UsageError: there is nothing to export, or not there, or the target cannot do it.
        StoreError: there is no such selection or field; or the disk does not take it.
    """
    target = names.get(args.target)
    names.check(target, args.options)
    source = Source(store, args)
    place = None if args.check else _place(source, args)
    checked = yield from _checked(source, target, args)
    if place is None:
        return checked.report(args)
    if args.strict and checked.problems.rules:
        worst = checked.problems.summary()[0]
        raise UsageError(
            f"The target does not take {len(checked.problems.rules):,} records as they are "
            f"(record {worst.example}: {worst.message})",
            "See them with --check, or export without --strict.",
        )
    with told_of_files(place.folder), place.prepared() as folder:
        written = yield from export_writing.write(folder, checked.parts(place.earlier), args)
        place.fill(folder, written)
    _log(store, args, source, written)
    return checked.report(args, written)


def again(store: Store, args: ExportArgs, manifest: Manifest) -> Working:
    """Make an export again, as of the moment at which ``manifest`` was made; it is not logged."""
    target = names.get(args.target)
    source = Source(store, args, manifest)
    last = manifest.request.get("last_record")
    if isinstance(last, int):
        source.ids = array("q", (each for each in source.ids if each <= last))
    checked = yield from _checked(source, target, args, manifest)
    place = Place(Path(args.out))
    with told_of_files(place.folder), place.prepared() as folder:
        written = yield from export_writing.write(folder, checked.parts(None), args)
        place.fill(folder, written)
    return checked.report(args, written)


class _Checked:
    """What the first pass has found out."""

    def __init__(self, source: Source, target: Target, again: Manifest | None) -> None:
        self.source = source
        self.target = target
        self.again = again
        self.inputs = export_facts.inputs(source, again)
        self.licences = Licences(self.inputs)
        self.figures = Figures()
        self.problems = Problems()
        self.splits: dict[int, str] = {}
        self.checker: Checker
        self.counted = ""

    def records(self) -> dict[str, int]:
        """Records by split, and those left out."""
        counts: dict[str, int] = {}
        for split in self.splits.values():
            counts[split] = counts.get(split, 0) + 1
        return counts | {"left_out": len(self.source.ids) - len(self.splits)}

    def parts(self, earlier: Manifest | None) -> Parts:
        """What the second pass writes from."""
        scorers, embedder = export_facts.models(self.source, self.again)
        return Parts(
            source=self.source,
            target=self.target,
            needs=self.checker.needs,
            splits=self.splits,
            problems=self.problems,
            figures=self.figures,
            inputs=tuple(self.inputs.values()),
            scorers=scorers,
            embedder=embedder,
            licences=self.licences.listed(),
            records=self.records(),
            earlier=earlier,
        )

    def report(self, args: ExportArgs, written: Manifest | None = None) -> ExportReport:
        """What there is to say."""
        selection = self.source.selection
        counted = args.tokenizer is not None
        return ExportReport(
            folder=args.out,
            target=self.target.name,
            selection=selection.name if selection else None,
            records=self.records(),
            problems=tuple(self.problems.summary()),
            listed=tuple(self.problems.listed[: None if args.check else _LISTED]),
            files=written.outputs if written else (),
            tokens=self.checker.tokens if counted else None,
            counted=self.counted,
            notes=(*self.source.stale, *self.source.notes),
            example=self._example(args) if args.check else None,
        )

    def _example(self, args: ExportArgs) -> Row | None:
        """The first row that would be written, where rows are."""
        first = next(iter(self.splits), None)
        if first is None or self.target.container == "npz":
            return None
        ((item, _),) = self.source.items([first])
        return export_writing.made(self.target, item, self.checker.needs, args.options)


def _checked(
    source: Source, target: Target, args: ExportArgs, again: Manifest | None = None
) -> Generator[Progress, None, _Checked]:
    found = _Checked(source, target, again)
    count = _counter(found, args)
    found.checker = Checker(target, args.options, found.problems, count, args.cutoff)
    total = len(source.ids)
    keys = export_splits.Keys(target.splits and args.validation is not None)
    yield Progress(0, total, "records", "checking")
    for done, (item, row) in enumerate(source.items(), start=1):
        if found.checker.check(item):
            keys.add(item, row)
            found.figures.add(row.score, row.chars, row.turns, row.source)
            found.licences.add(row)
        if done % _EVERY == 0:
            yield Progress(done, total, "records", "checking")
    if target.container == "npz":
        export_splits.require_vectors(source, keys, found.problems)
    if not keys.ids:
        raise UsageError("There is nothing to export: no record is left.", _nothing(found))
    yield Progress(total, total, "records", "splitting")
    found.splits = export_splits.split(source, keys, args, found.checker.shapes)
    return found


def _counter(found: _Checked, args: ExportArgs) -> Count | None:
    if args.tokenizer is None:
        if args.cutoff is not None:
            raise UsageError(
                "--cutoff counts tokens, and needs the tokenizer that they are counted with.",
                "Name the folder of the model that you train with --tokenizer.",
            )
        return None
    from deita_tui.backends import chat_tokens
    from deita_tui.export import chat

    tokens = chat_tokens.load(Path(args.tokenizer))
    found.counted = tokens.how

    def count(item: Item) -> int | str:
        messages = [chat.openai(each, "object") for each in item.messages]
        return tokens.count(messages, chat.tools(item.tools) if item.tools else None)

    return count


def _place(source: Source, args: ExportArgs) -> Place:
    from deita_store import imports

    paths = [Path(each.path) for each in imports.all(source.store) if each.path != "-"]
    project = source.store.folder.resolve()
    return Place(Path(args.out), paths, (project,), args.force, args.beside)


def _nothing(found: _Checked) -> str:
    worst = next(iter(found.problems.summary()), None)
    return f"Record {worst.example}: {worst.message}" if worst else "Select or import first."


def _log(store: Store, args: ExportArgs, source: Source, written: Manifest) -> None:
    """A line in the journal; an export cannot be undone, only told of."""
    if store.read_only:
        return
    rows = sum(count for split, count in written.records.items() if split != "left_out")
    told = {
        "target": args.target,
        "folder": args.out,
        "selection": source.selection.id if source.selection else None,
        "count": rows,
    }
    with store.transaction() as db:
        acts.append(db, args.actor, "export", f"export {rows:,} records as {args.target}", told)
