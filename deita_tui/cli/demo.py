"""The command that shows the program on records of its own."""

from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui import places
from deita_tui.cli import opening, output
from deita_tui.cli.common import Json, home
from deita_tui.cli.progress import reporting
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_store.rows import RecordRow
    from deita_store.selections import Selection
    from deita_tui.project import Project

_BEST = 5


def demo(
    ctx: typer.Context,
    directory: Annotated[
        str,
        typer.Argument(
            metavar="DIR",
            help="Where it is to be; default: demo, in the projects folder.",
        ),
    ] = "demo",
    headless: Annotated[
        bool, typer.Option("--headless", help="Print a summary instead of opening the app.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Make a project of 2,500 real records, scored and selected from, and open it."""
    from deita_tui.project import Project

    known = home(ctx)
    folder = places.resolve(directory, known)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with reporting("demo") as report:
        project = Project.demo(folder, door="cli", progress=report)
    with project:
        places.remember(folder, known)
        project.start()  # what can wait, such as the full-text index
        if as_json:
            output.emit(_summary(project))
        elif headless or not opening.can_open():
            _tell(project, directory)
    if not (as_json or headless) and opening.can_open():
        opening.launch(known, folder)


def _working(project: "Project") -> "Selection":
    from deita_store.selections import WORKING

    return project.selection(WORKING)


def _best(project: "Project") -> "list[RecordRow]":
    from deita_store.selections import WORKING

    return list(project.list("is:kept", sort="rank", limit=_BEST, selection=WORKING))


def _summary(project: "Project") -> dict[str, object]:
    counts, selection = project.counts(), _working(project)
    return {
        "project": str(project.folder.absolute()),
        "records": counts.records,
        "sources": dict(counts.sources),
        "scorers": [each.name for each in project.scorers(counts)],
        "budget": selection.params.get("budget"),
        "kept": selection.kept,
        "best": [row.id for row in _best(project)],
    }


def _tell(project: "Project", directory: str) -> None:
    counts, selection = project.counts(), _working(project)
    output.pairs(
        [
            ("project", project.folder),
            ("records", f"{counts.records:,}, with {counts.turns:,} turns"),
            ("sources", ", ".join(f"{name} {count:,}" for name, count in counts.sources)),
            ("scores", "lite: drafts by the scorers that ship with deita-tui"),
            ("selected", f"{selection.kept:,} of {counts.records:,}"),
        ]
    )
    output.data("\nThe best of them:")
    output.pairs(
        (f"  {row.rank}  {row.score:,.1f}  {row.source}", printable(row.instruction[:100]))
        for row in _best(project)
    )
    output.data("\nLook around:")
    output.pairs(
        (
            (f"  deita-tui open {directory}", "in the app"),
            (f"  deita-tui list {directory} --where is:kept --sort rank", "what was selected"),
            (f"  deita-tui explain {directory} ID", "why a record is in or out"),
            (f"  deita-tui select {directory} --budget 200 --threshold 0.8", "another selection"),
            (f"  deita-tui export {directory} ./out --target messages", "a file to train on"),
        )
    )
