"""``--scorer lite``: what is asked of the draft scorers that ship, and what can be said of them."""

from collections.abc import Mapping
from typing import Any

from deita_tui.errors import UsageError
from deita_tui.steps.planning import Known
from deita_tui.steps.scoring_args import LITE, JudgeSpec, ScoreArgs

_TOKENS_A_SECOND = 500_000
"""Of one processor, about; it is a plan."""

_OF_MODELS = {
    "complexity": "--complexity-model",
    "quality": "--quality-model",
    "backend": "--backend",
    "device": "--device",
    "precision": "--precision",
    "quantize": "--quantize",
    "kv": "--kv",
    "threads": "--threads",
    "max_tokens": "--max-tokens",
}
"""What may be said of models, and not of these."""


def args(options: Mapping[str, Any]) -> ScoreArgs:
    """What a run with the draft scorers is asked for.

    Raises:
        UsageError: something is said that they have no use for.
    """
    said = [flag for name, flag in _OF_MODELS.items() if options.get(name) is not None]
    if options.get("settings"):
        said.append("--set")
    if said:
        raise UsageError(
            f"The lite scorers have no use for {', '.join(said)}: they ship with the program, and "
            "there is nothing to set.",
            "Leave it out, or name another --scorer.",
        )
    return ScoreArgs(
        complexity=JudgeSpec(LITE, LITE),
        quality=JudgeSpec(LITE, LITE),
        name=LITE,
        where=options.get("where", ""),
        top=options.get("top"),
        by=options.get("by"),
        limit=options.get("limit"),
        retry=options.get("retry", False),
    )


def known() -> Known:
    """What a plan may know of them: how fast they are, and how large."""
    from deita_tui.lite import scorers

    return Known(rate=_TOKENS_A_SECOND, bytes={LITE: scorers.size()})
