"""What the screen of exports does beside itself: trying, writing, selecting again, verifying."""

import os
import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any

from deita_store.selections import WORKING
from deita_tui.errors import DeitaError
from deita_tui.project import ExportOptions, Project

if TYPE_CHECKING:
    from deita_tui.export.problems import Effect, Problem
    from deita_tui.steps.exporting_args import ExportReport
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.verifying import VerifyReport

LOST: "frozenset[Effect]" = frozenset({"left_out", "dropped", "refused"})
"""What happens to a record that no training sees."""


class Stopped(DeitaError):
    """The user ended it, or nobody waits for it any more."""


class Steps:
    """How far a piece of work is, and the way to stop it from the screen's thread."""

    def __init__(self) -> None:
        self.last: Progress | None = None
        self._stopped = Event()

    def stop(self) -> None:
        """End the work at its next step."""
        self._stopped.set()

    def __call__(self, step: "Progress") -> None:
        """Called by the work.

        Raises:
            Stopped: it is to end here.
        """
        if self._stopped.is_set():
            raise Stopped("It was stopped.")
        self.last = step


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be exported, and how."""

    target: str
    options: ExportOptions

    @property
    def selection(self) -> str | None:
        """The name of the selection; None for all records."""
        return None if self.options.get("everything") else self.options.get("selection")


@dataclass(frozen=True, slots=True)
class Group:
    """One rule of the target, and the records that it strikes."""

    rule: str
    effect: "Effect"
    problems: "Sequence[Problem]"


@dataclass(frozen=True, slots=True)
class Tried:
    """What a dry run came to."""

    name: str
    """What was tried: a selection's name, or that it is all records."""
    report: "ExportReport"
    groups: tuple[Group, ...]
    lost: int
    """Records that would not be trained on."""
    stale: tuple[str, ...]
    """What is newer in the project than the selection."""
    news: object
    """See ``news``."""


def try_it(project: Project, wanted: Wanted, steps: Steps) -> Tried:
    """Try every record on every rule; write nothing.

    Raises:
        DeitaError: nothing can be exported like this.
    """
    name = wanted.selection
    stale = tuple(project.stale(name)) if name is not None else ()
    seen = news(project, wanted)
    told: ExportOptions = {**wanted.options, "as_saved": True}
    report = project.check_export(wanted.target, progress=steps, **told)
    lost = {problem.id for problem in report.listed if problem.effect in LOST}
    what = f"selection {name}" if name else "all records"
    return Tried(what, report, tuple(grouped(report)), len(lost), stale, seen)


def news(project: Project, wanted: Wanted) -> object:
    """What a dry run depends on; another value after anything that may change what it finds."""
    from deita_store import freshness

    name = wanted.selection
    stale = tuple(project.stale(name)) if name is not None else ()
    names = tuple((each.id, each.name) for each in project.selections())
    texts = freshness.acts(project.store), freshness.last_version(project.store)
    return stale, names, project.has_working(), texts


def grouped(report: "ExportReport") -> list[Group]:
    """The problems by rule and effect, in the order of the summary: the gravest first."""
    found: dict[tuple[str, Effect], list[Problem]] = {
        (each.rule, each.effect): [] for each in report.problems
    }
    for problem in report.listed:
        found[problem.rule, problem.effect].append(problem)
    return [Group(rule, effect, problems) for (rule, effect), problems in found.items()]


def write(
    folder: Path, out: Path, wanted: Wanted, steps: Steps, *, force: bool, as_saved: bool
) -> "ExportReport":
    """Export; stopped anywhere, it leaves nothing.

    Raises:
        DeitaError: the sentence says why nothing was written.
    """
    told: ExportOptions = {**wanted.options, "as_saved": as_saved}
    with Project.open(folder, door="app") as project:
        return project.export(out, wanted.target, force=force, progress=steps, **told)


def select_again(folder: Path, name: str, save: str, steps: Steps) -> int:
    """Make a selection once more of what is there now, and save it; returns how many it keeps.

    Raises:
        DeitaError: it cannot be made, or there is a selection of that name.
    """
    with Project.open(folder, door="app") as project:
        return project.select_again(name, save=save, progress=steps).kept


def verify(folder: Path, out: Path, steps: Steps) -> "VerifyReport":
    """Check the files of an export, make it again, and compare."""
    with Project.open(folder, read_only=True, door="app") as project:
        return project.verify(out, progress=steps)


def options(said: Mapping[str, Any]) -> ExportOptions:
    """What was said, without what was not: the defaults are those of ``Project.export``."""
    told = {name: value for name, value in said.items() if value not in (None, "", ())}
    return told  # type: ignore[return-value]


def next_name(name: str, taken: Callable[[str], bool]) -> str:
    """The first of ``NAME-2``, ``NAME-3`` … that is not taken; behind ``main-2`` comes ``main-3``.

    Only where there is a ``main`` as well: ``llama-3`` is a name, and has ``llama-3-2`` behind it.
    """
    stem, _, last = name.rpartition("-")
    base = stem if stem and last.isdecimal() and taken(stem) else name
    return next(found for n in count(2) if not taken(found := f"{base}-{n}"))


def free(folder: Path) -> Path:
    """That folder, or where it is taken the first one of ``NAME-2``, ``NAME-3`` … that is not."""

    def taken(name: str) -> bool:
        return os.path.lexists(folder.with_name(name))

    if not taken(folder.name):
        return folder
    return folder.with_name(next_name(folder.name, taken))


def holds_something(folder: Path) -> bool:
    """Is there something in the way?

    Raises:
        OSError: it cannot be looked into.
    """
    return folder.is_file() or (folder.is_dir() and any(folder.iterdir()))


def is_export(folder: Path) -> bool:
    """Does the folder hold an export?"""
    from deita_tui.export.manifests import MANIFEST

    return (folder / MANIFEST).is_file()


def command(project: Path, out: Path | None, wanted: Wanted) -> str:
    """The command line that does the same; without ``out`` the dry run."""
    words = ["deita-tui", "export", str(project), str(out) if out else "--check"]
    words += ["--target", wanted.target]
    for name, value in wanted.options.items():
        flag = "--" + {"everything": "all"}.get(name, name).replace("_", "-")
        if value is True:
            words.append(flag)
        elif value is not False:
            words += [flag, ",".join(value) if isinstance(value, tuple) else f"{value}"]
    return shlex.join(words)


def place_for(project: Path, selection: str | None, target: str) -> Path:
    """A folder that an export may go to: where the user is, else beside the project."""
    here = Path.cwd()
    if here.is_relative_to(project.resolve()):
        here = project.resolve().parent
    part = "" if selection == WORKING else selection or "all"
    name = "-".join(filter(None, (project.name, part, target)))
    return free(here / name.replace("/", "_").replace("\0", "_"))
