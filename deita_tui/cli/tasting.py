"""The command about the user's own taste."""

from typing import Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.errors import UsageError


def taste(
    ctx: typer.Context,
    directory: Dir,
    learn: Annotated[
        bool,
        typer.Option(
            "--learn", help="Learn from the decisions as they stand, and give records their value."
        ),
    ] = False,
    forget: Annotated[bool, typer.Option("--forget", help="Take the column away again.")] = False,
    as_json: Json = False,
) -> None:
    """Tell how well your keeps and rejects foretell the next one, and learn from them.

    Once learned, `taste` is a column (`list --where "taste<0.2"`), a queue, and a name for a
    formula (`select --formula "c*q*taste"`): no selection goes by it unless you say so.
    """
    if learn and forget:
        raise UsageError("Only one of --learn and --forget can be meant.")
    with opened(ctx, directory, read_only=not (learn or forget)) as project:
        if forget:
            _forgot(project.forget_taste(), as_json)
            return
        report = project.learn_taste() if learn else project.taste()
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(report))
        return
    from deita_tui.steps.tasting_told import lines

    output.pairs(lines(report))


def _forgot(there: bool, as_json: bool) -> None:
    if as_json:
        output.emit({"forgotten": there})
    else:
        output.say("Your taste is forgotten." if there else "No taste was learned.")
