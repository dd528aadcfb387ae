"""What the screen of reasons shows: a record, what it resembles, and the sentences about it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from textual.content import Content

from deita_store import rows
from deita_store.context import Context
from deita_store.rows import RecordRow
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.records import Record
from deita_tui.ui import signs, telling
from deita_tui.ui.literal import cut
from deita_tui.ui.widgets import abreast
from deita_tui.ui.widgets.abreast import Row

if TYPE_CHECKING:
    from deita_tui.steps.explaining import Explained


@dataclass(frozen=True, slots=True)
class Subject:
    """The record in question."""

    row: RecordRow
    record: Record
    rows: tuple[Row, ...]
    """Its messages, with nothing beside them."""
    scores: tuple[str, ...]
    """Of each turn."""


@dataclass(frozen=True, slots=True)
class Beside:
    """Another one beside it."""

    row: RecordRow
    rows: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Other:
    """A record that may be shown beside."""

    id: int
    why: str
    """What it is to the one in question."""
    similarity: float | None = None
    status: str = ""
    """What became of it, where that is known."""
    rank: int | None = None


def subject(project: Project, id_: int, selection: str | None = None) -> Subject:
    """Read the record in question."""
    row, record = _read(project, id_, selection)
    scores = tuple(telling.beside(row))
    return Subject(row, record, abreast.alone(record, scores), scores)


def beside(project: Project, about: Subject, other: int, selection: str | None = None) -> Beside:
    """Read another one, and find what differs."""
    row, record = _read(project, other, selection)
    scores = (about.scores, tuple(telling.beside(row)))
    return Beside(row, abreast.beside(about.record, record, scores))


def _read(project: Project, id_: int, selection: str | None) -> tuple[RecordRow, Record]:
    record = project.record(id_)
    (row,) = rows.read(project.store, [id_], Context(project.store, selection))
    return row, record


def others(about: Subject, found: "Explained | None") -> list[Other]:
    """What can be walked through, each once: what stands in its way, then what is most like it."""
    row = about.row
    if found is None:
        if row.blocked_by is None:
            return []
        return [Other(row.blocked_by, "its blocker", row.similarity, "kept")]
    told = found.about
    near = {each.id: each for each in told.neighbours}
    named: dict[int, Other] = {}

    def add(id_: int, why: str, similarity: float | None = None, status: str = "") -> None:
        rank = None
        if (known := near.get(id_)) is not None:
            similarity, status, rank = known.similarity, known.status, known.rank
        named.setdefault(id_, Other(id_, why, similarity, status, rank))

    if told.blocked_by is not None:
        add(told.blocked_by, "its blocker", told.similarity, "kept")
    for id_ in told.also_blocked_by:
        add(id_, "also above the threshold", status="kept")
    for each in told.neighbours:
        add(each.id, "out because of this one" if each.id in told.blocks else "like it")
    for id_ in told.blocks:
        add(id_, "out because of this one", status="too_similar")
    return list(named.values())


def head(row: RecordRow, status: str | None = None, rank: int | None = None) -> str:
    """What stands above a column: which record, and what became of it.

    Args:
        row: the record.
        status: what became of it, where somebody knows better than the row.
        rank: its place among the kept, likewise.
    """
    if status:
        same = row.rank if status == row.outcome else None
        row = replace(row, outcome=status, rank=rank or same)
    sign = signs.of(row.outcome, row.decision)
    told = [f"#{row.id} {sign.mark} {sign.word}"]
    if row.rank is not None:
        told.append(f"rank {row.rank:,}")
    if row.score is not None:
        told.append(f"score {row.score:.2f}")
    told += [row.source, f"{row.turns} turn{'' if row.turns == 1 else 's'}"]
    told += ["edited"] if row.edited else []
    told += [f"[{tag}]" for tag in row.tags]
    return printable(" · ".join(told))


def told(about: Subject, found: "Explained | None") -> Iterator[Content]:
    """What became of it and why; what would change that, as far as that is known."""
    row = about.row
    decided = {"keep": "You keep it. ", "reject": "You reject it. "}.get(row.decision or "", "")
    if found is not None and (found.about.pinned or found.about.status == "rejected"):
        # The verdict says it.
        decided = ""
    if found is None:
        yield Content.styled(printable(decided + _outcome(row)), "bold $primary")
        return
    from deita_tui.selection import wording

    verdict = wording.verdict(found.about, found.threshold)
    yield Content.styled(printable(decided + verdict), "bold $primary")
    if found.about.score is not None:
        yield Content(printable(_score(found)))
    for way in found.about.ways:
        yield Content(f"  {printable(wording.told(way, found.about))}")
    for note in filter(None, (found.note, *found.stale)):
        yield Content.styled(f"! {printable(note)}", "$warning")


def _outcome(row: RecordRow) -> str:
    """As the row of a table knows it; the sentence comes when it was selected again."""
    if row.outcome == "too_similar" and row.blocked_by is not None:
        return f"too similar: {row.similarity or 0:.4f} to #{row.blocked_by}"
    sign = signs.OUTCOMES.get(row.outcome or "", signs.NOTHING)
    return sign.word + (f", number {row.rank:,}" if row.rank is not None else "")


def _score(found: "Explained") -> str:
    turns = [
        " · ".join(
            f"{name} {value:.2f}" for name, value in turn.scores.items() if value is not None
        )
        for turn in found.turns
    ]
    place = f", place {found.about.position:,}" if found.about.position else ""
    told = f"score {found.about.score:.2f}{place} = {found.rule} over turns of {found.formula}"
    return ": ".join(filter(None, (told, " | ".join(filter(None, turns)))))


def strip(others: Sequence[Other], at: int) -> Content:
    """The line between: what stands beside, and how many there are to walk through."""
    if not others:
        return Content.styled(" nothing stands beside it", "$foreground-muted")
    other = others[at]
    told = [f" beside: #{other.id}", other.why]
    if other.similarity is not None:
        told.append(f"similarity {other.similarity:.4f}")
    if sign := signs.OUTCOMES.get(other.status):
        told.append(f"{sign.mark} {sign.word}")
    told.append(f"{at + 1} of {len(others)}")
    return Content.styled(" · ".join(told), "bold $accent")


def neighbours(
    others: Sequence[Other], at: int, found: "Explained | None", width: int
) -> Iterator[Content]:
    """The first of them, a line each, the one that is shown marked."""
    for place, other in enumerate(others[:8]):
        sign = signs.OUTCOMES.get(other.status, signs.NOTHING)
        alike = "" if other.similarity is None else f"{other.similarity:.4f}"
        mentioned = None if found is None else found.mentioned.get(other.id)
        told = f"{'▸' if place == at else ' '} {alike:>6}  {sign.mark} #{other.id} {other.why}  "
        text = told + cut(mentioned.instruction if mentioned else "", max(width - len(told), 10))
        yield Content.styled(text, "bold" if place == at else "$foreground-muted")
