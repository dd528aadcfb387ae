"""The command that selects, and helps with the threshold."""

from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import selected
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.errors import UsageError

if TYPE_CHECKING:
    from deita_tui.project import SelectOptions


class Turns(StrEnum):
    """How the scores of a record's turns become its own."""

    SUM = "sum"
    MEAN = "mean"
    MAX = "max"
    LAST = "last"


class Missing(StrEnum):
    """What a turn without a score does."""

    DROP = "drop"
    SKIP = "skip"


def select(
    ctx: typer.Context,
    directory: Dir,
    budget: Annotated[
        int | None,
        typer.Option(
            "--budget", metavar="N", min=0, help="How many records; 0: no limit.",
            show_default=False,
        ),
    ] = None,
    budget_tokens: Annotated[
        int | None,
        typer.Option(
            "--budget-tokens", metavar="N", min=0, show_default=False,
            help="How many tokens all kept records may have together.",
        ),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="S", min=-1, max=1, show_default=False,
            help="Leave out what is more similar than this to a kept record; default: 0.9, 1: "
            "nothing.",
        ),
    ] = None,
    formula: Annotated[
        str | None,
        typer.Option(
            "--formula", metavar="F", show_default=False,
            help="A turn's score; default: c*q. Powers, ranks and other scorers' names: "
            "c^1.5*rank(q)*ifd.",
        ),
    ] = None,
    turns: Annotated[
        Turns | None,
        typer.Option(
            "--turns", metavar="sum|mean|max|last", show_default=False,
            help="How the scores of a record's turns become its own; default: sum.",
        ),
    ] = None,
    missing: Annotated[
        Missing | None,
        typer.Option(
            "--missing", metavar="drop|skip", show_default=False,
            help="A turn without a score leaves the record out (default), or is skipped.",
        ),
    ] = None,
    selector: Annotated[
        str | None,
        typer.Option(
            "--selector", metavar="NAME", show_default=False,
            help="deita (default), topk, random, balanced, kcenter, facility, tags, tags-sweep, "
            "rds.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option(
            "--seed", metavar="N", help="For random and balanced; default: 0.", show_default=False
        ),
    ] = None,
    head: Annotated[
        float | None,
        typer.Option(
            "--head", metavar="SHARE", show_default=False,
            help="Select only from this share of the scored records, from the top.",
        ),
    ] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            "--share", metavar="SHARE", show_default=False,
            help="How much one source may or must give: source:alpaca<=0.3, source:dolly>=100.",
        ),
    ] = None,
    require: Annotated[
        str, typer.Option("--require", metavar="FILTER", help="Select only from these records.")
    ] = "",
    exclude: Annotated[
        str, typer.Option("--exclude", metavar="FILTER", help="Never select these records.")
    ] = "",
    against: Annotated[
        Path | None,
        typer.Option(
            "--against", metavar="FILE", show_default=False,
            help="Records that you have already: they count as kept.",
        ),
    ] = None,
    targets: Annotated[
        Path | None,
        typer.Option(
            "--targets", metavar="FILE", show_default=False,
            help="Examples of what is wanted, for the selector rds.",
        ),
    ] = None,
    scorer: Annotated[
        list[str] | None,
        typer.Option(
            "--scorer", metavar="NAME", show_default=False,
            help="Whose scores, where several have scored the same.",
        ),
    ] = None,
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder", metavar="NAME", show_default=False,
            help="Whose vectors, where there are several.",
        ),
    ] = None,
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            "--tokenizer", metavar="FILE", show_default=False,
            help="What counts tokens: a tokenizer.json, or a folder that holds one; default: the "
            "one that ships.",
        ),
    ] = None,
    tags: Annotated[
        str | None,
        typer.Option(
            "--tags", metavar="COLUMN", show_default=False,
            help="The files' own column that holds tags; default: your tags.",
        ),
    ] = None,
    save: Annotated[
        str | None,
        typer.Option(
            "--save", metavar="NAME", show_default=False,
            help="Keep it under this name; otherwise it replaces the working selection.",
        ),
    ] = None,
    curve: Annotated[
        bool,
        typer.Option(
            "--curve", help="Select nothing: show how many would be kept at which threshold."
        ),
    ] = False,
    borderline: Annotated[
        int | None,
        typer.Option(
            "--borderline", metavar="N", min=1, show_default=False,
            help="Select nothing: show the N pairs just above and just below the threshold.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Select the best records that do not resemble each other, and say what came of it."""
    said = {
        "budget": budget,
        "budget_tokens": budget_tokens,
        "threshold": threshold,
        "formula": formula,
        "turns": turns and turns.value,
        "missing": missing and missing.value,
        "selector": selector,
        "seed": seed,
        "head": head,
        "shares": share or None,
        "require": require or None,
        "exclude": exclude or None,
        "against": against,
        "targets": targets,
        "scorer": scorer or None,
        "embedder": embedder,
        "tokenizer": tokenizer,
        "tags": tags,
    }
    options: SelectOptions = {key: value for key, value in said.items() if value is not None}  # type: ignore[assignment]
    if save is not None and (curve or borderline):
        raise UsageError("--curve and --borderline select nothing, so there is nothing to save.")
    with opened(ctx, directory, read_only=curve or bool(borderline)) as project:
        if curve:
            selected.curve(project.curve(progress=selected.told(), **options), as_json)
        elif borderline:
            selected.borderline(
                project.borderline(borderline, progress=selected.told(), **options), as_json
            )
        else:
            report = project.select(save=save, progress=selected.told(), **options)
            selected.report(project, report, as_json)
