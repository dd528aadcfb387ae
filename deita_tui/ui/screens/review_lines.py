"""What a review says of a record, and of itself, in a few lines."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from textual.content import Content

from deita_store.rows import RecordRow
from deita_tui.figures import plural
from deita_tui.printable import printable
from deita_tui.ui import signs

if TYPE_CHECKING:
    from deita_store.jobs import Job
    from deita_tui.selection.result import Result

_COLOURS = {
    "sign--kept": "bold $success",
    "sign--similar": "bold $warning",
    "sign--rejected": "bold $error",
    "sign--pinned": "bold $accent",
    "sign--dim": "$foreground-muted",
}


def outcome(row: RecordRow, pending: bool = False) -> Content:
    """What became of a record, in one line: the sign, the word, why, the scores, where from."""
    sign = signs.of(row.outcome, row.decision)
    told = [Content.styled(f"#{row.id} {sign.mark} {_word(row, sign)}", _COLOURS[sign.style])]
    if row.outcome == "too_similar" and row.blocked_by is not None:
        told[0] += Content(f" to #{row.blocked_by} ({row.similarity or 0:.3f})")
    if row.rank is not None:
        told.append(Content(f"rank {row.rank:,}"))
    elif row.position is not None:
        told.append(Content(f"place {row.position:,}"))
    if row.score is not None:
        told.append(Content(_score(row)))
    told.append(Content(printable(row.source)))
    told.append(Content(plural(row.turns, "turn", "turns")))
    if row.edited:
        told.append(Content("edited, pending" if pending else "edited"))
    return Content(" · ").join(told)


def _word(row: RecordRow, sign: signs.Sign) -> str:
    """The sign's word; of a pinned record that is not kept yet, what it is meanwhile."""
    if row.decision == "keep" and row.outcome not in ("kept", None):
        return f"{sign.word}, {row.outcome.replace('_', ' ')} still"
    return sign.word


def _score(row: RecordRow) -> str:
    parts = [f"{name} {value:.2f}" for name, value in (("c", row.c), ("q", row.q))
             if value is not None]  # fmt: skip
    return f"{' '.join(parts)} → {row.score:.2f}" if parts else f"score {row.score:.2f}"


def marks(row: RecordRow, why: str) -> Content:
    """Why it is in the queue, and what the user has said of it."""
    told = [Content.styled(printable(why), "$primary")] if why else []
    told += [Content.styled(f"[{printable(tag)}]", "$accent") for tag in row.tags]
    if row.flag:
        told.append(Content.styled("⚑ flagged", "$accent"))
    if row.rating:
        told.append(Content(f"your rating {row.rating}"))
    if row.copies > 1:
        told.append(Content(f"{row.copies:,} copies"))
    if row.note:
        told.append(Content(f"note: {printable(row.note)}"))
    return Content(" · ").join(told)


@dataclass(frozen=True, slots=True)
class Standing:
    """What the status line is made of."""

    title: str
    place: int
    """From 1; 0 where the queue is empty."""
    size: int
    marked: int
    ranging: bool
    depth: int
    audit: str = ""
    new: str = ""
    job: str = ""


def status(standing: Standing, result: "Result | None") -> Iterator[str]:
    """The facts of the status line, the most important one first."""
    yield f"{standing.title} {standing.place:,}/{standing.size:,}"
    if standing.marked or standing.ranging:
        yield f"{'range, ' if standing.ranging else ''}{standing.marked:,} marked"
    if result is not None:
        budget = result.params.budget
        yield f"kept {len(result.kept):,}" + (f" of {budget:,}" if budget else "")
        pinned, rejected = int(result.pool.pinned.sum()), int(result.pool.rejected.sum())
        yield f"▲{pinned:,} ✕{rejected:,}"
    yield f"undo {standing.depth:,}"
    yield from (standing.audit, standing.new, standing.job)


def job_line(job: "Job | None") -> str:
    """The job at work, in a few words."""
    if job is None:
        return ""
    share = f" {job.done / job.total:.0%}" if job.total else f" {job.done:,}"
    return f"⚙ {job.kind}{share}"
