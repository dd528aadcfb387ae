"""The command that makes a cascade, and what is said of its certificate."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.ending import done
from deita_tui.cli.scoring import Backend, Cache, Precision, Quantize, parse_settings
from deita_tui.cli.selecting import Missing, Turns
from deita_tui.cli.waiting import waited
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.project import CascadeOptions, ScoreOptions, SelectOptions
    from deita_tui.steps.cascading_args import CascadeReport


def cascade(
    ctx: typer.Context,
    directory: Dir,
    budget: Annotated[
        int,
        typer.Option(
            "--budget", metavar="N", min=1, help="How many records are to be selected.",
            show_default=False,
        ),
    ],
    by: Annotated[
        str,
        typer.Option(
            "--by", metavar="NAME", help="The cheap scorer, which has scored everything.",
        ),
    ] = "lite",
    goal: Annotated[
        float | None,
        typer.Option(
            "--goal", metavar="SHARE", min=0, max=1, show_default=False,
            help="The share of the full selection that is to be found; default: 0.98.",
        ),
    ] = None,
    most: Annotated[
        float | None,
        typer.Option(
            "--most", metavar="SHARE", min=0, max=1, show_default=False,
            help="Score no more than this share of the records, whatever it finds.",
        ),
    ] = None,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", metavar="N", min=100, show_default=False,
            help="Records of the fair sample that comes first; default: as many as seem right.",
        ),
    ] = None,
    check: Annotated[
        int | None,
        typer.Option(
            "--check", metavar="N", min=100, show_default=False,
            help="Skipped records that are scored at the end, to see; more make the interval "
            "narrower.",
        ),
    ] = None,
    seed: Annotated[
        int | None,
        typer.Option("--seed", metavar="N", help="Of all draws; default: 0.", show_default=False),
    ] = None,
    threshold: Annotated[
        float | None,
        typer.Option(
            "--threshold", metavar="S", min=-1, max=1, show_default=False,
            help="Leave out what is more similar than this to a kept record; default: 0.9, 1: "
            "nothing.",
        ),
    ] = None,
    formula: Annotated[
        str | None,
        typer.Option(
            "--formula", metavar="F", show_default=False,
            help="A turn's score; default: the product of what is scored.",
        ),
    ] = None,
    turns: Annotated[
        Turns | None,
        typer.Option(
            "--turns", metavar="sum|mean|max|last", show_default=False,
            help="How the scores of a record's turns become its own; default: sum.",
        ),
    ] = None,
    missing: Annotated[
        Missing | None,
        typer.Option(
            "--missing", metavar="drop|skip", show_default=False,
            help="A turn without a score leaves the record out (default), or is skipped.",
        ),
    ] = None,
    selector: Annotated[
        str | None,
        typer.Option(
            "--selector", metavar="NAME", show_default=False, help="deita (default) or topk.",
        ),
    ] = None,
    share: Annotated[
        list[str] | None,
        typer.Option(
            "--share", metavar="SHARE", show_default=False,
            help="How much one source may or must give: source:alpaca<=0.3, source:dolly>=100.",
        ),
    ] = None,
    require: Annotated[
        str, typer.Option("--require", metavar="FILTER", help="Select only from these records.")
    ] = "",
    exclude: Annotated[
        str, typer.Option("--exclude", metavar="FILTER", help="Never select these records.")
    ] = "",
    embedder: Annotated[
        str | None,
        typer.Option(
            "--embedder", metavar="NAME", show_default=False,
            help="Whose vectors, where there are several.",
        ),
    ] = None,
    having: Annotated[
        list[str] | None,
        typer.Option(
            "--with", metavar="NAME", show_default=False,
            help="Whose scores stay in parts of the formula that are not scored now.",
        ),
    ] = None,
    scorer: Annotated[
        str | None,
        typer.Option(
            "--scorer", metavar="NAME", show_default=False,
            help="The expensive scorer: a set of models from the configuration, or a method; also "
            "what the scores are called.",
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option(
            "--model", metavar="MODEL", show_default=False, help="What a method asks.",
        ),
    ] = None,
    complexity: Annotated[
        str | None,
        typer.Option(
            "--complexity-model", metavar="MODEL",
            help="A hub id (also with @revision), a folder, or a .gguf file.",
        ),
    ] = None,
    quality: Annotated[
        str | None,
        typer.Option("--quality-model", metavar="MODEL", help="The same, for quality."),
    ] = None,
    backend: Annotated[
        Backend | None,
        typer.Option("--backend", metavar="auto|hf|llama", help="What runs the models."),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, mps, or cuda:0,cuda:1."),
    ] = None,
    precision: Annotated[
        Precision | None,
        typer.Option(
            "--precision", metavar="auto|float32|bfloat16|float16",
            help="What the hf backend computes in.",
        ),
    ] = None,
    quantize: Annotated[
        Quantize | None,
        typer.Option(
            "--quantize", metavar="none|int8|int4",
            help="Squeeze the weights for the hf backend.",
        ),
    ] = None,
    kv: Annotated[
        Cache | None,
        typer.Option("--kv", metavar="f32|f16", help="The llama backend's cache."),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", min=1, help="Processors to use; default: all."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="NAME=VALUE", show_default=False,
            help="Another setting of the backend, like max_batch_tokens=4096.",
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            "--max-tokens", metavar="N", min=64,
            help="Longer prompts are shortened in the middle; default: 2048.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Go on where the first records look broken.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no hub: the models are on this disk.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Do not wait: the job goes on by itself.")
    ] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Score only what could be selected, going by a cheap score, and certify what that finds.

    A sample is scored first, then what is likely to be selected, then some of what was skipped, to
    see. The certificate holds for this selection; it is in status as well.
    """
    select: SelectOptions = _said(  # type: ignore[assignment]
        budget=budget, threshold=threshold, formula=formula, turns=turns and turns.value,
        missing=missing and missing.value, selector=selector, shares=share or None,
        require=require or None, exclude=exclude or None, embedder=embedder,
        scorer=having or None,
    )  # fmt: skip
    score: ScoreOptions = _said(  # type: ignore[assignment]
        scorer=scorer, model=model, complexity=complexity, quality=quality,
        backend=backend and backend.value, device=device,
        precision=precision and precision.value, quantize=quantize and quantize.value,
        kv=kv and kv.value, threads=threads, settings=parse_settings(settings or ()) or None,
        max_tokens=max_tokens, force=force or None, offline=offline or None,
    )  # fmt: skip
    more: CascadeOptions = _said(  # type: ignore[assignment]
        goal=goal, most=most, sample=sample, check=check, seed=seed
    )
    with opened(ctx, directory) as project:
        job = project.queue_cascade(by, select, score, **more)
        project.start()
        if detach:
            if as_json:
                output.emit({"job": job})
            output.say(f"Job {job} scores. Watch it with: deita-tui jobs {directory}")
            return
        report = project.cascade_report(done(waited(project, job, "cascade"), "scored"))
    for line in certificate(report):
        output.say(printable(line))
    if as_json:
        import msgspec

        output.emit({**msgspec.to_builtins(report), "saved": report.saved})


def _said(**options: object) -> dict[str, object]:
    return {name: value for name, value in options.items() if value is not None}


def certificate(report: "CascadeReport") -> Iterator[str]:
    """What a cascade came to, in sentences."""
    share = report.scored / report.records if report.records else 1.0
    scored = f"{report.scored:,} of {output.plural(report.records, 'record')} scored ({share:.0%})"
    if report.end == "all":
        yield f"{report.scorer}: {scored}: all of them, so the selection is the full one."
        return
    yield f"{report.scorer}: {scored}, {report.saved:.0%} of the calls saved, going by {report.by}."
    yield _agreeing(report)
    if report.end == "no saving":
        yield (
            f"! {report.by} says too little about {report.scorer}: to find {report.goal:.0%} of "
            "the selection nearly everything would have to be scored, so only the sample was. "
            f"{_outlook(report)} Score everything, or accept less with --most or --goal."
        )
        return
    yield (
        f"found of the {report.size:,} that all scores would select: {report.expected:.1%} "
        f"expected (by the model alone {report.model_low:.1%} to {report.model_high:.1%})"
    )
    if report.low is not None and report.high is not None:
        yield (
            f"checked: of {report.checked:,} drawn from {report.skipped:,} skipped records, "
            f"{report.found:,} came into the selection; so it holds {report.low:.1%} to "
            f"{report.high:.1%}, whatever the model believes ({report.confidence:.0%} interval)"
        )
    if report.end == "limit":
        yield f"! The goal of {report.goal:.0%} is not reached. {_outlook(report)}"


def brief(report: "CascadeReport") -> str:
    """The certificate on one line."""
    told = [f"cascade by {report.by} for {report.size:,} of {report.records:,}"]
    if report.end == "no saving":
        told.append("nothing could be saved")
    else:
        told.append(f"found {report.expected:.1%} as expected")
    if report.low is not None and report.high is not None:
        told.append(f"{report.low:.1%} to {report.high:.1%} by a check of {report.checked:,}")
    return ", ".join([*told, f"{report.saved:.0%} of the calls saved"])


def _agreeing(report: "CascadeReport") -> str:
    parts = []
    if report.correlation is not None:
        parts.append(
            f"rank correlation of {report.by} and {report.scorer} {report.correlation:.2f}"
        )
    if report.told is not None:
        parts.append(f"with vectors and lengths {report.told:.2f}")
    return ", ".join(parts) or "the two could not be compared"


def _outlook(report: "CascadeReport") -> str:
    points = [point for point in report.curve if point[0] in (0.5, 0.75, 0.9)]
    told = [f"{share:.0%} scored would find {found:.0%}" for share, found in points]
    return f"As it looks, {', '.join(told)}." if told else ""
