"""What a selection came to, in words and lines for the screen that plays with it."""

from collections.abc import Sequence
from typing import Literal

from deita_store.selections import WORKING
from deita_tui.figures import duration
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.selection.params import Params
from deita_tui.ui.bench import Answer, Named, Near
from deita_tui.ui.widgets.listing import Entry


def headline(answer: Answer, other: str) -> str:
    """What it came to, in two lines."""
    found = answer.picture
    counts = found.statuses
    all_ = sum(counts.values())
    told = [f"● kept {counts['kept']:,} of {all_:,}", f"◐ too similar {counts['too_similar']:,}"]
    told += [
        f"{sign} {name.replace('_', ' ')} {counts[name]:,}"
        for sign, name in (("○", "over_budget"), ("✕", "rejected"), ("–", "filtered"),
                           ("·", "unscored"))
        if counts[name]
    ]  # fmt: skip
    how = {"exact": "exact ✔", "instant": "preview …"}[found.gear]
    second = [f"{how} {duration(answer.seconds)}"]
    if answer.differed:
        second.append(f"the preview was wrong about {answer.differed:,}")
    if other and found.jaccard is not None:
        whom = "the working selection" if other == WORKING else f'"{printable(other)}"'
        second.append(
            f"against {whom}: +{found.entered_count:,} −{found.left_count:,} "
            f"· Jaccard {found.jaccard:.3f}"
        )
    if answer.recall:
        second.append(answer.recall)
    if found.overflow:
        second.append(f"pins exceed the budget by {found.overflow:,}")
    return " · ".join(told) + "\n" + " · ".join(second)


def choices(project: Project) -> list[tuple[str, str, str]]:
    """The selections that can be compared with, as a dialog lists them."""
    saved = [(each.name or "", f"{each.name}: {each.kept:,} kept", "")
             for each in project.selections()]  # fmt: skip
    if not project.has_working():
        return saved
    kept = project.selection(WORKING).kept
    return [*saved, (WORKING, f"the working selection: {kept:,} kept", "")]


Standing = Literal["saved", "changed", "new"]

_STANDING: dict[Standing, str] = {
    "saved": "as saved",
    "changed": "changed: ⏎ saves, esc drops",
    "new": "not saved yet: ⏎ saves it",
}


def standing(params: Params, saved: Params, *, is_new: bool) -> Standing:
    """How a selection stands to the one it began with."""
    if params != saved:
        return "changed"
    return "new" if is_new else "saved"


def more(params: Params, standing: Standing) -> str:
    """What has no slider: a formula of another kind, shares, filters, and whether it is saved."""
    parts = [] if _is_weighed(params) else [f"formula {params.formula}"]
    if params.shares:
        parts.append(f"shares {len(params.shares)}")
    if params.require:
        parts.append(f"only {params.require}")
    if params.exclude:
        parts.append(f"not {params.exclude}")
    parts.append(_STANDING[standing])
    return printable(" · ".join(parts))


def entries(records: Sequence[Named]) -> list[Entry]:
    """Records that enter or leave, as lines."""
    return [Entry(each.id, f"#{each.id:<8}", (each.text,)) for each in records]


def pairs(found: Sequence[Near]) -> list[Entry]:
    """Pairs around the threshold, as lines; a line leads to the first record of its pair."""
    return [
        Entry(
            each.one.id,
            f"{each.similarity:.3f} {'◐' if each.out else '●'}",
            (f"#{each.one.id} {each.one.text}", f"#{each.other.id} {each.other.text}"),
        )
        for each in found
    ]


def _is_weighed(params: Params) -> bool:
    """Is it nothing but powers of c and q?"""
    factors = params.formula.replace(" ", "").split("*")
    return all(factor.partition("^")[0] in ("c", "q") for factor in factors)
