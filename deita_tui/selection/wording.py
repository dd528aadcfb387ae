"""What an explanation says, in sentences; the command line and the screens say the same."""

from collections.abc import Sequence

from deita_tui.figures import plural
from deita_tui.selection.explain import Explanation
from deita_tui.selection.ways import Way

_NAMED = 5


def verdict(about: Explanation, threshold: float) -> str:
    """What became of the record, and why, in one sentence."""
    if about.status == "kept":
        told = f"kept, number {about.rank:,} of {about.kept:,}"
        return told + (", because you keep it" if about.pinned else "")
    if about.status == "too_similar" and about.similarity is not None:
        to = "a record of the other set" if about.blocked_by is None else f"#{about.blocked_by}"
        return f"too similar: {about.similarity:.4f} to {to}; the threshold is {threshold:g}"
    words = {
        "too_similar": "left out",
        "over_budget": "over the budget: it was full before this one's turn came",
        "rejected": "rejected by you",
        "filtered": "filtered out",
        "unscored": "unscored",
    }
    word = words[about.status]
    if about.status == "over_budget" and about.reason:
        word = "left out"
    return f"{word}: {about.reason}" if about.reason else word


def told(way: Way, about: Explanation) -> str:
    """What a change would bring about, in one sentence."""
    return {
        "threshold": _threshold,
        "budget": _budget,
        "reject": _reject,
        "pin": _pin,
        "clear": _clear,
        "unfilter": _unfilter,
    }[way.kind](way, about)


def named(ids: Sequence[int]) -> str:
    """Records by their ids; of many the first few."""
    first = ", ".join(f"#{id_}" for id_ in ids[:_NAMED])
    return f"{first}, …" if len(ids) > _NAMED else first


def _threshold(way: Way, about: Explanation) -> str:
    if way.threshold is None:
        return "No threshold brings it back."
    at = f"A threshold of {way.threshold:g}"
    if way.works:
        reach = _reaching(way)
        return f"{at}{reach} brings it back{_others(way)}."
    return f"{at} does not bring it back: {_fate(way)}{_others(way)}."


def _budget(way: Way, about: Explanation) -> str:
    if way.works:
        return f"{_reaching(way, first=True)} brings it in{_others(way)}."
    return f"No budget brings it in: {_fate(way)}."


def _reject(way: Way, about: Explanation) -> str:
    if not way.records:
        return f"Without it, {_others(way, 'nothing else changes').lstrip(';, ')}."
    whom = f"Rejecting {named(way.records)}"
    if way.works:
        also = f", and also frees {_count(way.entered)}" if way.entered else ""
        gone = f", while {_count(way.left)} would go" if way.left else ""
        return f"{whom} brings it back{also}{gone}."
    return f"{whom} does not bring it back: {_fate(way)}{_others(way)}."


def _pin(way: Way, about: Explanation) -> str:
    if not way.left and not way.entered:
        return "Keeping it yourself costs no other record its place."
    return f"Keeping it yourself brings it in{_others(way)}."


def _clear(way: Way, about: Explanation) -> str:
    if not way.works:
        return f"Without your decision it would be {_word(way.then)} all the same{_others(way)}."
    return f"Without your decision it would be {_word(way.then)}{_others(way)}."


def _unfilter(way: Way, about: Explanation) -> str:
    return f"If the filters let it through it would be {_fate(way)}{_others(way)}."


def _reaching(way: Way, first: bool = False) -> str:
    parts = []
    if way.budget is not None:
        parts.append(f"a budget of {plural(way.budget, 'record')}")
    if way.budget_tokens is not None:
        parts.append(f"a budget of {plural(way.budget_tokens, 'token')}")
    told = " and ".join(parts)
    if first:
        return told[:1].upper() + told[1:]
    return f" with {told}" if told else ""


def _others(way: Way, otherwise: str = "") -> str:
    """Who else comes and goes, as the end of a sentence."""
    parts = []
    if way.entered:
        parts.append(f"{_count(way.entered)} come{'s' if len(way.entered) == 1 else ''} in")
    if way.left:
        parts.append(f"{_count(way.left)} go{'es' if len(way.left) == 1 else ''} out")
    if not parts:
        return f", {otherwise}" if otherwise else ""
    return f"; {' and '.join(parts)}"


def _count(ids: Sequence[int]) -> str:
    return f"{plural(len(ids), 'other')} ({named(ids)})"


def _fate(way: Way) -> str:
    if way.blocked_by is not None and way.similarity is not None:
        return f"too similar to #{way.blocked_by} ({way.similarity:.4f})"
    return _word(way.then)


def _word(status: str) -> str:
    return {"too_similar": "too similar", "over_budget": "over the budget"}.get(status, status)
