"""The data set card: what is in the export, for people, and for loaders of Hugging Face."""

import json
from bisect import bisect_right
from collections.abc import Mapping, Sequence
from itertools import pairwise

from deita_tui.export.manifests import DECISIONS, UNKNOWN, Manifest
from deita_tui.export.problems import EFFECTS
from deita_tui.printable import printable

_WIDTH = 40
_BINS = 10
# licences as Hugging Face spells them, by which a card may name one
# fmt: off
_LICENCES = frozenset({
    "apache-2.0", "mit", "bsd-3-clause", "cc0-1.0", "odc-by", "odbl", "openrail", "gpl-3.0",
    "cc-by-2.0", "cc-by-3.0", "cc-by-4.0", "cc-by-sa-3.0", "cc-by-sa-4.0", "cc-by-nc-4.0",
    "cc-by-nc-sa-4.0", "cc-by-nc-nd-4.0", "llama2", "llama3", "pddl", "unlicense",
})
# fmt: on


class Figures:
    """What the card counts, gathered while the records pass."""

    def __init__(self) -> None:
        self.scores: list[float] = []
        self.chars: list[int] = []
        self.turns: dict[int, int] = {}
        self.sources: dict[str, int] = {}

    def add(self, score: float | None, chars: int, turns: int, source: str) -> None:
        """Count one record."""
        if score is not None:
            self.scores.append(score)
        self.chars.append(chars)
        self.turns[turns] = self.turns.get(turns, 0) + 1
        self.sources[source] = self.sources.get(source, 0) + 1


def card(manifest: Manifest, figures: Figures, files: Mapping[str, str]) -> str:
    """The README.md of an export.

    Args:
        manifest: what is told; its outputs may be missing yet.
        figures: what was counted.
        files: data file by split.
    """
    parts = [
        _front(manifest, files) if files else "",
        f"# {safe(_title(manifest))}",
        _summary(manifest),
        _files(manifest, files),
        _selected(manifest),
        _histograms(figures),
        _sources(manifest, figures),
        _models(manifest),
        _inputs(manifest),
        _problems(manifest),
        "## Provenance",
        f"`manifest.json` names every input, scorer, parameter and file with its hash; "
        f"`{DECISIONS}` says of every record of the project what became of it and why. "
        "`deita-tui verify FOLDER` checks the files, and with `--project DIR` makes them again "
        "from the project and compares.",
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def histogram(values: Sequence[float], whole: bool = False) -> list[str]:
    """Values as bars of text, a line for each of ten ranges; the last takes all above it.

    Args:
        values: the numbers; a few far out ones do not squeeze the rest into one bar.
        whole: they are whole numbers.
    """
    ordered = sorted(values)
    if not ordered:
        return []
    low, high = ordered[0], ordered[min(len(ordered) - 1, len(ordered) * 99 // 100)]
    if low == high:
        return [f"{_number(low, whole)}  {'█' * _WIDTH} {len(ordered):,}"]
    step = (high - low) / _BINS
    edges = [low + step * at for at in range(_BINS + 1)]
    places = [bisect_right(ordered, edge) if at else 0 for at, edge in enumerate(edges)]
    counts = [after - before for before, after in pairwise(places)]
    counts[-1] += len(ordered) - places[-1]
    names = [
        f"{_number(edges[at], whole)} – {_number(edges[at + 1], whole)}" for at in range(_BINS)
    ]
    if ordered[-1] > high:
        names[-1] = f"{_number(edges[-2], whole)} and more"
    return _bars(names, counts)


def _bars(names: Sequence[str], counts: Sequence[int]) -> list[str]:
    wide, most = max(map(len, names)), max(counts)
    return [
        f"{name:>{wide}}  {'█' * round(count / most * _WIDTH) or '▏' * bool(count)} {count:,}"
        for name, count in zip(names, counts, strict=True)
    ]


def _number(value: float, whole: bool) -> str:
    return f"{value:,.0f}" if whole else f"{value:,.2f}"


def _title(manifest: Manifest) -> str:
    name = manifest.selection.name if manifest.selection else None
    return printable(name) if name else "A selection of instruction-tuning data"


def _front(manifest: Manifest, files: Mapping[str, str]) -> str:
    """The YAML that data set loaders read. Strings are written as JSON, which is YAML too."""
    rows = sum(manifest.records.get(split, 0) for split in files)
    lines = ["---", f"pretty_name: {json.dumps(_title(manifest), ensure_ascii=False)}"]
    lines += _licence_lines(manifest)
    lines += [
        "task_categories: [text-generation]",
        f"size_categories: [{json.dumps(_size(rows))}]",
        "source_datasets: [extended]",
        f"tags: [{'dpo' if manifest.request.get('kind') == 'dpo' else 'sft'}, "
        "instruction-tuning, deita]",
        "configs:",
        "- config_name: default",
        "  default: true",
        "  data_files:",
        *(f"  - {{split: {split}, path: {path}}}" for split, path in files.items()),
    ]
    if all(path.endswith((".json", ".jsonl")) for path in files.values()):
        # a loader takes all configurations for files of one kind
        lines += [
            "- config_name: decisions",
            "  data_files:",
            f"  - {{split: decisions, path: {DECISIONS}}}",
        ]
    return "\n".join([*lines, "---"])


def _licence_lines(manifest: Manifest) -> list[str]:
    known = {each.licence.lower() for each in manifest.licences}
    (only,) = known if len(known) == 1 else ("",)
    if only in _LICENCES:
        return [f"license: {only}"]
    if known <= {UNKNOWN}:
        return ["license: unknown"]
    return ["license: other", "license_name: mixed-see-manifest", "license_link: manifest.json"]


def _size(rows: int) -> str:
    ends = ((1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (10**6, "100K<n<1M"))
    return next((name for end, name in ends if rows < end), "1M<n<10M")


def _summary(manifest: Manifest) -> str:
    written = {split: rows for split, rows in manifest.records.items() if split != "left_out"}
    told = ", ".join(f"{rows:,} {split}" for split, rows in written.items())
    origin = "all records of a project"
    if manifest.selection:
        origin = "records that were selected with the DEITA method"
    text = f"{sum(written.values()):,} {origin} ({told}), written for `{manifest.target}`"
    if left := manifest.records.get("left_out"):
        text += f"; {left:,} more have no place in that form and were left out"
    if manifest.selection and manifest.selection.stale:
        text += ". The project had moved on since: " + "; ".join(manifest.selection.stale)
    return text + "."


def _files(manifest: Manifest, files: Mapping[str, str]) -> str:
    rows = [(f"`{path}`", f"{manifest.records.get(split, 0):,}") for split, path in files.items()]
    return "## Files\n\n" + _table(("file", "rows"), rows) if rows else ""


def _selected(manifest: Manifest) -> str:
    lines = []
    if manifest.selection:
        params = manifest.selection.params
        rows = [(safe(key), f"`{_code(value)}`") for key, value in params.items()]
        lines.append("## Selection\n\n" + _table(("parameter", "value"), rows))
        counts = [(status.replace("_", " "), f"{n:,}") for status, n in manifest.outcomes.items()]
        lines.append(_table(("outcome", "records"), counts))
    if told := ", ".join(f"{n:,} {name}" for name, n in manifest.decisions.items() if n):
        lines.append(f"Decided by hand: {told}.")
    return "\n\n".join(lines)


def _histograms(figures: Figures) -> str:
    blocks = []
    for title, lines in (
        ("Score", histogram(figures.scores)),
        ("Characters", histogram(figures.chars, whole=True)),
        ("Turns", _turn_bars(figures.turns)),
    ):
        if lines:
            blocks.append(f"### {title}\n\n```text\n" + "\n".join(lines) + "\n```")
    return "\n\n".join(blocks)


def _turn_bars(turns: Mapping[int, int]) -> list[str]:
    few = {str(count): turns[count] for count in sorted(turns) if count < _BINS}
    if more := sum(count for at, count in turns.items() if at >= _BINS):
        few[f"{_BINS} and more"] = more
    return _bars(list(few), list(few.values())) if few else []


def _sources(manifest: Manifest, figures: Figures) -> str:
    licences: dict[str, list[str]] = {}
    for each in manifest.licences:
        licences.setdefault(each.source, []).append(safe(each.licence))
    rows = [
        (safe(source), f"{count:,}", ", ".join(licences.get(source, [UNKNOWN])))
        for source, count in sorted(figures.sources.items(), key=lambda each: (-each[1], each[0]))
    ]
    return "## Sources\n\n" + _table(("source", "records", "licence, as found"), rows)


def _models(manifest: Manifest) -> str:
    models = [*manifest.scorers, *([manifest.embedder] if manifest.embedder else [])]
    rows = [
        (each.measures, safe(each.name), safe(each.model), f"`{each.identity[:12]}`", each.licence)
        for each in models
    ]
    if not rows:
        return ""
    head = ("measures", "name", "model", "identity", "licence, as found")
    text = "## Models\n\n" + _table(head, rows)
    return text


def _inputs(manifest: Manifest) -> str:
    rows = [
        (safe(each.file), f"{each.rows:,}", f"{each.refused:,}", f"`{(each.sha256 or '')[:12]}`")
        for each in manifest.inputs
    ]
    return "## Inputs\n\n" + _table(("file", "rows", "refused", "sha256"), rows) if rows else ""


def _problems(manifest: Manifest) -> str:
    rows = [
        (f"`{each.rule}`", EFFECTS[each.effect], f"{each.records:,}") for each in manifest.problems
    ]
    if not rows:
        return ""
    head = ("rule", "what happens", "records")
    return "## What the target does not take as it is\n\n" + _table(head, rows)


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def safe(text: str) -> str:
    """Text of a data set as plain words in Markdown: nothing in it is a link, a tag or a cell."""
    shown = printable(text)[:200]
    return "".join(f"\\{each}" if each in "\\`*_{}[]<>()#+-!|~&$" else each for each in shown)


def _code(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return printable(text).replace("`", "'").replace("|", "¦")[:300]
