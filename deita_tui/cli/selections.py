"""The command that lists what was selected."""

from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.project import Project


def selections(
    ctx: typer.Context,
    directory: Dir,
    hide: Annotated[
        str | None,
        typer.Option(
            "--hide", metavar="NAME", show_default=False,
            help="Take this one out of sight; `undo` brings it back.",
        ),
    ] = None,
    as_json: Json = False,
) -> None:  # fmt: skip
    """List the saved selections, the latest first, and what is newer than each."""
    if hide is not None:
        with opened(ctx, directory) as project:
            act = project.hide_selection(hide)
        if as_json:
            output.emit(asdict(act))
        else:
            output.say(printable(act.summary))
        return
    with opened(ctx, directory, read_only=True) as project:
        rows = [_row(project, name) for name in _names(project)]
    if as_json:
        output.emit(rows)
        return
    columns = [
        output.Column("name"), output.Column("kept", number=True), output.Column("of", number=True),
        output.Column("asked for", long=True), output.Column("saved"), output.Column("newer"),
    ]  # fmt: skip
    output.table(
        columns,
        (
            (
                row["name"], row["kept"], row["records"], _asked(row["params"]),
                str(row["created_at"])[:19], " ".join(row["stale"]),
            )
            for row in rows
        ),
    )  # fmt: skip


def _names(project: "Project") -> Iterator[str]:
    yield from (str(each.name) for each in project.selections())
    if project.has_working():
        yield "working"


def _row(project: "Project", name: str) -> dict[str, Any]:
    chosen = project.selection(name)
    return {
        "name": name,
        "saved": chosen.name is not None,
        "kept": chosen.kept,
        "records": chosen.computed_from.get("records"),
        "params": chosen.params,
        "created_at": chosen.created_at,
        "stale": list(project.stale(name)),
    }


def _asked(params: dict[str, Any]) -> str:
    """What was asked for beyond the usual, as the options say it."""
    import msgspec

    from deita_tui.selection.params import Params

    usual = msgspec.to_builtins(Params())
    parts = {name: value for name, value in params.items() if value != usual.get(name)}
    parts |= {name: parts[name]["name"] for name in ("against", "targets") if name in parts}
    shares = [
        f"{each['source']}{sign}{each[side]}"
        for each in parts.pop("shares", ())
        for side, sign in (("least", ">="), ("most", "<="))
        if each.get(side) is not None
    ]
    told = [f"{name.replace('_', '-')}={value}" for name, value in parts.items()]
    return " ".join([*told, *(f"share={each}" for each in shares)])
