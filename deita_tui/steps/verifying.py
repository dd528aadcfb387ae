"""Proving an export: its files against its manifest, and the selection against the project."""

from collections.abc import Generator
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec

from deita_store import selections
from deita_store.selections import Selection
from deita_store.sentences import told_of_files
from deita_store.store import Store
from deita_tui.errors import DeitaError, StoreError
from deita_tui.export.manifests import MANIFEST, Manifest
from deita_tui.export.verifying import Finding, compare, verify
from deita_tui.steps import exporting
from deita_tui.steps.exporting_args import ExportArgs
from deita_tui.steps.progress import Progress


class VerifyReport(msgspec.Struct, frozen=True):
    """What a check of an export found."""

    folder: str
    ok: bool
    files: int
    """Files that the manifest names."""
    findings: tuple[Finding, ...]
    rebuilt: bool
    """It was made again from the project, and compared."""


def files(folder: Path) -> VerifyReport:
    """Check every file of an export against its manifest.

    Raises:
        InputError: there is no export.
    """
    with told_of_files(folder):
        manifest, findings = verify(folder)
    return _report(folder, manifest, findings, rebuilt=False)


def rebuild(store: Store, folder: Path) -> Generator[Progress, None, VerifyReport]:
    """The same; then compute its selection again, export that, and compare byte for byte.

    Raises:
        InputError: there is no export.
    """
    report = files(folder)
    manifest, _ = verify(folder)
    findings = list(report.findings)
    if manifest.project != store.project_id:
        told = "It was exported from another project than this one."
        findings.append(Finding(MANIFEST, "differs", told))
        return _report(folder, manifest, findings, rebuilt=False)
    try:
        findings += yield from _compared(store, folder, manifest)
    except DeitaError as error:
        findings.append(Finding(MANIFEST, "differs", f"It cannot be made again. {error}"))
    return _report(folder, manifest, findings, rebuilt=True)


def _compared(
    store: Store, folder: Path, manifest: Manifest
) -> Generator[Progress, None, list[Finding]]:
    selection = _selection(store, manifest)
    if selection is not None and "version" in selection.computed_from:
        yield Progress(0, None, "records", "selecting again")
        _require_saved(store, selection)
    # Beside the export: what is compared is as large, and a temporary folder may be small.
    with (
        told_of_files(folder),
        TemporaryDirectory(prefix=f".{folder.name}.again-", dir=folder.parent) as beside,
    ):
        args = _args(manifest, str(Path(beside) / "out"))
        yield from exporting.again(store, args, manifest)
        return compare(folder, Path(args.out))


def _selection(store: Store, manifest: Manifest) -> Selection | None:
    told = manifest.selection
    if told is None:
        return None
    found = selections.get(store, told.name)
    if (found.created_at, found.params) != (told.saved_at, told.params):
        raise StoreError(
            "The selection that was exported is not there any more: another has taken its place.",
            "Selections that are saved under a name stay.",
        )
    return found


def _require_saved(store: Store, selection: Selection) -> None:
    """Compute the selection again, and see that the stored outcomes are those that come out."""
    from deita_tui.steps.recomputing import case

    made = case(store, selection)
    kept = store.db.execute(
        "select record_id from outcomes where selection_id = ? and status = 'kept' order by rank",
        (selection.id,),
    ).fetchall()
    if made.pool.ids[made.result.kept].tolist() != [id_ for (id_,) in kept]:
        raise StoreError("The stored outcomes are not those that the selection gives.")


def _args(manifest: Manifest, out: str) -> ExportArgs:
    asked = {key: value for key, value in manifest.request.items() if key != "last_record"}
    told = manifest.selection
    selection = (told.name or selections.WORKING) if told else None
    said = {"out": out, "target": manifest.target, "selection": selection, "as_saved": True}
    return msgspec.convert({**asked, **said}, ExportArgs)


def _report(
    folder: Path, manifest: Manifest, findings: list[Finding], *, rebuilt: bool
) -> VerifyReport:
    ok = not any(finding.bad for finding in findings)
    return VerifyReport(str(folder), ok, len(manifest.outputs), tuple(findings), rebuilt)
