"""The command that scores, waits for it, and reports."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, Where, opened
from deita_tui.cli.exits import Exit
from deita_tui.cli.probing import Anchors, Embedder, ProbesBy, Tags
from deita_tui.cli.waiting import waited
from deita_tui.errors import DeitaError, UsageError
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.project import Project, ScoreOptions
    from deita_tui.scoring.health import Health
    from deita_tui.scoring.plan import Plan
    from deita_tui.steps.scoring_args import StageReport


class Backend(StrEnum):
    """What runs a model."""

    AUTO = "auto"
    HF = "hf"
    LLAMA = "llama"
    HTTP = "http"
    FAKE = "fake"


class Precision(StrEnum):
    """What a model is computed in."""

    AUTO = "auto"
    FLOAT32 = "float32"
    BFLOAT16 = "bfloat16"
    FLOAT16 = "float16"


class Quantize(StrEnum):
    """What the weights are squeezed into."""

    NONE = "none"
    INT8 = "int8"
    INT4 = "int4"


class Cache(StrEnum):
    """What llama.cpp's cache is kept in."""

    F32 = "f32"
    F16 = "f16"


def score(
    ctx: typer.Context,
    directory: Dir,
    scorer: Annotated[
        str | None,
        typer.Option(
            "--scorer",
            metavar="NAME",
            help="A set of models from the configuration, or lite, the draft scorers that ship; "
            "also what the scores are called. "
            "Without it: deita, or what the models are called that are named here. "
            "Or methods, with commas between: ifd, ifd_loss, perplexity, response_tokens, …",
            show_default=False,
        ),
    ] = None,
    model: Annotated[
        str | None,
        typer.Option("--model", metavar="MODEL", help="The language model that methods ask."),
    ] = None,
    complexity: Annotated[
        str | None,
        typer.Option(
            "--complexity-model",
            metavar="MODEL",
            help="A hub id (also with @revision), a folder, or a .gguf file.",
        ),
    ] = None,
    quality: Annotated[
        str | None,
        typer.Option("--quality-model", metavar="MODEL", help="The same, for quality."),
    ] = None,
    backend: Annotated[
        Backend | None,
        typer.Option(
            "--backend",
            metavar="auto|hf|llama|http",
            help="What runs the models. Without it the project keeps to what was picked first; "
            "auto picks anew.",
        ),
    ] = None,
    url: Annotated[
        str | None,
        typer.Option(
            "--url",
            metavar="URL",
            help="A completion server (llama.cpp's, vLLM) that has the models; they are then its "
            "names for them. A model may be an address itself, with #NAME where there are more.",
        ),
    ] = None,
    allow_remote: Annotated[
        bool,
        typer.Option(
            "--allow-remote", help="Let the texts go to a server that is not on this machine."
        ),
    ] = False,
    key_env: Annotated[
        str | None,
        typer.Option(
            "--key-env",
            metavar="NAME",
            help="The variable that holds the server's key; default: DEITA_TUI_API_KEY.",
        ),
    ] = None,
    device: Annotated[
        str | None,
        typer.Option("--device", metavar="NAME", help="auto, cpu, cuda, mps, or cuda:0,cuda:1."),
    ] = None,
    precision: Annotated[
        Precision | None,
        typer.Option(
            "--precision",
            metavar="auto|float32|bfloat16|float16",
            help="What the hf backend computes in; part of a scorer's identity.",
        ),
    ] = None,
    quantize: Annotated[
        Quantize | None,
        typer.Option(
            "--quantize",
            metavar="none|int8|int4",
            help="Squeeze the weights for the hf backend, through bitsandbytes or torchao.",
        ),
    ] = None,
    kv: Annotated[
        Cache | None,
        typer.Option(
            "--kv",
            metavar="f32|f16",
            help="The llama backend's cache: f32 is exact, f16 takes half the memory.",
        ),
    ] = None,
    threads: Annotated[
        int | None,
        typer.Option("--threads", metavar="N", min=1, help="Processors to use; default: all."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set",
            metavar="NAME=VALUE",
            help="Another setting of the backend, like max_batch_tokens=4096.",
            show_default=False,
        ),
    ] = None,
    where: Where = "",
    top: Annotated[
        int | None,
        typer.Option(
            "--top", metavar="N", min=1, help="Only the N records that --by puts highest."
        ),
    ] = None,
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="NAME", help="The scorer that --top ranks by."),
    ] = None,
    limit: Annotated[
        int | None,
        typer.Option(
            "--limit", metavar="N", min=1, help="Only a fair sample of N, always the same one."
        ),
    ] = None,
    max_tokens: Annotated[
        int | None,
        typer.Option(
            "--max-tokens",
            metavar="N",
            min=64,
            help="Longer prompts are shortened in the middle; default: 2048.",
        ),
    ] = None,
    patience: Annotated[
        float,
        typer.Option(
            "--patience",
            metavar="SECONDS",
            min=1,
            help="So long without an answer, and the model is taken to hang.",
        ),
    ] = 900,
    force: Annotated[
        bool, typer.Option("--force", help="Go on where the first records look broken.")
    ] = False,
    retry: Annotated[
        bool, typer.Option("--retry", help="Ask again for what failed before.")
    ] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no hub: the models are on this disk.")
    ] = False,
    no_cache: Annotated[
        bool,
        typer.Option(
            "--no-cache", help="Neither take scores from other projects nor offer them these."
        ),
    ] = False,
    probes_by: ProbesBy = None,
    anchors: Anchors = None,
    embedder: Embedder = None,
    tags: Tags = None,
    plan: Annotated[
        bool,
        typer.Option("--plan", help="Say what it would take, and load nothing."),
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Do not wait: the job goes on by itself.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Score every turn that has no score yet, by judges or other methods, and say how it went."""
    said = {
        "scorer": scorer,
        "model": model,
        "complexity": complexity,
        "quality": quality,
        "backend": backend and backend.value,
        "url": url,
        "allow_remote": allow_remote or None,
        "key_env": key_env,
        "device": device,
        "precision": precision and precision.value,
        "quantize": quantize and quantize.value,
        "kv": kv and kv.value,
        "threads": threads,
        "settings": parse_settings(settings or ()),
        "where": where,
        "top": top,
        "by": by,
        "limit": limit,
        "max_tokens": max_tokens,
        "patience": patience,
        "force": force,
        "retry": retry,
        "offline": offline,
        "probes_by": probes_by,
        "anchors": anchors,
        "embedder": embedder,
        "tags": tags,
        "cache": not no_cache,
    }
    options: ScoreOptions = {key: value for key, value in said.items() if value is not None}  # type: ignore[assignment]
    with opened(ctx, directory, read_only=plan) as project:
        if plan:
            _planned(project, project.plan_score(**options), as_json)
            return
        job = project.queue_score(**options)
        project.start()
        if detach:
            _detached(directory, job, as_json)
        else:
            _follow(project, job, as_json)


def parse_settings(words: Sequence[str]) -> dict[str, object]:
    """``NAME=VALUE``, the value as JSON where it is that, else as text."""
    import json

    found: dict[str, object] = {}
    for word in words:
        name, equals, value = word.partition("=")
        if not (name and equals):
            raise UsageError(f"--set {word} makes no sense.", "Write it as --set NAME=VALUE.")
        try:
            found[name] = json.loads(value)
        except ValueError:
            found[name] = value
    return found


def _planned(project: "Project", plan: "Plan", as_json: bool) -> None:
    from shutil import disk_usage

    from deita_tui.backends.auto import available

    free = disk_usage(project.folder).free
    memory = available()
    if as_json:
        import msgspec

        output.emit(
            {
                **msgspec.to_builtins(plan),
                "seconds": plan.seconds,
                "memory_bytes": plan.memory_bytes,
                "disk_bytes": plan.disk_bytes,
                "free_memory_bytes": memory,
                "free_disk_bytes": free,
            }
        )
        return
    for line in plan.lines():
        output.data(printable(line))
    output.data(f"free here: {output.size(memory)} of memory, {output.size(free)} of disk")


def _detached(directory: str, job: int, as_json: bool) -> None:
    if as_json:
        output.emit({"job": job})
    output.say(f"Job {job} scores. Watch it with: deita-tui jobs {directory}")


def _follow(project: "Project", number: int, as_json: bool) -> None:
    job = waited(project, number, "score")
    if job.state in ("paused", "interrupted"):
        output.say("What was scored is kept. Run the same command again to continue.")
        raise typer.Exit(Exit.INTERRUPTED)
    if job.state == "cancelled":
        output.say("Cancelled; what was scored is kept.")
        raise typer.Exit(Exit.FAILED)
    if job.state == "failed":
        output.tell(DeitaError(job.error or f"Job {job.id} failed.", job.hint or ""))
        raise typer.Exit(Exit.FAILED)
    report = project.score_report(job)
    for stage in report.stages:
        _tell(stage, project.score_failures(stage.scorer_id) if stage.failed else {})
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(report))


def _tell(stage: "StageReport", whys: Mapping[str, int]) -> None:
    new = stage.scored + stage.failed + stage.reused + stage.shared
    output.say(f"{stage.measures}: {_counted(stage) if new else _nothing(stage)}")
    if whys:
        output.note(f"! no score: {output.reasons(whys)}")
    output.note(printable(stage.model))
    for told in filter(None, (stage.told, *stage.notes)):
        output.note(printable(told))
    if stage.health is not None:
        tell_health(stage.health)


def _counted(stage: "StageReport") -> str:
    parts = [
        f"{output.plural(stage.records, 'record')}; {output.plural(stage.scored, 'text')} scored",
        f"{stage.failed:,} failed",
    ]
    if stage.reused:
        parts.append(f"{output.plural(stage.reused, 'turn')} whose text was scored before")
    if stage.shared:
        parts.append(f"{output.plural(stage.shared, 'text')} whose score another project had")
    if stage.ready:
        parts.append(f"{output.plural(stage.ready, 'record')} finished before")
    return f"{', '.join(parts)} in {output.duration(stage.seconds)}"


def _nothing(stage: "StageReport") -> str:
    nothing = "all scored before, nothing to do" if stage.records else "nothing to score"
    return f"{output.plural(stage.records, 'record')}, {nothing}"


def tell_health(health: "Health") -> None:
    """What a pilot showed, and what is to be said of it."""
    output.note(f"the first {output.plural(health.records, 'record')}: {figures(health)}")
    for each in (*health.broken, *health.warnings):
        output.note(f"! {printable(each)}")


def figures(health: "Health") -> str:
    """The figures of a pilot that stay true after it."""
    told = (line for line in health.lines() if not line.startswith("the rest"))
    return printable(", ".join(told))
