"""Files into the project: fast, exactly once, and from where it stopped."""

import contextlib
from collections.abc import Generator, Iterator
from pathlib import Path
from time import monotonic
from typing import Literal

import msgspec

from deita_store import arrivals, care, imports, jobs
from deita_store.store import Store
from deita_tui import formats
from deita_tui.errors import InputError
from deita_tui.formats import Mapping, Plan
from deita_tui.steps import batches, identity
from deita_tui.steps.batches import Read
from deita_tui.steps.bulk import bulk
from deita_tui.steps.identity import Content
from deita_tui.steps.progress import Progress
from deita_tui.steps.reading import Reader, Request

_SMALL = 4 << 20
"""Below this a second process takes longer to start than the file to read."""

_COMPRESSED = (".gz", ".zst", ".xz", ".bz2")


class ImportArgs(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to import, and how."""

    path: str
    """A file, or a folder that is one data set; absolute, since a worker may start elsewhere."""
    mapping: str | None = None
    """A ``formats.Mapping`` as JSON; None leaves everything to be found out."""
    strict: bool = False
    """Stop at the first row that is refused."""
    source: str | None = None
    """The source of every record; None: what the rows say, else the file's name."""
    replaces: int | None = None
    """The import that this one corrects; it goes out of force when this one is complete."""
    name: str | None = None
    """What to call the file where ``path`` is a copy: '-' for standard input."""
    actor: str = "deita-tui import"
    """Who the journal names for the removal of what is replaced."""
    batch_rows: int = batches.ROWS


class ImportReport(msgspec.Struct, frozen=True):
    """What an import came to, over all the runs that it took."""

    import_id: int
    file: str
    state: Literal["imported", "continued", "unchanged"]
    """``unchanged``: the file was imported before, and there was nothing to do."""
    imported: int
    duplicates: int
    refused: dict[str, int]
    """By reason."""
    detected: list[str]
    """The format and mapping, as lines for a person."""
    seconds: float


def run(
    store: Store, args: ImportArgs, job: int | None = None
) -> Generator[Progress, None, ImportReport]:
    """Import one file; yields after each committed batch, and returns the report.

    The same content under the same mapping is imported once: what is complete is reported, what
    was cut short goes on where it stopped. The caller holds the project's lock.

    Raises:
        InputError: the file cannot be read, or ``strict`` met a row that is refused.
    """
    started = monotonic()
    path = Path(args.path)
    with contextlib.ExitStack() as stack:
        reader = stack.enter_context(Reader()) if _is_big(path) else None
        plan = formats.plan(path, _mapping(args))
        content = stack.enter_context(Content(plan, path, args.name))
        known = identity.earlier(store, content)
        if known is None:
            import_id = imports.start(store, content.origin, content.sha256_so_far)
        else:
            import_id = known.id
        if known is None or known.state == "running":
            with bulk(store):
                yield from _fill(store, args, job, import_id, _Input(plan, content, reader))
            _complete(store, import_id, content, args, job)
        elif args.replaces not in (None, import_id):
            _replace(store, import_id, args)
    state: Literal["imported", "continued", "unchanged"] = "imported"
    if known is not None:
        state = "continued" if known.state == "running" else "unchanged"
    return report(store, import_id, state, plan, monotonic() - started)


def report(
    store: Store,
    import_id: int,
    state: Literal["imported", "continued", "unchanged"],
    plan: Plan,
    seconds: float,
) -> ImportReport:
    """What the project says of an import."""
    came = imports.get(store, import_id)
    return ImportReport(
        import_id=import_id,
        file=came.file_name,
        state=state,
        imported=came.imported,
        duplicates=came.duplicates,
        refused=imports.reasons(store, import_id),
        detected=plan.describe(),
        seconds=round(seconds, 3),
    )


class _Input:
    """One file on its way in."""

    def __init__(self, plan: Plan, content: Content, reader: Reader | None) -> None:
        self.plan = plan
        self.content = content
        self.reader = reader

    def read(self, args: ImportArgs, skip: int) -> Iterator[Read]:
        if self.reader is None:
            return batches.batches(self.plan, skip, args.strict, args.batch_rows)
        mapping = self.plan.mapping.to_json()
        return self.reader.read(Request(args.path, mapping, skip, args.strict, args.batch_rows))

    def source(self, args: ImportArgs) -> str:
        """The source of records that name none: the file's name without its endings."""
        if args.source:
            return args.source
        if args.name == "-":
            return "stdin"
        path = Path(args.name or args.path)
        if path.suffix in _COMPRESSED:
            path = path.with_suffix("")
        return path.stem or path.name


def _fill(
    store: Store, args: ImportArgs, job: int | None, import_id: int, source: _Input
) -> Iterator[Progress]:
    """Store the rows that are not there yet."""
    came = imports.get(store, import_id)
    if came.sha256 is None:
        source.content.begin()
    with store.transaction():
        progress = _advance(store, job, came.rows_done, None)
    yield progress
    name = source.source(args)
    for read in source.read(args, came.rows_done):
        if args.source:
            read.batch.sources = [None] * len(read.batch.rows)
        with store.transaction():
            arrivals.add(store, import_id, read.batch, name)
            if source.content.sha256_so_far is not None:
                imports.identify(store, import_id, source.content.sha256_so_far)
            total = _estimate(read, came.bytes)
            progress = _advance(store, job, read.batch.rows_done, total)
        if read.refused is not None:
            raise _strict(store, import_id, read.refused)
        del read  # its memory is needed for the next
        yield progress


def _complete(
    store: Store, import_id: int, content: Content, args: ImportArgs, job: int | None
) -> None:
    came = imports.get(store, import_id)
    digest = content.sha256() if came.sha256 is None else came.sha256
    content.expect_unchanged()
    with store.transaction():
        imports.identify(store, import_id, digest)
        imports.finish(store, import_id)
        _replace(store, import_id, args)
        # What was an estimate on the way is known now.
        _advance(store, job, came.rows_done, came.rows_done)


def _replace(store: Store, import_id: int, args: ImportArgs) -> None:
    """Put a complete import in the place of the one that it corrects."""
    if args.replaces is not None and imports.get(store, args.replaces).removed_by is None:
        care.replace(store, args.replaces, import_id, args.actor)


def _advance(store: Store, job: int | None, rows: int, total: int | None) -> Progress:
    progress = Progress(rows, total, "rows", "importing")
    jobs.advance(store, job, rows, total, progress.unit, progress.stage)
    return progress


def _estimate(read: Read, size: int) -> int | None:
    """How many rows there will be, if they go on as they began."""
    if not read.position:
        return None
    return max(read.batch.rows_done, round(read.batch.rows_done * size / read.position))


def _strict(store: Store, import_id: int, refused: str) -> InputError:
    came = imports.get(store, import_id)
    return InputError(
        f"{came.file_name}, {refused}",
        f"The {came.imported + came.duplicates:,} records before it are imported. Correct the file "
        "and import it again, or pass over such rows by importing without --strict.",
    )


def _mapping(args: ImportArgs) -> Mapping:
    return Mapping() if args.mapping is None else Mapping.from_json(args.mapping)


def _is_big(path: Path) -> bool:
    try:
        return path.is_dir() or path.stat().st_size >= _SMALL
    except OSError:
        return False  # formats.plan says what is wrong with it
