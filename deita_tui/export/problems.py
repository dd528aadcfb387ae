"""What a dry run finds: which record, which rule of the target, what happens to it, what to do."""

from typing import Literal

import msgspec

Effect = Literal["left_out", "dropped", "refused", "cut", "changed", "doubtful"]

EFFECTS: dict[Effect, str] = {
    "left_out": "not written: the target has no place for it",
    "dropped": "written, and dropped by the trainer",
    "refused": "written, and the trainer stops at it",
    "cut": "written, and cut by the trainer",
    "changed": "written, and something of it is lost or looks different",
    "doubtful": "written as it is, and probably not what you want to train on",
}
"""Every effect, the gravest first."""


class Fault(msgspec.Struct, frozen=True):
    """Something about one record that a target does not take as it is."""

    rule: str
    """A short code; docs/exports.md lists them."""
    effect: Effect
    message: str
    fix: str = ""


class Problem(msgspec.Struct, frozen=True):
    """A fault, and whose it is."""

    id: int
    uid: str
    rule: str
    effect: Effect
    message: str
    fix: str


class Summary(msgspec.Struct, frozen=True):
    """One rule and how many records it strikes."""

    rule: str
    effect: Effect
    records: int
    example: int
    """One of the records."""
    message: str
    """What is said of that one."""


class Problems:
    """Problems as they gather: all of them counted and their rules kept by record."""

    def __init__(self, keep: int | None = None) -> None:
        self.listed: list[Problem] = []
        """The first ``keep`` of them, or all."""
        self.rules: dict[int, tuple[str, ...]] = {}
        """The rules that each record breaks."""
        self.left_out: set[int] = set()
        self._keep = keep
        self._counts: dict[tuple[str, Effect], Summary] = {}

    def add(self, id_: int, uid: str, fault: Fault) -> None:
        """Note one fault of one record."""
        if self._keep is None or len(self.listed) < self._keep:
            told = (fault.rule, fault.effect, fault.message, fault.fix)
            self.listed.append(Problem(id_, uid, *told))
        self.rules[id_] = (*self.rules.get(id_, ()), fault.rule)
        if fault.effect == "left_out":
            self.left_out.add(id_)
        key = (fault.rule, fault.effect)
        known = self._counts.get(key)
        self._counts[key] = (
            msgspec.structs.replace(known, records=known.records + 1)
            if known
            else Summary(*key, 1, id_, fault.message)
        )

    def summary(self) -> list[Summary]:
        """Every rule that struck, the gravest effect first, then the most frequent."""
        order = list(EFFECTS)
        return sorted(
            self._counts.values(), key=lambda one: (order.index(one.effect), -one.records, one.rule)
        )
