"""Fetching models from the Hugging Face hub, through huggingface_hub and its own cache.

Only the files that are needed, one commit, nothing executed. What a file has already received
survives a cut connection; what is complete survives the process.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from deita_tui.backends.weights import Progress, needed
from deita_tui.errors import DeitaError, JobError, MissingExtraError, NoSpaceError, UsageError


@dataclass(frozen=True, slots=True)
class Fetched:
    """A model that came from the hub."""

    name: str
    path: Path
    """The folder of its commit in the hub's cache, or the ``.gguf`` in it."""
    revision: str
    """The commit, 40 hex digits."""


@dataclass(frozen=True, slots=True)
class Reference:
    """A hub id, taken apart."""

    repository: str
    file: str
    """A ``.gguf`` in it, or empty."""
    revision: str
    """Branch, tag or commit; empty means the default branch."""

    @classmethod
    def parse(cls, text: str) -> "Reference":
        """Read ``org/name``, ``org/name@revision`` or ``org/name/file.gguf@revision``."""
        place, _, revision = text.partition("@")
        owner, name, *file = place.split("/", 2)
        return cls(f"{owner}/{name}", "".join(file), revision)


def fetch(text: str, *, offline: bool = False, progress: Progress | None = None) -> Fetched:
    """Bring the model onto this disk, or find it there.

    Args:
        text: a hub id.
        offline: use what is on this disk only; HF_HUB_OFFLINE=1 says the same.
        progress: called as the bytes come.

    Raises:
        UsageError: there is no such model, or it is closed to you.
        JobError: the hub cannot be reached.
        NoSpaceError: the disk is too small.
    """
    reference = Reference.parse(text)
    hub = _library()
    if offline or hub.constants.HF_HUB_OFFLINE:
        found = _on_disk(hub, reference)
        if found is None:
            raise UsageError(
                f"{text} is not on this disk, and downloads are off (--offline).",
                f"Fetch it once without --offline, or with: hf download {reference.repository}",
            )
        return found
    if len(reference.revision) == 40 and (found := _on_disk(hub, reference)):
        return found  # a commit never changes: there is nothing to ask
    with _told(text, hub):
        return _download(hub, reference, progress)


def _download(hub: Any, reference: Reference, progress: Progress | None) -> Fetched:
    info = hub.HfApi().model_info(
        reference.repository, revision=reference.revision or None, files_metadata=True
    )
    sizes = {file.rfilename: file.size or 0 for file in info.siblings}
    wanted = _wanted(reference, list(sizes))
    total = sum(sizes[name] for name in wanted)
    missing = [name for name in wanted if _cached(hub, reference, name, info.sha) is None]
    _check_disk(hub, reference, sum(sizes[name] for name in missing))
    done = total - sum(sizes[name] for name in missing)
    path = Path()
    for name in wanted:
        path = Path(
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
    _note_revision(reference, path, wanted[-1], info.sha)
    place = path if path.suffix == ".gguf" else path.parent
    return Fetched(reference.repository, place, info.sha)


def _note_revision(reference: Reference, path: Path, name: str, commit: str) -> None:
    """Write down which commit the branch or tag is, where huggingface_hub looks for it offline.

    It does so itself only when it is asked for the branch, and the branch may move between files.
    """
    revision = reference.revision or "main"
    if revision == commit:
        return
    folder = path.parents[len(Path(name).parts) + 1]
    note = folder / "refs" / revision
    note.parent.mkdir(parents=True, exist_ok=True)
    note.write_text(commit)


def _wanted(reference: Reference, names: list[str]) -> list[str]:
    wanted = [reference.file] if reference.file in names else []
    if not reference.file:
        wanted = needed(names)
    if not wanted:
        ggufs = sorted(name for name in names if name.endswith(".gguf"))
        hint = "Choose a repository that has safetensors."
        if ggufs:
            hint = f"Name one of its files: {reference.repository}/{ggufs[0]}"
        raise UsageError(f"{reference.repository} holds no weights to take at once.", hint)
    return wanted


def _on_disk(hub: Any, reference: Reference) -> Fetched | None:
    """The model as the hub's cache has it, or None if it is not there, or not all of it."""
    anchor = reference.file or "config.json"
    found = _cached(hub, reference, anchor, reference.revision or "main")
    if found is None:
        return None
    folder = found
    for _ in Path(anchor).parts:
        folder = folder.parent
    if reference.file:
        return Fetched(reference.repository, found, folder.name)
    names = needed(file.name for file in folder.iterdir())
    if not names or not _complete(folder, names):
        return None
    return Fetched(reference.repository, folder, folder.name)


def _complete(folder: Path, names: list[str]) -> bool:
    import json

    indexes = [name for name in names if name.endswith(".index.json")]
    wanted: set[str] = set()
    for index in indexes:
        wanted.update(json.loads((folder / index).read_text())["weight_map"].values())
    return wanted <= set(names)


def _cached(hub: Any, reference: Reference, name: str, revision: str) -> Path | None:
    found = hub.try_to_load_from_cache(reference.repository, name, revision=revision)
    return Path(found) if isinstance(found, str) else None


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


def _library() -> Any:
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    try:
        import huggingface_hub
        import huggingface_hub.constants
        import huggingface_hub.errors
    except ImportError as error:
        raise MissingExtraError("huggingface_hub", "hf", "fetch a model from the hub") from error
    return huggingface_hub


@contextmanager
def _told(text: str, hub: Any) -> Iterator[None]:
    """Turn what the hub answers, or does not, into sentences."""
    errors = hub.errors
    try:
        yield
    except DeitaError:
        raise
    except errors.GatedRepoError as error:
        raise UsageError(
            f"{text} is gated: its owners let you in only after you accept their terms.",
            "Accept them on the model's page, log in with `hf auth login`, and try again.",
        ) from error
    except errors.RevisionNotFoundError as error:
        raise UsageError(
            f"{text} names a revision that the hub does not have.",
            "Use a branch, a tag or a commit of that model after the @.",
        ) from error
    except (errors.RepositoryNotFoundError, errors.EntryNotFoundError) as error:
        raise _unknown(text) from error
    except OSError as error:
        if _status(error) in (401, 404):
            raise _unknown(text) from error
        raise JobError(
            f"The hub could not send {text} ({_reason(error)}).",
            "Run the same command again: files that are complete are kept. "
            "Without a network, use --offline or a model's folder.",
        ) from error
    except Exception as error:
        # httpx's errors are no OSErrors, and which httpx it is depends on the hub's version.
        if not type(error).__module__.startswith("httpx"):
            raise
        raise JobError(
            f"The hub could not be reached for {text} ({_reason(error)}).",
            "Check the network, or use --offline or a model's folder.",
        ) from error


def _unknown(text: str) -> UsageError:
    return UsageError(
        f"The hub has no model {text}, or it is private and you are not logged in.",
        "Check the spelling; for a private model log in with `hf auth login`.",
    )


def _status(error: BaseException) -> int:
    """The HTTP status that an error is about; 0 if it is about none."""
    return int(getattr(getattr(error, "response", None), "status_code", 0))


def _reason(error: BaseException) -> str:
    lines = str(error).splitlines()
    return lines[0][:200] if lines else type(error).__name__
