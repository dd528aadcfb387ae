"""The command that embeds, waits for it, and reports."""

from enum import StrEnum
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import ending, output
from deita_tui.cli.common import Dir, Json, Where, opened
from deita_tui.cli.scoring import Cache, Precision, Quantize, parse_settings
from deita_tui.cli.waiting import waited
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.project import EmbedOptions, Project
    from deita_tui.steps.embedding_args import EmbedReport


class Backend(StrEnum):
    """What runs an embedder."""

    AUTO = "auto"
    HF = "hf"
    SENTENCE = "sentence"
    LLAMA = "llama"
    LITE = "lite"
    FAKE = "fake"


class Pool(StrEnum):
    """How tokens become one vector."""

    LAST = "last"
    MEAN = "mean"
    POSITION_WEIGHTED = "position_weighted"


class What(StrEnum):
    """What of a record is embedded."""

    CONVERSATION = "conversation"
    INSTRUCTION = "instruction"
    RESPONSE = "response"


class Preset(StrEnum):
    """Ways of embedding that have a name."""

    DEITA = "deita"


def embed(
    ctx: typer.Context,
    directory: Dir,
    embedder: Annotated[
        str,
        typer.Option(
            "--embedder",
            metavar="lite|MODEL",
            help="lite ships with the program; a model is a hub id (also with @revision), a "
            "folder, or a .gguf file.",
        ),
    ] = "lite",
    backend: Annotated[
        Backend | None,
        typer.Option(
            "--backend",
            metavar="auto|hf|sentence|llama",
            help="What runs the model: its hidden states through transformers, as the sentence "
            "encoder it is, or llama.cpp. Without it the model's files tell.",
        ),
    ] = None,
    pool: Annotated[
        Pool | None,
        typer.Option(
            "--pool",
            metavar="last|mean|position_weighted",
            help="How tokens become one vector. Without it: the model's own way, else the last "
            "token.",
        ),
    ] = None,
    what: Annotated[
        What,
        typer.Option(
            "--what",
            metavar="conversation|instruction|response",
            help="What of a record is embedded.",
        ),
    ] = What.CONVERSATION,
    preset: Annotated[
        Preset | None,
        typer.Option(
            "--preset",
            metavar="deita",
            help="The paper's way, for a language model: vicuna v1.1 rendering, last token, "
            "2,048 tokens.",
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name", metavar="NAME", help="What the embedder is called; else as its model."
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
            help="What transformers computes in; part of an embedder's identity.",
        ),
    ] = None,
    quantize: Annotated[
        Quantize | None,
        typer.Option(
            "--quantize",
            metavar="none|int8|int4",
            help="Squeeze the weights, through bitsandbytes or torchao.",
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
            min=16,
            help="Longer texts are cut on the right; default: the model's own limit, and 2048 "
            "for a language model.",
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
    retry: Annotated[bool, typer.Option("--retry", help="Try again what failed before.")] = False,
    offline: Annotated[
        bool, typer.Option("--offline", help="Ask no hub: the model is on this disk.")
    ] = False,
    detach: Annotated[
        bool, typer.Option("--detach", help="Do not wait: the job goes on by itself.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Give every record a vector that has none yet: what diversity is measured by."""
    said = {
        "embedder": embedder,
        "backend": backend and backend.value,
        "pool": pool and pool.value,
        "what": what.value,
        "preset": preset and preset.value,
        "name": name,
        "device": device,
        "precision": precision and precision.value,
        "quantize": quantize and quantize.value,
        "kv": kv and kv.value,
        "threads": threads,
        "settings": parse_settings(settings or ()),
        "where": where,
        "limit": limit,
        "max_tokens": max_tokens,
        "patience": patience,
        "retry": retry,
        "offline": offline,
    }
    options: EmbedOptions = {key: value for key, value in said.items() if value is not None}  # type: ignore[assignment]
    with opened(ctx, directory) as project:
        job = project.queue_embed(**options)
        project.start()
        if detach:
            if as_json:
                output.emit({"job": job})
            output.say(f"Job {job} embeds. Watch it with: deita-tui jobs {directory}")
        else:
            _follow(project, job, as_json)


def _follow(project: "Project", number: int, as_json: bool) -> None:
    job = ending.done(waited(project, number, "embed"), "embedded")
    report = project.embed_report(job)
    _tell(report)
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(report))


def _tell(report: "EmbedReport") -> None:
    new = report.embedded + report.failed + report.reused + report.empty
    nothing = "all embedded before, nothing to do" if report.records else "nothing to embed"
    told = _counted(report) if new else nothing
    output.say(f"{output.plural(report.records, 'record')}: {told}")
    called = "" if report.name == report.model else f", called {report.name}"
    output.note(printable(f"{report.model}, {report.dimensions:,} dimensions{called}"))
    for note in report.notes:
        output.note(printable(note))
    for reason, count in report.reasons.items():
        output.note(f"! {count:,} without a vector: {printable(reason)}")
    if report.failed:
        output.note("--retry tries again what failed")


def _counted(report: "EmbedReport") -> str:
    parts = [f"{output.plural(report.embedded, 'text')} embedded"]
    if report.shortened:
        parts.append(f"{report.shortened:,} cut at the limit")
    if report.failed:
        parts.append(f"{report.failed:,} failed")
    if report.empty:
        parts.append(f"{output.plural(report.empty, 'record')} with nothing to embed")
    if report.reused:
        parts.append(f"{output.plural(report.reused, 'record')} whose text was embedded before")
    if report.ready:
        parts.append(f"{output.plural(report.ready, 'record')} finished before")
    return f"{', '.join(parts)} in {output.duration(report.seconds)}"
