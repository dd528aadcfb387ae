"""The demo: a project of real records that is ready in seconds."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from deita_tui.errors import UsageError
from deita_tui.project.opened import Opened

if TYPE_CHECKING:
    from deita_store.jobs import Job
    from deita_tui.project import Project

BUDGET = 400
_DEMO = "demo"
_LITE = "lite"


class Demonstrating(Opened):
    """The demo."""

    @staticmethod
    def demo(
        folder: Path | str,
        *,
        door: str = "python",
        progress: Callable[[Job], None] | None = None,
    ) -> Project:
        """The demo project in ``folder``: opened, or made from the records that are shipped.

        It is imported, scored and embedded with what ships with the program, and 400 records are
        selected. Broken off anywhere, the same call goes on.

        Args:
            folder: where it is, or is to be.
            door: what the journal says that acts came through.
            progress: called with each job after each batch that is stored.

        Raises:
            UsageError: another project is there.
        """
        from deita_store.store import is_project
        from deita_tui.project import Project

        there = is_project(folder)
        project = Project.open(folder, door=door) if there else Project.create(folder, door=door)
        try:
            _make_ready(project, progress)
        except BaseException:
            project.close()
            raise
        return project


def _make_ready(project: Project, progress: Callable[[Job], None] | None) -> None:
    from deita_store import settings
    from deita_tui.demo import RECORDS

    state = settings.get(project.store, _DEMO)
    if state == "ready":
        return
    if state is None and project.imports():
        raise UsageError(
            f"{project.folder} is a project of its own.", "Name another folder for the demo."
        )
    settings.put(project.store, _DEMO, "begun")
    project.import_(RECORDS, progress=progress)
    project.score(scorer=_LITE, progress=progress)
    project.embed(embedder=_LITE, progress=progress)
    project.select(budget=BUDGET, scorer=_LITE, embedder=_LITE)
    settings.put(project.store, _DEMO, "ready")
