"""The dry run: every record becomes its row, and every rule of the target is tried on it."""

from collections.abc import Callable, Iterator

import msgspec

from deita_tui.export.blocks import Shapes
from deita_tui.export.items import Item, Needs, Options
from deita_tui.export.problems import Fault, Problems
from deita_tui.export.readback import Readback
from deita_tui.export.target import Target

Count = Callable[[Item], int | str]
"""Tokens of a record, or why its template refuses it."""


class Checker:
    """Tries records one by one, and gathers what their rows need between them."""

    def __init__(
        self,
        target: Target,
        options: Options,
        problems: Problems,
        count: Count | None = None,
        cutoff: int | None = None,
    ) -> None:
        self.target = target
        self.options = options
        self.needs = Needs()
        self.shapes = Shapes() if target.container in ("jsonl", "csv") else None
        self.problems = problems
        self.tokens = 0
        """Of all records that are written, as far as they were counted."""
        self._count = count
        self._cutoff = cutoff
        self._readback = Readback(target, options)

    def check(self, item: Item) -> bool:
        """Try one record; False if it cannot be written at all."""
        row = self.target.row(item, self.needs, self.options)
        if row:
            self.needs.note(row, item)
            if self.shapes is not None:
                whole = {**row, **item.fields}
                self.shapes.add(item.id, whole, len(msgspec.json.encode(whole)))
        faults = list(self.target.faults(item, row, self.options))
        lost = any(fault.effect in ("changed", "left_out") for fault in faults)
        faults += self._readback.faults(item, row, lost)
        if row:
            faults += self._long(item)
        for fault in faults:
            self.problems.add(item.id, item.uid, fault)
        return bool(row)

    def _long(self, item: Item) -> Iterator[Fault]:
        if self._count is None:
            return
        tokens = self._count(item)
        if isinstance(tokens, str):
            fix = "Edit the record, or train with another chat template."
            yield Fault("template", "refused", f"The chat template refuses it: {tokens}", fix)
            return
        self.tokens += tokens
        if self._cutoff is not None and tokens > self._cutoff:
            yield Fault(
                "too-long",
                self.target.over_effect,
                f"It has {tokens:,} tokens, {tokens - self._cutoff:,} more than {self._cutoff:,}; "
                f"the trainer {self.target.over}.",
                "Train with a longer limit, shorten it, or reject it.",
            )
