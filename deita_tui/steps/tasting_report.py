"""What is said of a learned taste, for the command line, the screens and scripts."""

from typing import Literal

import msgspec

from deita_tui.figures import plural

Verdict = Literal[
    "too few", "no better than chance", "weak", "fair", "good", "very good", "excellent"
]
LEAST = 20
"""Keeps, and rejects, that it takes to learn anything."""
LEAST_GROUPS = 10
"""Of either, so many that are no near twins of each other."""

_WORDS: tuple[tuple[float, Verdict], ...] = (
    (0.95, "excellent"),
    (0.88, "very good"),
    (0.78, "good"),
    (0.68, "fair"),
    (0.0, "weak"),
)


class Lean(msgspec.Struct, frozen=True):
    """How much the model leans on one thing."""

    name: str
    told: str
    """Which way, in words."""
    share: float
    """Of all that tells records apart for it, from 0 to 1."""
    weight: float
    """Log odds of a keep for one standard deviation more; 0 for the vector."""
    bend: float
    """The same for the square of the distance from the usual."""


class Calibrated(msgspec.Struct, frozen=True):
    """Records that were given like chances by models that had not seen them."""

    count: int
    said: float
    kept: float
    low: float
    high: float
    """95 % of the share that was kept."""


class InUse(msgspec.Struct, frozen=True):
    """The taste that the column, the queue and the formula go by."""

    name: str
    act: int
    """The newest decision that it learned from."""
    keeps: int
    rejects: int
    records: int
    """Records in force with a value."""
    missing: int
    current: bool
    """Would learning now give the same?"""


class TasteReport(msgspec.Struct, frozen=True):
    """What the decisions are worth as a lesson. Without enough of them, only counts and words."""

    verdict: Verdict
    told: str
    keeps: int
    rejects: int
    """What was learned from."""
    rated: int
    """Of these, judged by a rating alone: 5 and 6 keep, 1 and 2 reject."""
    left_out: int
    """Further records that were judged by large acts; see ``notes``."""
    act: int
    """The newest act that was learned from."""
    auc: float | None = None
    low: float | None = None
    high: float | None = None
    """95 %."""
    groups: tuple[int, int] | None = None
    """Keeps and rejects, near twins counted once."""
    penalty: float | None = None
    leans: tuple[Lean, ...] = ()
    calibration: tuple[Calibrated, ...] = ()
    calibration_error: float | None = None
    brier: float | None = None
    brier_of_share: float | None = None
    notes: tuple[str, ...] = ()
    in_use: InUse | None = None


def worth(auc: float, low: float) -> Verdict:
    """An AUC in words; what may be chance is called so."""
    if low <= 0.5:
        return "no better than chance"
    return next(word for least, word in _WORDS if auc >= least)


def counted(keeps: int, rejects: int) -> str:
    """``148 keeps and 64 rejects``."""
    return f"{plural(keeps, 'keep')} and {plural(rejects, 'reject')}"


def too_few(keeps: int, rejects: int) -> str:
    """What is missing, as a sentence; empty where there is enough."""
    lack = [
        plural(LEAST - count, f"more {name}")
        for count, name in ((keeps, "keep"), (rejects, "reject"))
        if count < LEAST
    ]
    if not lack:
        return ""
    alone = ""
    if keeps and not rejects:
        alone = " With keeps alone there is nothing to tell them from."
    elif rejects and not keeps:
        alone = " With rejects alone there is nothing to tell them from."
    return (
        f"too few: {counted(keeps, rejects)} so far, judge {LEAST} of either "
        f"({' and '.join(lack)}).{alone}"
    )


def too_alike(groups: tuple[int, int]) -> str:
    """What is missing where most of what was judged are near twins; empty where nothing is."""
    if min(groups) >= LEAST_GROUPS:
        return ""
    which = "keeps" if groups[0] <= groups[1] else "rejects"
    return (
        f"too few: with near twins counted once, the {which} are {min(groups)} different records. "
        f"Judge at least {LEAST_GROUPS} that do not resemble each other."
    )


def leaning(name: str, weight: float, bend: float) -> str:
    """Which way a model leans, in words."""
    if not weight and not bend:
        return name
    if name == "length" and abs(bend) > abs(weight):
        return "unusual lengths" if bend > 0 else "the usual length"
    more, less = _WAYS.get(name, (f"higher {name}", f"lower {name}"))
    return more if weight > 0 else less


_WAYS = {"length": ("longer records", "shorter records"), "turns": ("more turns", "fewer turns")}
