"""What a manifest says beyond the files: inputs, models, licences, decisions."""

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec

from deita_store import imports, scores, tastes, vectors
from deita_store.exports import Exported
from deita_store.imports import Import
from deita_tui import __file__ as package
from deita_tui import __version__
from deita_tui.export import manifests
from deita_tui.export.manifests import UNKNOWN, Input, Licence, Manifest, Model
from deita_tui.steps.export_source import Source

_NAMES = ("license", "licence", "License", "Licence", "LICENSE", "license_name")
_SHIPPED = "lite"
"""What the embedded models are called; their card lies beside them."""
_LONGEST = 100
_MOST = 200
_CARD = 1 << 16


class Licences:
    """What the records say of their licence, and where they do not, the card beside their file."""

    def __init__(self, inputs: Mapping[int, Input]) -> None:
        self._inputs = inputs
        self._found: Counter[tuple[str, str]] = Counter()

    def add(self, row: Exported) -> None:
        """Take one record into account."""
        own = (row.extras.get(name) for name in _NAMES)
        told = next((each for each in own if isinstance(each, str) and each.strip()), "")
        beside = self._inputs.get(row.import_id)
        licence = told.strip()[:_LONGEST] or (beside.licence if beside else UNKNOWN)
        self._found[row.source, licence] += 1

    def listed(self) -> tuple[Licence, ...]:
        """By source; a column that only looks like licences cannot fill a manifest."""
        ordered = sorted(self._found.items())
        found = [Licence(source, licence, count) for (source, licence), count in ordered]
        if len(found) > _MOST:
            totals: Counter[str] = Counter()
            for each in found:
                totals[each.source] += each.records
            found = [Licence(source, "various", count) for source, count in sorted(totals.items())]
        return tuple(found)


def inputs(source: Source, again: Manifest | None = None) -> dict[int, Input]:
    """Every file that came in, by its import.

    Args:
        source: what is exported.
        again: an export that is made again: what came in later is not told of, and what was found
            beside a file then is taken over.
    """
    known = {(each.file, each.sha256): each.licence for each in again.inputs} if again else {}
    found = {}
    for each in imports.all(source.store):
        key = (each.file_name, each.sha256)
        if again and key not in known:
            continue
        found[each.id] = Input(
            file=each.file_name,
            sha256=each.sha256,
            bytes=each.bytes,
            mapping=msgspec.json.decode(each.mapping),
            rows=each.rows_done,
            records=each.imported,
            duplicates=each.duplicates,
            refused=each.refused,
            removed=each.removed_by is not None and each.removed_by <= source.journal,
            licence=(known[key] if again else _licence_beside(each)) or UNKNOWN,
        )
    return found


def models(source: Source, again: Manifest | None = None) -> tuple[tuple[Model, ...], Model | None]:
    """The scorers and the embedder of the selection; all there are without one."""
    store, selection = source.store, source.selection
    listed = [*again.scorers, again.embedder] if again else []
    known = {each.identity: each for each in listed if each}
    told = selection.computed_from.get("scorers") if selection else None
    named = set(told.values()) if isinstance(told, dict) else set()
    if selection:
        named |= {selection.basis.complexity_id, selection.basis.quality_id}
    scorers = []
    for each in tastes.and_scorers(store):
        if each.id in named or (selection is None and each.measures != tastes.TASTE):
            identity = scores.identity(store, each.id)
            model = scores.model(store, each.id)
            made = _model(tastes.lasting_name(each), each.measures, identity, model, each.config)
            scorers.append(_as_told(made, known))
    number = embedder_id(source)
    for embedder in vectors.embedders(store):
        if embedder.id == number:
            identity = vectors.identity(store, number)
            model = vectors.model(store, number)
            made = _model(embedder.name, "embedding", identity, model, embedder.config)
            return tuple(scorers), _as_told(made, known)
    return tuple(scorers), None


def embedder_id(source: Source) -> int | None:
    """The embedder of the selection, else the one in use."""
    if source.selection is not None and source.selection.basis.embedder_id is not None:
        return source.selection.basis.embedder_id
    return vectors.newest(source.store)


def index(source: Source) -> Any:
    """How neighbours are found in the project now, and how well: see ``neighbours.certificate``."""
    number = embedder_id(source)
    if number is None:
        return None
    from deita_tui.steps import indexing

    found = indexing.open(source.store, number)
    if found is None:
        return None
    threshold = source.selection.params.get("threshold") if source.selection else None
    recall = found.certificate.grid((threshold,) if isinstance(threshold, float) else ())
    return {
        "rows": len(found.vector_ids),
        "k": int(found.neighbours.shape[1]),
        "complete": found.complete,
        "sampled": len(found.certificate.rows),
        "recall": msgspec.to_builtins(recall),
    }


def overrides(source: Source) -> dict[str, int]:
    """How many records were kept, rejected and edited by hand, at the moment of the export."""
    counts = Counter(each for each in source.moment.decisions.values() if each)
    edited = len(source.moment.edited.intersection(source.ids))
    return {"kept": counts["keep"], "rejected": counts["reject"], "edited": edited}


def told(source: Source) -> manifests.Selection | None:
    """The selection as the manifest names it."""
    selection = source.selection
    if selection is None:
        return None
    return manifests.Selection(
        name=selection.name,
        params=selection.params,
        computed_from=selection.computed_from,
        kept=selection.kept,
        last_record=selection.last_record,
        saved_at=selection.created_at,
        stale=source.stale,
    )


def version() -> str:
    """Of the program."""
    return __version__


def _model(
    name: str, measures: str, identity: str, model: str, config: Mapping[str, object]
) -> Model:
    # A path tells of the user's machine and nothing of the model: its hash is in the config.
    place = Path(model)
    shown = place.name if place.is_absolute() else model
    licence = _licence_of_card(_card(model))
    return Model(name, measures, identity, shown, dict(config), licence or UNKNOWN)


def _card(model: str) -> Path | None:
    """Where the card of a model would lie: in its folder, beside its file, in the package."""
    if model == _SHIPPED:
        return Path(package).parent / _SHIPPED / "README.md"
    place = Path(model)
    if not place.is_absolute():
        return None
    return (place.parent if place.suffix == ".gguf" else place) / "README.md"


def _as_told(model: Model, known: Mapping[str, Model]) -> Model:
    """Where the model lies, and under which licence, is as an earlier export had found it."""
    before = known.get(model.identity)
    if before is None:
        return model
    return msgspec.structs.replace(model, model=before.model, licence=before.licence)


def _licence_beside(each: Import) -> str:
    return "" if each.path == "-" else _licence_of_card(Path(each.path).parent / "README.md")


def _licence_of_card(path: Path | None) -> str:
    """The licence that the YAML at the head of a card names; empty where there is none."""
    if path is None:
        return ""
    try:
        with open(path, encoding="utf-8", errors="replace") as file:
            lines = file.read(_CARD).splitlines()
    except OSError:
        return ""
    if not lines or lines[0].strip() != "---":
        return ""
    for line in lines[1:]:
        if line.strip() == "---":
            return ""
        name, colon, value = line.partition(":")
        if colon and name in ("license", "licence"):
            return value.strip().strip("[]'\" ")[:_LONGEST]
    return ""
