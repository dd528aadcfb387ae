"""Commands that carry scores and vectors from one project, or one machine, to another."""

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Command, Commands, Dir, Json, Where, opened
from deita_tui.cli.selected import told
from deita_tui.errors import UsageError
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.steps.score_columns import Field
    from deita_tui.steps.score_exchange import Taken

scores = typer.Typer(
    cls=Commands,
    help="Scores as files: score on one machine, review on another; and scores that files bring.",
    rich_markup_mode=None,
    no_args_is_help=True,
)
vectors = typer.Typer(
    cls=Commands,
    help="Vectors as files: embed on one machine, review on another.",
    rich_markup_mode=None,
    no_args_is_help=True,
)

Out = Annotated[
    Path,
    typer.Argument(
        metavar="FILE", help="Ends in .jsonl, .jsonl.gz or .parquet.", show_default=False
    ),
]
In = Annotated[list[Path], typer.Argument(metavar="FILE", help="Such files.", show_default=False)]


@scores.command("export", cls=Command)
def export_scores(
    ctx: typer.Context,
    directory: Dir,
    file: Out,
    scorer: Annotated[
        list[str] | None,
        typer.Option("--scorer", metavar="NAME", help="Only this scorer's; default: all."),
    ] = None,
    where: Where = "",
    as_json: Json = False,
) -> None:
    """Write scores to a file, with all that identifies whose they are."""
    with opened(ctx, directory, read_only=True) as project:
        found = project.export_scores(file, scorer=scorer or (), where=where, progress=told())
    if as_json:
        output.emit({"file": str(file.absolute()), "rows": found.rows, "scorers": found.scorers})
        return
    whose = printable(", ".join(found.scorers))
    output.say(f"Wrote {output.plural(found.rows, 'score')} of {whose} to {file}")


@scores.command("import", cls=Command)
def import_scores(
    ctx: typer.Context,
    directory: Dir,
    files: In,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Whose they are, where no header says so.")
    ] = "",
    measures: Annotated[
        str,
        typer.Option(
            "--measures", metavar="WHAT", help="What these measure: complexity, quality, …"
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Take scores that were made elsewhere; what is there already stays as it is."""
    with opened(ctx, directory) as project:
        found = project.import_scores(files, name=name, measures=measures, progress=told())
    _report(found, "score", as_json)


@scores.command("fields", cls=Command)
def fields(
    ctx: typer.Context,
    directory: Dir,
    chosen: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="FIELD=WHAT",
            help="Take a field as scores: complexity_scores=complexity. Without any: list them.",
            show_default=False,
        ),
    ] = None,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="What these scores are called.")
    ] = "file",
    as_json: Json = False,
) -> None:
    """List the fields with numbers that imported files brought, or make scores of some."""
    wanted = _pairs(chosen or ())
    if not wanted:
        with opened(ctx, directory, read_only=True) as project:
            _list(list(project.score_fields()), directory, as_json)
        return
    with opened(ctx, directory) as project:
        taken = project.take_score_fields(wanted, name=name, progress=told())
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(taken))
        return
    for each in taken:
        values = output.plural(each.texts, "turn")
        failed = f", {each.failed:,} without a number" if each.failed else ""
        line = f"{each.field}: {each.measures} of {values} in {each.records:,} records{failed}"
        output.say(printable(line))
        for note in each.notes:
            output.note(printable(note))
    output.say(f"Select with them: deita-tui select {directory} --budget N --scorer {name}")


@vectors.command("export", cls=Command)
def export_vectors(
    ctx: typer.Context,
    directory: Dir,
    file: Out,
    embedder: Annotated[
        str,
        typer.Option("--embedder", metavar="NAME", help="Whose; default: the one used last."),
    ] = "",
    where: Where = "",
    as_json: Json = False,
) -> None:
    """Write the vectors of records to a file, with all that identifies whose they are."""
    with opened(ctx, directory, read_only=True) as project:
        found = project.export_vectors(file, embedder=embedder, where=where, progress=told())
    if as_json:
        output.emit({"file": str(file.absolute()), "rows": found.rows, "embedder": found.embedder})
        return
    whose = f"{printable(found.embedder)}, {found.dimensions} dimensions"
    output.say(f"Wrote {output.plural(found.rows, 'vector')} of {whose}, to {file}")


@vectors.command("import", cls=Command)
def import_vectors(
    ctx: typer.Context,
    directory: Dir,
    files: In,
    name: Annotated[
        str, typer.Option("--name", metavar="NAME", help="Whose they are, where no header says so.")
    ] = "",
    as_json: Json = False,
) -> None:
    """Take vectors that were made elsewhere; what is there already stays as it is."""
    with opened(ctx, directory) as project:
        found = project.import_vectors(files, name=name, progress=told())
    _report(found, "vector", as_json)


def _report(found: "Taken", what: str, as_json: bool) -> None:
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(found))
        return
    known = f", {found.known:,} were there already" if found.known else ""
    output.say(f"Took {output.plural(found.added, what)} of {found.rows:,} rows{known}.")
    output.say(f"{output.plural(found.records, 'record')} complete with that.")
    if found.refused:
        count = sum(found.refused.values())
        output.say(f"{output.plural(count, 'row')} not taken:")
        for why, number in found.refused.items():
            output.note(f"{number:,}: {printable(why)}")
        first = found.examples[0]
        output.note(f"The first is {first.place}: {printable(first.message)}")


def _list(found: "Sequence[Field]", directory: str, as_json: bool) -> None:
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(found))
        return
    if not found:
        output.say("The imported files brought no fields with numbers.")
        return
    columns = [
        output.Column("field", long=True),
        output.Column("rows", number=True),
        output.Column("holds"),
        output.Column("likely measures"),
    ]
    output.table(
        columns,
        ((e.name, e.rows, "one a turn" if e.lists else "one", e.measures or "?") for e in found),
    )
    likely = [f"{each.name}={each.measures}" for each in found if each.measures]
    if likely:
        output.say(f"Take them with: deita-tui scores fields {directory} {' '.join(likely)}")


def _pairs(chosen: Sequence[str]) -> dict[str, str]:
    found = {}
    for each in chosen:
        field, _, measures = each.rpartition("=")
        if not field or not measures.replace("_", "").isalnum():
            raise UsageError(
                f"{each!r} does not say what a field measures.",
                "Write it as complexity_scores=complexity.",
            )
        found[field] = measures
    return found
