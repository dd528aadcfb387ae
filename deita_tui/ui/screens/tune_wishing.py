"""What the keys of Tune wish of a selection's parameters: a step, or a typed value."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from msgspec.structs import replace
from textual.screen import Screen

from deita_tui.selection.params import Params
from deita_tui.ui import wishes
from deita_tui.ui.screens.dialogs import Ask

if TYPE_CHECKING:
    from deita_tui.ui.app import DeitaApp

Typed = Callable[[Params, str], Params]


class Wishing(Screen[None]):
    """The actions that change parameters; the screen over them selects and draws."""

    app: "DeitaApp"
    _params: Params

    @property
    def _records(self) -> int:
        """How many there are to select from."""
        raise NotImplementedError

    def _wish(self, params: Params) -> None:
        """Select with these from now on."""
        raise NotImplementedError

    def action_threshold(self, step: int) -> None:
        """Let records be more, or less, alike."""
        self._wish(wishes.threshold(self._params, step))

    def action_budget(self, step: int) -> None:
        """Keep more, or fewer."""
        self._wish(wishes.budget(self._params, step, self._records))

    def action_weight(self, of_c: int, of_q: int) -> None:
        """Give complexity or quality more weight, or less."""
        self._wish(wishes.weights(self._params, of_c, of_q))

    def action_turns(self, steps: int = 1) -> None:
        """The next rule for turns."""
        self._wish(wishes.turns(self._params, steps))

    def action_type_budget(self) -> None:
        """Type the budget."""
        self._ask("Budget in records; 0 is no limit", str(self._params.budget), wishes.typed_budget)

    def action_type_threshold(self) -> None:
        """Type the threshold."""
        text = f"{self._params.threshold:g}"
        self._ask("Highest similarity to a kept record", text, wishes.typed_threshold)

    def action_formula(self) -> None:
        """Type the formula."""
        hint = "c*q, c^1.5*q^0.5, rank(c)*rank(q), or another scorer by its name"
        self._ask("Formula", self._params.formula, wishes.typed_formula, hint)

    def action_shares(self) -> None:
        """Type the shares of sources."""
        told = wishes.written_shares(self._params.shares)
        hint = "source:alpaca<=30%, source:dolly>=100; with commas between, empty for none"
        self._ask("Shares of sources", told, wishes.typed_shares, hint, empty=True)

    def action_require(self) -> None:
        """Type a filter."""
        hint = "source:alpaca turns<4; empty for all"
        require = self._params.require
        self._ask(
            "Only records that this filter finds", require, self._typed_filter, hint, empty=True
        )

    def _ask(
        self, question: str, value: str, take: Typed, hint: str = "", *, empty: bool = False
    ) -> None:
        def check(text: str) -> None:
            take(self._params, text)

        def answered(text: str | None) -> None:
            if text is not None:
                self._wish(take(self._params, text))

        self.app.push_screen(Ask(question, hint, value, check=check, empty=empty), answered)

    def _typed_filter(self, params: Params, text: str) -> Params:
        from deita_store import filters
        from deita_store.context import Context

        filters.where(filters.parse(text), Context(self.app.opened.store))
        return replace(params, require=text)
