"""The stages of a run: what is queued for it, what is done already, what it came to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple, TypedDict

from deita_tui.errors import UsageError

if TYPE_CHECKING:
    from deita_store.imports import Import
    from deita_store.jobs import Job
    from deita_tui.formats import Plan
    from deita_tui.project import Project
    from deita_tui.project.embedding import EmbedOptions
    from deita_tui.project.exporting import ExportOptions
    from deita_tui.project.scoring import ScoreOptions
    from deita_tui.project.selecting import SelectOptions
    from deita_tui.steps.embedding_args import EmbedReport
    from deita_tui.steps.exporting_args import ExportReport
    from deita_tui.steps.importing import ImportReport
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.scoring_args import ScoreReport
    from deita_tui.steps.summary import SelectionReport

PROJECT = "project"
"""What the project is called in the folder of a run."""
STAGES = ("import", "score", "embed", "select", "export")
LITE = "lite"
"""Scorer and embedder where none is named: those that ship with the program."""

_JOBS = "run.jobs"
_DONE = "run.done:"
_TELLING = 12
"""So many digits of an identity stand for it, as in the status."""
_LATER = ("against", "targets", "tokenizer", "tags", "scorer", "embedder", "shares")
"""What is asked of a selection that its parameters do not hold, or not in these words."""


class RunOptions(TypedDict, total=False):
    """What may be said of a run besides its budget, stage by stage."""

    format: str
    map: str
    source: str
    strict: bool
    target: str
    """What the export is for; default: messages."""
    scoring: ScoreOptions
    """Without a scorer and without models: lite."""
    embedding: EmbedOptions
    selecting: SelectOptions
    exporting: ExportOptions


class Input(NamedTuple):
    """A file that can be read."""

    path: Path
    name: str
    """What to call it; '-' is standard input."""
    plan: Plan


@dataclass(frozen=True, slots=True)
class RunReport:
    """What a run came to, stage by stage."""

    out: Path
    project: Path
    imports: list[ImportReport]
    scoring: ScoreReport | None
    """None: everything was scored before."""
    embedding: EmbedReport | None
    """None: everything was embedded before, or a threshold of 1 or more compares nothing."""
    selection: SelectionReport
    export: ExportReport
    seconds: float


@dataclass(slots=True)
class Pipeline:
    """The stages of a run; the caller sees to it that what is queued is done."""

    project: Project
    out: Path
    budget: int
    options: RunOptions
    started: float = field(default_factory=monotonic)
    imports: list[int] = field(default_factory=list)
    """Jobs, one for each file."""
    scoring: int | None = None
    """The job; None where nothing is left to score."""
    embedding: int | None = None

    def queue(self, inputs: Sequence[Input]) -> None:
        """Refuse what makes no sense, and queue all the long work of the run.

        All of it at once: what an import has queued behind it, such as the full-text index, then
        comes last.
        """
        from deita_store import settings

        self._refuse_senseless()
        self._refuse_others(inputs)
        settled = all(self._is_in(each) for each in inputs)
        with self.project.store.transaction():  # all of it, or nothing where a stage is refused
            self.imports = [self._queue_import(each) for each in inputs]
            if not (settled and self._is_done("score")):
                self.scoring = self.project.queue_score(**self._scoring())
            if self.compares and not (settled and self._is_done("embed")):
                self.embedding = self.project.queue_embed(**self._embedding())
            mine = [*self.imports, *filter(None, (self.scoring, self.embedding))]
            self._drop_others(mine)
            settings.put(self.project.store, _JOBS, mine)

    def imported(self, jobs: Sequence[Job]) -> list[ImportReport]:
        """What came in, once all imports are done."""
        reports = [self.project.report(job) for job in jobs]
        self._drop_leftovers({report.import_id for report in reports})
        return reports

    def scored(self, job: Job) -> ScoreReport:
        """What was scored, once that is done."""
        report = self.project.score_report(job)
        self._note("score", [stage.scorer_id for stage in report.stages])
        return report

    def embedded(self, job: Job) -> EmbedReport:
        """What was embedded, once that is done."""
        report = self.project.embed_report(job)
        self._note("embed", [report.embedder_id])
        return report

    def select(self, progress: Callable[[Progress], None] | None = None) -> SelectionReport:
        """Select, once everything is scored and embedded; it becomes the working selection."""
        asked: dict[str, Any] = dict(self.options.get("selecting", {}))
        asked.setdefault("scorer", self._scorers())
        if self.compares:
            asked.setdefault("embedder", self._embedder())
        return self.project.select(progress=progress, **{**asked, "budget": self.budget})

    def export(self, progress: Callable[[Progress], None] | None = None) -> ExportReport:
        """Write what was selected; only files that an earlier manifest names are replaced."""
        from deita_store.selections import WORKING

        asked: dict[str, Any] = {**self.options.get("exporting", {}), "selection": WORKING}
        return self.project.export(
            self.out, self.target, force=True, beside=(PROJECT,), progress=progress, **asked
        )

    def report(
        self,
        imports: list[ImportReport],
        scoring: ScoreReport | None,
        embedding: EmbedReport | None,
        selection: SelectionReport,
        export: ExportReport,
    ) -> RunReport:
        """All of it together."""
        return RunReport(
            out=self.out.absolute(),
            project=self.project.folder.absolute(),
            imports=imports,
            scoring=scoring,
            embedding=embedding,
            selection=selection,
            export=export,
            seconds=round(monotonic() - self.started, 3),
        )

    @property
    def target(self) -> str:
        """What the export is for."""
        return self.options.get("target", "messages")

    @property
    def compares(self) -> bool:
        """Does the selection look at vectors?"""
        return self.options.get("selecting", {}).get("threshold", 0.0) < 1

    def _scorers(self) -> list[str]:
        """What names the scorers of this run, and no others: models may share a name."""
        from deita_store import scores

        ids, store = self._made("score"), self.project.store
        known = scores.scorers(store)
        newest = {(each.name.lower(), each.measures): each for each in known}
        names = list(dict.fromkeys(each.name for each in newest.values() if each.id in ids))
        if {each.id for each in newest.values() if each.name in names} == set(ids):
            return names
        return [scores.identity(store, id_)[:_TELLING] for id_ in ids]

    def _embedder(self) -> str:
        """The same for the embedder."""
        from deita_store import vectors

        (id_,), store = self._made("embed"), self.project.store
        newest = {each.name: each.id for each in vectors.embedders(store)}
        name = next((name for name, known in newest.items() if known == id_), "")
        return name or vectors.identity(store, id_)[:_TELLING]

    def _scoring(self) -> ScoreOptions:
        asked = self.options.get("scoring", {})
        named = asked.keys() & {"scorer", "complexity", "quality"}
        return asked if named else {**asked, "scorer": LITE}

    def _embedding(self) -> EmbedOptions:
        return {"embedder": LITE, **self.options.get("embedding", {})}

    def _queue_import(self, each: Input) -> int:
        earlier = [known.id for known in self._known(each) if known.state == "complete"]
        return self.project.queue_import(
            each.path,
            each.plan,
            strict=self.options.get("strict", False),
            source=self.options.get("source"),
            # A file that has changed takes the place of what it was.
            replace=earlier[-1] if earlier else None,
            name=each.name if each.name == "-" else None,
        )

    def _known(self, each: Input) -> list[Import]:
        """The imports in force of this file, or of what it was."""
        from deita_store import imports

        known = imports.all(self.project.store)
        return [old for old in known if old.removed_by is None and old.path == _place(each)]

    def _is_in(self, each: Input) -> bool:
        """Is this file imported already, as it is?"""
        from deita_store import imports

        return any(
            known.state == "complete"
            and known.mapping == each.plan.mapping.to_json()
            and imports.untouched(known)
            for known in self._known(each)
        )

    def _is_done(self, stage: str) -> bool:
        """Was this very stage finished, over all the records that are there?"""
        noted = self._noted(stage)
        return bool(self._made(stage)) and noted == {**noted, **self._state(stage)}

    def _made(self, stage: str) -> list[int]:
        """The scorers, or the embedder, that a stage was finished with."""
        found = self._noted(stage).get("ids")
        return found if isinstance(found, list) else []

    def _noted(self, stage: str) -> dict[str, object]:
        from deita_store import settings

        found = settings.get(self.project.store, _DONE + stage)
        return found if isinstance(found, dict) else {}

    def _note(self, stage: str, ids: list[int]) -> None:
        from deita_store import settings

        state = {**self._state(stage), "ids": ids}
        settings.put(self.project.store, _DONE + stage, state)

    def _state(self, stage: str) -> dict[str, object]:
        import msgspec

        asked: Any = self._scoring() if stage == "score" else self._embedding()
        (newest,) = self.project.store.db.execute("select max(id) from conversations").fetchone()
        return {"asked": msgspec.to_builtins(asked, enc_hook=str), "until": newest}

    def _refuse_senseless(self) -> None:
        """A wrong word about the last stages is not to be told after an hour of scoring."""
        from deita_store import filters
        from deita_store.context import Context
        from deita_tui.export import names
        from deita_tui.selection.params import Params, parse_share

        asked: Any = self.options.get("selecting", {})
        plain = {name: value for name, value in asked.items() if name not in _LATER}
        shares = tuple(parse_share(each) for each in asked.get("shares", ()))
        params = Params(**{**plain, "budget": self.budget, "shares": shares})
        for filter_ in (params.require, params.exclude):
            filters.where(filters.parse(filter_), Context(self.project.store))
        names.get(self.target)

    def _refuse_others(self, inputs: Sequence[Input]) -> None:
        """What is selected comes from the files that were named, and from no others."""
        from deita_store import imports

        given = {_place(each) for each in inputs}
        for known in imports.all(self.project.store):
            if known.removed_by is None and known.path not in given:
                raise UsageError(
                    f"{self.project.folder} holds {known.file_name} too, which was not named.",
                    "Name another folder with -o, or name all the files. To go on by hand: "
                    f"deita-tui select {self.project.folder}",
                )

    def _drop_others(self, mine: Sequence[int]) -> None:
        """Cancel what an earlier run with other options has left in the queue."""
        from deita_store import jobs, settings

        left = settings.get(self.project.store, _JOBS, [])
        for number in left if isinstance(left, list) else []:
            if number not in mine:
                job = jobs.get(self.project.store, number)
                if job.state not in ("done", "failed", "cancelled"):
                    jobs.want(self.project.store, number, "cancel")

    def _drop_leftovers(self, wanted: set[int]) -> None:
        """Half an import of a file that has changed since is not what the file says."""
        from deita_store import imports

        for known in imports.all(self.project.store):
            if known.removed_by is None and known.id not in wanted:
                self.project.remove(import_id=known.id)


def _place(each: Input) -> str:
    return each.name if each.name == "-" else str(each.path.absolute())
