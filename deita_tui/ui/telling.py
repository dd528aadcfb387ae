"""What is told of a record, and of a mistake, in a few plain lines."""

from collections.abc import Sequence

from deita_store.acts import Act
from deita_store.history import Change
from deita_store.rows import RecordRow
from deita_tui.printable import printable
from deita_tui.ui import signs


def pointing(told: str, start: int, end: int, width: int) -> str:
    """A sentence with carets under what it is about: beside them, or else below."""
    carets = " " * start + "^" * max(end - start, 1)
    if len(carets) > width:
        return printable(told)
    return f"{carets}{' ' if len(carets) + 1 + len(told) <= width else chr(10)}{printable(told)}"


def head(row: RecordRow) -> list[str]:
    """What stands above a conversation: which record, what became of it, why."""
    sign = signs.of(row.outcome, row.decision)
    told = [f"#{row.id} {sign.mark} {sign.word}"]
    if row.rank is not None:
        told.append(f"rank {row.rank:,}")
    if row.blocked_by is not None:
        told.append(f"like #{row.blocked_by} ({row.similarity or 0:.3f})")
    if row.score is not None:
        told.append(f"score {row.score:.2f}")
    told += [row.source, f"{row.turns} turn{'' if row.turns == 1 else 's'}"]
    marks = [f"[{tag}]" for tag in row.tags]
    if row.flag:
        marks.append("⚑ flagged")
    if row.rating:
        marks.append(f"your rating {row.rating}")
    if row.edited:
        marks.append("edited")
    lines = [" · ".join(told)]
    if marks:
        lines.append(" ".join(marks))
    if row.note:
        lines.append(f"note: {row.note}")
    return lines


def beside(row: RecordRow) -> list[str]:
    """The scores of each turn."""

    def one(name: str, values: Sequence[float | None] | None, turn: int) -> str:
        value = values[turn] if values and turn < len(values) else None
        return "" if value is None else f"{name} {value:.2f}"

    turns = max(len(row.complexity or ()), len(row.quality or ()))
    return [
        "  ".join(filter(None, (one("c", row.complexity, turn), one("q", row.quality, turn))))
        for turn in range(turns)
    ]


def legend() -> list[signs.Sign]:
    """The signs that stand before records."""
    return [signs.OUTCOMES[name] for name in ("kept", "too_similar", "over_budget", "rejected")] + [
        signs.PINNED
    ]


def happened(act: Act) -> tuple[str, str]:
    """What became of an act of the journal: a mark of one cell, and a word (none: in force)."""
    if act.target is not None:
        return ("↶", "") if act.kind == "undo" else ("↷", "")
    return {"done": ("●", ""), "undone": ("○", "undone"), "void": ("–", "dropped")}[act.state]


def change(told: Change) -> str:
    """What an act changed of a record, in a few words."""
    if told.field == "conversation":
        return f"#{told.record} text edited"
    if told.field.startswith("tag:"):
        word = "tag" if told.after else "no tag"
        return printable(f"#{told.record} {word} {told.field.removeprefix('tag:')}")
    if told.field == "flag":
        return f"#{told.record} {'flagged' if told.after else 'flag taken away'}"
    before, after = (value or "none" for value in (told.before, told.after))
    return printable(f"#{told.record} {told.field}: {before} → {after}")
