"""Commands that look and change nothing."""

import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict
from itertools import islice
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import cascading, output
from deita_tui.cli.common import Dir, Json, Where, opened
from deita_tui.cli.progress import describe, doing, error_of
from deita_tui.cli.working import as_dict as job_json
from deita_tui.cli.working import unfinished
from deita_tui.errors import UsageError
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_store.counts import Counts
    from deita_store.imports import Import
    from deita_store.jobs import Job
    from deita_store.rows import RecordRow
    from deita_tui.project import Project
    from deita_tui.project.embedding import EmbedderState
    from deita_tui.project.scoring import ScorerState
    from deita_tui.scoring.health import Health

_ON_A_TERMINAL = 100
"""So many rows a terminal shows when nobody said how many."""

_COLUMNS = ("id", "source", "turns", "chars", "decision", "instruction", "response")
_SCORED = ("id", "source", "turns", "score", "outcome", "decision", "instruction", "response")
_LONG = ("instruction", "response", "note")
_NUMBERS = ("id", "turns", "chars", "score", "rank", "similarity", "blocked_by", "rating")

_IMPORTS = 10
"""So many imports ``status`` lists for a person."""

Jsonl = Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")]


def list_(
    ctx: typer.Context,
    directory: Dir,
    where: Where = "",
    sort: Annotated[
        str, typer.Option("--sort", metavar="COLUMN", help="Order by it; -COLUMN: highest first.")
    ] = "id",
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", min=0, help="How many at most; 0: all.", show_default=False
        ),
    ] = None,
    columns: Annotated[
        str, typer.Option("--columns", metavar="NAME,...", help="Which columns the table has.")
    ] = "",
    selection: Annotated[
        str | None,
        typer.Option(
            "--selection",
            metavar="NAME",
            help="Whose outcomes; default: the last saved. working: the one not saved.",
        ),
    ] = None,
    as_json: Json = False,
    jsonl: Jsonl = False,
) -> None:
    """List records with their scores and outcome, as a table or as JSON.

    Of instruction and response it has the first 160 characters, wherever it goes.
    """
    with opened(ctx, directory, read_only=True) as project:
        view = project.view(where, sort, selection)
        if view.note:
            output.say(view.note)
        _tell_newer(project, selection)
        table = not (as_json or jsonl)
        if limit is None and table and sys.stdout.isatty():
            limit = _ON_A_TERMINAL
        rows = islice(iter(view), limit or None)
        if jsonl:
            for row in rows:
                output.emit_line(as_dict(row))
        elif as_json:
            output.emit([as_dict(row) for row in rows])
        else:
            _table(project, columns, rows)
            shown = min(len(view), limit or len(view))
            more = "; --limit 0 shows all" if shown < len(view) else ""
            output.say(f"{shown:,} of {output.plural(len(view), 'record')}{more}")


def _tell_newer(project: "Project", selection: str | None) -> None:
    """What is newer than the selection whose outcomes are shown (D6)."""
    if newer := project.stale(selection):
        output.say(f"The selection is older than the project: {printable(' '.join(newer))}")


def status(ctx: typer.Context, directory: Dir, as_json: Json = False) -> None:
    """Say what is in a project, what is running, and what is left to do."""
    with opened(ctx, directory, read_only=True) as project:
        counts = project.counts()
        scorers = project.scorers(counts)
        embedders = project.embedders(counts)
        jobs = unfinished(project.jobs())
        if as_json:
            output.emit(_status_json(project, counts, scorers, embedders, jobs))
            return
        output.pairs(_status_lines(project, counts, scorers, embedders))
    for job in jobs:
        told = " · ".join(filter(None, (f"{job.kind} {job.state}", doing(job), describe(job))))
        output.data(f"job {job.id}  {told}")
        if job.state in ("paused", "interrupted", "failed"):
            if job.error:
                output.say(f"  {printable(error_of(job))}")
            output.say(f"  Continue it with: deita-tui jobs {directory} resume {job.id}")


def refused(
    ctx: typer.Context,
    directory: Dir,
    number: Annotated[
        int | None,
        typer.Option(
            "--import", metavar="N", help="Of import N; default: of all.", show_default=False
        ),
    ] = None,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="How many at most; 0: all.")
    ] = 0,
    as_json: Json = False,
    jsonl: Jsonl = False,
) -> None:
    """List the rows that imports refused: where, why, and how they begin."""
    with opened(ctx, directory, read_only=True) as project:
        rows = islice(project.refused(number), limit or None)
        if jsonl:
            for row in rows:
                output.emit_line(asdict(row))
        elif as_json:
            output.emit([asdict(row) for row in rows])
        else:
            columns = [output.Column(name, long=name in _CUT) for name in _REFUSED]
            output.table(columns, ([getattr(row, _REFUSED[n]) for n in _REFUSED] for row in rows))


_REFUSED = {
    "import": "import_id",
    "file": "file_name",
    "place": "place",
    "reason": "reason",
    "why": "message",
    "excerpt": "excerpt",
}
_CUT = ("file", "why", "excerpt")
"""What gives way where room is scarce."""


def as_dict(row: "RecordRow") -> dict[str, object]:
    """A record as ``list --json`` tells it; scripts rely on these keys."""
    return asdict(row)


def _table(project: "Project", columns: str, rows: "Iterator[RecordRow]") -> None:
    names = _chosen(columns) or (_SCORED if project.counts().scored else _COLUMNS)
    told: Iterable[dict[str, object]] = (as_dict(row) for row in rows)
    if not columns and sys.stdout.isatty():
        # Room is scarce: what has no value in any of the rows is left out.
        told = list(told)
        names = [name for name in names if any(row[name] not in (None, "") for row in told)]
    drawn = [
        output.Column(name.replace("_", " "), number=name in _NUMBERS, long=name in _LONG)
        for name in names
    ]
    output.table(drawn, ([row[name] for name in names] for row in told))


def _chosen(columns: str) -> list[str]:
    from deita_store.columns import find
    from deita_store.rows import RecordRow

    known = list(RecordRow.__dataclass_fields__)
    names = []
    for name in filter(None, (name.strip() for name in columns.split(","))):
        column = find(name)
        fits = [name, column.name, column.title] if column else [name]
        fits = [field for field in fits if field in known]
        if not fits:
            raise UsageError(f"There is no column {name!r}.", f"There are: {', '.join(known)}")
        names.append(fits[0])
    return names


def _status_json(
    project: "Project",
    counts: "Counts",
    scorers: "Sequence[ScorerState]",
    embedders: "Sequence[EmbedderState]",
    jobs: "Sequence[Job]",
) -> dict[str, object]:
    return {
        "project": str(project.folder.absolute()),
        **asdict(counts),
        "sources": dict(counts.sources),
        "imports": [_import_json(each) for each in project.imports()],
        "scored": [_scorer_json(project, scorer) for scorer in scorers],
        "embedders": [_embedder_json(embedder) for embedder in embedders],
        "selection": _selection_json(project, counts),
        "jobs": [job_json(job) for job in jobs],
    }


def _import_json(each: "Import") -> dict[str, object]:
    return {
        "import": each.id,
        "file": each.file_name,
        "path": each.path,
        "state": each.state,
        "imported": each.imported,
        "duplicates": each.duplicates,
        "refused": each.refused,
        "replaces": each.replaces,
        "removed": each.removed_by is not None,
    }


def _scorer_json(project: "Project", scorer: "ScorerState") -> dict[str, object]:
    import msgspec

    told = {key: value for key, value in asdict(scorer).items() if key != "name"}
    figures = msgspec.to_builtins(
        {"health": scorer.health, "cascade": project.certificate(scorer.id)}
    )
    return {"scorer": scorer.name, **told, **figures}


def _embedder_json(embedder: "EmbedderState") -> dict[str, object]:
    told = {key: value for key, value in asdict(embedder).items() if key != "name"}
    return {"embedder": embedder.name, **told}


def _selection_json(project: "Project", counts: "Counts") -> dict[str, object] | None:
    if counts.selection is None:
        return None
    name, kept = counts.selection
    return {"name": name, "kept": kept, "stale": list(project.stale())}


def _status_lines(
    project: "Project",
    counts: "Counts",
    scorers: "Sequence[ScorerState]",
    embedders: "Sequence[EmbedderState]",
) -> Iterator[tuple[str, object]]:
    yield "project", project.folder
    sources = ", ".join(f"{name} {count:,}" for name, count in counts.sources[:5])
    more = len(counts.sources) - 5
    yield "records", f"{counts.records:,} · {output.plural(counts.turns, 'turn')}"
    yield "sources", f"{sources}{f' and {more:,} more' if more > 0 else ''}" or "none"
    yield from _import_lines(project)
    yield "duplicates", counts.duplicates
    refused = f" · deita-tui refused {project.folder}" if counts.refused else ""
    yield "refused", f"{counts.refused:,}{refused}"
    if not scorers:
        yield "scored", "nothing yet"
    for scorer in scorers:
        whys = project.score_failures(scorer.id) if scorer.failed else {}
        yield from _scorer_lines(scorer, counts.records, whys)
        if (cascaded := project.certificate(scorer.id)) is not None:
            yield "", cascading.brief(cascaded)
    if not embedders:
        yield "embedded", "nothing yet"
    for embedder in embedders:
        yield "embedded", _embedder_line(embedder, counts.records)
    decided = ", ".join(f"{count:,} {name}" for name, count in counts.decided.items() if count)
    yield "decided", decided or "nothing yet"
    if counts.edited:
        yield "edited", counts.edited
    if counts.selection:
        name, kept = counts.selection
        yield "selection", f"{name}: {kept:,} kept"
        for newer in project.stale():
            yield "", f"! {newer}"
    else:
        yield "selection", "none yet"
    yield "on disk", output.size(counts.bytes)


def _import_lines(project: "Project") -> Iterator[tuple[str, object]]:
    """The imports in force; a project of very many shows the latest."""
    known = [each for each in project.imports() if each.removed_by is None]
    if len(known) > _IMPORTS:
        yield "imports", f"{len(known):,}; the latest {_IMPORTS} (--json has all)"
    for each in known[-_IMPORTS:]:
        parts = [
            "standard input" if each.file_name == "-" else each.file_name,
            f"{output.plural(each.imported, 'record')} imported",
            output.plural(each.duplicates, "duplicate"),
            f"{each.refused:,} refused",
        ]
        if each.state != "complete":
            parts.append("not complete")
        yield f"import {each.id}", " · ".join(parts)


def _scorer_lines(
    scorer: "ScorerState", records: int, whys: Mapping[str, int]
) -> Iterator[tuple[str, object]]:
    judge = scorer.config.get("judge")
    unverified = isinstance(judge, dict) and judge.get("verified") == "no"
    mark = " (draft)" if scorer.config.get("draft") else " (unverified)" if unverified else ""
    parts = [f"{scorer.measures} by {scorer.name}{mark} {scorer.identity}"]
    parts.append(f"{scorer.records:,} of {records:,}")
    if scorer.failed:
        parts.append(f"{scorer.failed:,} with a turn that failed ({output.reasons(whys)})")
    if scorer.unscored:
        parts.append(f"unscored: {scorer.reason}")
    yield "scored", " · ".join(parts)
    if scorer.health is not None:
        yield "", _brief(scorer.health)
        for warning in (*scorer.health.broken, *scorer.health.warnings):
            yield "", f"! {warning}"


def _embedder_line(embedder: "EmbedderState", records: int) -> str:
    parts = [f"{embedder.name} {embedder.identity}", f"{embedder.records:,} of {records:,}"]
    if embedder.failed:
        parts.append(f"{embedder.failed:,} without a vector ({output.reasons(embedder.reasons)})")
    if embedder.pending:
        parts.append(f"pending: {embedder.reason}")
    return " · ".join(parts)


def _brief(health: "Health") -> str:
    """What the first records showed, on one line."""
    told = {"mean": health.mean, "spread": health.spread, "digit mass": health.mass}
    parts = [f"{name} {output.number(value)}" for name, value in told.items() if value is not None]
    return ", ".join([*parts, f"shortened {health.shortened:.0%}"])
