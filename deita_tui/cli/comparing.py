"""The command that puts two selections side by side."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.selection.compare import Comparison, Spread

_NAMED = 10


def compare(
    ctx: typer.Context,
    directory: Dir,
    first: Annotated[
        str | None,
        typer.Argument(
            metavar="A", show_default=False, help="A selection; default: the last saved."
        ),
    ] = None,
    second: Annotated[
        str | None,
        typer.Argument(metavar="B", show_default=False, help="Another; default: working."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Compare two selections: who came, who went, who moved, and what each is made of."""
    with opened(ctx, directory, read_only=True) as project:
        found = project.compare(first, second)
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(found))
        return
    output.pairs((name, printable(value)) for name, value in _changes(found))
    output.data("")
    output.table(
        [
            output.Column("of the kept"),
            output.Column(printable(found.first.name), number=True),
            output.Column(printable(found.second.name), number=True),
        ],
        _mixes(found),
    )


def _changes(found: "Comparison") -> Iterator[tuple[str, str]]:
    yield "kept by both", f"{found.both:,} (Jaccard {found.jaccard:.3f})"
    for name, ids in (("entered", found.entered), ("left", found.left)):
        first = ", ".join(f"#{id_}" for id_ in ids[:_NAMED])
        more = ", …" if len(ids) > _NAMED else ""
        yield name, f"{len(ids):,}{': ' if ids else ''}{first}{more}"
    first = ", ".join(f"#{m.id} {m.before:,} → {m.after:,}" for m in found.moved[:_NAMED])
    more = ", …" if len(found.moved) > _NAMED else ""
    yield "moved", f"{len(found.moved):,}{': ' if found.moved else ''}{first}{more}"


def _mixes(found: "Comparison") -> Iterator[tuple[object, ...]]:
    first, second = found.first, found.second
    yield "kept", first.kept, second.kept
    for source in dict.fromkeys([*first.sources, *second.sources]):
        yield f"source {source}", first.sources.get(source, 0), second.sources.get(source, 0)
    for turns in sorted({*first.turns, *second.turns}):
        word = "turn" if turns == "1" else "turns"
        yield f"{turns} {word}", first.turns.get(turns, 0), second.turns.get(turns, 0)
    for name, pair in (
        ("score", (first.score, second.score)), ("characters", (first.chars, second.chars))
    ):  # fmt: skip
        yield from _spreads(name, *pair)


def _spreads(name: str, first: "Spread", second: "Spread") -> Iterator[tuple[object, ...]]:
    yield f"{name}, mean", output.number(first.mean), output.number(second.mean)
    for share in first.quantiles:
        told = {"0%": "least", "50%": "median", "100%": "most"}.get(share, share)
        yield (
            f"{name}, {told}",
            output.number(first.quantiles[share]),
            output.number(second.quantiles[share]),
        )
