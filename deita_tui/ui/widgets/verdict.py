"""What a dry run comes to, and how far it is, in a few lines."""

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from textual.content import Content

from deita_tui.errors import DeitaError
from deita_tui.figures import plural
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.export.problems import Problem
    from deita_tui.steps.exporting_args import ExportReport
    from deita_tui.steps.progress import Progress
    from deita_tui.ui.exporting import Group, Tried

_BAR = 24
_LONGEST = 20_000
"""Characters of a row that are shown."""
_DIM = "$foreground-muted"


def under_way(name: str, step: "Progress | None", width: int) -> Content:
    """How far a piece of work is."""
    if step is None:
        return Content(f"{printable(name)}…")
    told = f"{step.stage} {step.done:,}"
    share = 0.0
    if step.total:
        told += f" of {step.total:,}"
        share = min(step.done / step.total, 1)
    done = round(share * _BAR)
    bar = Content.styled("━" * done, "$success") + Content.styled("─" * (_BAR - done), _DIM)
    return Content(f"{printable(name)}\n") + bar + Content(f" {told} {step.unit}")


def wrong(error: DeitaError) -> Content:
    """Why nothing can be exported like this."""
    told = Content.styled(printable(f"✕ {error.message}"), "bold $error")
    return told if not error.hint else told + Content(f"\n{printable(error.hint)}")


def of(tried: "Tried", again: str) -> Content:
    """What a dry run came to.

    Args:
        tried: the dry run.
        again: the keys that select again.
    """
    return Content("\n").join(_lines(tried, again))


def splits(report: "ExportReport") -> str:
    """``1,140 records for train, 60 for validation``."""
    order = sorted(report.records.items(), key=lambda split: split[0] != "train")
    written = [(split, count) for split, count in order if split != "left_out"]
    told = [f"{count:,} for {split}" for split, count in written[1:]]
    first = [f"{plural(count, 'record')} for {split}" for split, count in written[:1]]
    return ", ".join([*first, *told]) or "no records"


def about(group: "Group | None", problem: "Problem | None") -> Content:
    """All of what is said of the finding under the cursor."""
    from deita_tui.export.problems import EFFECTS

    if group is None:
        return Content("")
    shown = problem or group.problems[0]
    whose = f"#{problem.id}: " if problem else f"such as #{shown.id}: "
    lines = [
        Content.styled(printable(f"{group.rule}: {EFFECTS[group.effect]}."), "bold"),
        Content(printable(f"{whose}{shown.message}")),
    ]
    if shown.fix:
        lines.append(Content.styled(printable(f"▸ {shown.fix}"), "$accent"))
    return Content("\n").join(lines)


def row(example: Mapping[str, Any] | None) -> Content:
    """The first row that would be written, as JSON; what is very long is cut."""
    if example is None:
        return Content.styled("No row to show: this target holds none.", _DIM)
    title = Content.styled("The first row, as it would be written", "bold $primary")
    text = json.dumps(example, ensure_ascii=False, indent=2)
    lines = [Content(printable(line)) for line in text[:_LONGEST].split("\n")]
    cut = [Content.styled("…", _DIM)] if len(text) > _LONGEST else []
    return Content("\n").join([title, *lines, *cut])


def _lines(tried: "Tried", again: str) -> Iterator[Content]:
    report = tried.report
    yield Content.styled(printable(f"would write {splits(report)} · {tried.name}"), "bold")
    count = sum(report.records.values())
    struck = len({each.id for each in report.listed})
    if not struck:
        told = f"✔ {report.target} takes every record as it is."
        yield Content.styled(told, "$success")
    elif tried.lost:
        told = f"✕ {tried.lost:,} of {count:,} would not be trained on"
        yield Content.styled(told, "$error") + Content(f" · findings about {struck:,}")
    else:
        told = f"✔ all {count:,} load"
        yield Content.styled(told, "$success") + Content(f" · findings about {struck:,}")
    if tried.stale:
        stale = f"! Older than the project, {again} selects again: {' '.join(tried.stale)}"
        yield Content.styled(printable(stale), "$warning")
    if report.tokens is not None:
        yield Content.styled(f"{report.tokens:,} tokens. {printable(report.counted)}", _DIM)
    for note in report.notes:
        if note not in tried.stale:
            yield Content.styled(printable(f"· {note}"), _DIM)
