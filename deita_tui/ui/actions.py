"""Every action of the app, once: what keys, footer, palette, help and the test of parity read.

An action's id is what a keymap file names. ``command`` is what does the same without the app; it is
empty only for moving about on the screen.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from textual.binding import Binding


@dataclass(frozen=True, slots=True)
class Action:
    """One thing that a key can do."""

    id: str
    """``screen.action``; the screen is ``app`` for what works everywhere."""
    keys: str
    """Names as Textual has them, with commas between."""
    title: str
    """Two words at most: the footer has little room."""
    help: str
    command: str = ""
    footer: bool = False
    does: str = ""
    """The action as Textual calls it; by default the part of the id behind the dot."""

    @property
    def where(self) -> str:
        """The screen that it belongs to."""
        return self.id.partition(".")[0]

    @property
    def binding(self) -> Binding:
        """It as Textual wants it."""
        return Binding(
            self.keys,
            self.does or self.id.partition(".")[2].replace("-", "_"),
            self.title,
            show=self.footer,
            tooltip=self.help,
            id=self.id,
        )


ACTIONS: tuple[Action, ...] = (
    # Everywhere ---------------------------------------------------------------------------------
    Action("app.back", "q,escape", "back", "Leave this screen.", footer=True, does="app.leave"),
    Action("app.quit", "ctrl+q", "quit", "Leave; everything is on disk already.", does="app.quit"),
    Action("app.keys", "question_mark", "keys", "The keys that work here.", footer=True,
           does="app.keys"),
    Action("app.palette", "colon,ctrl+p", "commands", "Find a command by its name.",
           does="app.command_palette"),
    Action("app.undo", "u", "undo", "Take the last decision back.", "deita-tui undo DIR",
           does="app.undo"),
    Action("app.redo", "U,ctrl+r", "redo", "Bring back what was undone.", "deita-tui redo DIR",
           does="app.redo"),
    Action("app.theme", "f8", "theme", "Dark, light, or more contrast.", does="app.change_theme"),
    Action("app.doctor", "f2", "doctor", "What this machine can run.", "deita-tui doctor",
           does="app.doctor"),
    # Home ---------------------------------------------------------------------------------------
    Action("home.open", "enter", "open", "Open the project.", "deita-tui open DIR", footer=True),
    Action("home.new", "n", "new", "Make an empty project.", "deita-tui new DIR", footer=True),
    Action("home.import", "i", "import", "Make a project of a file.",
           "deita-tui import DIR FILE", footer=True, does="import_file"),
    Action("home.demo", "d", "demo", "Open the demo: real records, scored and selected.",
           "deita-tui demo", footer=True),
    Action("home.find", "o", "other", "Open a project that is not in the list.",
           "deita-tui open DIR", footer=True),
    Action("home.forget", "delete", "forget", "Take it off the list; nothing is deleted."),
    # A project ----------------------------------------------------------------------------------
    Action("project.go", "g", "go to", "Go to another screen of the project.",
           does="app.go"),
    # Overview -----------------------------------------------------------------------------------
    Action("overview.next", "enter", "next step", "Do what comes next.", "deita-tui status DIR",
           footer=True),
    Action("overview.import", "i", "import", "Bring records in.", "deita-tui import DIR FILE",
           footer=True, does="import_file"),
    Action("overview.score", "s", "score", "Score the records.", "deita-tui score DIR",
           footer=True),
    Action("overview.embed", "e", "embed", "Make vectors of the records.", "deita-tui embed DIR",
           footer=True),
    Action("overview.index", "n", "neighbours", "Find each record's neighbours.",
           "deita-tui index DIR"),
    Action("overview.browse", "b", "browse", "The records.", "deita-tui list DIR", footer=True,
           does="app.show('browse')"),
    Action("overview.tune", "t", "tune", "Play with the selection.", "deita-tui select DIR",
           footer=True, does="app.show('tune')"),
    Action("overview.jobs", "j", "jobs", "The jobs: pause, resume, cancel, log.",
           "deita-tui jobs DIR"),
    Action("overview.pause", "p", "pause", "Pause what runs, or let it go on.",
           "deita-tui jobs DIR pause N"),
    # Importing, scoring, embedding: forms ---------------------------------------------------------
    Action("import.go", "f5,ctrl+s", "import", "Import it like this.", "deita-tui import DIR FILE",
           footer=True),
    Action("import.before", "f3", "record before", "The record before, as it would be read.",
           footer=True, does="step(-1)"),
    Action("import.next", "f4", "next record", "The next record, as it would be read.",
           footer=True, does="step(1)"),
    Action("score.go", "f5,ctrl+s", "score", "Score like this.", "deita-tui score DIR",
           footer=True),
    Action("embed.go", "f5,ctrl+s", "embed", "Embed like this.", "deita-tui embed DIR",
           footer=True),
    # Jobs -----------------------------------------------------------------------------------------
    Action("jobs.pause", "p", "pause", "Pause it after the batch in flight.",
           "deita-tui jobs DIR pause N", footer=True, does="steer('pause')"),
    Action("jobs.resume", "r", "resume", "Let it go on; what failed tries again.",
           "deita-tui jobs DIR resume N", footer=True, does="steer('resume')"),
    Action("jobs.cancel", "c", "cancel", "End it; what it has done stays.",
           "deita-tui jobs DIR cancel N", footer=True, does="steer('cancel')"),
    Action("jobs.log", "l,enter", "log", "What its worker wrote.", "deita-tui jobs DIR",
           footer=True),
    # A table of records ---------------------------------------------------------------------------
    Action("table.down", "down,j", "down", "The next record.", does="move(1)"),
    Action("table.up", "up,k", "up", "The record before.", does="move(-1)"),
    Action("table.page-down", "pagedown", "page down", "A screenful further.", does="page(1)"),
    Action("table.page-up", "pageup", "page up", "A screenful back.", does="page(-1)"),
    Action("table.first", "home,less_than_sign", "first", "The first record.", does="first"),
    Action("table.last", "end,greater_than_sign", "last", "The last record.", does="last"),
    # Browse -------------------------------------------------------------------------------------
    Action("browse.filter", "backslash", "filter", "Show only some records, like score>12 is:kept.",
           "deita-tui list DIR --where FILTER", footer=True),
    Action("browse.search", "slash", "search", "Find words in the texts.",
           "deita-tui list DIR --where WORDS"),
    Action("browse.sort", "O", "sort", "Sort by a column.", "deita-tui list DIR --sort COLUMN",
           footer=True),
    Action("browse.columns", "C", "columns", "Choose the columns.",
           "deita-tui list DIR --columns NAMES"),
    Action("browse.preview", "b", "preview", "Show or hide the conversation beside."),
    Action("browse.text-down", "J", "text down", "Scroll the conversation beside.",
           does="scroll_text(1)"),
    Action("browse.text-up", "K", "text up", "Scroll the conversation beside back.",
           does="scroll_text(-1)"),
    Action("browse.open", "enter", "read", "Read the whole record.", "deita-tui show DIR ID",
           footer=True, does="read_record"),
    Action("browse.similar", "m", "similar", "The records that are most like this one.",
           "deita-tui explain DIR ID"),
    Action("browse.why", "w", "why", "Why it is in or out.", "deita-tui explain DIR ID",
           footer=True),
    Action("browse.jump", "apostrophe", "jump", "Go to a row or a record."),
    Action("browse.refresh", "R", "refresh", "Take in what came since."),
    Action("browse.copy", "y", "copy", "Copy the record as JSON.", "deita-tui show DIR ID --json"),
    Action("browse.keep", "a", "keep", "Keep it, whatever its score.",
           "deita-tui decide DIR ID --keep", footer=True),
    Action("browse.reject", "x", "reject", "Leave it out.", "deita-tui decide DIR ID --reject",
           footer=True),
    Action("browse.clear", "c", "clear", "Let the method decide again.",
           "deita-tui decide DIR ID --clear"),
    Action("browse.flag", "f", "flag", "Flag it, or take the flag away.",
           "deita-tui decide DIR ID --flag"),
    Action("browse.back", "escape", "list before", "Back to the list before this one; else leave.",
           does="back"),
    # One record -----------------------------------------------------------------------------------
    Action("reader.next", "n,right", "next record", "The next record of the list.", footer=True,
           does="step(1)"),
    Action("reader.before", "N,p,left", "record before", "The record before it.", footer=True,
           does="step(-1)"),
    Action("reader.next-turn", "right_square_bracket", "next turn", "The next message.",
           footer=True, does="turn(1)"),
    Action("reader.turn-before", "left_square_bracket", "turn before", "The message before.",
           footer=True, does="turn(-1)"),
    Action("reader.why", "w", "why", "Why it is in or out.", "deita-tui explain DIR ID",
           footer=True),
    Action("why.differences", "d", "differing words", "Light up the words that differ, or not.",
           "deita-tui explain DIR ID", footer=True),
    # Tune ---------------------------------------------------------------------------------------
    Action("tune.alike-more", "plus,equals_sign", "τ +", "Let kept records be more alike.",
           "deita-tui select DIR --threshold X", footer=True, does="threshold(1)"),
    Action("tune.alike-less", "minus", "τ −", "Let kept records be less alike.",
           "deita-tui select DIR --threshold X", footer=True, does="threshold(-1)"),
    Action("tune.budget-more", "right_parenthesis", "more", "A larger budget.",
           "deita-tui select DIR --budget N", footer=True, does="budget(1)"),
    Action("tune.budget-less", "left_parenthesis", "fewer", "A smaller budget.",
           "deita-tui select DIR --budget N", footer=True, does="budget(-1)"),
    Action("tune.c-more", "full_stop", "c +", "Complexity weighs more.",
           "deita-tui select DIR --formula F", does="weight(1, 0)"),
    Action("tune.c-less", "comma", "c −", "Complexity weighs less.",
           "deita-tui select DIR --formula F", does="weight(-1, 0)"),
    Action("tune.q-more", "greater_than_sign", "q +", "Quality weighs more.",
           "deita-tui select DIR --formula F", does="weight(0, 1)"),
    Action("tune.q-less", "less_than_sign", "q −", "Quality weighs less.",
           "deita-tui select DIR --formula F", does="weight(0, -1)"),
    Action("tune.turns", "t", "turns", "How turns add up: sum, mean, max, last.",
           "deita-tui select DIR --turns RULE"),
    Action("tune.type-threshold", "T", "type τ", "Type the threshold.",
           "deita-tui select DIR --threshold X"),
    Action("tune.type-budget", "B", "type budget", "Type the budget.",
           "deita-tui select DIR --budget N"),
    Action("tune.formula", "F", "formula", "Type the formula.",
           "deita-tui select DIR --formula F"),
    Action("tune.shares", "S", "shares", "At least, or at most, so much of a source.",
           "deita-tui select DIR --share SHARE"),
    Action("tune.require", "backslash", "filter", "Select only from what a filter finds.",
           "deita-tui select DIR --require FILTER"),
    Action("tune.against", "v", "compare", "Choose the saved selection to compare with.",
           "deita-tui compare DIR A B", footer=True),
    Action("tune.save", "enter", "save", "Save the selection under a name.",
           "deita-tui select DIR --save NAME", footer=True),
    Action("tune.drop", "escape", "drop", "Drop what was changed; else leave.",
           "deita-tui select DIR"),
)  # fmt: skip

FOOTER = 8
"""As many keys as a footer can show and a person can read."""


def of(*places: str) -> Iterator[Action]:
    """The actions of some screens, in the order of the table."""
    return (action for action in ACTIONS if action.where in places)


def here(*places: str) -> list[Action]:
    """What works on a screen with these places, its own actions first."""
    return [*of(*places), *of("app")]


def bindings(*places: str) -> list[Binding]:
    """The bindings of some screens."""
    return [action.binding for action in of(*places)]


def find(id_: str) -> Action | None:
    """The action of that id."""
    return next((action for action in ACTIONS if action.id == id_), None)


def named(id_: str) -> Action:
    """The action of that id, which is there."""
    found = find(id_)
    assert found is not None, id_
    return found
