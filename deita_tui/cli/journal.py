"""The command that shows what was done, by whom, and to which records."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.deciding import named

if TYPE_CHECKING:
    from deita_store.acts import Act
    from deita_tui.project import Project

_PAGE = 500


def journal(
    ctx: typer.Context,
    directory: Dir,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=0, help="How many entries at most; 0: all.")
    ] = 50,
    before: Annotated[
        int | None,
        typer.Option(
            "--before", metavar="ENTRY", show_default=False, help="Only entries older than this."
        ),
    ] = None,
    changes: Annotated[
        bool,
        typer.Option(
            "--changes", help="With --json or --jsonl: what each entry changed, record by record."
        ),
    ] = False,
    as_json: Json = False,
    as_lines: Annotated[
        bool, typer.Option("--jsonl", help="Print one JSON object a line.")
    ] = False,
) -> None:  # fmt: skip
    """List who decided, changed and removed what, the latest first; `undo --to` goes back."""
    with opened(ctx, directory, read_only=True) as project:
        entries = _entries(project, limit, before)
        if as_lines:
            for entry in entries:
                output.emit_line(_told(project, entry, changes))
        elif as_json:
            output.emit([_told(project, entry, changes) for entry in entries])
        else:
            output.table(_COLUMNS, (_row(project, entry) for entry in entries))


_COLUMNS = [
    output.Column("entry", number=True),
    output.Column("at"),
    output.Column("who"),
    output.Column("what", long=True),
    output.Column("records"),
    output.Column("state"),
]


def _entries(project: "Project", limit: int, before: int | None) -> "Iterator[Act]":
    """A page at a time: a journal may be long."""
    left = limit or None
    while page := project.journal(min(left or _PAGE, _PAGE), before):
        yield from page
        before = page[-1].id
        if left is not None:
            left -= len(page)
            if not left:
                return


def _told(project: "Project", entry: "Act", changes: bool) -> dict[str, Any]:
    told = asdict(entry) | {"touched": list(project.touched(entry.id))}
    if changes:
        told["changes"] = [asdict(each) for each in project.changes(entry.id)]
    return told


def _row(project: "Project", entry: "Act") -> tuple[object, ...]:
    state = "" if entry.state == "done" else entry.state
    return entry.id, entry.at[:19], entry.actor, entry.summary, named(project, entry), state
