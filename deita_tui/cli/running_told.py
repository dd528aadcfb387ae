"""What `run` says of its stages: what each uses, and what it came to."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from deita_tui.cli import output
from deita_tui.cli.output import duration, plural, reasons
from deita_tui.cli.selected import fewer
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.project import Project
    from deita_tui.project.running import Pipeline, RunReport
    from deita_tui.steps.embedding_args import EmbedReport
    from deita_tui.steps.exporting_args import ExportReport
    from deita_tui.steps.importing import ImportReport
    from deita_tui.steps.scoring_args import ScoreReport
    from deita_tui.steps.summary import SelectionReport

_LITE_SCORER = "lite, the draft scorers that ship with deita-tui"
_LITE_EMBEDDER = "lite, the embedder that ships with deita-tui"


def files_of(pipeline: "Pipeline") -> str:
    """The files."""
    jobs = [pipeline.project.job(number) for number in pipeline.imports]
    names = [str(job.args.get("name") or Path(str(job.args["path"])).name) for job in jobs]
    shown = ", ".join(names[:3])
    return shown if len(names) <= 3 else f"{shown} and {len(names) - 3:,} more"


def scorer_of(pipeline: "Pipeline") -> str:
    """What scores."""
    asked = pipeline.options.get("scoring", {})
    models = [str(asked[role]) for role in ("complexity", "quality") if role in asked]
    if models:
        return " and ".join(models)
    name = asked.get("scorer", "lite")
    return _LITE_SCORER if name == "lite" else name


def embedder_of(pipeline: "Pipeline") -> str:
    """What embeds."""
    name = str(pipeline.options.get("embedding", {}).get("embedder", "lite"))
    return _LITE_EMBEDDER if name == "lite" else name


def selection_of(pipeline: "Pipeline") -> str:
    """How it is selected."""
    asked = pipeline.options.get("selecting", {})
    limit = f"{pipeline.budget:,} records" if pipeline.budget else "no limit"
    threshold = asked.get("threshold", 0.9)
    alike = f"none more similar than {threshold:g}" if pipeline.compares else "similar or not"
    return (
        f"{limit} by {asked.get('formula', 'c*q')}, {asked.get('turns', 'sum')} of turns, {alike}"
    )


def imported(reports: "Sequence[ImportReport]", project: Path) -> Iterable[str]:
    """What came in."""
    new = [each for each in reports if each.state != "unchanged"]
    if not new:
        yield "imported before, nothing to do"
        return
    refused = sum(sum(each.refused.values()) for each in new)
    yield (
        f"{plural(sum(each.imported for each in new), 'record')}, "
        f"{plural(sum(each.duplicates for each in new), 'duplicate')}, {refused:,} refused "
        f"in {duration(sum(each.seconds for each in new))}"
    )
    if refused:
        yield f"! what was refused, and why: deita-tui refused {project}"


def scored(report: "ScoreReport | None", project: "Project") -> Iterable[str]:
    """What was scored."""
    if report is None:
        yield "all scored before, nothing to do"
        return
    notes: dict[str, None] = {}
    for stage in report.stages:
        count = plural(stage.scored, "text")
        failed = f", {stage.failed:,} failed" if stage.failed else ""
        ready = f", {plural(stage.ready, 'record')} finished before" if stage.ready else ""
        yield f"{stage.measures}: {count}{failed}{ready} in {duration(stage.seconds)}"
        if stage.failed:
            yield f"! no score: {reasons(project.score_failures(stage.scorer_id))}"
        health = stage.health
        found = (*health.broken, *health.warnings) if health else ()
        told = (*filter(None, (stage.told, *stage.notes)), *(f"! {each}" for each in found))
        notes |= dict.fromkeys(map(printable, told))
    yield from notes


def embedded(report: "EmbedReport | None", compares: bool) -> Iterable[str]:
    """What was embedded."""
    if report is None:
        yield "all embedded before, nothing to do" if compares else "not needed at this threshold"
        return
    failed = f", {report.failed:,} failed" if report.failed else ""
    ready = f", {plural(report.ready, 'record')} finished before" if report.ready else ""
    yield (
        f"{plural(report.embedded, 'text')}{failed}{ready}, {report.dimensions:,} dimensions, "
        f"in {duration(report.seconds)}"
    )
    yield from (printable(each) for each in report.notes)


def selected(report: "SelectionReport") -> Iterable[str]:
    """What was selected."""
    left = {name: count for name, count in report.outcomes.items() if name != "kept" and count}
    rest = ", ".join(f"{count:,} {name.replace('_', ' ')}" for name, count in left.items())
    if report.unscored:
        why = ", ".join(f"{count:,} {reason}" for reason, count in report.unscored.items())
        rest += f" ({why})"
    yield f"{report.kept:,} kept" + (f"; {rest}" if rest else "")
    if few := fewer(report):
        yield few
    yield from (printable(each) for each in report.notes)


def exported(report: "ExportReport") -> Iterable[str]:
    """What was written."""
    order = sorted(report.records.items(), key=lambda split: split[0] != "train")
    known = {name.replace("_", " "): count for name, count in order if count}
    rows = ", ".join(f"{count:,} {printable(name)}" for name, count in known.items())
    yield f"{rows}: {', '.join(printable(each.path) for each in report.files)}"
    for problem in report.problems:
        yield f"! {plural(problem.records, 'record')}: {printable(problem.message)}"
    yield from (printable(each) for each in report.notes)


def where_it_is(report: "RunReport", out: Path) -> None:
    """Where to go from here."""
    output.say(f"Done in {duration(report.seconds)}. The export is in {out}.")
    output.say(f"Look around: deita-tui open {out / report.project.name}")
