"""A learned taste in words, for the command line and the screen."""

from collections.abc import Iterator

from deita_tui.figures import plural
from deita_tui.steps.tasting_report import TasteReport, counted


def lines(report: TasteReport) -> Iterator[tuple[str, str]]:
    """What there is to say, line by line, each under a word; empty where it goes on."""
    yield "taste", report.told
    if report.auc is not None and report.verdict != "no better than chance":
        yield (
            "that is",
            f"of a record you keep and one you reject, both new to it, it puts the one you keep "
            f"higher {report.auc:.0%} of the time (by chance 50%)",
        )
    for each, lean in enumerate(e for e in report.leans if e.share >= 0.05):
        yield "" if each else "leans on", f"{lean.share:4.0%}  {lean.told}"
    for each, group in enumerate(report.calibration):
        told = (
            f"of {group.count} records it gave {group.said:4.0%}, you kept {group.kept:4.0%} "
            f"({group.low:.0%}–{group.high:.0%})"
        )
        yield "" if each else "calibration", told
    if report.auc is not None:
        yield "holds for", "records like those that you judged"
    for note in report.notes:
        yield "note", note
    yield "in use", _in_use(report)


def _in_use(report: TasteReport) -> str:
    found = report.in_use
    if found is None:
        return "nothing is learned yet"
    told = (
        f"learned from {counted(found.keeps, found.rejects)}, up to entry {found.act} of the "
        f"journal; {plural(found.records, 'record')} with a value"
    )
    if found.missing:
        told += f", {found.missing:,} without (new, or not scored and embedded)"
    if not found.current and report.auc is not None:
        told += "; learning now would give another"
    return told
