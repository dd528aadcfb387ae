"""``--scorer ifd``: what is asked of the methods that are no trained judges."""

from collections.abc import Container, Mapping
from typing import Any

from deita_tui.errors import UsageError
from deita_tui.project import probing
from deita_tui.scoring import methods
from deita_tui.steps.scoring_args import JudgeSpec, ScoreArgs


def named(scorer: str, sets: Container[str]) -> tuple[str, ...]:
    """The methods that ``scorer`` names; none where it names a set of models.

    Raises:
        UsageError: it names methods and something else.
    """
    names = tuple(filter(None, (each.strip() for each in scorer.split(","))))
    if not names or scorer in sets or not any(each in methods.METHODS for each in names):
        return ()
    for each in names:
        methods.find(each)
    return names


def args(options: Mapping[str, Any], names: tuple[str, ...], model: JudgeSpec | None) -> ScoreArgs:
    """What a run with these methods is asked for.

    Raises:
        UsageError: one asks a model and none is named, or something is said that they have no use
            for.
    """
    if said := [name for name in ("complexity", "quality") if options.get(name) is not None]:
        raise UsageError(
            f"--{said[0]}-model names a judge, and {', '.join(names)} asks none.",
            "Name the language model with --model.",
        )
    asking = [name for name in names if methods.find(name).kind in ("model", "probe")]
    if asking and model is None:
        raise UsageError(
            f"{asking[0]} asks a language model.",
            "Name one with --model: a hub id, a folder or a .gguf file.",
        )
    if model is not None and not asking:
        raise UsageError(
            f"{', '.join(names)} asks no model.", "Leave --model out, or name a method that does."
        )
    return ScoreArgs(
        methods=names,
        model=model,
        name=",".join(names),
        where=options.get("where", ""),
        top=options.get("top"),
        by=options.get("by"),
        limit=options.get("limit"),
        force=options.get("force", False),
        retry=options.get("retry", False),
        max_tokens=options.get("max_tokens") or ScoreArgs().max_tokens,
        patience=options.get("patience", ScoreArgs().patience),
        offline=options.get("offline", False),
        again=options.get("backend") == "auto",
    )


def refuse_model(options: Mapping[str, Any]) -> None:
    """See that a model which methods would ask comes with a method.

    Raises:
        UsageError: it does not.
    """
    probing.refuse(options)
    if options.get("model") is not None:
        raise UsageError(
            "--model is the language model that a method asks, and no method is named.",
            f"Name one: --scorer {next(iter(methods.METHODS))}. A judge is named with "
            "--complexity-model, --quality-model.",
        )
