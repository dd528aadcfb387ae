"""The command about queues: what is worth a look next."""

import math
import sys
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.errors import UsageError
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.project import Project
    from deita_tui.steps.auditing import Audit
    from deita_tui.steps.queues import Queue

_ON_A_TERMINAL = 100
"""So many rows a terminal shows when nobody said how many."""


def queue(
    ctx: typer.Context,
    directory: Dir,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME", show_default=False,
            help="Which queue; where:FILTER is one of any filter. Without: list the queues.",
        ),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", min=1, show_default=False, help="How many records at most."
        ),
    ] = None,
    selection: Annotated[
        str | None,
        typer.Option(
            "--selection", metavar="NAME", show_default=False,
            help="Whose outcomes; default: the last saved. working: the one not saved.",
        ),
    ] = None,
    on: Annotated[
        bool, typer.Option("--on", help="Go on where the app was left in this queue.")
    ] = False,
    ids: Annotated[
        bool, typer.Option("--ids", help="Print only ids, one a line, such as for `decide`.")
    ] = False,
    as_json: Json = False,
    jsonl: Annotated[bool, typer.Option("--jsonl", help="Print one JSON object a line.")] = False,
) -> None:  # fmt: skip
    """List queues of records worth a look, or the records of one and why they are in it."""
    if sum((ids, as_json, jsonl)) > 1:
        raise UsageError("Only one of --ids, --json and --jsonl can be meant.")
    with opened(ctx, directory, read_only=True) as project:
        if name is None:
            if ids or on or limit:
                raise UsageError("Which queue? Give its name; without one they are listed.")
            _kinds(project, selection, as_json, jsonl)
            return
        # What comes before the place to go on from must not use up the limit.
        found = project.queue(name, selection=selection, limit=None if on else limit)
        chosen = found.ids[found.place if on else 0 :][:limit]
        if ids:
            for id_ in chosen:
                output.data(str(id_))
        elif jsonl:
            for row in _rows(project, found, chosen):
                output.emit_line(row)
        elif as_json:
            output.emit(_document(project, found, chosen))
        else:
            _table(project, found, chosen, limit)


def _kinds(project: "Project", selection: str | None, as_json: bool, jsonl: bool) -> None:
    kinds = [asdict(each) for each in project.queues(selection)]
    if as_json:
        output.emit(kinds)
    elif jsonl:
        for each in kinds:
            output.emit_line(each)
    elif sys.stdout.isatty():
        output.pairs((each["name"], _told(each)) for each in kinds)
        output.say("Any filter is a queue too: where:FILTER")
    else:
        columns = [
            output.Column("name"), output.Column("records", number=True),
            output.Column("what is in it"),
        ]  # fmt: skip
        told = ((each["name"], each["count"], each["why_not"] or each["help"]) for each in kinds)
        output.table(columns, told)


def _told(kind: dict[str, Any]) -> str:
    """What is to be said of a kind to a person."""
    if kind["why_not"]:
        return f"– {kind['why_not']}"
    many = "" if kind["count"] is None else f" {output.plural(kind['count'], 'record')}."
    return f"{kind['help']}{many}"


def _rows(project: "Project", queue: "Queue", ids: Sequence[int]) -> list[dict[str, Any]]:
    return [
        {
            "id": id_,
            "uid": row.uid,
            "why": queue.why(id_),
            "partner": queue.partner.get(id_),
            "source": row.source,
            "decision": row.decision,
            "instruction": row.instruction,
        }
        for id_, row in zip(ids, project.rows(ids, selection=queue.selection), strict=True)
    ]


def _document(project: "Project", queue: "Queue", ids: Sequence[int]) -> dict[str, Any]:
    audit = _audit(project, queue)
    return {
        "name": queue.name,
        "title": queue.title,
        "selection": queue.selection,
        "count": len(queue),
        "place": queue.place,
        "note": queue.note,
        "audit": audit and as_dict(audit),
        "records": _rows(project, queue, ids),
    }


def as_dict(audit: "Audit") -> dict[str, Any]:
    """An audit as JSON has it: a share of nothing is null."""
    share = None if math.isnan(audit.share) else audit.share
    return {**asdict(audit), "share": share, "sentence": audit.sentence}


def _audit(project: "Project", queue: "Queue") -> "Audit | None":
    if queue.name == "audit-kept":
        return project.audit("kept", queue.selection)
    return project.audit("dropped", queue.selection) if queue.name == "audit-dropped" else None


def _table(project: "Project", queue: "Queue", ids: Sequence[int], limit: int | None) -> None:
    if limit is None and sys.stdout.isatty():
        ids = ids[:_ON_A_TERMINAL]
    rows = _rows(project, queue, ids)
    columns = [
        output.Column("id", number=True), output.Column("why"),
        output.Column("instruction", long=True),
    ]  # fmt: skip
    output.table(columns, ([row[column.title] for column in columns] for row in rows))
    records = output.plural(len(ids), "record")
    whole = "" if limit else f" of {len(queue):,}"
    output.say(f"{records}{whole} in the queue: {printable(queue.title)}")
    if queue.note:
        output.note(printable(queue.note))
    if audit := _audit(project, queue):
        output.note(printable(audit.sentence))
