"""What is said of methods that look beyond a text: probes, anchors, tags."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict

from deita_tui.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from deita_store.store import Store
    from deita_tui.steps.probing_args import Probing
    from deita_tui.steps.scoring_args import ScoreArgs


class ProbeOptions(TypedDict, total=False):
    """See ``ScoreOptions``."""

    probes_by: str
    """ICI: the scorer whose complexity chooses the probes."""
    embedder: str
    """ICI and NUGGETS: whose vectors tell what lies near what."""
    anchors: int | str | Path
    """NUGGETS: how many turns of the pool each turn is tried on, or a file whose records they
    are."""
    tags: str
    """InsTag: the files' own column that holds tags; the user's own without."""


_ICI = ("ici", "wici", "ici_published", "wici_published")
_FOR = {
    "probes_by": _ICI,
    "embedder": (*_ICI, "nuggets"),
    "anchors": ("nuggets",),
    "tags": ("instag",),
}


def probed(store: Store, options: Mapping[str, Any], args: ScoreArgs) -> ScoreArgs:
    """``args`` with what its methods are to look at; a file of anchors is read, and kept.

    Raises:
        UsageError: something is said that none of the methods has a use for.
        InputError: the file holds no anchors.
    """
    import msgspec

    from deita_tui.steps.probing_args import Probing

    refuse(options, args.methods)
    said = Probing(
        complexity=options.get("probes_by", ""),
        embedder=options.get("embedder", ""),
        column=options.get("tags", ""),
    )
    if (anchors := options.get("anchors")) is not None:
        said = msgspec.structs.replace(said, **_anchors(store, str(anchors)))
    _require(store, said, args.methods)
    return msgspec.structs.replace(args, probing=said)


def refuse(options: Mapping[str, Any], methods: tuple[str, ...] = ()) -> None:
    """See that what is said is said to a method that has a use for it.

    Raises:
        UsageError: it is not.
    """
    for option, fitting in _FOR.items():
        if option in options and not set(fitting) & set(methods):
            flag = f"--{option.replace('_', '-')}"
            raise UsageError(
                f"{flag} is for {', '.join(fitting)}.",
                f"Leave {flag} out, or say --scorer {fitting[0]}.",
            )


def _require(store: Store, said: Probing, names: tuple[str, ...]) -> None:
    if set(names) & set(_FOR["tags"]):
        from deita_tui.steps import tag_scoring

        tag_scoring.tags(store, said.column)
    if set(names) & set(_FOR["embedder"]):
        from deita_tui.steps import probe_scoring

        probe_scoring.require(store, said, names)


def _anchors(store: Store, said: str) -> dict[str, object]:
    from deita_tui.steps import anchoring

    if said.isdecimal():
        if int(said) < 1:
            raise UsageError("--anchors 0 leaves nothing to try turns on.", "Say 1 or more.")
        return {"anchors": int(said)}
    file = Path(said).expanduser()
    if not file.exists():
        raise UsageError(
            f"There is no file {said} with anchors.",
            "--anchors is a number of them, or a file that can be imported.",
        )
    return {"anchors_file": anchoring.of_file(store, file)}
