"""What keys do to the parameters of a selection: one step each, never into nonsense."""

import math
from collections.abc import Sequence
from typing import Literal

from msgspec.structs import replace

from deita_tui.errors import UsageError
from deita_tui.selection.params import TURNS, Params, Share, parse_share

THRESHOLD_STEP = 0.005
THRESHOLDS = (0.7, 1.0)
"""What the slider reaches; typed, every threshold can be had."""
WEIGHT_STEP = 0.25
HEAVIEST = 3.0
"""What the sliders of the weights reach."""
SHARE_STEP = 0.05
BUDGET = 6_000
"""DEITA's own, where nothing was selected before and the pool is large."""
_BUDGET_STEPS = (1, 2, 5)

Side = Literal["least", "most"]


def first(records: int) -> Params:
    """What to begin with, of so many records: DEITA's budget, or a tenth of a small pool."""
    tenth = float(f"{records / 10:.1e}")
    return Params(budget=min(BUDGET, max(round(tenth), 1)) if records else BUDGET)


def threshold(params: Params, step: int) -> Params:
    """So many steps up or down, within -1 to 1."""
    value = round(params.threshold + step * THRESHOLD_STEP, 6)
    return replace(params, threshold=max(-1.0, min(value, 1.0)))


def budget(params: Params, step: int, records: int) -> Params:
    """So many steps of about a twentieth up or down, in round numbers; from 1 to all records."""
    now = params.budget or records
    for _ in range(abs(step)):
        now = _stepped(now, 1 if step > 0 else -1)
    return replace(params, budget=max(1, min(now, max(records, 1))))


def _stepped(now: int, step: int) -> int:
    width = _round_step(now)
    return (now // width + step) * width if now % width == 0 or step > 0 else now // width * width


def weights(params: Params, of_c: int, of_q: int) -> Params:
    """Steps of the exponents of c and q; a formula that a user wrote is replaced."""
    c, q = exponents(params)
    c = max(0.0, round(c + of_c * WEIGHT_STEP, 2))
    q = max(0.0, round(q + of_q * WEIGHT_STEP, 2))
    if c == q == 0:
        return params
    return replace(params, formula="*".join(filter(None, (_power("c", c), _power("q", q)))))


def exponents(params: Params) -> tuple[float, float]:
    """The exponents of c and q in a formula; 1 and 1 where it is of another kind."""
    found = {"c": 0.0, "q": 0.0}
    for factor in params.formula.replace(" ", "").split("*"):
        name, _, power = factor.partition("^")
        if name not in found:
            return 1.0, 1.0
        try:
            found[name] = float(power) if power else 1.0
        except ValueError:
            return 1.0, 1.0
    return found["c"], found["q"]


def threshold_at(params: Params, place: float) -> Params:
    """The threshold at a place of its slider, 0 to 1, on a step."""
    low, high = THRESHOLDS
    steps = round((low + place * (high - low)) / THRESHOLD_STEP)
    return replace(params, threshold=round(steps * THRESHOLD_STEP, 6))


def budget_at(params: Params, place: float, records: int) -> Params:
    """The budget at a place of its slider, 0 to 1: equal ways multiply it equally; two figures."""
    value = max(records, 1) ** max(0.0, min(place, 1.0))
    size = 10 ** max(math.floor(math.log10(value)) - 1, 0)
    return replace(params, budget=max(1, min(round(value / size) * size, max(records, 1))))


def budget_place(params: Params, records: int) -> float:
    """Where the slider of the budget stands; no limit is at the end."""
    if not params.budget or records <= 1:
        return 1.0
    return min(math.log(params.budget) / math.log(records), 1.0)


def weight_at(params: Params, name: Literal["c", "q"], place: float) -> Params:
    """The exponent of c or q at a place of its slider, 0 to 1."""
    now = dict(zip("cq", exponents(params), strict=True))[name]
    steps = round((place * HEAVIEST - now) / WEIGHT_STEP)
    return weights(params, steps if name == "c" else 0, steps if name == "q" else 0)


def turns_at(params: Params, place: float) -> Params:
    """The rule for turns at a place, 0 to 1."""
    return replace(params, turns=TURNS[round(place * (len(TURNS) - 1))])


def share(params: Params, source: str, side: Side, steps: int, kept: float) -> Params:
    """Move how much a source must give at least, or may give at most; 0 steps: no limit at all.

    Args:
        params: what is asked for now.
        source: its name, or a pattern.
        side: which of the two limits.
        steps: of a twentieth of the budget.
        kept: the share that the source has now, 0 to 1: a limit that was not there begins beside
            it, so that the first step is felt.
    """
    others = tuple(each for each in params.shares if each.source != source)
    least, most = limits_of(params.shares, source)
    if steps == 0:
        return replace(params, shares=others)
    if side == "most":
        most = _moved(most, steps, kept, params.budget, empty=1.0)
        least = _lower(least, most)
    else:
        least = _moved(least, steps, kept, params.budget, empty=0.0)
        most = _higher(most, least)
    if least is None and most is None:
        return replace(params, shares=others)
    return replace(params, shares=(*others, Share(source, least, most)))


def turns(params: Params, steps: int = 1) -> Params:
    """Take the rule for turns that comes so many steps further; behind the last is the first."""
    place = TURNS.index(params.turns)
    return replace(params, turns=TURNS[(place + steps) % len(TURNS)])


def typed_budget(params: Params, text: str) -> Params:
    """A budget as it was typed; these raise ``ValueError`` or ``UsageError`` for nonsense."""
    try:
        budget = int(text.replace(",", "").replace("_", ""))
    except ValueError:
        raise UsageError(f"{text!r} is no number of records.", "Write 6000, or 0.") from None
    return replace(params, budget=budget)


def typed_threshold(params: Params, text: str) -> Params:
    """A threshold as it was typed, also with a comma for the point."""
    try:
        threshold = float(text.replace(",", "."))
    except ValueError:
        raise UsageError(f"{text!r} is no similarity.", "Write a number such as 0.9.") from None
    return replace(params, threshold=threshold)


def typed_formula(params: Params, text: str) -> Params:
    """A formula as it was typed."""
    return replace(params, formula=text)


def typed_shares(params: Params, text: str) -> Params:
    """All shares as they were typed, with commas between."""
    shares = tuple(parse_share(each) for each in text.split(",") if each.strip())
    return replace(params, shares=shares)


def limits_of(shares: Sequence[Share], source: str) -> tuple[float | None, float | None]:
    """What a source must give at least, and may give at most: whole numbers are records."""
    least = [each.least for each in shares if each.source == source and each.least is not None]
    most = [each.most for each in shares if each.source == source and each.most is not None]
    return (least[-1] if least else None), (most[-1] if most else None)


def told_limits(shares: Sequence[Share], source: str) -> str:
    """The same in a few signs; empty where there is none."""
    least, most = limits_of(shares, source)
    parts = (("≥", least), ("≤", most))
    return " ".join(f"{sign}{_amount(value)}" for sign, value in parts if value is not None)


def written_shares(shares: Sequence[Share]) -> str:
    """All limits as a person would type them."""
    parts = []
    for each in shares:
        for sign, value in ((">=", each.least), ("<=", each.most)):
            if value is not None:
                parts.append(f"source:{each.source}{sign}{_amount(value, 12)}")
    return ", ".join(parts)


def _amount(value: float, digits: int = 4) -> str:
    return str(value) if isinstance(value, int) else f"{value * 100:.{digits}g}%"


def _moved(
    value: float | None, steps: int, kept: float, budget: int, *, empty: float
) -> float | None:
    """A limit so many steps on; None at the end where it says nothing: ``empty``, as a share."""
    outwards = steps > 0 if empty else steps < 0
    if value is None and outwards:
        return None
    if isinstance(value, int):
        moved = max(value + steps * max(round(budget * SHARE_STEP), 1), 0)
        says_nothing = moved >= budget > 0 if empty else moved == 0
        return None if says_nothing else moved
    if value is None:
        # The multiple of a step that is next to what it has now, on the side that changes it.
        beside = kept / SHARE_STEP
        first = math.ceil(beside - 1e-9) if empty else math.floor(beside + 1e-9)
        at = first + steps
    else:
        at = round(value / SHARE_STEP) + steps
    share_ = round(max(0.0, min(at * SHARE_STEP, 1.0)), 6)
    return None if share_ == empty else share_


def _lower(least: float | None, most: float | None) -> float | None:
    """``least`` where it is no more than ``most``; they are compared only as what they both are."""
    if least is None or most is None or isinstance(least, int) != isinstance(most, int):
        return least
    return min(least, most)


def _higher(most: float | None, least: float | None) -> float | None:
    if least is None or most is None or isinstance(least, int) != isinstance(most, int):
        return most
    return max(least, most)


def _power(name: str, exponent: float) -> str:
    if exponent == 0:
        return ""
    return name if exponent == 1 else f"{name}^{exponent:g}"


def _round_step(count: int) -> int:
    """Of 1, 2, 5, 10, 20, 50 and so on, what is near a twentieth of ``count``."""
    size = 1
    while True:
        for digit in _BUDGET_STEPS:
            if digit * size * 20 >= count:
                return digit * size
        size *= 10
