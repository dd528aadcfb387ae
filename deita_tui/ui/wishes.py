"""What keys do to the parameters of a selection: one step each, never into nonsense."""

from collections.abc import Callable

from msgspec.structs import replace

from deita_tui.selection.params import TURNS, Params

THRESHOLD_STEP = 0.005
WEIGHT_STEP = 0.25
_BUDGET_STEPS = (1, 2, 5)

Step = Callable[[Params], Params]


def threshold(params: Params, step: int) -> Params:
    """So many steps up or down, within -1 to 1."""
    value = round(params.threshold + step * THRESHOLD_STEP, 6)
    return replace(params, threshold=max(-1.0, min(value, 1.0)))


def budget(params: Params, step: int, records: int) -> Params:
    """About a twentieth up or down, in round numbers; between 1 and all records."""
    now = params.budget or records
    width = _round_step(now)
    target = (now // width + step) * width if now % width == 0 or step > 0 else now // width * width
    return replace(params, budget=max(1, min(int(target), max(records, 1))))


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


def turns(params: Params) -> Params:
    """Take the next rule for turns."""
    place = TURNS.index(params.turns)
    return replace(params, turns=TURNS[(place + 1) % len(TURNS)])


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
