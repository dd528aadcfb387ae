"""Which revision of a hub repository to take: one that holds safetensors.

Where the default branch has pickled ``.bin`` files only, the hub's own conversion mostly waits in a
pull request. Anybody may open one, so only the hub's converter and the owner are believed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from deita_tui.backends import hub_client, network, snapshots, splits
from deita_tui.backends.references import Reference
from deita_tui.backends.snapshots import Snapshot
from deita_tui.backends.weights import needed

CONVERTER = "SFconvertbot"
"""The account of the hub's conversion to safetensors."""

_SEARCHED = 20
"""Pull requests that are looked at, at most."""


@dataclass(frozen=True, slots=True)
class Found:
    """What to fetch."""

    text: str
    """The hub id with the revision that was found."""
    note: str = ""
    """What a user should know about it; a sentence."""


def find(text: str, *, offline: bool = False) -> Found:
    """Find the revision of ``text``, a hub id, that has weights to trust.

    A revision or a file that the user named is taken as it is. Offline, what is on this disk is
    looked through.

    Raises:
        UsageError: there is no such model, or it is closed to you.
        JobError: the hub cannot be reached.
    """
    reference = Reference.parse(text)
    if reference.revision or reference.file:
        return Found(text)
    if offline or network.is_offline():
        return _on_disk(reference, text)
    with hub_client.asking(text) as library:
        return _online(library.HfApi(), reference, text)


def size(text: str) -> int:
    """Bytes of the weights that ``find(text)`` would have fetched; nothing is.

    Raises:
        DeitaError: the hub cannot tell.
    """
    reference = Reference.parse(find(text).text)
    with hub_client.asking(text) as library:
        info = library.HfApi().model_info(
            reference.repository, revision=reference.revision or None, files_metadata=True
        )
    sizes = {each.rfilename: each.size or 0 for each in info.siblings}
    taken = splits.names(reference.file) if reference.file else needed(sizes)
    return sum(sizes.get(name, 0) for name in taken if not name.endswith((".json", ".txt")))


def _online(api: Any, reference: Reference, text: str) -> Found:
    if not _pickled(_names(api, reference.repository, None)):
        return Found(text)
    strangers = []
    for request in _requests(api, reference.repository):
        names = _names(api, reference.repository, request.git_reference)
        if _pickled(names) or not needed(names):
            continue
        if request.author in (CONVERTER, reference.repository.split("/")[0]):
            return _taken(text, request.git_reference)
        strangers.append(f"{text}@{request.git_reference} by {request.author}")
    return Found(text, _advice(strangers))


def _requests(api: Any, repository: str) -> list[Any]:
    """Pull requests that are open, the oldest first."""
    asked = api.get_repo_discussions(
        repository, discussion_type="pull_request", discussion_status="open"
    )
    found = [each for each, _ in zip(asked, range(_SEARCHED), strict=False)]
    return sorted((each for each in found if each.is_pull_request), key=lambda each: each.num)


def _names(api: Any, repository: str, revision: str | None) -> list[str]:
    return [each.rfilename for each in api.model_info(repository, revision=revision).siblings]


def _pickled(names: Iterable[str]) -> bool:
    return any(name.endswith(".bin") for name in needed(names))


def _on_disk(reference: Reference, text: str) -> Found:
    if _is_safe(snapshots.find(reference)):
        return Found(text)
    for number in range(1, _SEARCHED + 1):
        revision = f"refs/pr/{number}"
        if _is_safe(snapshots.find(Reference(reference.repository, "", revision))):
            return _taken(text, revision)
    return Found(text)


def _is_safe(there: Snapshot | None) -> bool:
    """Is all of it here, and no pickle?"""
    if there is None or there.lacks:
        return False
    return not _pickled(each.name for each in there.folder.iterdir())


def _taken(text: str, revision: str) -> Found:
    return Found(
        f"{text}@{revision}",
        f"{text} holds pickled .bin files only on its main branch; its safetensors were taken "
        f"from {revision}.",
    )


def _advice(strangers: list[str]) -> str:
    if not strangers:
        return ""
    return f"There are safetensors that others offer; if you trust them, name them: {strangers[0]}."
