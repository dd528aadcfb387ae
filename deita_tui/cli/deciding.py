"""Commands about what the user thinks of a record, and about taking that back."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, Where, Yes, agreed, opened
from deita_tui.errors import UsageError
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_store.journal import Act


def decide(
    ctx: typer.Context,
    directory: Dir,
    ids: Annotated[
        list[str] | None,
        typer.Argument(metavar="ID", help="Records, by id or uid.", show_default=False),
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
    yes: Yes = False,
    as_json: Json = False,
) -> None:
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
        refs: Sequence[int | str] = project.view(where).ids if where else ids or ()
        if where and not _agreed(len(refs), yes):
            output.say("Nothing was changed.")
            return
        act = project.mark(refs, fields)
    _report(act, as_json, none="Nothing had to change.")


def undo(ctx: typer.Context, directory: Dir, as_json: Json = False) -> None:
    """Take back the last thing that was decided or removed."""
    with opened(ctx, directory) as project:
        act = project.undo()
    _report(act, as_json, none="Nothing to undo.", verb="Undone: ")


def redo(ctx: typer.Context, directory: Dir, as_json: Json = False) -> None:
    """Do again what was taken back last."""
    with opened(ctx, directory) as project:
        act = project.redo()
    _report(act, as_json, none="Nothing to redo.", verb="Done again: ")


def journal(
    ctx: typer.Context,
    directory: Dir,
    limit: Annotated[
        int, typer.Option("--limit", metavar="N", min=1, help="How many entries at most.")
    ] = 50,
    as_json: Json = False,
) -> None:
    """List who decided what, the latest first."""
    with opened(ctx, directory, read_only=True) as project:
        entries = list(project.journal(limit))
    if as_json:
        output.emit([asdict(entry) for entry in entries])
        return
    columns = [
        output.Column("entry", number=True),
        output.Column("at"),
        output.Column("who"),
        output.Column("what", long=True),
        output.Column("state"),
    ]
    output.table(
        columns,
        (
            (entry.id, entry.at[:19], entry.actor, entry.summary, "undone" if entry.undone else "")
            for entry in entries
        ),
    )


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


def _report(act: "Act | None", as_json: bool, none: str, verb: str = "") -> None:
    if as_json:
        output.emit(asdict(act) if act else None)
    else:
        output.say(verb + printable(act.summary) if act else none)
