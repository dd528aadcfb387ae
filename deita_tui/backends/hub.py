"""Fetching models from the Hugging Face hub, through huggingface_hub and its own cache.

Only the files that are needed, one commit, nothing executed. What a file has already received
survives a cut connection; what is complete survives the process.
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from deita_tui.backends import hub_client, network, snapshots, splits
from deita_tui.backends.references import Reference
from deita_tui.backends.snapshots import Snapshot
from deita_tui.backends.weights import Progress, needed
from deita_tui.errors import NoSpaceError, UsageError


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that came from the hub."""

    name: str
    path: Path
    """The folder of its commit in the hub's cache, or the ``.gguf`` in it."""
    revision: str
    """The commit, 40 hex digits."""


def fetch(text: str, *, offline: bool = False, progress: Progress | None = None) -> Fetched:
    """Bring the model onto this disk, or find it there; what is there in part is completed.

    Args:
        text: a hub id.
        offline: use what is on this disk only; HF_HUB_OFFLINE=1 says the same.
        progress: called as the bytes come.

    Raises:
        UsageError: there is no such model, it is closed to you, or offline it is not all here.
        JobError: the hub cannot be reached.
        NoSpaceError: the disk is too small.
    """
    reference = Reference.parse(text)
    there = snapshots.find(reference)
    if offline or network.is_offline():
        return _offline(text, reference, there)
    if reference.is_pinned and there is not None and not there.lacks:
        # A commit never changes: there is nothing to ask.
        return Fetched(reference.repository, there.path, there.commit)
    with hub_client.asking(text) as library:
        return _download(library, reference, progress)


def _offline(text: str, reference: Reference, there: Snapshot | None) -> Fetched:
    hint = f"Fetch it once without --offline, or with: hf download {reference.repository}"
    if there is None:
        raise UsageError(f"{text} is not on this disk, and downloads are off (--offline).", hint)
    if there.lacks:
        raise UsageError(
            f"Of {text} only a part is on this disk, and downloads are off (--offline): "
            f"it lacks {', '.join(there.lacks)}.",
            hint,
        )
    return Fetched(reference.repository, there.path, there.commit)


def _download(hub: Any, reference: Reference, progress: Progress | None) -> Fetched:
    info = hub.HfApi().model_info(
        reference.repository, revision=reference.revision or None, files_metadata=True
    )
    sizes = {file.rfilename: file.size or 0 for file in info.siblings}
    wanted = _wanted(reference, list(sizes))
    total = sum(sizes[name] for name in wanted)
    missing = [name for name in wanted if not _is_cached(hub, reference, name, info.sha)]
    _check_disk(hub, reference, sum(sizes[name] for name in missing))
    done = total - sum(sizes[name] for name in missing)
    places = {}
    for name in wanted:
        places[name] = Path(
            hub.hf_hub_download(
                reference.repository,
                name,
                revision=info.sha,
                tqdm_class=_bar(progress, done, total, name),
            )
        )
        done += sizes[name] if name in missing else 0
    if progress is not None:
        progress(total, total, wanted[-1])
    first = wanted[0]
    folder = places[first].parents[len(Path(first).parts) - 1]
    _note_revision(reference, folder, info.sha)
    snapshots.note_whole(folder, reference.file, wanted)
    place = places[first] if first.endswith(".gguf") else folder
    return Fetched(reference.repository, place, info.sha)


def _note_revision(reference: Reference, folder: Path, commit: str) -> None:
    """Write down which commit the branch or tag is, where huggingface_hub looks for it offline.

    It does so itself only when it is asked for the branch, and the branch may move between files.
    """
    revision = reference.revision or "main"
    if revision == commit:
        return
    note = folder.parents[1] / "refs" / revision
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(commit)


def _wanted(reference: Reference, names: list[str]) -> list[str]:
    """The files to fetch: all that a model is made of.

    Raises:
        UsageError: there is no model, several, or a part of it.
    """
    if reference.file:
        wanted = splits.names(reference.file) if reference.file in names else []
    else:
        wanted = needed(names)
    if not wanted:
        ggufs = splits.models(names)
        hint = "Choose a repository that has safetensors."
        if ggufs:
            hint = f"Name one of its files: {reference.repository}/{ggufs[0][0]}"
        raise UsageError(f"{reference.repository} holds no weights to take at once.", hint)
    if missing := [name for name in wanted if name not in names]:
        raise UsageError(
            f"{reference.repository} is incomplete: {splits.lacking(wanted[0], missing)}",
            "Choose another repository, or another revision of it.",
        )
    return wanted


def _is_cached(hub: Any, reference: Reference, name: str, revision: str) -> bool:
    found = hub.try_to_load_from_cache(reference.repository, name, revision=revision)
    return isinstance(found, str)


def _check_disk(hub: Any, reference: Reference, bytes_wanted: int) -> None:
    place = Path(hub.constants.HF_HUB_CACHE)
    there = next(parent for parent in (place, *place.parents) if parent.exists())
    free = shutil.disk_usage(there).free
    if bytes_wanted > free:
        raise NoSpaceError(
            f"{reference.repository} needs {bytes_wanted / 1e9:.1f} GB in {place}, "
            f"and {free / 1e9:.1f} GB are free.",
            "Free some space, or set HF_HOME to a larger disk; nothing was fetched.",
        )


def _bar(progress: Progress | None, before: int, total: int, name: str) -> Callable[..., Any]:
    """A progress bar that draws nothing and tells ``progress`` how far all files are."""
    silent: Any = import_module("huggingface_hub.utils").tqdm

    class Bar(silent):  # type: ignore[misc]
        def __init__(self, *args: Any, **options: Any) -> None:
            super().__init__(*args, **{**options, "disable": True})
            self.received = int(options.get("initial") or 0)

        def update(self, n: float | None = 1) -> None:
            self.received += int(n or 0)
            if progress is not None:
                progress(before + self.received, total, name)

    return Bar
