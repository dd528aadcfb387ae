"""The formula of a score: a product of powers of the values of a turn.

    c*q          c^1.5*q^0.5          c*ifd          rank(c)*rank(q)          q/"gpt2 ppl"

A factor is a scorer's name, or ``rank`` of one, with a power if wanted; ``/`` divides. Names may
hold letters, digits and ``_ . : @ + -``; any other name stands in quotes.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from deita_tui.errors import UsageError

_NAME = r"""[^\W\d][\w.:@+\-]*|"[^"]+"|'[^']+'"""
_FACTOR = re.compile(rf"\s*(?:(?P<rank>rank)\s*\(\s*(?P<ranked>{_NAME})\s*\)|(?P<name>{_NAME}))\s*")
_POWER = re.compile(r"\^\s*(?P<power>[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)\s*")
_HINT = 'A formula is a product of powers: c*q, c^1.5*q^0.5, rank(c)*rank(q), c*"my scorer".'


@dataclass(frozen=True, slots=True)
class Factor:
    """One scorer's value, or its rank, to a power."""

    name: str
    power: float = 1.0
    ranked: bool = False


def parse(formula: str) -> tuple[Factor, ...]:
    """The factors of a formula.

    Raises:
        UsageError: it cannot be read; the message says where.
    """
    factors: list[Factor] = []
    place, sign = 0, 1.0
    while True:
        found = _FACTOR.match(formula, place)
        if found is None:
            raise _unreadable(formula, place, "a scorer's name is expected")
        place = found.end()
        power = sign
        raised = _POWER.match(formula, place)
        if raised is not None:
            power *= float(raised["power"])
            place = raised.end()
        elif formula[place : place + 1] == "^":
            raise _unreadable(formula, place + 1, "a number is expected")
        factors.append(Factor(_bare(found["ranked"] or found["name"]), power, bool(found["rank"])))
        if place == len(formula):
            return tuple(factors)
        if formula[place] not in "*/":
            raise _unreadable(formula, place, "* or / is expected")
        sign = 1.0 if formula[place] == "*" else -1.0
        place += 1


def evaluate(formula: str, scores: Mapping[str, NDArray[np.float64]]) -> NDArray[np.float64]:
    """The formula's value of each turn, (t,) float64; NaN where one is missing or not finite.

    Raises:
        UsageError: the formula cannot be read, or names a scorer that is not there.
    """
    product: NDArray[np.float64] | None = None
    with np.errstate(all="ignore"):  # what overflows or is no number becomes NaN below
        for factor in parse(formula):
            values = _values(factor, formula, scores)
            product = values if product is None else product * values
    assert product is not None  # a formula has a factor
    return np.where(np.isfinite(product), product, np.nan)


def _values(
    factor: Factor, formula: str, scores: Mapping[str, NDArray[np.float64]]
) -> NDArray[np.float64]:
    if factor.name not in scores:
        there = ", ".join(sorted(scores)) or "none"
        raise UsageError(
            f"The formula {formula!r} names {factor.name!r}, and there are no such scores.",
            f"There are: {there}.",
        )
    values = scores[factor.name]
    if factor.ranked:
        values = ranks(values)
    return values if factor.power == 1.0 else values**factor.power


def ranks(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Each value's place among all, from the lowest, divided by their number: within (0, 1].

    Equal values share the mean of their places. NaN stays NaN and counts for nothing.
    """
    found = np.full(len(values), np.nan)
    there = ~np.isnan(values)
    _, group, size = np.unique(values[there], return_inverse=True, return_counts=True)
    if len(size):
        last = np.cumsum(size)
        found[there] = ((2 * last - size + 1) / 2 / last[-1])[group]
    return found


def _bare(name: str) -> str:
    return name[1:-1] if name[0] in "\"'" else name


def _unreadable(formula: str, place: int, why: str) -> UsageError:
    while place < len(formula) and formula[place].isspace():
        place += 1
    where = (
        "at its end" if place >= len(formula) else f"at character {place + 1}, {formula[place]!r}"
    )
    return UsageError(f"The formula {formula!r} cannot be read {where}: {why}.", _HINT)
