"""The controls of a selection: each moves one parameter, by keys or by the mouse."""

from typing import ClassVar

from textual.app import ComposeResult
from textual.containers import Grid
from textual.message import Message
from textual.widgets import Static

from deita_tui.selection.params import TURNS, Params
from deita_tui.ui import tuned, wishes
from deita_tui.ui.widgets.slider import Choice, Slider


class SelectionControls(Grid):
    """Sliders for threshold, budget and weights, the rule for turns, and what has no slider."""

    ORDER: ClassVar[tuple[str, ...]] = ("threshold", "budget", "weight-c", "weight-q", "turn-rule")

    class Wanted(Message):
        """A control was moved: this is wanted now."""

        def __init__(self, params: Params) -> None:
            super().__init__()
            self.params = params

    def __init__(self, id: str | None = None) -> None:  # noqa: A002 - as Textual calls it
        super().__init__(id=id)
        self._params, self._records = Params(), 1

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield Slider("threshold", "threshold")
        yield Slider("budget", "budget", room=9)
        yield Slider("weights c^", "weight-c", room=4)
        yield Slider("q^", "weight-q", room=4)
        yield Choice("turns", "turn-rule", TURNS)
        yield Static(id="more", markup=False)

    def show(self, params: Params, records: int, standing: tuned.Standing) -> None:
        """Show where everything stands.

        Args:
            params: what is asked for.
            records: how many there are to select from.
            standing: is it as it was saved?
        """
        self._params, self._records = params, records
        low, high = wishes.THRESHOLDS
        c, q = wishes.exponents(params)
        limit = f"{params.budget:,}" if params.budget else "no limit"
        turns = TURNS.index(params.turns) / (len(TURNS) - 1)
        for name, value, place in (
            ("threshold", f"{params.threshold:.3f}", (params.threshold - low) / (high - low)),
            ("budget", limit, wishes.budget_place(params, records)),
            ("weight-c", f"{c:g}", c / wishes.HEAVIEST),
            ("weight-q", f"{q:g}", q / wishes.HEAVIEST),
            ("turn-rule", params.turns, turns),
        ):
            self.query_one(f"#{name}", Slider).show(value, place)
        self.query_one("#more", Static).update(tuned.more(params, standing), layout=False)

    def on_slider_stepped(self, message: Slider.Stepped) -> None:
        """A control goes some steps."""
        message.stop()
        params, steps = self._params, message.steps
        match message.slider.id:
            case "threshold":
                params = wishes.threshold(params, steps)
            case "budget":
                params = wishes.budget(params, steps, self._records)
            case "weight-c":
                params = wishes.weights(params, steps, 0)
            case "weight-q":
                params = wishes.weights(params, 0, steps)
            case "turn-rule":
                params = wishes.turns(params, steps)
        self._want(params)

    def on_slider_placed(self, message: Slider.Placed) -> None:
        """A control goes to a place."""
        message.stop()
        params, place = self._params, message.place
        match message.slider.id:
            case "threshold":
                params = wishes.threshold_at(params, place)
            case "budget":
                params = wishes.budget_at(params, place, self._records)
            case "weight-c":
                params = wishes.weight_at(params, "c", place)
            case "weight-q":
                params = wishes.weight_at(params, "q", place)
            case "turn-rule":
                params = wishes.turns_at(params, place)
        self._want(params)

    def _want(self, params: Params) -> None:
        if params != self._params:
            # At once: the next message may come before the screen has answered this one.
            self._params = params
            self.post_message(self.Wanted(params))
