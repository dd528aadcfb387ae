"""The command that says why a record is in a selection or out of it."""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.cli.selected import told
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_tui.selection.diffs import Piece, Side
    from deita_tui.steps.explaining import Explained

_BLOCKED = 10
"""So many of the records that one blocks are named."""

_SIDES: "tuple[tuple[str, Side], ...]" = (("here", "first"), ("there", "second"))


def explain(
    ctx: typer.Context,
    directory: Dir,
    record: Annotated[
        str, typer.Argument(metavar="ID", help="The record: its id or uid.", show_default=False)
    ],
    selection: Annotated[
        str | None,
        typer.Option(
            "--selection", metavar="NAME", show_default=False,
            help="Of which selection; default: the last saved. working: the one not saved.",
        ),
    ] = None,
    whole: Annotated[
        bool,
        typer.Option(
            "--whole", help="Print the whole difference from the record that it resembles."
        ),
    ] = False,
    as_json: Json = False,
) -> None:  # fmt: skip
    """Say why a record is selected or not, and what would change that."""
    with opened(ctx, directory, read_only=True) as project:
        found = project.explain(record, selection=selection, progress=told())
    if as_json:
        import msgspec

        output.emit(msgspec.to_builtins(found, str_keys=True))
        return
    for note in filter(None, (found.note, *found.stale)):
        output.say(printable(note))
    output.pairs(_about(found))
    _ways(found)
    _difference(found, whole)
    _neighbours(found)


def _about(found: "Explained") -> Iterator[tuple[str, object]]:
    from deita_tui.selection import wording

    about = found.about
    yield "record", f"{found.record.id} · {found.record.uid} · {found.record.source}"
    yield "text", found.record.instruction
    yield "selection", found.selection
    yield "outcome", wording.verdict(about, found.threshold)
    if about.score is not None:
        place = f", place {about.position:,} of {about.scored:,}" if about.position else ""
        yield "score", f"{output.number(about.score)} ({found.rule} of {found.formula}){place}"
    for turn in found.turns:
        values = [
            f"{part} {output.number(value)}" if value is not None
            else f"{part} none: {turn.reasons[part]}"
            for part, value in turn.scores.items()
        ]  # fmt: skip
        yield f"turn {turn.turn + 1}", " · ".join(values)
    if about.also_blocked_by:
        yield "also like", wording.named(about.also_blocked_by)
    if about.blocks:
        first = ", ".join(f"#{id_}" for id_ in about.blocks[:_BLOCKED])
        more = ", …" if len(about.blocks) > _BLOCKED else ""
        yield "keeps out", f"{output.plural(len(about.blocks), 'record')}: {first}{more}"


def _ways(found: "Explained") -> None:
    from deita_tui.selection import wording

    output.data("")
    output.data("what if")
    for way in found.about.ways:
        output.data(f"  {printable(wording.told(way, found.about))}")


def _difference(found: "Explained", whole: bool) -> None:
    if found.differs is None:
        return
    from deita_tui.selection.diffs import WORDS, beginning, brief

    differs = found.differs
    output.data("")
    beside = f"beside #{found.about.blocked_by}: "
    if differs.words == (0, 0):
        same = f"the first {WORDS:,} words are the same; what follows was not compared"
        output.data(beside + (same if differs.cut else "the same text"))
        return
    (alone, other), (here, there) = differs.words, differs.lengths
    cut = f", in the first {WORDS:,} words of each" if differs.cut else ""
    output.data(
        f"{beside}{alone:,} of {output.plural(here, 'word')} only here [-…-], "
        f"{other:,} of {there:,} only there {{+…+}}{cut}"
    )
    if differs.unlike and not whole:
        for where, side in _SIDES:
            output.data(f"  {where:<5} {printable(beginning(differs.pieces, side))}")
        output.data("  Most of it differs; --whole marks every word.")
        return
    pieces, left = (differs.pieces, 0) if whole else brief(differs.pieces)
    output.data(f"  {printable(''.join(map(_marked, pieces)).strip())}")
    if left:
        output.data(f"  and {output.plural(left, 'more difference')}; --whole shows all.")


def _marked(piece: "Piece") -> str:
    return {"both": "{}", "first": " [-{}-]", "second": " {{+{}+}}"}[piece.side].format(
        piece.text if piece.side == "both" else piece.text.strip()
    )


def _neighbours(found: "Explained") -> None:
    if not found.about.neighbours:
        return
    output.data("")
    output.data("nearest")
    columns = [
        output.Column("id", number=True), output.Column("similarity", number=True),
        output.Column("outcome"), output.Column("source"), output.Column("instruction", long=True),
    ]  # fmt: skip
    rows = []
    for near in found.about.neighbours:
        shown = found.mentioned[near.id]
        like = f"{near.similarity:.4f}"
        rows.append((near.id, like, near.status, shown.source, shown.instruction))
    output.table(columns, rows)
