"""What a mark on the screen means: always a sign and a word, and a colour only beside them."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Sign:
    """How one state of a record is shown."""

    mark: str
    """One cell wide."""
    word: str
    style: str
    """The component class that gives it its colour."""


OUTCOMES = {
    "kept": Sign("●", "kept", "sign--kept"),
    "too_similar": Sign("◐", "too similar", "sign--similar"),
    "over_budget": Sign("○", "over budget", "sign--dim"),
    "rejected": Sign("✕", "rejected", "sign--rejected"),
    "filtered": Sign("–", "filtered", "sign--dim"),
    "unscored": Sign("·", "unscored", "sign--dim"),
}
PINNED = Sign("▲", "pinned", "sign--pinned")
NOTHING = Sign(" ", "not selected from", "sign--dim")
STYLES = {sign.style for sign in (*OUTCOMES.values(), PINNED)}


def of(outcome: str | None, decision: str | None) -> Sign:
    """The sign of a record: what the user said goes before what the selection made of it."""
    if decision == "keep":
        return PINNED
    if decision == "reject":
        return OUTCOMES["rejected"]
    return OUTCOMES.get(outcome or "", NOTHING)
