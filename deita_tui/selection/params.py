"""What a selection is asked for: plain values that fit into JSON, checked when they are made."""

import math
import re
from typing import Literal, get_args

import msgspec

from deita_tui.errors import UsageError
from deita_tui.selection.formula import parse

Turns = Literal["sum", "mean", "max", "last"]
Missing = Literal["drop", "skip"]
Selector = Literal[
    "deita",
    "topk",
    "random",
    "balanced",
    "kcenter",
    "facility",
    "tags",
    "tags-sweep",
    "rds",
]
TURNS: tuple[str, ...] = get_args(Turns)
MISSING: tuple[str, ...] = get_args(Missing)
SELECTORS: tuple[str, ...] = get_args(Selector)

_SHARE = re.compile(r"^(?:source:)?(?P<source>.+?)\s*(?P<sign><=|>=)\s*(?P<value>[^<>=\s]+)\s*$")
_SHARE_HINT = (
    "Write source:alpaca<=0.3 or source:alpaca<=30% for a share of the budget, "
    "and source:alpaca>=100 for a number of records."
)


class Share(msgspec.Struct, frozen=True, omit_defaults=True):
    """How much of the selection may, or must, come from one source or several."""

    source: str
    """A source's name, or a pattern with ``*`` and ``?`` that counts all it fits together."""
    least: int | float | None = None
    """At least so many records (a whole number), or that share of the budget (a fraction)."""
    most: int | float | None = None
    """At most so many, likewise."""

    def __post_init__(self) -> None:
        for value in (self.least, self.most):
            if value is not None and not _is_amount(value):
                raise UsageError(
                    f"{value} is neither a number of records nor a share between 0 and 1 "
                    f"for the source {self.source!r}.",
                    _SHARE_HINT,
                )


class Reference(msgspec.Struct, frozen=True):
    """A file that took part, by name and content."""

    name: str
    sha256: str


class Params(msgspec.Struct, frozen=True):
    """All that decides a selection besides scores, vectors and the user's decisions.

    What names a scorer, an embedder or a file, and the two filters, is resolved by the caller; it
    is here so that a saved selection says what it came from.
    """

    budget: int = 0
    """How many records to keep; 0: no limit."""
    budget_tokens: int = 0
    """How many tokens the kept records may have together; 0: no limit."""
    threshold: float = 0.9
    """A record more similar than this to a kept one is left out. 1 and above: none is."""
    formula: str = "c*q"
    turns: Turns = "sum"
    """How the values of a record's turns become its score."""
    missing: Missing = "drop"
    """A turn without a value leaves its record unscored, or is skipped."""
    selector: Selector = "deita"
    seed: int = 0
    """For ``random`` and ``balanced``."""
    head: float = 1.0
    """Only this share of the scored records, from the top, is selected from."""
    shares: tuple[Share, ...] = ()
    require: str = ""
    exclude: str = ""
    complexity: str = ""
    quality: str = ""
    embedder: str = ""
    against: Reference | None = None
    targets: Reference | None = None

    def __post_init__(self) -> None:
        for what, number in (("budget", self.budget), ("budget in tokens", self.budget_tokens)):
            if number < 0:
                raise UsageError(f"A {what} of {number} is less than nothing.", "0 is no limit.")
        if not math.isfinite(self.threshold):
            raise UsageError(
                f"A threshold of {self.threshold} decides nothing.", "Give a number from -1 to 1."
            )
        if not 0 < self.head <= 1:
            raise UsageError(
                f"The best {self.head} of the records is no share.", "Give more than 0, up to 1."
            )
        _require_one_of("selector", self.selector, SELECTORS)
        _require_one_of("rule for turns", self.turns, TURNS)
        _require_one_of("rule for missing scores", self.missing, MISSING)
        parse(self.formula)
        for name in ("threshold", "head"):  # 1 and 1.0 are one number, and two texts
            msgspec.structs.force_setattr(self, name, float(getattr(self, name)))

    def canonical(self) -> bytes:
        """The same bytes for the same parameters, as JSON."""
        return msgspec.json.encode(self, order="deterministic")


def parse_share(text: str) -> Share:
    """``source:alpaca<=0.3`` as a Share.

    Raises:
        UsageError: it does not read like that.
    """
    found = _SHARE.match(text.strip())
    if found is None:
        raise UsageError(f"{text!r} is no share.", _SHARE_HINT)
    value = _amount(found["value"], text)
    if found["sign"] == "<=":
        return Share(found["source"], most=value)
    return Share(found["source"], least=value)


def _amount(text: str, whole: str) -> int | float:
    try:
        if text.endswith("%"):
            return float(text[:-1]) / 100
        return float(text) if "." in text else int(text.replace("_", ""))
    except ValueError:
        raise UsageError(f"{text!r} in {whole!r} is no number.", _SHARE_HINT) from None


def _is_amount(value: int | float) -> bool:
    return value >= 0 if isinstance(value, int) else 0 <= value <= 1


def _require_one_of(what: str, value: str, known: tuple[str, ...]) -> None:
    if value not in known:
        raise UsageError(f"There is no {what} {value!r}.", f"There are: {', '.join(known)}.")
