"""The choices of an export as a form: which records, for whom, in which shape, where to."""

import math
from collections.abc import Sequence
from pathlib import Path

from textual.app import ComposeResult
from textual.containers import Horizontal, VerticalScroll
from textual.message import Message
from textual.widget import Widget
from textual.widgets import Button, Input, Select, Static

from deita_tui.errors import UsageError
from deita_tui.export import names
from deita_tui.printable import printable
from deita_tui.ui import exporting
from deita_tui.ui.exporting import Wanted

ALL = "\0"
"""Stands for all records; no selection can be called so."""
_KINDS = {"sft": "answers (sft)", "dpo": "pairs (dpo)", "kto": "labels (kto)"}
_SPLIT = "none; 0.05 or 500"
_FIELDS = "none; score,rank,source"


class ExportForm(VerticalScroll, can_focus=False):
    """A line for each choice; whatever is changed is told.

    Args:
        project: the project's folder.
        selections: what can be exported, by name; the first is chosen.
    """

    DEFAULT_CSS = """
    ExportForm { layout: grid; grid-size: 1; grid-rows: 1; scrollbar-size-vertical: 1; }
    ExportForm .field { height: 1; }
    ExportForm .field--label { width: 12; color: $foreground-muted; }
    ExportForm .field Input { width: 1fr; background: $panel; }
    ExportForm .field Select { width: 1fr; }
    ExportForm SelectCurrent > #label { text-wrap: nowrap; text-overflow: ellipsis; }
    ExportForm SelectOverlay { width: 56; max-width: 90vw; }
    """

    class Changed(Message):
        """Something else is wanted."""

        def can_replace(self, message: Message) -> bool:
            """The newest says all."""
            return isinstance(message, ExportForm.Changed)

    class Submitted(Message):
        """Enter was pressed in a line: write."""

    def __init__(self, project: Path, selections: Sequence[str]) -> None:
        super().__init__()
        self._project = project
        self._selections = selections
        self._proposed = ""
        """The folder that stands there because nobody wrote another."""
        self._kinds: tuple[str, ...] = names.TARGETS["messages"].kinds

    def compose(self) -> ComposeResult:
        """Lay it out."""
        targets = [(f"{each.name}: {each.title}", each.name) for each in names.TARGETS.values()]
        kinds = [(_KINDS[kind], kind) for kind in self._kinds]
        orders = [("by rank", "rank"), ("shuffled", "shuffled")]
        rows = [("whole conversations", ""), ("prompt and completion", "apart")]
        chosen = self._selections[0] if self._selections else ALL
        yield _field("target", _select(targets, "target", "messages"))
        yield _field("records", _select(self._choices(), "selection", chosen))
        yield _field("kind", _select(kinds, "kind", "sft"))
        yield _field("rows", _select(rows, "rows", ""))
        yield _field("order", _select(orders, "order", "rank"))
        yield _field("seed", _line("seed", "0"))
        yield _field("validation", _line("validation", _SPLIT))
        yield _field("near twins", _line("similar", "0.9"))
        yield _field("columns", _line("fields", _FIELDS))
        yield _field("tokenizer", _line("tokenizer", "none; a model's folder"))
        yield _field("cutoff", _line("cutoff", "none; in its tokens"))
        place = _field("folder", _line("folder", ""))
        place.id = "to"
        yield place
        yield Button("Write (F5)", id="write", variant="primary", compact=True)

    def on_mount(self) -> None:
        """Offer a folder."""
        self._follow()

    def on_select_changed(self, event: Select.Changed) -> None:
        """Something else was chosen."""
        event.stop()
        self._follow()
        self.post_message(self.Changed())

    def on_input_changed(self, event: Input.Changed) -> None:
        """Something was typed; where it goes to changes nothing of what is found."""
        event.stop()
        if event.input.id != "folder":
            self.post_message(self.Changed())

    def on_input_submitted(self, event: Input.Submitted) -> None:
        """It is to be written."""
        event.stop()
        self.post_message(self.Submitted())

    def on_button_pressed(self, event: Button.Pressed) -> None:
        """It is to be written."""
        event.stop()
        self.post_message(self.Submitted())

    def offer(self, selections: Sequence[str], chosen: str | None) -> None:
        """There are other selections; take ``chosen`` where it is among them, None for all records.

        What was chosen and is gone gives way to the first one.
        """
        self._selections = selections
        select = self.query_one("#selection", Select)
        select.set_options(self._choices())
        known = chosen if chosen in selections else next(iter(selections), ALL)
        select.value = ALL if chosen is None else known

    @property
    def offered(self) -> Sequence[str]:
        """The selections that can be chosen."""
        return self._selections

    @property
    def target(self) -> str:
        """The name of the target."""
        return self._chosen("target")

    @property
    def selection(self) -> str | None:
        """The name of the selection; None for all records."""
        value = self._chosen("selection")
        return None if value == ALL else value

    @property
    def folder(self) -> Path | None:
        """Where it is to go; None where nothing is said."""
        text = self._typed("folder").strip("'\"").removeprefix("file://")
        return Path(text).expanduser() if text else None

    @folder.setter
    def folder(self, value: Path) -> None:
        self.query_one("#folder", Input).value = str(value)

    def wanted(self) -> Wanted:
        """What is asked for.

        Raises:
            UsageError: a line holds what is no number.
        """
        trl = self.query_one("#rows", Select).parent.display  # type: ignore[union-attr]
        said = {
            "kind": self._chosen("kind"),
            "selection": self.selection,
            "everything": self.selection is None or None,
            "shuffle": self._chosen("order") == "shuffled" or None,
            "seed": self._whole("seed", 0, "a whole number, such as 7"),
            "validation": self._split(),
            "similar": self._similar(),
            "fields": tuple(filter(None, map(str.strip, self._typed("fields").split(",")))),
            "prompt_completion": (trl and self._chosen("rows") == "apart") or None,
            "tokenizer": self._tokenizer(),
            "cutoff": self._whole("cutoff", 1, "a number of tokens, such as 2048"),
        }
        return Wanted(self.target, exporting.options(said))

    def _choices(self) -> list[tuple[str, str]]:
        told = [(printable(f"selection {name}"), name) for name in self._selections]
        return [*told, ("all records", ALL)]

    def _follow(self) -> None:
        """Offer what fits to the target."""
        target = names.get(self.target)
        kind = self.query_one("#kind", Select)
        if target.kinds != self._kinds:
            self._kinds, before = target.kinds, kind.value
            kind.set_options([(_KINDS[each], each) for each in target.kinds])
            kind.value = before if before in target.kinds else target.kinds[0]
        self._offer_line("rows", target.name == "trl" and kind.value == "sft")
        for name in ("validation", "similar"):
            self._offer_line(name, target.splits)
        line = self.query_one("#folder", Input)
        if line.value in ("", self._proposed):
            place = exporting.place_for(self._project, self.selection, target.name)
            self._proposed = line.value = str(place)

    def _offer_line(self, name: str, shown: bool) -> None:
        parent = self.query_one(f"#{name}").parent
        assert isinstance(parent, Widget)
        parent.display = shown

    def _chosen(self, name: str) -> str:
        return str(self.query_one(f"#{name}", Select).value)

    def _typed(self, name: str) -> str:
        return self.query_one(f"#{name}", Input).value.strip()

    def _tokenizer(self) -> str | None:
        text = self._typed("tokenizer").strip("'\"")
        return str(Path(text).expanduser()) if text else None

    def _split(self) -> float | None:
        text, like = self._typed("validation"), "a share such as 0.05 or 5%, or a number of records"
        share = _fraction("validation", text.removesuffix("%"), like)
        return share / 100 if share is not None and text.endswith("%") else share

    def _similar(self) -> float | None:
        text, like = self._typed("similar"), "a similarity between 0 and 1, such as 0.9"
        value = _fraction("near twins", text, like)
        if value is not None and not 0 <= value <= 1:
            raise UsageError(f"near twins: {text} is not {like}.")
        return value

    def _whole(self, name: str, least: int, like: str) -> int | None:
        text = self._typed(name).replace("_", "").replace(",", "")
        if not text:
            return None
        if not text.isascii() or not text.isdecimal() or int(text) < least:
            raise UsageError(f"{name}: {self._typed(name)!r} is not {like}.")
        return int(text)


def _fraction(name: str, text: str, like: str) -> float | None:
    if not text:
        return None
    try:
        value = float(text.replace(",", "."))
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise UsageError(f"{name}: {text!r} is not {like}.")
    return value


def _field(label: str, widget: Widget) -> Horizontal:
    return Horizontal(Static(label, classes="field--label", markup=False), widget, classes="field")


def _select(options: Sequence[tuple[str, str]], name: str, value: str) -> Select[str]:
    return Select(options, allow_blank=False, value=value, id=name, compact=True)


def _line(name: str, placeholder: str) -> Input:
    return Input(placeholder=placeholder, id=name, compact=True)
