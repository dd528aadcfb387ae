"""The command that finds the nearest neighbours of every record."""

from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.ending import done
from deita_tui.cli.waiting import waited
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.neighbours.certificate import Recall
    from deita_tui.steps.indexing_args import IndexReport

_TOLD = (0.8, 0.9, 0.95)
"""Thresholds that people are told of; --json has more."""


def index(
    ctx: typer.Context,
    directory: Dir,
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder",
            metavar="NAME",
            help="Whose vectors; default: the embedder used last.",
            show_default=False,
        ),
    ] = None,
    k: Annotated[
        int, typer.Option("--k", metavar="N", min=1, help="Neighbours listed of every record.")
    ] = 32,
    exact: Annotated[
        bool,
        typer.Option("--exact", help="Compare every pair, however many there are: slow, no miss."),
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Do not wait: the job goes on by itself.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Find the nearest neighbours of every embedded record, and measure how many were missed."""
    with opened(ctx, directory) as project:
        job = project.queue_index(embedder=embedder, k=k, exact=exact)
        project.start()
        if detach:
            if as_json:
                output.emit({"job": job})
            output.say(f"Job {job} indexes. Watch it with: deita-tui jobs {directory}")
            return
        report = project.index_report(done(waited(project, job, "index"), "indexed"))
    tell(report)
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(report))


def tell(report: "IndexReport") -> None:
    """What there is now, and what it is worth."""
    output.say(f"{printable(report.embedder)}: {_counted(report)}")
    if report.exact:
        output.note("every pair was compared: no neighbour is missing")
    for each in report.recall:
        if each.threshold in _TOLD:
            output.note(_line(each, report))


def _counted(report: "IndexReport") -> str:
    lists = f"{output.plural(report.rows, 'vector')}, the {report.k} nearest of each"
    if report.ready:
        return f"{lists}; all indexed before, nothing to do"
    distinct = "" if report.distinct is None else f" ({report.distinct:,} distinct)"
    new = f", {report.added:,} of them new" if report.added < report.rows else ""
    return f"{lists}{distinct}{new}, in {output.duration(report.seconds)}"


def _line(recall: "Recall", report: "IndexReport") -> str:
    full = f"{recall.truncated:.1%} of the lists are full above it"
    if recall.recall is None:
        return f"above {recall.threshold:g}: no neighbours in the sample; {full}"
    if report.exact:
        return f"above {recall.threshold:g}: {full}"
    return (
        f"above {recall.threshold:g}: {recall.recall:.2%} of the neighbours found "
        f"({recall.low:.2%} to {recall.high:.2%}, measured on {report.sampled:,} records); {full}"
    )
