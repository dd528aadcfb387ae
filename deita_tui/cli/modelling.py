"""Commands about models: which are here, converting one, what each precision costs."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Command, Commands, Json
from deita_tui.errors import JobError, UsageError

if TYPE_CHECKING:
    from deita_tui.fidelity.comparing import Fidelity

models = typer.Typer(
    cls=Commands,
    help="Models: which are on this disk, converting one, and what each precision costs.",
    rich_markup_mode=None,
    no_args_is_help=True,
)


@models.command("list", cls=Command)
def list_(as_json: Json = False) -> None:
    """List the models that are on this disk, and what would run each."""
    from deita_tui.backends import found, names, snapshots

    known = [
        {
            "model": each.name,
            "kind": "gguf" if each.path.suffix == ".gguf" else "folder",
            "bytes": each.size,
            "backend": names.pick(str(each.path)),
            "path": str(each.path),
        }
        for each in found.models()
    ]
    if as_json:
        output.emit(known)
        return
    if not known:
        output.say(f"No models in {snapshots.cache()}, nor where programs keep .gguf files.")
        output.say("A folder or a .gguf file anywhere else can be named by its path.")
        return
    columns = [
        output.Column("model", long=True),
        output.Column("kind"),
        output.Column("size", number=True),
        output.Column("runs on"),
    ]
    output.table(
        columns,
        (
            (each["model"], each["kind"], output.size(int(str(each["bytes"]))), each["backend"])
            for each in known
        ),
    )


@models.command(cls=Command)
def convert(
    model: Annotated[
        Path,
        typer.Argument(metavar="FOLDER", help="config.json, *.safetensors and a tokenizer."),
    ],
    out: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE", help="The .gguf to write; default: NAME-TYPE.gguf here.",
            show_default=False,
        ),
    ] = None,
    kind: Annotated[
        str,
        typer.Option(
            "--type", metavar="TYPE",
            help="F32, BF16, F16, Q8_0, Q6_K, Q5_K_M, Q4_K_M, Q4_0, …; default: Q8_0.",
            show_default=False,
        ),
    ] = "Q8_0",
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace the file if it exists.")
    ] = False,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify/--no-verify",
            help="Score a sample with both at the end; a float32 file that differs is refused.",
        ),
    ] = True,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Write a LLaMA-, Mistral- or Qwen2-type folder as a GGUF, and see that it scores the same.

    Broken off, the same command goes on where it was.
    """
    from deita_tui.backends import converting

    kind = kind.upper()
    converting.refuse_kind(kind)
    target = out or Path(f"{model.resolve().name}-{kind}.gguf")
    _refuse_target(target, overwrite)
    _follow(model, target, kind)
    output.say(f"Wrote {target} ({output.size(target.stat().st_size)})")
    found = _verified(model, target, kind) if verify else None
    if as_json:
        import msgspec

        figures = None if found is None else msgspec.to_builtins(found)
        output.emit({"file": str(target.absolute()), "type": kind, "fidelity": figures})


@models.command(cls=Command)
def bench(
    named: Annotated[
        list[str],
        typer.Argument(
            metavar="MODEL",
            help="Folders, .gguf files or hub ids: forms of one model, the most precise first.",
        ),
    ],
    turns: Annotated[
        int,
        typer.Option(
            "--turns", metavar="N", min=4, help="How many real turns to score; default: 48."
        ),
    ] = 48,
    threads: Annotated[
        int, typer.Option("--threads", metavar="N", help="Processors to use; default: all.")
    ] = 0,
    as_json: Json = False,
) -> None:
    """Time each way to run a model here, and tell how far its scores are from the most precise."""
    from deita_tui.fidelity import bench as benching

    ways = benching.ways(named, turns, threads)
    rows = []
    for way, measured in benching.measure(ways):
        if isinstance(measured, JobError):
            output.tell(measured)
        else:
            told = f"{way.told}: {measured.rows_per_second:.1f} rows/s"
            output.say(told)
            rows.append((way, measured))
    if not rows:
        raise JobError("None of them could be measured.")
    lines = benching.lines(rows)
    if as_json:
        output.emit([line.as_json() for line in lines])
        return
    columns = [output.Column("model", long=True), output.Column("backend")]
    columns += [
        output.Column(title, number=True)
        for title in ("precision", "rows/s", "tokens/s", "memory", "Spearman", "mean |Δ|", "most")
    ]
    output.table(columns, (line.cells() for line in lines))


def _refuse_target(target: Path, overwrite: bool) -> None:
    if target.suffix != ".gguf":
        raise UsageError(f"{target} does not end in .gguf.", "Backends know a GGUF by its name.")
    if target.exists() and not overwrite:
        raise UsageError(f"{target} is there already.", "Replace it with --overwrite.")
    if not target.absolute().parent.is_dir():
        raise UsageError(f"There is no folder {target.parent}.", "Make it first.")


def _follow(model: Path, target: Path, kind: str) -> None:
    from deita_tui.backends import converting
    from deita_tui.fidelity import sample

    if not model.is_dir():
        raise UsageError(f"There is no folder {model}.", "Give the folder of the model.")
    texts = [text for turn in sample.turns(200) for text in (turn.instruction, turn.response)]
    stage, shown = "", -1
    for step in converting.convert(model, target, kind, texts=texts):
        share = step.done * 100 // step.total if step.total else 0
        if sys.stderr.isatty() and (step.stage, share) != (stage, shown):
            percent = f" {share} %" if step.total else "…"
            sys.stderr.write(f"\r\x1b[K{step.stage}{percent}")
            sys.stderr.flush()
        elif step.stage != stage:
            output.say(f"{step.stage}…")
        stage, shown = step.stage, share
    if sys.stderr.isatty():
        sys.stderr.write("\r\x1b[K")


def _verified(model: Path, target: Path, kind: str) -> "Fidelity":
    """How far the file is from the folder.

    Raises:
        JobError: a float32 file does not score as its folder does; the file is renamed.
    """
    from deita_tui.fidelity import comparing
    from deita_tui.fidelity.measuring import Request
    from deita_tui.fidelity.running import run

    output.say("Scoring a sample with both…")
    reference = run(Request(str(model.absolute()), "hf", {"dtype": "float32", "device": "cpu"}, 16))
    found = comparing.compare(run(Request(str(target.absolute()), "llama", {}, 16)), reference)
    told = f"{found.rows} scores, largest difference {found.largest_difference:.2g}"
    if kind == "F32" and found.largest_difference > comparing.EXACT:
        apart = target.with_name(f"{target.name}.wrong")
        target.rename(apart)
        raise JobError(
            f"{target.name} does not score as {model} does: {told}.",
            f"It was put aside as {apart.name}. Run the folder with the hf backend, and please "
            "report this.",
        )
    rank = "" if found.spearman is None else f", rank correlation {found.spearman:.4f}"
    output.say(f"{told}, mean {found.mean_difference:.2g}{rank}.")
    return found
