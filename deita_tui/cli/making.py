"""Commands that make a project, carry it elsewhere, or look at the machine it would run on."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from deita_tui import places
from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, home, opened
from deita_tui.cli.exits import Exit


def new(
    ctx: typer.Context,
    directory: Annotated[
        str,
        typer.Argument(
            metavar="DIR",
            help="The folder to make. A bare name goes into the projects folder, ./name here.",
        ),
    ],
    as_json: Json = False,
) -> None:
    """Make a new, empty project."""
    from deita_tui.project import Project

    known = home(ctx)
    with Project.create(places.resolve(directory, known), door="cli") as project:
        folder = project.folder
    places.remember(folder, known)
    if as_json:
        output.emit({"project": str(folder.absolute())})
        return
    output.say(f"Made {folder}")
    output.say(f"Next: deita-tui import {directory} FILE…")


def pack(
    ctx: typer.Context,
    directory: Dir,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The file to write.")],
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a project to one file, with a checksum. Safe while jobs are running."""
    with opened(ctx, directory, read_only=True) as project:
        project.pack(file, overwrite=overwrite)
    size = file.stat().st_size
    if as_json:
        output.emit({"file": str(file.absolute()), "bytes": size})
    else:
        output.say(f"Packed {directory} into {file} ({output.size(size)})")


def unpack(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A packed project.")],
    directory: Annotated[str, typer.Argument(metavar="DIR", help="The folder to make.")],
    as_json: Json = False,
) -> None:
    """Make a project from a packed file, after checking that it is whole."""
    from deita_tui.project import Project

    known = home(ctx)
    folder = places.resolve(directory, known)
    with Project.unpack(file, folder, door="cli") as project:
        records = project.counts().records
    places.remember(folder, known)
    if as_json:
        output.emit({"project": str(folder.absolute()), "records": records})
    else:
        output.say(f"Unpacked {file} into {folder}: {output.plural(records, 'record')}")


def doctor(
    ctx: typer.Context,
    directory: Annotated[
        str,
        typer.Argument(
            metavar="DIR",
            help="A project or folder to look at: its disk, its configuration.",
            show_default=False,
        ),
    ] = "",
    as_json: Json = False,
) -> None:
    """Say what this machine can run: Python, disk, memory, GPUs, extras, models, terminal."""
    from deita_tui.doctor import examine

    folder = places.resolve(directory, home(ctx)) if directory else home(ctx)
    findings = list(examine(folder))
    if as_json:
        output.emit([asdict(finding) for finding in findings])
    else:
        output.pairs((finding.name, finding.value) for finding in findings)
        for finding in findings:
            if finding.advice:
                output.say(f"{finding.name}: {finding.advice}")
    if not all(finding.ok for finding in findings):
        raise typer.Exit(Exit.FAILED)
