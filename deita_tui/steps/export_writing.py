"""The second pass of an export: the files, the card, what became of every record, the manifest."""

from collections import Counter
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import msgspec

from deita_store import exports
from deita_store.exports import Fate
from deita_store.store import now
from deita_tui.export import cards, files, manifests, names, vectors
from deita_tui.export.cards import Figures
from deita_tui.export.items import Item, Needs, Options, Row
from deita_tui.export.manifests import (
    CHANGES,
    DECISIONS,
    JOURNAL,
    MANIFEST,
    Input,
    Licence,
    Made,
    Manifest,
    Model,
    Output,
    Parent,
)
from deita_tui.export.problems import Problems, Summary
from deita_tui.export.target import Layout, Target
from deita_tui.steps import export_facts, export_journal, export_splits
from deita_tui.steps.export_source import Source
from deita_tui.steps.exporting_args import ExportArgs
from deita_tui.steps.progress import Progress

_EVERY = 500
_SPLITS = ("train", "validation")
_OF_THE_TRAINER = ("too-long", "template")
"""Rules that depend on a tokenizer: they are reported, and never written into the files."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What the first pass has found out."""

    source: Source
    target: Target
    needs: Needs
    splits: Mapping[int, str]
    """Split by record, in the order of writing."""
    problems: Problems
    figures: Figures
    inputs: tuple[Input, ...]
    scorers: tuple[Model, ...]
    embedder: Model | None
    licences: tuple[Licence, ...]
    records: Mapping[str, int]
    earlier: Manifest | None


def write(folder: Path, parts: Parts, args: ExportArgs) -> Generator[Progress, None, Manifest]:
    """Write everything into ``folder``, which is empty, and return the manifest."""
    target = parts.target
    there = [split for split in _SPLITS if parts.records.get(split)]
    paths = {split: target.path(split) for split in there}
    rows: dict[str, int] = {}
    if target.container == "npz":
        rows = yield from _write_vectors(folder / paths["train"], parts)
    else:
        rows = yield from _write_rows(folder, paths, parts, args)
    counts = Counter[str]()
    rows[DECISIONS] = _write_lines(folder / DECISIONS, _fates(parts, counts))
    rows |= _write_journal(folder, parts.source)
    layout = Layout(_title(parts.source), args.options, paths, rows, parts.needs)
    for path, text in target.extra(layout).items():
        _write_text(folder / path, text)
    manifest = _manifest(parts, args, counts)
    shown = {} if target.container == "npz" else paths
    _write_text(folder / "README.md", cards.card(manifest, parts.figures, shown))
    manifest = msgspec.structs.replace(manifest, outputs=tuple(_outputs(folder, rows)))
    (folder / MANIFEST).write_bytes(manifests.encode(manifest))
    return manifest


def _write_rows(
    folder: Path, paths: Mapping[str, str], parts: Parts, args: ExportArgs
) -> Generator[Progress, None, dict[str, int]]:
    columns = [names.column(field) for field in args.fields]
    make = files.WRITERS[parts.target.container]
    total = len(parts.splits)
    with ExitStack() as stack:
        open_files = {
            split: stack.enter_context(make(folder / path, parts.needs, columns))
            for split, path in paths.items()
        }
        for done, (item, _) in enumerate(parts.source.items(list(parts.splits)), start=1):
            row = made(parts.target, item, parts.needs, args.options)
            open_files[parts.splits[item.id]].add(row)
            if done % _EVERY == 0:
                yield Progress(done, total, "records", "writing")
    return {paths[split]: file.rows for split, file in open_files.items()}


def made(target: Target, item: Item, needs: Needs, options: Options) -> Row:
    """A record as the row that is written."""
    return target.row(item, needs, options) | _further(item, needs)


def _further(item: Item, needs: Needs) -> Row:
    """The columns that were asked for; one without a value is left out of the row."""
    cells = {name: needs.cell(name, value) for name, value in item.fields.items()}
    return {name: cell for name, cell in cells.items() if cell is not None}


def _write_vectors(path: Path, parts: Parts) -> Generator[Progress, None, dict[str, int]]:
    import numpy as np

    ids = list(parts.splits)
    yield Progress(0, len(ids), "records", "writing")
    known = {row.id: (row.version, row.uid) for _, row in parts.source.items(ids)}
    versions = {id_: known[id_][0] for id_ in ids}
    uids = np.array([known[id_][1] for id_ in ids], "<U16")
    blocks, wide = export_splits.vector_blocks(parts.source, versions)
    shape = (len(ids), wide)
    vectors.write(path, np.array(ids, "<i8"), uids, blocks, shape)
    return {path.name: len(ids)}


def _write_journal(folder: Path, source: Source) -> dict[str, int]:
    """What was done by hand; rows by file, and no file where there is nothing to tell."""
    written = {}
    for name, read in ((JOURNAL, export_journal.acts), (CHANGES, export_journal.changes)):
        if count := _write_lines(folder / name, read(source.store, source.journal)):
            written[name] = count
        else:
            (folder / name).unlink()
    return written


def _fates(parts: Parts, counts: Counter[str]) -> Iterator[Row]:
    """What became of every record that the selection knew."""
    source = parts.source
    turns = source.selection.params.get("turns", "sum") if source.selection else None
    last = source.selection.last_record if source.selection else max(source.ids)
    for fate in exports.fates(source.store, source.moment, source.context, last):
        counts[fate.status or "not_selected"] += 1
        yield _fate(fate, parts, turns)


def _fate(fate: Fate, parts: Parts, turns: object) -> Row:
    moment = parts.source.moment
    decision = moment.decisions.get(fate.id)
    said = "reject" if fate.status == "rejected" else "auto"
    if fate.status == "kept" and decision == "keep":
        said = "pin"
    rules = [rule for rule in parts.problems.rules.get(fate.id, ()) if rule not in _OF_THE_TRAINER]
    told: dict[str, Any] = {
        "id": fate.uid,
        "record": fate.id,
        "external_id": fate.external_id,
        "decision": fate.status,
        "source": said,
        "rank": fate.rank,
        "position": fate.position,
        "complexity": fate.complexity,
        "quality": fate.quality,
        "score": fate.score,
        "turn_rule": turns,
        "neighbor_id": fate.blocker,
        "similarity": fate.similarity,
        "reason": fate.reason,
        "note": moment.notes.get(fate.id),
        "split": parts.splits.get(fate.id),
        "problems": rules,
    }
    return told


def _manifest(parts: Parts, args: ExportArgs, counts: Counter[str]) -> Manifest:
    source = parts.source
    request = args.request
    if source.selection is None:
        request["last_record"] = max(source.ids)
    return Manifest(
        made=Made(now(), _parent(parts.earlier), export_facts.index(source)),
        tool="deita-tui",
        version=export_facts.version(),
        project=source.store.project_id,
        journal=source.journal,
        target=parts.target.name,
        request=request,
        selection=export_facts.told(source),
        inputs=parts.inputs,
        scorers=parts.scorers,
        embedder=parts.embedder,
        decisions=export_facts.overrides(source),
        outcomes=dict(sorted(counts.items())),
        records=parts.records,
        problems=tuple(_of_the_data(parts.problems)),
        licences=parts.licences,
        outputs=(),
    )


def _of_the_data(problems: Problems) -> Iterator[Summary]:
    return (each for each in problems.summary() if each.rule not in _OF_THE_TRAINER)


def _parent(earlier: Manifest | None) -> Parent | None:
    if earlier is None:
        return None
    name = earlier.selection.name if earlier.selection else None
    return Parent(sha256(manifests.encode(earlier)).hexdigest(), earlier.made.at, name)


def _outputs(folder: Path, rows: Mapping[str, int]) -> Iterator[Output]:
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        name = path.relative_to(folder).as_posix()
        yield Output(name, path.stat().st_size, files.digest(path), rows.get(name))


def _write_lines(path: Path, rows: Iterator[Row]) -> int:
    with files.Lines(path, Needs(), ()) as file:
        for row in rows:
            file.add(row)
    return file.rows


def _write_text(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8", newline="\n")


def _title(source: Source) -> str:
    """What the set is called, fit for a name in an index."""
    name = source.selection.name if source.selection else None
    kept = "".join(each if each.isalnum() else "_" for each in (name or "").casefold())
    return kept.strip("_") or "deita"
