"""Commands about what the user thinks of a record, and about taking that back."""

import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, Where, Yes, agreed, opened
from deita_tui.errors import UsageError
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_store.acts import Act
    from deita_tui.project import Project

Effect = Annotated[
    bool, typer.Option("--effect", help="Select again, and say who comes in and who goes.")
]

_VERBS = {"keep": "kept", "reject": "rejected", "clear": "cleared"}
_NAMED = 5
"""So many records of an act are named."""


def decide(
    ctx: typer.Context,
    directory: Dir,
    ids: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ID", show_default=False,
            help="Records, by id or uid; - reads them from standard input, one a line.",
        ),
    ] = None,
    where: Where = "",
    keep: Annotated[bool, typer.Option("--keep", help="Always select them.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="Never select them.")] = False,
    clear: Annotated[bool, typer.Option("--clear", help="Leave them to the selection.")] = False,
    tag: Annotated[
        list[str] | None, typer.Option("--tag", metavar="TAG", help="Add a tag; -TAG removes it.")
    ] = None,
    note: Annotated[
        str | None, typer.Option("--note", metavar="TEXT", help="Write a note; '' removes it.")
    ] = None,
    flag: Annotated[
        bool | None, typer.Option("--flag/--no-flag", help="Mark for a second look, or not.")
    ] = None,
    rate: Annotated[
        int | None,
        typer.Option("--rate", metavar="1-6", help="Your own rating; 0 removes it."),
    ] = None,
    effect: Effect = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Keep, reject, tag, flag, rate or note records; `undo` takes it back."""
    chosen = [name for name, on in (("keep", keep), ("reject", reject), ("clear", clear)) if on]
    if len(chosen) > 1:
        raise UsageError("Only one of --keep, --reject and --clear can be meant.")
    fields = _fields("".join(chosen), tag or [], note, flag, rate)
    if not fields:
        raise UsageError(
            "Nothing to do: say what to do with the records.",
            "Give --keep, --reject, --clear, --tag, --note, --flag or --rate.",
        )
    if bool(ids) == bool(where):
        raise UsageError("Which records? Give their ids, or --where FILTER (and not both).")
    with opened(ctx, directory) as project:
        refs: Sequence[int | str] = project.view(where).ids if where else _named(ids or ())
        if where and not _agreed(len(refs), yes):
            output.say("Nothing was changed.")
            return
        doing = Doing(project, as_json, effect, _VERBS.get("".join(chosen), "marked"))
        doing.do(lambda: project.mark(refs, fields), none="Nothing had to change.")


def undo(
    ctx: typer.Context,
    directory: Dir,
    to: Annotated[
        int | None,
        typer.Option(
            "--to", metavar="ENTRY", min=0, show_default=False,
            help="Take back everything after this entry of the journal; 0: all there is.",
        ),
    ] = None,
    effect: Effect = False,
    yes: Yes = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Take back the last thing that was decided, changed or removed."""
    with opened(ctx, directory) as project:
        if to is None:
            doing = Doing(project, as_json, effect, "undone for")
            doing.do(project.undo, none="Nothing to undo.", lead="Undone: ")
            return
        count = project.undo_depth(after=to)
        if count > 1 and not _meant(count, to, yes):
            output.say("Nothing was undone.")
            return
        acts = project.undo_to(to)
        if as_json:
            output.emit([asdict(act) for act in acts])
            return
        for act in acts:
            report(project, act, False, none="", lead="Undone: ")
        if not acts:
            output.say("Nothing to undo.")


def redo(ctx: typer.Context, directory: Dir, effect: Effect = False, as_json: Json = False) -> None:
    """Do again what was taken back last."""
    with opened(ctx, directory) as project:
        doing = Doing(project, as_json, effect, "done again for")
        doing.do(project.redo, none="Nothing to redo.", lead="Done again: ")


@dataclass(frozen=True, slots=True)
class Doing:
    """An act on the command line: done, reported, and, where that is asked for, its effect."""

    project: "Project"
    as_json: bool
    effect: bool
    verb: str
    """What was done to the records, as the effect says it."""

    def do(self, act: "Callable[[], Act | None]", none: str, lead: str = "") -> None:
        """Do it.

        Args:
            act: what is done.
            none: what is said where nothing had to change.
            lead: what the act's own words are told behind.
        """
        if not self.effect:
            report(self.project, act(), self.as_json, none, lead)
            return
        from deita_tui.cli.selected import told as progress
        from deita_tui.selection.effects import told

        done, found = self.project.with_effect(act, progress=progress())
        if not self.as_json:
            report(self.project, done, False, none, lead)
            if found:
                output.say(told(found, self.verb))
            return
        shown = found and {
            "entered": found.entered.tolist(), "left": found.left.tolist(), "now": found.now,
            "kept": found.kept, "budget": found.budget, "overflow": found.overflow,
        }  # fmt: skip
        output.emit(done and {**asdict(done), "effect": shown})


def report(project: "Project", act: "Act | None", as_json: bool, none: str, lead: str = "") -> None:
    """Say what an act came to, and which records it was about."""
    if as_json:
        output.emit(asdict(act) if act else None)
        return
    if act is None:
        output.say(none)
        return
    # A single record, or two, are named by the summary itself.
    which = f" ({named(project, act)})" if act.records > 1 and act.kind != "swap" else ""
    output.say(f"{lead}{printable(act.summary)}{which}")


def named(project: "Project", act: "Act") -> str:
    """The first records of an act, by id; empty where it is about none."""
    first = project.touched(act.id, limit=_NAMED + 1)
    told = [f"#{id_}" for id_ in first[:_NAMED]]
    return ", ".join([*told, "…"] if len(first) > _NAMED else told)


def _named(ids: Sequence[str]) -> Sequence[str]:
    """The records that are named on the line, or on standard input: the first word of each line."""
    if list(ids) != ["-"]:
        return ids
    lines = (line.split() for line in sys.stdin)
    return [words[0] for words in lines if words]


def _meant(count: int, to: int, yes: bool) -> bool:
    what = f"the {count:,} things that were done after entry {to}"
    return agreed(f"That takes back {what}", f"Take back {what}?", yes)


def _agreed(count: int, yes: bool) -> bool:
    if not count:
        output.say("The filter finds no record.")
        return False
    records = output.plural(count, "record")
    return agreed(f"That is about {records}", f"Change {records}?", yes)


def _fields(
    chosen: str, tags: Sequence[str], note: str | None, flag: bool | None, rate: int | None
) -> dict[str, str | int | bool | None]:
    fields: dict[str, str | int | bool | None] = {}
    if chosen:
        fields["decision"] = None if chosen == "clear" else chosen
    for tag in tags:
        fields[f"tag:{tag.removeprefix('-')}"] = not tag.startswith("-")
    if note is not None:
        fields["note"] = note or None
    if flag is not None:
        fields["flag"] = flag
    if rate is not None:
        fields["rating"] = rate or None
    return fields
