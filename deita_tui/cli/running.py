"""The command that does everything in one go."""

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deita_tui import places
from deita_tui.cli import opening, output, running_told
from deita_tui.cli.common import Json, home
from deita_tui.cli.ending import done
from deita_tui.cli.importing import readable
from deita_tui.cli.scoring import Backend
from deita_tui.cli.selecting import Turns
from deita_tui.cli.stages import Stages
from deita_tui.cli.waiting import paused, watched
from deita_tui.errors import InputError, UsageError

if TYPE_CHECKING:
    from deita_store.jobs import Job
    from deita_tui.project import Project
    from deita_tui.project.running import Pipeline, RunReport
    from deita_tui.steps.importing import ImportReport


def run(
    ctx: typer.Context,
    files: Annotated[
        list[Path],
        typer.Argument(
            metavar="FILE", help="Files, folders (their files, in name order), - for stdin."
        ),
    ],
    budget: Annotated[
        int,
        typer.Option(
            "--budget",
            metavar="N",
            min=0,
            help="How many records to select; 0: no limit.",
            show_default=False,
        ),
    ],
    out: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            metavar="OUT",
            show_default=False,
            help="The folder to write; the project will be OUT/project.",
        ),
    ],
    target: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="NAME",
            help="messages, sharegpt, alpaca, llamafactory, axolotl, trl, preference, hf, parquet "
            "or csv.",
        ),
    ] = "messages",
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold",
            metavar="S",
            min=-1,
            max=1,
            show_default=False,
            help="Leave out what is more similar than this to a kept record; default: 0.9, 1: "
            "nothing.",
        ),
    ] = None,
    turns: Annotated[
        Turns | None,
        typer.Option(
            "--turns",
            metavar="sum|mean|max|last",
            show_default=False,
            help="How the scores of a record's turns become its own; default: sum.",
        ),
    ] = None,
    formula: Annotated[
        str | None,
        typer.Option(
            "--formula", metavar="F", show_default=False, help="A turn's score; default: c*q."
        ),
    ] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            "--share",
            metavar="SHARE",
            show_default=False,
            help="How much one source may or must give: source:alpaca<=0.3.",
        ),
    ] = None,
    scorer: Annotated[
        str | None,
        typer.Option(
            "--scorer",
            metavar="NAME",
            show_default=False,
            help="A set of models from the configuration; default: lite, the draft scorers that "
            "ship with the program.",
        ),
    ] = None,
    complexity: Annotated[
        str | None,
        typer.Option(
            "--complexity-model",
            metavar="MODEL",
            help="A hub id (also with @revision), a folder, or a .gguf file.",
        ),
    ] = None,
    quality: Annotated[
        str | None,
        typer.Option("--quality-model", metavar="MODEL", help="The same, for quality."),
    ] = None,
    backend: Annotated[
        Backend | None,
        typer.Option("--backend", metavar="auto|hf|llama", help="What runs these models."),
    ] = None,
    embedder: Annotated[
        str,
        typer.Option(
            "--embedder", metavar="MODEL", help="lite, which ships with the program, or a model."
        ),
    ] = "lite",
    validation: Annotated[
        float | None,
        typer.Option(
            "--validation",
            metavar="SHARE|N",
            help="Keep a validation split: below 1 a share, else so many records.",
        ),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option("--format", metavar="NAME", help="How to read it, instead of finding out."),
    ] = None,
    mapping: Annotated[
        str | None,
        typer.Option("--map", metavar="ROLE=COLUMN,...", help="Which column is what."),
    ] = None,
    strict: Annotated[
        bool, typer.Option("--strict", help="Stop at the first row that cannot be read.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Score on where the first records look broken.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no hub: the models are on this disk.")
    ] = False,
    open_: Annotated[
        bool, typer.Option("--open", help="Open the project in the app at the end.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Import, score, embed, select and export in one go.

    What is done is not done again: the same command goes on after it was stopped, and another
    budget costs a selection and an export.
    """
    from deita_tui.project import running

    options = _given(
        target=target, format=format_, map=mapping, strict=strict,
        scoring=_given(
            scorer=scorer, complexity=complexity, quality=quality,
            backend=backend and backend.value, force=force or None, offline=offline or None,
        ),
        embedding=_given(embedder=embedder, offline=offline or None),
        selecting=_given(
            threshold=threshold, turns=turns and turns.value, formula=formula, shares=share
        ),
        exporting=_given(validation=validation),
    )  # fmt: skip
    _require_files(files)
    with running.opened(out, door="cli") as project:
        pipeline = running.Pipeline(project, out, budget, options)  # type: ignore[arg-type]
        _queue(project, pipeline, files, options)
        report = _staged(pipeline)
    running_told.where_it_is(report, out)
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(asdict(report), enc_hook=str))
    known = home(ctx)
    places.remember(report.project, known)
    if open_ and opening.can_open():
        opening.launch(known, report.project)


def _given(**said: object) -> dict[str, Any]:
    return {name: value for name, value in said.items() if value is not None}


def _require_files(files: list[Path]) -> None:
    """Refuse what is not there, before a folder is made for it."""
    from deita_tui import formats

    for file in files:
        if str(file) != "-":
            formats.expand(file)


def _queue(
    project: "Project", pipeline: "Pipeline", files: list[Path], options: "dict[str, Any]"
) -> None:
    from deita_tui.project.running import Input

    project.drop_copies()
    inputs, refused = readable(project, files, options.get("format"), options.get("map"))
    if refused:
        raise InputError(
            f"{output.plural(refused, 'file')} could not be read, as said above.",
            "Name only files that can be, or say how with --format and --map.",
        )
    if not inputs:
        raise UsageError("There is no file to read.")
    pipeline.queue([Input(each.path, each.name, each.plan) for each in inputs])
    project.start()


def _staged(pipeline: "Pipeline") -> "RunReport":
    """Every stage, shown while it is at it."""
    from deita_tui.project.pipeline import STAGES

    with Stages(STAGES) as stages:
        imports = _imported(pipeline, stages)
        stages.begin(running_told.scorer_of(pipeline))
        scoring = None
        if pipeline.scoring is not None:
            scoring = pipeline.scored(_waited(pipeline, stages, pipeline.scoring, "scored"))
        stages.end(*running_told.scored(scoring, pipeline.project))
        stages.begin(running_told.embedder_of(pipeline))
        embedding = None
        if pipeline.embedding is not None:
            embedding = pipeline.embedded(_waited(pipeline, stages, pipeline.embedding, "embedded"))
        stages.end(*running_told.embedded(embedding, pipeline.compares))
        stages.begin(running_told.selection_of(pipeline))
        selection = pipeline.select(stages.moved)
        stages.end(*running_told.selected(selection))
        stages.begin(f"{pipeline.target}, into {pipeline.out}")
        export = pipeline.export(stages.moved)
        stages.end(*running_told.exported(export))
    return pipeline.report(imports, scoring, embedding, selection, export)


def _imported(pipeline: "Pipeline", stages: Stages) -> "list[ImportReport]":
    stages.begin(running_told.files_of(pipeline))
    jobs = [_waited(pipeline, stages, each, "imported") for each in pipeline.imports]
    reports = pipeline.imported(jobs)
    stages.end(*running_told.imported(reports, pipeline.project.folder))
    return reports


def _waited(pipeline: "Pipeline", stages: Stages, number: int, verb: str) -> "Job":
    try:
        return done(watched(pipeline.project, number, stages.moved), verb)
    except KeyboardInterrupt:
        return done(paused(pipeline.project, number), verb)
