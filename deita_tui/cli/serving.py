"""The command that shows the app in a browser."""

from pathlib import Path
from typing import Annotated

import typer

from deita_tui import places
from deita_tui.cli import output
from deita_tui.cli.common import Dir, home
from deita_tui.errors import MissingExtraError, UsageError


class _Told:
    """Links are data, the rest is narration."""

    def link(self, url: str) -> None:
        output.data(url)

    def say(self, text: str) -> None:
        output.say(text)


def serve(
    ctx: typer.Context,
    directory: Dir,
    host: Annotated[
        str, typer.Option("--host", metavar="HOST", help="Listen at this address of the machine.")
    ] = "127.0.0.1",
    port: Annotated[
        int,
        typer.Option(
            "--port", metavar="N", help="Listen at this port; 0 takes a free one.", min=0, max=65535
        ),
    ] = 8765,
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote",
            help="Let --host be reached from other machines. Nothing is encrypted.",
        ),
    ] = False,
    allow_host: Annotated[
        list[str] | None,
        typer.Option(
            "--allow-host",
            metavar="NAME",
            help="A further name that browsers may call this machine by. Can be repeated.",
        ),
    ] = None,
) -> None:
    """Show a project's app in a browser: prints a link that works once, and serves until Ctrl-C."""
    known = home(ctx)
    folder = places.resolve(directory, known)
    from deita_tui.serving import is_loopback

    remote = not is_loopback(host)
    if remote and not allow_remote:
        raise UsageError(
            f"Other machines can reach {host or 'every address'}: whoever has the link reads and "
            "changes the project, and nothing on the way is encrypted.",
            "Leave --host out and use a tunnel (ssh -L); or add --allow-remote if it is meant.",
        )
    from deita_tui.project import Project

    # What is wrong with it is said here, and not in a browser.
    Project.open(folder, read_only=True, door="cli").close()
    _run(folder, known, host, port, allow_host or [], remote=remote)


def _run(
    folder: Path, known: Path, host: str, port: int, names: list[str], *, remote: bool
) -> None:
    try:
        from deita_tui.serving.house import Address, serve
    except ModuleNotFoundError as error:
        raise MissingExtraError(str(error.name), "serve", "serve the app to a browser") from error
    output.say(f"Serving {folder} until Ctrl-C. Open this link in a browser; it works once:")
    if remote:
        output.note("Whoever gets it reads and changes the project, and nothing is encrypted.", 0)
    else:
        where = f"{port}:{host}:{port}" if port else "PORT:127.0.0.1:PORT"
        output.note(f"From another machine, first: ssh -L {where} THIS-MACHINE", 0)
    serve(folder, known, Address(host, port, tuple(names)), _Told())
    output.say("Ended. What was decided is on disk, and jobs run on.")
