"""The command that learns from an expensive scorer."""

from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.ending import done
from deita_tui.cli.waiting import waited
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.lite.distilling import Overlap
    from deita_tui.steps.distilling_args import DistillReport, Learned


def distill(
    ctx: typer.Context,
    directory: Dir,
    scorer: Annotated[
        str,
        typer.Option("--scorer", metavar="NAME", help="Whom to learn from.", show_default=False),
    ],
    name: Annotated[
        str,
        typer.Option(
            "--as",
            metavar="NAME",
            help="What the learned scores are called; default: NAME-distilled.",
            show_default=False,
        ),
    ] = "",
    budget: Annotated[
        int,
        typer.Option(
            "--budget",
            metavar="N",
            min=0,
            help="How many are to be selected, for the expected overlap; default: as in the "
            "working selection, else 6 % of the pool.",
            show_default=False,
        ),
    ] = 0,
    limit: Annotated[
        int | None,
        typer.Option("--limit", metavar="N", min=200, help="Learn from N records at most."),
    ] = None,
    detach: Annotated[
        bool, typer.Option("--detach", help="Do not wait: the job goes on by itself.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Learn from the records that a scorer has scored, say how well, and score the rest so.

    What is learned is a draft of what the scorer itself would say.
    """
    with opened(ctx, directory) as project:
        job = project.queue_distill(scorer, name=name, limit=limit, budget=budget)
        project.start()
        if detach:
            if as_json:
                output.emit({"job": job})
            output.say(f"Job {job} learns. Watch it with: deita-tui jobs {directory}")
            return
        report = project.distill_report(done(waited(project, job, "distill"), "scored"))
    tell(report)
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(report))


def tell(report: "DistillReport") -> None:
    """What was learned, and what may be expected of it."""
    name, teacher = printable(report.name), printable(report.teacher)
    output.say(
        f"{name}: learned from {output.plural(report.records, 'record')} that {teacher} scored, "
        f"in {output.duration(report.seconds)}. A draft: it guesses what {teacher} would say."
    )
    for each in report.learned:
        _tell(each)
    for line in _expected(report, report.overlap):
        output.note(line)


def _tell(learned: "Learned") -> None:
    found, unlike = learned.errors, learned.unlike
    output.note(
        f"{learned.measures}: {output.plural(learned.scored, 'text')} scored; on texts it had not "
        f"seen it is off by {found.rmse:.2f} (guessing the mean: {found.spread:.2f}), R² "
        f"{found.r2:.2f}, rank correlation {found.spearman:.2f} "
        f"({found.spearman_low:.2f} to {found.spearman_high:.2f}); where it had seen no like "
        f"prompt, {unlike.spearman:.2f} ({unlike.spearman_low:.2f} to {unlike.spearman_high:.2f})"
    )


def _expected(report: "DistillReport", overlap: "Overlap") -> list[str]:
    told = [
        f"a selection of {report.budget:,} of {report.pool:,} by these scores is expected to share "
        f"{overlap.expected:.0%} ({overlap.low:.0%} to {overlap.high:.0%}) with one by "
        f"{printable(report.teacher)}'s, before similar ones are left out; by chance "
        f"{overlap.fraction:.0%}"
    ]
    if not overlap.tells:
        told.append(
            f"! Only {output.plural(overlap.selected, 'record')} of the {overlap.sample:,} "
            "compared would be selected, so that is a rough guess. More scored records make it "
            "better."
        )
    if not report.fair:
        told.append(
            "! The scored records are no fair sample of the pool: they were picked, or a run was "
            "stopped early. What is expected holds for records like them."
        )
    return told
