"""What every command needs: its project, its words, and a decent end when something goes wrong."""

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand, TyperGroup

from deita_tui import places
from deita_tui.cli import output
from deita_tui.cli.exits import Exit, code_of
from deita_tui.errors import DeitaError, UsageError

if TYPE_CHECKING:
    from deita_tui.project import Project


@dataclass(frozen=True, slots=True)
class Settings:
    """What the global options said."""

    home: Path
    """The folder of the projects that are named without a path."""


class Commands(TyperGroup):
    """Runs a command, and turns what it raises into a sentence and a named exit code."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that ``ctx`` is about."""
        try:
            return super().invoke(ctx)
        except DeitaError as error:
            output.tell(error)
            raise typer.Exit(code_of(error)) from error
        except KeyboardInterrupt as interrupt:
            output.say("Interrupted.")
            raise typer.Exit(Exit.INTERRUPTED) from interrupt
        except BrokenPipeError:
            # Whoever read has seen enough (`| head`). Python would complain again at exit.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise typer.Exit(Exit.DONE) from None


class Command(TyperCommand):
    """A command whose usage line marks what is optional, and only that."""

    def collect_usage_pieces(self, ctx: Any) -> list[str]:
        """The words behind the command's name in its usage line."""
        return [
            piece.replace("{", "").replace("}", "") for piece in super().collect_usage_pieces(ctx)
        ]


def home(ctx: typer.Context) -> Path:
    """The projects folder that this call was told of."""
    settings = ctx.find_root().obj
    return settings.home if isinstance(settings, Settings) else places.projects_dir()


def opened(ctx: typer.Context, name: str, *, read_only: bool = False) -> "Project":
    """The project called ``name``; the caller closes it."""
    from deita_tui.project import Project

    known = home(ctx)
    project = Project.open(places.resolve(name, known), read_only=read_only, door="cli")
    places.remember(project.folder, known)
    if project.notice:
        output.say(project.notice)
    return project


def agreed(about: str, question: str, yes: bool) -> bool:
    """May it be done? ``--yes`` says so beforehand, otherwise a person is asked.

    Raises:
        UsageError: there is nobody to ask.
    """
    if yes:
        return True
    if not sys.stdin.isatty():
        raise UsageError(f"{about}, and there is nobody to ask.", "Add --yes if it is meant.")
    return output.read_answer(question)


def _complete_project(incomplete: str) -> list[str]:
    known = places.recent(places.projects_dir())
    return [path.name for path in known if path.name.startswith(incomplete)]


Dir = Annotated[
    str,
    typer.Argument(
        metavar="DIR",
        help="The project: its folder, or its name in the projects folder.",
        autocompletion=_complete_project,
        show_default=False,
    ),
]
Where = Annotated[
    str, typer.Option("--where", metavar="FILTER", help="Only records that this filter finds.")
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]
