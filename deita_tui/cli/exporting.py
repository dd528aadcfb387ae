"""Commands that take a selection out of a project, and that prove what was taken out."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.exits import Exit
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.export.problems import Problem, Summary
    from deita_tui.project import ExportOptions
    from deita_tui.steps.exporting_args import ExportReport
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.verifying import VerifyReport

_SECONDS_BETWEEN_LINES = 10.0


class Kind(StrEnum):
    """What is trained with the rows."""

    SFT = "sft"
    DPO = "dpo"
    KTO = "kto"


def export(
    ctx: typer.Context,
    directory: Dir,
    folder: Annotated[
        Path | None,
        typer.Argument(
            metavar="OUT",
            help="The folder to write: new or empty. Not needed with --check.",
            show_default=False,
        ),
    ] = None,
    target: Annotated[
        str,
        typer.Option(
            "--target",
            metavar="NAME",
            help="messages, sharegpt, alpaca, llamafactory, axolotl, trl, preference, hf, parquet, "
            "csv or vectors.",
        ),
    ] = "messages",
    kind: Annotated[
        Kind | None,
        typer.Option(
            "--kind",
            metavar="sft|dpo|kto",
            help="Answers, pairs of answers, or answers with a label.",
        ),
    ] = None,
    selection: Annotated[
        str | None,
        typer.Option(
            "--selection",
            metavar="NAME",
            help="A saved selection; default: the one saved last, else the working one.",
        ),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="All records instead of a selection.")
    ] = False,
    as_saved: Annotated[
        bool,
        typer.Option("--as-saved", help="Take a selection that is older than the project."),
    ] = False,
    shuffle: Annotated[
        bool, typer.Option("--shuffle", help="In an order that --seed decides, not by rank.")
    ] = False,
    seed: Annotated[
        int, typer.Option("--seed", metavar="N", help="For --shuffle and --validation.")
    ] = 0,
    validation: Annotated[
        float | None,
        typer.Option(
            "--validation",
            metavar="SHARE|N",
            help="Keep a validation split: below 1 a share, else so many records. Near-duplicates "
            "stay together.",
        ),
    ] = None,
    similar: Annotated[
        float | None,
        typer.Option(
            "--similar",
            metavar="S",
            min=0,
            max=1,
            help="Near-duplicates for the split are those at this similarity or above; "
            "default: 0.9.",
        ),
    ] = None,
    fields: Annotated[
        str,
        typer.Option(
            "--fields",
            metavar="NAME,...",
            help="Further columns: score, rank, source, … and extras.NAME.",
        ),
    ] = "",
    prompt_completion: Annotated[
        bool,
        typer.Option(
            "--prompt-completion",
            help="For trl: the last answer apart from all that leads to it.",
        ),
    ] = False,
    tokenizer: Annotated[
        Path | None,
        typer.Option(
            "--tokenizer", metavar="FOLDER", help="Count in the tokens of the model there."
        ),
    ] = None,
    cutoff: Annotated[
        int | None,
        typer.Option(
            "--cutoff", metavar="N", min=1, help="The trainer's limit: say what is longer."
        ),
    ] = None,
    check: Annotated[
        bool,
        typer.Option("--check", help="List what the target would drop or change; write nothing."),
    ] = False,
    strict: Annotated[
        bool,
        typer.Option("--strict", help="Fail unless the target takes every record just as it is."),
    ] = False,
    force: Annotated[
        bool,
        typer.Option("--force", help="Replace the files of an earlier export in OUT, no others."),
    ] = False,
    as_json: Json = False,
) -> None:
    """Write a selection as a trainer takes it, with a manifest and a data set card."""
    said = {
        "kind": kind and kind.value,
        "selection": selection,
        "everything": everything or None,
        "as_saved": as_saved or None,
        "shuffle": shuffle or None,
        "seed": seed,
        "validation": validation,
        "similar": similar,
        "fields": tuple(filter(None, (name.strip() for name in fields.split(",")))),
        "prompt_completion": prompt_completion or None,
        "tokenizer": tokenizer,
        "cutoff": cutoff,
    }
    options: ExportOptions = {key: value for key, value in said.items() if value is not None}  # type: ignore[assignment]
    if folder is None and not check:
        raise typer.BadParameter("say where to, or only --check", param_hint="OUT")
    if str(folder) == "-":
        raise typer.BadParameter("an export is a folder, not a stream", param_hint="OUT")
    with opened(ctx, directory, read_only=check) as project, _following("export") as progress:
        if check:
            report = project.check_export(target, progress=progress, **options)
        else:
            report = project.export(
                str(folder), target, strict=strict, force=force, progress=progress, **options
            )
    _tell(report, check)
    if as_json:
        _emit(report)
    elif check:
        _list(report.listed)
    if check and strict and report.problems:
        raise typer.Exit(Exit.FAILED)


def verify(
    ctx: typer.Context,
    folder: Annotated[Path, typer.Argument(metavar="OUT", help="The folder of an export.")],
    project: Annotated[
        str | None,
        typer.Option(
            "--project",
            metavar="DIR",
            help="Also select and export again from this project, and compare byte for byte.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:
    """Check every file of an export against its manifest."""
    from deita_tui.project import verify_export

    if project is None:
        report = verify_export(folder)
    else:
        with opened(ctx, project, read_only=True) as found, _following("verify") as progress:
            report = found.verify(folder, progress=progress)
    if as_json:
        _emit(report)
    _tell_verified(report)
    if not report.ok:
        raise typer.Exit(Exit.FAILED)


def _tell(report: "ExportReport", check: bool) -> None:
    order = sorted(report.records.items(), key=lambda split: split[0] != "train")
    written = {split: rows for split, rows in order if split != "left_out"}
    told = ", ".join(
        f"{output.plural(rows, 'record')} for {split}" for split, rows in written.items()
    )
    named = f" of selection {printable(report.selection)}" if report.selection else ""
    verb = f"Would write as {report.target}" if check else f"Wrote into {printable(report.folder)}"
    output.say(f"{verb}: {told}{named}")
    for note in report.notes:
        output.note(printable(note))
    if report.tokens is not None:
        output.note(f"{report.tokens:,} tokens. {printable(report.counted)}")
    if not report.problems:
        output.note("The target takes every record as it is.")
        return
    from deita_tui.export.problems import EFFECTS

    for each in report.problems:
        output.note(_summary(each, EFFECTS[each.effect]))
    if not check:
        output.note("Which ones: the same command with --check, or provenance/decisions.jsonl.")


def _summary(each: "Summary", effect: str) -> str:
    counted = output.plural(each.records, "record")
    return f"! {counted}, {effect} [{each.rule}]; such as {each.example}: {printable(each.message)}"


def _list(problems: "Sequence[Problem]") -> None:
    columns = [
        output.Column("id", number=True),
        output.Column("uid"),
        output.Column("effect"),
        output.Column("rule"),
        output.Column("what", long=True),
        output.Column("what to do"),
    ]
    rows = ((p.id, p.uid, p.effect.replace("_", " "), p.rule, p.message, p.fix) for p in problems)
    output.table(columns, rows)


def _tell_verified(report: "VerifyReport") -> None:
    for each in report.findings:
        mark = "!" if each.bad else "·"
        output.say(f"{mark} {printable(each.path)}: {printable(each.message)}")
    files = output.plural(report.files, "file")
    if not report.ok:
        output.say(f"{printable(report.folder)} is not what its manifest says.")
    elif report.rebuilt:
        output.say(f"{files} as the manifest says, and made again the same, byte for byte.")
    else:
        output.say(f"{files} as the manifest says.")


def _emit(report: object) -> None:
    import msgspec

    output.emit(msgspec.to_builtins(report))


@contextmanager
def _following(title: str) -> "Iterator[Callable[[Progress], None]]":
    """Show how far work in this process is: a bar for a person, else a line now and then."""
    import sys

    if not output.is_a_person(sys.stderr):
        last = monotonic()

        def line(step: "Progress") -> None:
            nonlocal last
            if monotonic() - last >= _SECONDS_BETWEEN_LINES:
                last = monotonic()
                output.say(f"{title}: {step.stage}, {step.done:,} {step.unit}")

        yield line
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn
    from rich.progress import Progress as Drawn

    text = TextColumn("{task.description}", markup=False)
    console = Console(stderr=True, markup=False, highlight=False, emoji=False)
    with Drawn(text, BarColumn(), MofNCompleteColumn(), console=console, transient=True) as drawn:
        task = drawn.add_task(title, total=None)
        yield lambda step: drawn.update(
            task, description=step.stage, completed=step.done, total=step.total
        )
