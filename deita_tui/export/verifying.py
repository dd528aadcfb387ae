"""Is an export what its manifest says? Every file is hashed."""

import os
from pathlib import Path
from typing import Literal

import msgspec

from deita_tui.export import manifests
from deita_tui.export.files import digest
from deita_tui.export.manifests import MANIFEST, Manifest
from deita_tui.export.placing import inside


class Finding(msgspec.Struct, frozen=True):
    """What is to be said of one file."""

    path: str
    state: Literal["missing", "changed", "unknown", "differs"]
    message: str

    @property
    def bad(self) -> bool:
        """Does it mean that the export is not what it was?"""
        return self.state != "unknown"


def verify(folder: Path) -> tuple[Manifest, list[Finding]]:
    """Compare every file with the manifest.

    Raises:
        InputError: there is no manifest that can be read.
    """
    manifest = manifests.read(folder)
    findings = []
    if not manifests.is_untouched(folder):
        findings.append(Finding(MANIFEST, "changed", "The manifest itself was changed."))
    if not manifest.complete:
        told = "An older export was being replaced here, and that broke off. Export again."
        findings.append(Finding(MANIFEST, "changed", told))
    for output in manifest.outputs:
        path = folder / output.path
        if not inside(output.path):
            told = "The manifest names a file outside of its folder."
            findings.append(Finding(output.path, "changed", told))
        elif not path.is_file():
            findings.append(Finding(output.path, "missing", "The file is not there."))
        elif path.stat().st_size != output.bytes or digest(path) != output.sha256:
            findings.append(Finding(output.path, "changed", "The file was changed."))
    return manifest, findings + _unknown(folder, manifest)


def compare(folder: Path, again: Path) -> list[Finding]:
    """Compare an export with one that was made again, byte for byte.

    Of the two manifests only ``made`` may differ, and so the digest.
    """
    one, other = manifests.read(folder), manifests.read(again)
    mine = {output.path: output.sha256 for output in one.outputs}
    theirs = {output.path: output.sha256 for output in other.outputs}
    findings = []
    for path in sorted(mine.keys() | theirs.keys()):
        if path not in theirs:
            findings.append(Finding(path, "differs", "Made again, it would not be there."))
        elif path not in mine:
            findings.append(Finding(path, "differs", "Made again, there would be this file too."))
        elif mine[path] != theirs[path]:
            findings.append(Finding(path, "differs", "Made again, it would be another file."))
    left, right = manifests.comparable(one), manifests.comparable(other)
    parts = [key for key in left if key != "outputs" and left[key] != right[key]]
    if parts:
        told = f"Made again, it would say something else of: {', '.join(parts)}."
        findings.append(Finding(MANIFEST, "differs", told))
    return findings


def _unknown(folder: Path, manifest: Manifest) -> list[Finding]:
    """Files beside those of the export; only its own folders are looked into."""
    known = {output.path for output in manifest.outputs} | {MANIFEST}
    folders = {os.path.dirname(path) for path in known if inside(path)}
    found = []
    for part in sorted(folders):
        for entry in (
            sorted(os.scandir(folder / part), key=lambda entry: entry.name)
            if (folder / part).is_dir()
            else ()
        ):
            path = f"{part}/{entry.name}" if part else entry.name
            if path not in known and path not in folders:
                found.append(Finding(path, "unknown", "The export did not write this."))
    return found
