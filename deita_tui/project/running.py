"""Everything in one go: files in, the best of them out, in a form that a trainer takes.

The project lies in ``OUT/project``. What is there already is not done again, so the same call goes
on after it was stopped, and another budget costs a selection and an export.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Unpack

from deita_tui.project.opened import Opened
from deita_tui.project.pipeline import PROJECT, Input, Pipeline, RunOptions, RunReport

if TYPE_CHECKING:
    from deita_store.jobs import Job
    from deita_tui.project import Project
    from deita_tui.steps.progress import Progress

__all__ = ["Input", "Pipeline", "RunOptions", "RunReport", "Running", "opened"]


class Running(Opened):
    """Everything in one go."""

    @staticmethod
    def run(
        files: Path | str | Sequence[Path | str],
        out: Path | str,
        budget: int,
        *,
        progress: Callable[[str, Job | Progress], None] | None = None,
        **options: Unpack[RunOptions],
    ) -> RunReport:
        """Import, score, embed, select and export, in this process.

        The project lies in ``out``/project; what is done there is not done again.

        Args:
            files: the files, or folders whose files are meant.
            out: the folder of the export.
            budget: how many records to select; 0 is no limit.
            progress: called with the stage's name and how far it is.
            options: see ``RunOptions``.

        Raises:
            UsageError: what is asked for makes no sense, or the folder is not for it.
            InputError: a file cannot be read as records.
            JobError: a stage could not be finished; what it did is kept.
        """
        with opened(Path(out)) as project:
            pipeline = Pipeline(project, Path(out), budget, options)
            pipeline.queue(_inputs(project, files, options))
            return _in_process(pipeline, progress or (lambda stage, state: None))


def opened(out: Path, door: str = "python") -> Project:
    """The project of a run into ``out``, made where there is none.

    Raises:
        UsageError: ``out`` is no folder for it.
    """
    from deita_tui.export.placing import Place
    from deita_tui.project import Project, is_project

    folder = out / PROJECT
    # Before anything is made: a folder with other things in it is left alone.
    Place(out, force=True, beside=(PROJECT,))
    if is_project(folder):
        return Project.open(folder, door=door)
    out.mkdir(parents=True, exist_ok=True)
    return Project.create(folder, door=door)


def _inputs(
    project: Project, files: Path | str | Sequence[Path | str], options: RunOptions
) -> list[Input]:
    from deita_tui import formats

    named = [files] if isinstance(files, (str, Path)) else files
    given = options.get("format"), options.get("map")
    return [
        Input(path, str(path), project.plan(path, format=given[0], map=given[1]))
        for each in named
        for path in formats.expand(Path(each))
    ]


def _in_process(pipeline: Pipeline, progress: Callable[[str, Job | Progress], None]) -> RunReport:
    def done(number: int, stage: str) -> Job:
        return pipeline.project._run(number, lambda job: progress(stage, job))

    imports = pipeline.imported([done(each, "import") for each in pipeline.imports])
    scoring = pipeline.scoring and pipeline.scored(done(pipeline.scoring, "score"))
    embedding = pipeline.embedding and pipeline.embedded(done(pipeline.embedding, "embed"))
    selection = pipeline.select(lambda state: progress("select", state))
    export = pipeline.export(lambda state: progress("export", state))
    return pipeline.report(imports, scoring or None, embedding or None, selection, export)
