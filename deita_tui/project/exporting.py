"""Selections out into the files of a trainer, and the proof of what they are."""

from __future__ import annotations

from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Literal, TypedDict, TypeVar, Unpack

from deita_tui.project.opened import Opened

if TYPE_CHECKING:
    from deita_tui.steps.exporting_args import ExportArgs, ExportReport
    from deita_tui.steps.progress import Progress
    from deita_tui.steps.verifying import VerifyReport

T = TypeVar("T")


class ExportOptions(TypedDict, total=False):
    """What may be said of an export."""

    kind: Literal["sft", "dpo", "kto"]
    """Answers, pairs of answers, or answers with a label; default: what the target is for."""
    selection: str
    """A saved selection; default: the one saved last, else the working one."""
    everything: bool
    """All records instead of a selection."""
    as_saved: bool
    """Take a selection that is older than what is in the project."""
    shuffle: bool
    """In an order that the seed decides, instead of by rank."""
    seed: int
    validation: float
    """How many records go to a validation split: below 1 a share, else a number."""
    similar: float
    """From this similarity on two records are not separated by the split."""
    fields: tuple[str, ...]
    """Further columns: names of a list's columns, and ``extras.NAME``."""
    prompt_completion: bool
    """TRL: the last answer apart from all that leads to it."""
    tokenizer: str | Path
    """The folder of the model that is trained: its tokens are counted."""
    cutoff: int
    """The trainer's limit, in these tokens."""


class Exporting(Opened):
    """Exporting."""

    def export(
        self,
        folder: Path | str,
        target: str = "messages",
        *,
        strict: bool = False,
        force: bool = False,
        beside: tuple[str, ...] = (),
        progress: Callable[[Progress], None] | None = None,
        **options: Unpack[ExportOptions],
    ) -> ExportReport:
        """Write a selection into ``folder`` as a trainer takes it, with manifest and card.

        What the target does not take as it is, is written all the same where it can be, and told
        in the report. Broken off anywhere, nothing is in the folder.

        Args:
            folder: where to; it is made, or is empty.
            target: messages, sharegpt, alpaca, llamafactory, axolotl, trl, preference, hf, parquet,
                csv or vectors.
            strict: write nothing unless the target takes every record as it is.
            force: replace the files of an earlier export there, and no others.
            beside: names that may lie in the folder already, and stay.
            progress: called after every few hundred records.
            options: see ``ExportOptions``.

        Raises:
            UsageError: there is nothing to export, or not there, or the target cannot do it.
            StoreError: there is no such selection; or the disk does not take it.
        """
        from msgspec.structs import replace

        from deita_tui.steps import exporting

        args = self._export_args(folder, target, options)
        args = replace(args, strict=strict, force=force, beside=beside)
        return _driven(exporting.run(self.store, args), progress)

    def check_export(
        self,
        target: str = "messages",
        *,
        progress: Callable[[Progress], None] | None = None,
        **options: Unpack[ExportOptions],
    ) -> ExportReport:
        """What a target would drop, refuse or change, record by record; writes nothing."""
        from msgspec.structs import replace

        from deita_tui.steps import exporting

        args = replace(self._export_args("", target, options), check=True)
        return _driven(exporting.run(self.store, args), progress)

    def verify(
        self, folder: Path | str, *, progress: Callable[[Progress], None] | None = None
    ) -> VerifyReport:
        """Check the files of an export, make it again from this project, and compare.

        Raises:
            InputError: there is no export in ``folder``.
        """
        from deita_tui.steps import verifying

        return _driven(verifying.rebuild(self.store, Path(folder)), progress)

    def _export_args(self, folder: Path | str, target: str, options: ExportOptions) -> ExportArgs:
        import msgspec

        from deita_tui.errors import UsageError
        from deita_tui.export import names
        from deita_tui.steps.exporting_args import ExportArgs

        found = names.get(target)
        said = {
            "kind": found.kinds[0],
            **options,
            "out": str(Path(folder).absolute()) if folder else "",
            "target": found.name,
            "actor": self.actor,
        }
        if "tokenizer" in options:
            said["tokenizer"] = str(Path(options["tokenizer"]).absolute())
        share = options.get("validation")
        if share is not None and not (0 < share < 1 or (share >= 1 and share == int(share))):
            raise UsageError(
                f"A validation split cannot be {share:g}.",
                "Below 1 it is a share, such as 0.05; from 1 on a number of records.",
            )
        return msgspec.convert(said, ExportArgs)


def verify_export(folder: Path | str) -> VerifyReport:
    """Check every file of an export against its manifest; no project is needed.

    Raises:
        InputError: there is no export in ``folder``.
    """
    from deita_tui.steps import verifying

    return verifying.files(Path(folder))


def _driven(work: Generator[Progress, None, T], progress: Callable[[Progress], None] | None) -> T:
    try:
        while True:
            step = next(work)
            if progress:
                progress(step)
    except StopIteration as end:
        result: T = end.value
        return result
    finally:
        work.close()
