"""Models on a completion server, and the cache of scores, as a scoring run is to ask for them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deita_tui.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from deita_tui.config import ScorerSet
    from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs

_INTO = {"precision": "dtype", "kv": "kv_type"}
"""What settings are called in a backend."""
_SAID = ("device", "precision", "quantize", "kv", "threads", "allow_remote", "key_env")


def cached(args: ScoreArgs, folder: Path, wanted: bool) -> ScoreArgs:
    """``args``, with leave to use the cache of scores where the configuration wants one."""
    import msgspec

    from deita_tui import config

    megabytes = config.load(folder).cache_megabytes if wanted else 0
    return msgspec.structs.replace(args, cache=megabytes)


def spec(model: str, chosen: ScorerSet, backend: str, more: dict[str, object]) -> JudgeSpec:
    """A model on a server, after a look at whether that server may be asked.

    Args:
        model: an address, or a name on the server at ``chosen.url``.
        chosen: what was said of the run.
        backend: ``auto`` or ``http``.
        more: further settings of the backend.

    Raises:
        UsageError: there is no such address, or the texts would leave this machine.
    """
    from deita_tui.backends import http_address
    from deita_tui.steps.scoring_args import JudgeSpec

    if backend not in ("auto", "http"):
        raise UsageError(f"The {backend} backend asks no server.", "Leave --backend out.")
    address = http_address.full(model, chosen.url or "")
    allowed = chosen.allow_remote or more.get("allow_remote") is True
    http_address.refuse_remote(http_address.parse(address), allowed)
    said = {_INTO.get(name, name): getattr(chosen, name) for name in _SAID}
    settings = {name: value for name, value in said.items() if value not in (None, "auto", "none")}
    return JudgeSpec(address, "http", {**settings, **more})
