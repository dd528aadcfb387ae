"""What is said of a selection, of thresholds, and while it is being made."""

from collections.abc import Iterator, Sequence
from time import monotonic
from typing import TYPE_CHECKING

from deita_tui.cli import output
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.project import Project
    from deita_tui.selection.compare import Mix
    from deita_tui.steps.borders import BorderPair, Curve
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.summary import SelectionReport

_SOURCES = 6
"""So many sources are told one by one."""

_SECONDS_BETWEEN_LINES = 3.0


class _Told:
    """Says now and then how far something is."""

    def __init__(self) -> None:
        self._last = monotonic()

    def __call__(self, step: "Progress") -> None:
        if monotonic() - self._last >= _SECONDS_BETWEEN_LINES:
            self._last = monotonic()
            of_total = f" of {step.total:,}" if step.total else ""
            output.say(printable(f"{step.stage}: {step.done:,}{of_total} {step.unit}"))


def told() -> _Told:
    """What narrates the reading and embedding that comes before an answer."""
    return _Told()


def of_sources(mix: "Mix", pool: dict[str, int] | None = None) -> str:
    """The sources of a mix on one line."""
    parts = [
        f"{name} {count:,}" + (f" of {pool[name]:,}" if pool and name in pool else "")
        for name, count in list(mix.sources.items())[:_SOURCES]
    ]
    more = len(mix.sources) - _SOURCES
    return ", ".join(parts) + (f" and {output.plural(more, 'more source')}" if more > 0 else "")


def report(project: "Project", found: "SelectionReport", as_json: bool) -> None:
    """What a selection came to: narration, or as JSON on stdout."""
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(found))
        return
    for line in (*_lines(found), *_missing(found, project)):
        output.say(printable(line))
    where = f"deita-tui list {project.folder} --where is:kept"
    if found.name is not None:
        output.say(f"Saved as {printable(found.name)}. Look at it: {where}")
    elif found.id is None:
        output.say("The project is open for reading only, so nothing was stored.")
    elif project.selections():
        latest = printable(str(project.selections()[0].name))
        output.say(
            f"It is the working selection. list and export mean {latest}, which was saved last, "
            "unless you add --selection working."
        )
    else:
        output.say(f"It is the working selection; --save NAME keeps it. Look at it: {where}")


def _lines(report: "SelectionReport") -> Iterator[str]:
    left = report.outcomes
    yield f"{report.kept:,} of {output.plural(sum(left.values()), 'record')} selected"
    words = {
        "too_similar": "too similar to a kept one",
        "over_budget": "over the budget",
        "rejected": "rejected by you",
        "filtered": "filtered",
    }
    out = [f"{left[name]:,} {word}" for name, word in words.items() if left[name]]
    why = ", ".join(f"{count:,} {reason}" for reason, count in report.unscored.items())
    if why:
        out.append(f"{left['unscored']:,} unscored ({why})")
    if out:
        yield f"  left out: {', '.join(out)}"
    if report.kept:
        yield f"  by source: {of_sources(report.mix, report.pool)}"
        yield f"  by turns: {', '.join(f'{n}: {count:,}' for n, count in report.mix.turns.items())}"
    low, high = report.mix.score.quantiles["0%"], report.mix.score.quantiles["100%"]
    if low is not None and high is not None:
        yield f"  scores: {output.number(low)} to {output.number(high)}"
    if report.tokens is not None:
        limit = report.params.get("budget_tokens")
        yield f"  tokens: {report.tokens:,}" + (f" of {limit:,}" if limit else "")
    if report.pinned:
        yield f"  of these, {report.pinned:,} because you keep them"
    if report.overflow:
        yield f"  ! they exceed the budget by {report.overflow:,}"
    if few := fewer(report):
        yield f"  {few}"
    yield from (f"  ! {note}" for note in report.notes)


def fewer(report: "SelectionReport") -> str:
    """That the budget was not reached; empty where it was, or where the notes say why not."""
    budget = report.params.get("budget")
    if not isinstance(budget, int) or report.kept >= budget or report.outcomes["over_budget"]:
        return ""
    return f"! fewer than the budget of {budget:,}: no other record may be kept"


def _missing(report: "SelectionReport", project: "Project") -> Iterator[str]:
    """What to do about records that something is missing of."""
    if "not embedded" in report.unscored:
        yield f"  To embed what is not embedded: deita-tui embed {project.folder}"
    if "no score" in report.unscored:
        yield f"  Why some have no score: deita-tui status {project.folder}"


def curve(found: "Curve", as_json: bool) -> None:
    """Kept records and redundancy by threshold."""
    import msgspec

    if as_json:
        output.emit(msgspec.to_builtins(found))
        return
    recall: list[float | None] = [each.recall for each in found.recall]
    if recall:
        output.say(
            "By the lists of neighbours, which an index made: recall is the share of the true "
            "neighbours above the threshold that they hold. A budget makes it exact."
        )
    names = ("threshold", "kept", "too similar", "examined", "redundancy")
    columns = [output.Column(name, number=True) for name in names]
    rows = [
        [f"{p.threshold:.3f}", p.kept, p.too_similar, p.examined, output.number(p.redundancy, 4)]
        for p in found.points
    ]
    if recall:
        columns.append(output.Column("recall", number=True))
        rows = [[*row, output.number(each, 4)] for row, each in zip(rows, recall, strict=True)]
    output.table(columns, rows)


def borderline(pairs: "Sequence[BorderPair]", as_json: bool) -> None:
    """The pairs on either side of a threshold."""
    import msgspec

    if as_json:
        output.emit(msgspec.to_builtins(pairs))
        return
    columns = [
        output.Column("similarity", number=True),
        output.Column("pair"),
        output.Column("id", number=True),
        output.Column("instruction", long=True),
        output.Column("like", number=True),
        output.Column("its instruction", long=True),
    ]
    sides = {"above": "left out", "below": "both kept"}
    output.table(
        columns,
        (
            (f"{each.similarity:.4f}", sides[each.side], each.id, each.instruction, each.other,
             each.other_instruction)
            for each in pairs
        ),
    )  # fmt: skip
