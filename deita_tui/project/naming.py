"""What the scores of models are called that were named without a set of the configuration.

As shortly as can be told apart: what another model's scores are called already, or what the
configuration calls a set of its own (``deita`` above all), is no name for them.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from deita_tui.backends import http_address

if TYPE_CHECKING:
    from deita_store.store import Store

_UNENDED = ("queued", "running", "paused", "interrupted")


def name(store: "Store", models: Sequence[str], reserved: Mapping[str, object]) -> str:
    """A name for the scores of ``models``; the same models get the same one again.

    Args:
        store: the project, which knows whose names are taken.
        models: as they were asked for, paths absolute; empty where none were.
        reserved: names that belong to sets of the configuration.
    """
    owners = _owners(store)
    found = ""
    for found in _candidates(models):
        if found not in reserved and owners.get(found, set()) <= set(models):
            break
    return found


def _candidates(models: Sequence[str]) -> Iterator[str]:
    """Names for ``models`` together, the shortest first; nobody else has the last one."""
    if models:
        yield _joined(map(_short, models))
        yield _joined(map(_with_folder, models))
        yield _joined(map(_with_digest, models))


def _owners(store: "Store") -> dict[str, set[str]]:
    """By name: the models whose scores are called so, or will be."""
    from deita_store import jobs, scores

    owners: dict[str, set[str]] = {}
    for scorer in scores.scorers(store):
        owners.setdefault(scorer.name, set()).add(scores.model(store, scorer.id))
    for job in jobs.all(store):
        if job.kind == "score" and job.state in _UNENDED:
            args: Any = job.args
            specs = filter(None, (args.get("complexity"), args.get("quality")))
            owners.setdefault(args.get("name", "deita"), set()).update(
                spec["model"] for spec in specs
            )
    return owners


def _joined(names: Iterable[str]) -> str:
    return "+".join(dict.fromkeys(names))


def _short(model: str) -> str:
    if http_address.is_url(model):
        server, _, name = model.partition("#")
        return _short(name) if name else server.partition("://")[2].replace(":", "-")
    last = Path(model).name.partition("@")[0]
    return last.removesuffix(".gguf") or model


def _with_folder(model: str) -> str:
    above = Path(model.partition("@")[0]).parent.name
    return f"{above}/{_short(model)}" if above else _short(model)


def _with_digest(model: str) -> str:
    return f"{_short(model)}-{sha256(model.encode()).hexdigest()[:8]}"
