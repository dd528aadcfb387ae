"""What kinds of jobs there are: by name, the step that does the work."""

from collections.abc import Generator
from importlib import import_module
from typing import Any, NamedTuple

from deita_store.jobs import Job
from deita_store.store import Store
from deita_tui.errors import JobError
from deita_tui.steps.progress import Progress


class Kind(NamedTuple):
    """A kind of job."""

    step: str
    """The module whose ``run(store, args, job)`` does it; loaded when the first such job runs."""
    args: str
    """The struct in that module that its arguments are."""
    then: tuple[str, ...] = ()
    """Kinds that are queued behind it once it is done."""


KINDS = {
    "import": Kind("deita_tui.steps.importing", "ImportArgs", then=("search-index", "derive")),
    "derive": Kind("deita_tui.steps.deriving", "DeriveArgs"),
    "search-index": Kind("deita_tui.steps.searching", "SearchArgs"),
    "score": Kind("deita_tui.steps.scoring", "ScoreArgs"),
    "embed": Kind("deita_tui.steps.embedding", "EmbedArgs"),
    "index": Kind("deita_tui.steps.indexing", "IndexArgs"),
    "distill": Kind("deita_tui.steps.distilling", "DistillArgs"),
    "cascade": Kind("deita_tui.steps.cascading", "CascadeArgs"),
    "export": Kind("deita_tui.steps.exporting", "ExportArgs"),
}


def steps(store: Store, job: Job) -> Generator[Progress, None, Any]:
    """Begin a job's work.

    Raises:
        JobError: a newer version of the program queued it.
    """
    import msgspec

    kind = KINDS.get(job.kind)
    if kind is None:
        raise JobError(
            f"This version does not know jobs of the kind {job.kind!r}.",
            "Update deita-tui: pip install --upgrade deita-tui",
        )
    module = import_module(kind.step)
    args = msgspec.convert(job.args, getattr(module, kind.args))
    work: Generator[Progress, None, Any] = module.run(store, args, job.id)
    return work


def covers(done: Job, other: Job) -> bool:
    """Has ``done``, which is done, left nothing to do of ``other``?

    The same work is covered by itself; where a kind's arguments can be wider or narrower, they say
    so with ``covers``.
    """
    import msgspec

    if done.kind != other.kind or done.kind not in KINDS:
        return False
    if done.args == other.args:
        return True
    args = getattr(import_module(KINDS[done.kind].step), KINDS[done.kind].args)
    if not hasattr(args, "covers"):
        return False
    wide, narrow = (msgspec.convert(job.args, args) for job in (done, other))
    return bool(wide.covers(narrow))


def followers(kind: str) -> tuple[str, ...]:
    """What is queued behind a job that is done."""
    return KINDS[kind].then
