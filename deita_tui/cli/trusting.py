"""Commands that say what scorers are worth: a comparison of two, and a report card."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.ending import done
from deita_tui.cli.waiting import waited
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.steps.evaluating import ReportCard
    from deita_tui.steps.trusting import ScorerComparison
    from deita_tui.trust.report_card import Card, Figure


def compare_scorers(
    ctx: typer.Context,
    directory: Dir,
    first: Annotated[
        str,
        typer.Argument(
            metavar="FIRST",
            help="A scorer's name, a set of the configuration, a method, or a model with settings "
            "behind commas: MODEL,backend=llama.",
        ),
    ],
    second: Annotated[str, typer.Argument(metavar="SECOND", help="The same.")],
    sample: Annotated[
        int,
        typer.Option(
            "--sample", metavar="N", min=20,
            help="Records of the fair sample; what is not scored of it is scored; default: 500.",
            show_default=False,
        ),
    ] = 500,
    budget: Annotated[
        int,
        typer.Option(
            "--budget", metavar="N", min=0, show_default=False,
            help="How many are to be selected, for the overlap; default: 6 % of the records.",
        ),
    ] = 0,
    formula: Annotated[
        str,
        typer.Option(
            "--formula", metavar="F", show_default=False,
            help="A turn's score, for the overlap; default: the product of what both measure.",
        ),
    ] = "",
    as_json: Json = False,
) -> None:  # fmt: skip
    """Score a fair sample with two scorers or backends, and say what difference it makes."""
    with opened(ctx, directory) as project:
        jobs = []
        for side in (first, second):
            job = project.queue_side(side, sample)
            jobs.append(job)
            if job is not None:
                project.start()
                done(waited(project, job, "score"), "scored")
        found = project.compared_scorers(first, second, jobs, sample, formula, budget)
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(found))
        return
    for line in _compared(found):
        output.say(printable(line))


def _compared(found: "ScorerComparison") -> Iterator[str]:
    fair = "a fair sample" if found.fair else "no fair sample: a run was stopped early, or picked"
    yield f"{output.plural(found.records, 'record')} that both have scored ({fair})"
    for each in found.measures:
        said = each.agreement
        names = [
            f"{side.scorer} {side.identity}" + (f", {side.rate:.1f} texts/s" if side.rate else "")
            for side in (each.first, each.second)
        ]
        yield f"{each.measures}: {' | '.join(names)}"
        yield (
            f"  rank correlation {said.spearman:.3f} ({said.spearman_low:.3f} to "
            f"{said.spearman_high:.3f}) of {output.plural(said.texts, 'turn')}"
        )
        yield (
            f"  the second is {said.difference:+.3f} from the first ({said.difference_low:+.3f} "
            f"to {said.difference_high:+.3f}), noise {said.noise:.3f} beside a spread of "
            f"{said.spread:.3f}, at most {said.largest:.3f} apart"
        )
    overlap = found.overlap
    yield (
        f"selections of {found.budget:,} of {found.pool:,} by {found.formula} share "
        f"{overlap.expected:.0%} ({overlap.low:.0%} to {overlap.high:.0%}), before similar ones "
        f"are left out; by chance {overlap.fraction:.0%}"
    )
    if not overlap.tells:
        yield (
            f"! Only {output.plural(overlap.selected, 'record')} of the sample would be selected, "
            "so that is a rough guess. A larger --sample makes it better."
        )


def evaluate_scorer(
    ctx: typer.Context,
    directory: Dir,
    scorers: Annotated[
        list[str] | None,
        typer.Argument(metavar="SCORER", help="Whom to judge; default: all.", show_default=False),
    ] = None,
    labels: Annotated[
        list[Path] | None,
        typer.Option(
            "--labels", metavar="FILE", show_default=False,
            help="Records that the project has too, each with a label.",
        ),
    ] = None,
    field: Annotated[
        str | None,
        typer.Option(
            "--label", metavar="FIELD", show_default=False,
            help="The field with the label, a number: of these files (default: label), or without "
            "--labels of the imported ones.",
        ),
    ] = None,
    within: Annotated[
        str | None,
        typer.Option(
            "--within", metavar="FIELD", show_default=False,
            help="Records equal in it are alternatives, like answers to one prompt; default: "
            "pair_id, where there is one.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Judge scorers by labels or by your own decisions, beside length and chance.

    Without --labels and --label it goes by what you kept, rejected and rated.
    """
    with opened(ctx, directory, read_only=True) as project:
        found = project.evaluate_scorer(
            scorers or (), labels=labels or (), field=field, within=within
        )
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(found))
        return
    _table(found.sets)
    for line in _left_out(found):
        output.say(printable(line))


def _table(cards: "Sequence[Card]") -> None:
    columns = [output.Column("set", long=True), output.Column("who", long=True)]
    titles = ("records", "rank correlation", "over length", "better of two")
    columns += [output.Column(title, number=True) for title in titles]
    rows = (
        (
            *(card.name, mark.who, card.records, _figure(mark.correlation)),
            *(_figure(mark.over_length, signed=True), _figure(mark.pairs)),
        )
        for card in cards
        for mark in card.marks
    )
    output.table(columns, rows)


def _figure(figure: "Figure | None", signed: bool = False) -> str:
    if figure is None:
        return ""
    sign = "+" if signed else ""
    return f"{figure.value:{sign}.2f} ({figure.low:{sign}.2f} to {figure.high:{sign}.2f})"


def _left_out(found: "ReportCard") -> Iterator[str]:
    if found.absent:
        yield f"{found.absent:,} of {found.labelled:,} labelled records are not in the project."
    for who, count in found.unscored.items():
        if count:
            yield f"{count:,} have no score by {who}, and are left out."
    if found.small:
        yield f"Too few, or all labelled alike: {', '.join(found.small)}."
