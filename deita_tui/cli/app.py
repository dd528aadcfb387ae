"""All commands together, and what stands before them: the global options."""

from collections.abc import Callable
from pathlib import Path
from typing import Annotated

import typer

from deita_tui import __version__, editor, places
from deita_tui.cli import (
    caching,
    care,
    cascading,
    comparing,
    deciding,
    demo,
    distilling,
    editing,
    embedding,
    exchanging,
    explaining,
    exporting,
    importing,
    indexing,
    journal,
    making,
    modelling,
    opening,
    output,
    queueing,
    reading,
    running,
    scoring,
    selecting,
    selections,
    serving,
    showing,
    tasting,
    trusting,
    working,
)
from deita_tui.cli.common import Command, Commands, Settings

app = typer.Typer(
    name="deita-tui",
    cls=Commands,
    help="Score, review and select instruction-tuning data, offline, on this machine.",
    epilog="stdout carries data, stderr narration. Exit codes: 0 done, 1 failed, 2 bad usage or "
    "input, 3 interrupted: the same command goes on.",
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["--help", "-h"]},
)

_COMMANDS: dict[str, Callable[..., None]] = {
    "open": opening.open_,
    "serve": serving.serve,
    "new": making.new,
    "import": importing.import_,
    "score": scoring.score,
    "embed": embedding.embed,
    "distill": distilling.distill,
    "cascade": cascading.cascade,
    "compare-scorers": trusting.compare_scorers,
    "evaluate-scorer": trusting.evaluate_scorer,
    "run": running.run,
    "demo": demo.demo,
    "export": exporting.export,
    "verify": exporting.verify,
    "index": indexing.index,
    "select": selecting.select,
    "selections": selections.selections,
    "explain": explaining.explain,
    "compare": comparing.compare,
    "list": reading.list_,
    "show": showing.show,
    "status": reading.status,
    "refused": reading.refused,
    "queue": queueing.queue,
    "decide": deciding.decide,
    "undo": deciding.undo,
    "redo": deciding.redo,
    "journal": journal.journal,
    "swap": editing.swap,
    "edit": editing.edit,
    "prices": editing.prices,
    "taste": tasting.taste,
    "jobs": working.jobs,
    "remove": care.remove,
    "purge": care.purge,
    "cache": caching.cache,
    "pack": making.pack,
    "unpack": making.unpack,
    "doctor": making.doctor,
}
for name, command in _COMMANDS.items():
    app.command(name, cls=Command)(command)
app.add_typer(exchanging.scores, name="scores")
app.add_typer(exchanging.vectors, name="vectors")
app.add_typer(modelling.models, name="models")


def _version(asked: bool) -> None:
    if asked:
        output.data(f"deita-tui {__version__}")
        raise typer.Exit


@app.callback(invoke_without_command=True)
def start(
    ctx: typer.Context,
    projects_dir: Annotated[
        Path | None,
        typer.Option(
            "--projects-dir",
            metavar="FOLDER",
            envvar=places.HOME,
            help="Where projects live that are named without a path.",
            show_default=False,
        ),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", help="Print the version.", callback=_version, is_eager=True),
    ] = False,
) -> None:
    """Score, review and select instruction-tuning data, offline, on this machine."""
    ctx.obj = Settings(places.projects_dir(projects_dir))
    editor.sweep()
    if ctx.invoked_subcommand is None:
        if opening.can_open():
            opening.launch(ctx.obj.home)
        _welcome(ctx.obj.home)


def _welcome(home: Path) -> None:
    output.data(f"deita-tui {__version__}: score, review and select instruction-tuning data.")
    known = places.recent(home)
    if known:
        output.data("\nProjects used lately:")
        output.pairs((f"  {path.name}", path) for path in known[:8])
    output.data("\nStart:")
    output.pairs(
        (
            ("  deita-tui new NAME", "make a project"),
            ("  deita-tui import NAME FILE…", "bring records in, whatever their format"),
            ("  deita-tui status NAME", "what is there, and what is running"),
            ("  deita-tui score NAME --plan", "what scoring would take; without --plan it scores"),
            ("  deita-tui list NAME --where 'turns>=2'", "look at the records"),
            ("  deita-tui --help", "every command"),
        )
    )
