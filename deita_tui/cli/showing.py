"""The command that prints one whole record."""

import json
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from deita_tui.cli import output
from deita_tui.cli.common import Dir, Json, opened
from deita_tui.printable import printable

if TYPE_CHECKING:
    from deita_store.rows import Occurrence
    from deita_store.turn_scores import TurnScore
    from deita_tui.project.showing import Shown
    from deita_tui.records import Message


def show(
    ctx: typer.Context,
    directory: Dir,
    record: Annotated[
        str, typer.Argument(metavar="ID", help="The record: its id or uid.", show_default=False)
    ],
    selection: Annotated[
        str | None,
        typer.Option("--selection", metavar="NAME", help="Whose outcome; default: the last saved."),
    ] = None,
    as_json: Json = False,
) -> None:
    """Print one record whole: its messages, scores, origin, outcome, and what was said of it."""
    with opened(ctx, directory, read_only=True) as project:
        found = project.show(record, selection=selection)
    if as_json:
        output.emit(found.as_dict())
        return
    output.pairs(_about(found))
    output.data("")
    _messages(found.record.messages)
    if found.record.rejected:
        output.data("instead of the last answer, rejected:")
        _messages(found.record.rejected)
    output.pairs(_scores(found.scores))


def _about(found: "Shown") -> Iterator[tuple[str, object]]:
    row = found.row
    yield "record", f"{row.id} · {row.uid} · {output.plural(row.turns, 'turn')}"
    yield "source", row.source
    for each in found.occurrences:
        yield "from", _origin(each)
    if row.edited:
        yield "edited", f"version {row.revision}"
    if found.record.label is not None:
        yield "label", "wanted" if found.record.label else "not wanted"
    yield "outcome", _outcome(found)
    told = [row.decision or "", "flagged" if row.flag else ""]
    told += [f"rated {row.rating}"] if row.rating else []
    yield "decision", ", ".join(filter(None, told)) or "none"
    yield "tags", ", ".join(row.tags) or "none"
    yield "note", row.note or "none"


def _origin(each: "Occurrence") -> str:
    name = "standard input" if each.file_name == "-" else each.file_name
    parts = [f"{name}, row {each.row + 1} (import {each.import_id})", f"source {each.source}"]
    if each.external_id is not None:
        parts.append(f"id {each.external_id}")
    if each.extras:
        parts.append(json.dumps(each.extras, ensure_ascii=False))
    return " · ".join(parts)


def _outcome(found: "Shown") -> str:
    row = found.row
    parts = [row.outcome or "not selected from yet"]
    if row.rank is not None:
        parts.append(f"rank {row.rank:,}")
    if row.blocked_by is not None:
        parts.append(f"like record {row.blocked_by} ({output.number(row.similarity, 3)})")
    if row.score is not None:
        parts.append(f"score {output.number(row.score)}")
    return " · ".join(parts)


def _messages(messages: "Sequence[Message]") -> None:
    for message in messages:
        output.data(printable(" ".join(filter(None, (message.role, message.name)))))
        for title, text in _parts(message):
            _block(title, text)
        output.data("")


def _parts(message: "Message") -> Iterator[tuple[str, str]]:
    """What a message holds, each with what it is; the plain content has no title."""
    if message.reasoning:
        yield "reasoning", message.reasoning
    if message.call_id:
        yield "answers call", message.call_id
    if message.content:
        yield "", message.content
    for call in message.calls or ():
        yield f"calls {call.name}", call.arguments
    for reference in message.media or ():
        yield "media", reference


def _block(title: str, text: str) -> None:
    """Text of a record, line by line and indented, so that none can pass for one of ours."""
    if title:
        output.data(f"  [{printable(title)}]")
    for line in text.split("\n"):
        output.data(f"  {printable(line)}".rstrip())


def _scores(scores: "Sequence[TurnScore]") -> Iterator[tuple[str, object]]:
    for each in scores:
        value = f"none: {each.reason}" if each.value is None else output.number(each.value)
        more = ", of a shortened text" if each.shortened else ""
        draft = " (draft)" if each.draft else ""
        yield f"turn {each.turn + 1}", f"{each.measures} {value} by {each.scorer}{draft}{more}"
    if not scores:
        yield "scores", "none yet"
