"""Overview: where the project is, and what comes next."""

from collections.abc import Sequence
from time import monotonic
from typing import TYPE_CHECKING, ClassVar

from textual.app import ComposeResult
from textual.binding import BindingType
from textual.containers import Grid, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Footer, ProgressBar, Static

from deita_store.counts import Counts
from deita_store.jobs import Job
from deita_tui.errors import DeitaError
from deita_tui.figures import plural
from deita_tui.printable import printable
from deita_tui.project import Project
from deita_tui.ui import actions, pipeline
from deita_tui.ui.keyed import keyed
from deita_tui.ui.messages import ProjectChanged
from deita_tui.ui.screens.jobs import left, progress
from deita_tui.ui.widgets.topbar import TopBar

if TYPE_CHECKING:
    from deita_tui.project.picturing import Standing
    from deita_tui.selection.portrait import Portrait
    from deita_tui.ui.app import DeitaApp


_SECONDS = 1.0
"""Between two looks at the jobs, and two counts at least."""
_PANELS = (
    ("complexity", "complexity"),
    ("quality", "quality"),
    ("product", "complexity × quality"),
    ("cloud", "● kept among all"),
)
_SOURCES = 12
"""That are named."""


class Overview(Screen[None]):
    """The pipeline of one project.

    What is counted is counted beside the screen, and again a second after something was written at
    the earliest; the scores of all records are read again when there are others.
    """

    PLACES = ("overview", "project")
    BINDINGS: ClassVar[list[BindingType]] = [*actions.bindings("overview", "project")]
    app: "DeitaApp"

    def __init__(self, name: str | None = None) -> None:
        super().__init__(name=name)
        self._next = pipeline.Next("", "")
        self._standing: Standing | None = None
        self._portrait: Portrait | None = None
        self._drawn_of: object = None
        """What the portrait was drawn of: it is the same while that is the same."""
        self._due = True
        """Was something written since the last count?"""
        self._paused_until = 0.0
        """Drawing the portrait of a million records takes seconds: not one after another."""

    def compose(self) -> ComposeResult:
        """Lay it out."""
        yield TopBar("overview", self.app.opened.folder.name)
        with VerticalScroll():
            yield Static(id="stages")
            yield Static(id="job", markup=False)
            yield ProgressBar(id="bar", show_eta=False)
            yield Static(id="next", markup=False)
            yield Static(id="health")
            with Grid(id="portrait"):
                for name, title in _PANELS:
                    panel = Static(id=name, classes="panel")
                    panel.border_title = title
                    yield panel
            yield Static(id="details", markup=False)
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show what is there."""
        self.query_one("#portrait").display = False
        self._tick()
        self.set_interval(_SECONDS, self._tick)

    def on_screen_suspend(self) -> None:
        """Whoever left for another screen needs the processor there."""
        if self.app.is_looking("portrait"):
            self.app.drop("portrait")
            self._drawn_of = None

    def on_screen_resume(self) -> None:
        """Something may have been started meanwhile."""
        self._due = True
        self._draw()
        self._tick()

    def on_resize(self) -> None:
        """Draw in the new room."""
        self.call_after_refresh(self._draw)

    def on_project_changed(self, _: ProjectChanged) -> None:
        """Count again before long: a job at work writes several times a second."""
        self._due = True

    def _tick(self) -> None:
        if self.app.screen is not self:
            return
        self._draw_job()
        if self._due and not self.app.is_looking("overview"):
            # The numbers at once, and what needs large libraries when they are there.
            first, self._due = self._standing is None, self._standing is None
            read = self._first_look if first else Project.standing
            self.app.look("overview", read, self._take)

    def _first_look(self, project: Project) -> "Standing":
        """The numbers: counted while the app was loaded, where it was opened with this project."""
        ahead = self.app.ahead and self.app.ahead.standing(project.folder)
        return ahead or project.standing(lists=False)

    def _take(self, standing: "Standing") -> None:
        if not self.is_attached:
            return
        self._standing = standing
        self._draw()
        if standing.compared is None:
            self._tick()
            return
        counts = standing.counts
        of = (counts.records, counts.scored, counts.selection)
        if counts.scored and of != self._drawn_of and not self.app.is_looking("portrait"):
            if monotonic() < self._paused_until:
                self._due = True
                return
            self._drawn_of = of
            started = monotonic()
            self.app.look("portrait", Project.portrait, lambda found: self._hang(found, started))

    def _hang(self, found: "Portrait", started: float) -> None:
        # At most a tenth of the time goes into it while a job writes on and on.
        self._paused_until = monotonic() + 9 * (monotonic() - started)
        self._portrait = found
        # Under another screen it would be drawn for nobody; it is when that one is left.
        if self.is_attached and self.app.screen is self:
            self._draw_portrait()

    def _draw(self) -> None:
        # On the way home the project is closed before its screens are.
        if (standing := self._standing) is None or self.app.project is None:
            return
        job = self._job_at_work()
        self._next = pipeline.next_step(standing, job.kind if job else "")
        told = pipeline.stages(standing)
        room = self.query_one(VerticalScroll).scrollable_content_region.width
        self.query_one("#stages", Static).update(drawn(told, room))
        key = self.app.keys_of(actions.named("overview.next"))
        hint = f"{key}: " if self._next.action else ""
        self.query_one("#next", Static).update(f"▸ {hint}{self._next.sentence}")
        health = self.query_one("#health", Static)
        health.update(_health(standing, self.app.keys_of(actions.named("overview.failed"))))
        health.display = any(pipeline.health(standing))
        self.query_one("#details", Static).update("\n".join(_details(standing.counts)))
        self._draw_portrait()

    def _draw_portrait(self) -> None:
        found, grid = self._portrait, self.query_one("#portrait")
        if found is None or (found.complexity is None and found.quality is None):
            grid.display = False
            return
        if not grid.display:
            # How much room there is shows only then.
            grid.display = True
            self.call_after_refresh(self._draw_portrait)
            return
        from deita_tui.ui.widgets import portraits

        for name, spread in (
            ("complexity", found.complexity),
            ("quality", found.quality),
            ("product", found.product),
        ):
            panel = self.query_one(f"#{name}", Static)
            room = panel.content_size
            if spread is not None:
                panel.update(portraits.spread(spread, room.width, room.height))
            else:
                panel.update("not scored yet")
        panel = self.query_one("#cloud", Static)
        room = panel.content_size
        if found.cloud is not None and room.width:
            panel.update(portraits.cloud(found.cloud, room.width, room.height))

    def _job_at_work(self) -> Job | None:
        return next((job for job in self.app.opened.jobs() if job.state == "running"), None)

    def _draw_job(self) -> None:
        jobs = self.app.opened.jobs()
        job = next((each for each in jobs if each.state == "running"), None)
        bar = self.query_one(ProgressBar)
        bar.display = job is not None
        line = self.query_one("#job", Static)
        line.display = True
        if job is None:
            line.update(printable(keyed(waiting(jobs), self.app)))
            line.display = bool(waiting(jobs))
            return
        bar.update(total=job.total, progress=job.done)
        rate = f"{job.rate:,.0f} {job.unit}/s" if job.rate else ""
        remaining = f"{left(job)} left" if left(job) else ""
        steer = "p: pause   j: all jobs"
        parts = (f"{job.kind} {job.stage}".strip(), progress(job), rate, remaining, steer)
        line.update(printable(" · ".join(filter(None, parts))))

    # What keys do ---------------------------------------------------------------------------------

    async def action_next(self) -> None:
        """Do what comes next."""
        if self._next.action:
            await self.run_action(self._next.action)

    def action_import_file(self) -> None:
        """Choose a file, and import it."""
        from pathlib import Path

        from deita_tui.ui.screens.files import Files
        from deita_tui.ui.screens.importing import ImportWizard

        def chosen(path: Path | None) -> None:
            if path is not None:
                self.app.push_screen(ImportWizard(path))

        self.app.push_screen(Files(), chosen)

    def action_failed(self) -> None:
        """Show the records with a turn to which a scorer gave no value."""
        from deita_tui.ui.screens.browse import Browse

        self.app.push_screen(Browse("browse", "is:failed"))

    def action_jobs(self) -> None:
        """Show the jobs."""
        from deita_tui.ui.screens.jobs import Jobs

        self.app.push_screen(Jobs())

    def action_pause(self) -> None:
        """Pause what runs; where nothing does, let what was paused go on."""
        jobs = self.app.opened.jobs()
        job = next((each for each in jobs if each.state == "running"), None)
        stuck = [each for each in jobs if each.state in ("paused", "interrupted")]
        try:
            if job is not None:
                self.app.opened.steer(job.id, "pause")
            elif stuck:
                self.app.opened.steer(stuck[-1].id, "resume")
            elif any(each.state == "queued" for each in jobs):
                self.app.opened.start()
            else:
                self.notify("Nothing runs, and nothing was paused.", markup=False)
        except DeitaError as error:
            self.app.tell(error)
        self._draw_job()

    def action_score(self) -> None:
        """Set up scoring."""
        from deita_tui.ui.screens.scoring import ScoreSetup

        self.app.push_screen(ScoreSetup())

    def action_embed(self) -> None:
        """Set up embedding."""
        from deita_tui.ui.screens.embedding import EmbedSetup

        self.app.push_screen(EmbedSetup())

    def action_index(self) -> None:
        """Find the neighbours of every vector."""
        try:
            self.app.opened.queue_index()
            self.app.opened.start()
        except DeitaError as error:
            self.app.tell(error)
        self._due = True
        self._tick()


def waiting(jobs: Sequence[Job]) -> str:
    """What to say of jobs where none runs: what waits for somebody, or went wrong."""
    for job in reversed(jobs):
        if job.state == "paused":
            return f"Job {job.id} ({job.kind}) is paused, {progress(job)}: p goes on."
        if job.state == "interrupted":
            return f"Job {job.id} ({job.kind}) was interrupted: p goes on."
        if job.state == "queued":
            return f"Job {job.id} ({job.kind}) waits for a worker: p starts one."
        if job.state == "failed":
            return f"✕ Job {job.id} ({job.kind}) failed: {job.error} {job.hint or ''}"
        if job.state == "done" and job.kind not in ("derive", "search-index"):
            break
    return ""


def drawn(stages: Sequence[pipeline.Stage], width: int) -> Content:
    """The stages from left to right, in two lines where one has no room."""
    wide = max(max(len(stage.name) + 4, len(stage.figure) + 2) for stage in stages) + 1
    fitting = max(min(width // wide, len(stages)), 1)
    a_line = (
        len(stages) if fitting == len(stages) else -(-len(stages) // -(-len(stages) // fitting))
    )
    room = width // a_line
    lines: list[Content] = []
    for start in range(0, len(stages), a_line):
        some = stages[start : start + a_line]
        last = start + a_line >= len(stages)
        names = [f"{stage.mark} {stage.name} ".ljust(room - 2, "─") + "▶ " for stage in some]
        if last:
            names[-1] = f"{some[-1].mark} {some[-1].name}"
        lines.append(Content.styled("".join(names), "bold"))
        lines.append(Content("".join(f"  {stage.figure}".ljust(room) for stage in some)))
    return Content("\n").join(lines)


def _health(standing: "Standing", failed: str) -> Content:
    lines = []
    for name, told in pipeline.health(standing, failed):
        lines.append(Content.styled(f"{printable(name)}  ", "bold") + Content(printable(told)))
    return Content("\n").join(lines)


def _details(counts: Counts) -> list[str]:
    lines = []
    if counts.duplicates or counts.refused:
        refused = plural(counts.refused, "row refused", "rows refused")
        lines.append(f"import   {refused}, {plural(counts.duplicates, 'duplicate')}")
    told = [f"{printable(name)} {count:,}" for name, count in counts.sources[:_SOURCES]]
    if len(counts.sources) > _SOURCES:
        told.append(f"and {len(counts.sources) - _SOURCES:,} more")
    if told:
        lines.append(f"sources  {' · '.join(told)}")
    return ["", *lines]
