"""A conversation as lines of a screen: who says what, code as it is written, prompts folded."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from rich.cells import chop_cells

from deita_tui.printable import printable
from deita_tui.records import Message, Record, spoken
from deita_tui.ui.literal import cut, wrap

_TAB = "    "
_PIECE = 4_096
"""Characters of one paragraph that are broken at once: a megabyte without a line break must not
hold up its first lines."""
FENCES = ("```", "~~~")


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the screen."""

    text: str
    kind: str
    """``title``, ``text``, ``code``, ``fold`` or ``gap``."""
    role: str = ""
    message: int = -1
    """Which of the record's messages it belongs to; -1: the side that was not chosen."""
    right: str = ""
    """What stands at the right edge."""


def lines(
    record: Record, scores: Sequence[str], width: int, unfolded: bool = False
) -> Iterator[Line]:
    """The lines of a record, made one after another as they are asked for.

    Args:
        record: the conversation.
        scores: of each turn (D1) what stands beside its answer.
        width: in cells.
        unfolded: show prompts and thoughts whole.
    """
    answers = _answers(record.messages)
    for place, message in enumerate(record.messages):
        turn = answers.get(place)
        beside = scores[turn] if turn is not None and turn < len(scores) else ""
        yield from _message(message, place, width, unfolded, beside)
    for message in record.rejected or ():
        yield from _message(message, -1, width, unfolded, "", "not chosen: ")
    if record.label is not None:
        told = "this answer was wanted" if record.label else "this answer was not wanted"
        yield Line(told, "fold", "system", -1)


def _answers(messages: Sequence[Message]) -> dict[int, int]:
    """The places where the answer of a turn begins, and which turn it is."""
    found: dict[int, int] = {}
    asked = answered = False
    for place, message in enumerate(messages):
        if message.role == "user":
            asked, answered = True, False
        elif message.role == "assistant" and asked and not answered:
            found[place], answered = len(found), True
    return found


def _message(
    message: Message, place: int, width: int, unfolded: bool, right: str, before: str = ""
) -> Iterator[Line]:
    role, name = message.role, f" ({printable(message.name)})" if message.name else ""
    yield Line(f"{before}{role}{name}", "title", role, place, right)
    if message.reasoning:
        yield from _folded("thought: " + message.reasoning, role, place, width, unfolded)
    if role == "system":
        yield from _folded(message.content, role, place, width, unfolded)
    else:
        for kind, line in _broken(spoken(message), width):
            yield Line(line, kind, role, place)
    for each in message.media or ():
        yield Line(cut(f"⧉ {each}", width).rstrip(), "fold", role, place)
    yield Line("", "gap", "", place)


def _folded(text: str, role: str, place: int, width: int, unfolded: bool) -> Iterator[Line]:
    """A text of which only the beginning is shown, unless it is unfolded or hardly longer."""
    if unfolded:
        shown = [Line(line, kind, role, place) for kind, line in _broken(text, width)]
        yield from (Line(line.text, "fold", role, place) for line in shown)
        return
    first = list(islice(_broken(text, width), 3))
    if len(first) < 3:
        yield from (Line(line, "fold", role, place) for _, line in first)
        return
    more = f" … {len(text):,} characters, p unfolds"
    yield Line(cut(first[0][1], max(width - len(more), 8)).rstrip() + more, "fold", role, place)


def _broken(text: str, width: int) -> Iterator[tuple[str, str]]:
    """Lines with their kind: prose is broken between words, code where the line ends."""
    fence = ""
    for paragraph in text.replace("\r\n", "\n").split("\n"):
        mark = paragraph.lstrip()[:3]
        opens = not fence and mark in FENCES
        closes = bool(fence) and mark == fence and not paragraph.strip(f"{fence[0]} ")
        if fence or opens:
            yield from (("code", line) for line in _chopped(paragraph, width))
        else:
            for piece in _pieces(paragraph):
                yield from (("text", line) for line in wrap(piece, width))
        fence = mark if opens else "" if closes else fence


def _chopped(line: str, width: int) -> list[str]:
    told = printable(line.replace("\t", _TAB))
    if len(told) <= width and told.isascii():
        return [told]
    return chop_cells(told, width) or [""]


def _pieces(paragraph: str) -> Iterator[str]:
    start = 0
    while len(paragraph) - start > 2 * _PIECE:
        space = paragraph.find(" ", start + _PIECE, start + 2 * _PIECE)
        end = space + 1 if space >= 0 else start + _PIECE
        yield paragraph[start:end]
        start = end
    yield paragraph[start:] if start else paragraph
