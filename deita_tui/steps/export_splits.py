"""Which record goes into which split, and in which order."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from deita_store import exports, vectors
from deita_store.exports import Exported
from deita_tui.errors import UsageError
from deita_tui.export import splitting
from deita_tui.export.blocks import Shapes
from deita_tui.export.items import Item
from deita_tui.export.problems import Fault, Problems
from deita_tui.steps.export_facts import embedder_id
from deita_tui.steps.export_source import Source
from deita_tui.steps.exporting_args import ExportArgs

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

_BLOCK = 4096


class Keys:
    """What orders and groups the records that are written.

    Args:
        questions: gather what near-duplicates are told by, too.
    """

    def __init__(self, questions: bool) -> None:
        self.ids: list[int] = []
        self.uids: list[str] = []
        self.versions: list[int] = []
        self.questions: list[bytes] = []
        self._asked = questions

    def add(self, item: Item, row: Exported) -> None:
        """Take a record into account."""
        self.ids.append(item.id)
        self.uids.append(item.uid)
        self.versions.append(row.version)
        if self._asked:
            self.questions.append(splitting.question_key(item.messages))


def split(source: Source, keys: Keys, args: ExportArgs, shapes: Shapes | None) -> dict[int, str]:
    """Split by record, the records in the order in which they are written."""
    order = list(range(len(keys.ids)))
    if args.shuffle:
        order.sort(key=lambda at: splitting.shuffle_key(args.seed, keys.uids[at]))
    held: set[int] = set()
    if args.validation is not None and keys.questions:
        held = _held_out(source, keys, args.validation, args)
    splits = {keys.ids[at]: "validation" if at in held else "train" for at in order}
    return splits if shapes is None else _fronted(source, splits, shapes)


def _fronted(source: Source, splits: dict[int, str], shapes: Shapes) -> dict[int, str]:
    """The same, with those first from which a loader learns what there is; few, and mostly none."""
    first: list[int] = []
    for name in dict.fromkeys(splits.values()):
        first += shapes.first([id_ for id_, split in splits.items() if split == name])
    if first:
        told = ", ".join(map(str, first))
        source.notes.append(
            f"Out of their order at the head of their file: {told}. Loaders learn from its "
            "beginning which columns and keys there are."
        )
    return {id_: splits[id_] for id_ in first} | splits


def require_vectors(source: Source, keys: Keys, problems: Problems) -> None:
    """Leave out the records that have no vector, and say so."""
    number = _embedder(source)
    there = exports.embedded(source.store, number, keys.versions)
    kept = Keys(False)
    for id_, uid, version in zip(keys.ids, keys.uids, keys.versions, strict=True):
        if version in there:
            kept.ids.append(id_)
            kept.uids.append(uid)
            kept.versions.append(version)
            continue
        told = "The record has no vector."
        fix = f"Embed it: deita-tui embed {source.store.folder}"
        problems.add(id_, uid, Fault("not-embedded", "left_out", told, fix))
    keys.ids, keys.uids, keys.versions = kept.ids, kept.uids, kept.versions


def vector_blocks(
    source: Source, versions: dict[int, int]
) -> "tuple[Iterator[NDArray[np.float32]], int]":
    """The vectors of records in their order, block by block, and their dimensions.

    Args:
        source: what is exported.
        versions: version by record.
    """
    import numpy as np

    number = _embedder(source)
    wide = next(e.dimensions for e in vectors.embedders(source.store) if e.id == number)
    listed = list(versions.values())

    def blocks() -> "Iterator[NDArray[np.float32]]":
        for start in range(0, len(listed), _BLOCK):
            part = listed[start : start + _BLOCK]
            by_version = exports.embedded(source.store, number, part)
            found = dict(exports.vectors(source.store, list(by_version.values())))
            rows = [np.frombuffer(found[by_version[version]], "<f2") for version in part]
            yield np.stack(rows).astype(np.float32)

    return blocks(), wide


def _held_out(source: Source, keys: Keys, asked: float, args: ExportArgs) -> set[int]:
    import numpy as np

    if asked >= 1 and len(keys.ids) <= asked:
        raise UsageError(
            f"A validation split of {asked:,g} would leave none of the {len(keys.ids):,} records "
            "to train on.",
            "Give a smaller number, or a share such as 0.1.",
        )
    wanted = splitting.size(asked, len(keys.ids))
    rows = matrix = None
    number = embedder_id(source)
    if number is not None:
        by_version = exports.embedded(source.store, number, keys.versions)
        listed = sorted(set(by_version.values()))
        place = {vector: at for at, vector in enumerate(listed)}
        rows = np.array(
            [place[by_version[each]] if each in by_version else -1 for each in keys.versions]
        )
        blobs = (np.frombuffer(blob, "<f2") for _, blob in exports.vectors(source.store, listed))
        matrix = np.stack(list(blobs)) if listed else None
        missing = len(keys.ids) - len(by_version)
        if missing:
            source.notes.append(
                f"{missing:,} records have no vector: near-duplicates of theirs were told by text."
            )
    else:
        source.notes.append("Nothing is embedded: near-duplicates were told by text alone.")
    held = splitting.validation(
        keys.uids, keys.questions, wanted, args.seed, matrix, rows, args.similar
    )
    if len(held) < wanted:
        source.notes.append(
            f"Validation has {len(held):,} of {wanted:,} records: the others resemble too many."
        )
    return set(held)


def _embedder(source: Source) -> int:
    number = embedder_id(source)
    if number is None:
        raise UsageError(
            "Nothing is embedded in this project.",
            f"Embed it: deita-tui embed {source.store.folder}",
        )
    return number
