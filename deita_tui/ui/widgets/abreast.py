"""What stands side by side: the messages of two records, and which of their words are lit."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from deita_tui.printable import printable
from deita_tui.records import Message, Record, spoken
from deita_tui.selection import abreast as comparing
from deita_tui.selection.abreast import Range
from deita_tui.selection.diffs import WORDS
from deita_tui.ui.literal import wrap

Piece = tuple[str, bool]
"""Text of a line, and whether it is lit."""

_COMPARED = 6_000
"""So many words of two conversations are compared; what follows is shown as it is."""
_TAB = "    "


@dataclass(frozen=True, slots=True)
class Half:
    """One message, on its side."""

    title: str
    """Whose message it is: its role."""
    style: str
    text: str
    lit: tuple[Range, ...] = ()
    """Characters of ``text``."""
    right: str = ""
    """The scores of its turn."""


@dataclass(frozen=True, slots=True)
class Row:
    """Two messages that stand beside each other, or one that stands alone."""

    first: Half | None
    second: Half | None = None
    same: bool = False
    told: str = ""
    """What there is to say of the two."""


def alone(record: Record, scores: Sequence[str] = ()) -> tuple[Row, ...]:
    """One conversation, with nothing beside it."""
    return tuple(Row(half) for half in _halves(record, scores))


def beside(
    first: Record, second: Record, scores: Sequence[Sequence[str]] = ((), ())
) -> tuple[Row, ...]:
    """Two conversations; it may take a while for long ones.

    Args:
        first: the record in question.
        second: what it is compared with.
        scores: of either, what stands beside the answer of each turn.
    """
    one, other = _halves(first, scores[0]), _halves(second, scores[1])
    pairs = comparing.aligned(
        [(half.title, half.text) for half in one], [(half.title, half.text) for half in other]
    )
    found: list[Row] = []
    left = _COMPARED
    for i, j in pairs:
        a = None if i is None else one[i]
        b = None if j is None else other[j]
        if a is None or b is None:
            found.append(Row(a, b, told="only here"))
            continue
        found.append(_row(a, b, left))
        left = max(left - len(a.text.split()) * (not found[-1].same), 0)
    return tuple(found)


def _row(a: Half, b: Half, words: int) -> Row:
    if a.text == b.text:
        return Row(a, b, same=True, told="the same")
    if not words:
        return Row(a, b, told="not compared: too long")
    found = comparing.lit(a.text, b.text, min(words, WORDS))
    if found.unlike:
        return Row(a, b, told="another text")
    told = "its end is not compared" if found.cut else ""
    return Row(replace(a, lit=found.first), replace(b, lit=found.second), told=told)


def _halves(record: Record, scores: Sequence[str]) -> list[Half]:
    found, answers = [], 0
    for message in record.messages:
        right = ""
        if message.role == "assistant" and answers < len(scores):
            right = scores[answers]
            answers += 1
        found.append(Half(_title(message), _style(message.role), _plain(message), right=right))
    return found


def _plain(message: Message) -> str:
    return spoken(message).replace("\r\n", "\n").replace("\t", _TAB)


def _title(message: Message) -> str:
    return f"{message.role} ({printable(message.name)})" if message.name else message.role


def _style(role: str) -> str:
    return f"abreast--{role if role in ('user', 'assistant') else 'other'}"


def lines_of(half: Half, width: int, lights: bool = True) -> list[list[Piece]]:
    """The text as lines of at most ``width`` cells, harmless, each in lit and unlit pieces."""
    found: list[list[Piece]] = []
    ranges = list(reversed(half.lit)) if lights else []
    start = 0
    for paragraph in half.text.split("\n"):
        end = start + len(paragraph)
        here = []
        while ranges and ranges[-1][0] < end:
            first, last = ranges[-1]
            here.append((max(first, start) - start, min(last, end) - start))
            if last > end:  # it goes on in the next paragraph
                break
            ranges.pop()
        found += (
            _marked(paragraph, here, width)
            if here
            else ([(line, False)] for line in wrap(paragraph, width))
        )
        start = end + 1
    return found


def _marked(paragraph: str, ranges: Sequence[Range], width: int) -> Iterator[list[Piece]]:
    """A paragraph with lit words, broken into lines."""
    shown, spans, at = "", [], 0
    for start, end in ranges:
        shown += printable(paragraph[at:start])
        begin = len(shown)
        shown += printable(paragraph[start:end])
        spans.append((begin, len(shown)))
        at = end
    shown += printable(paragraph[at:])
    place = 0
    for line in wrap(shown, width):
        # Only spaces are dropped where a line is broken.
        place = shown.index(line, place)
        yield list(_pieces(line, place, spans))
        place += len(line)


def _pieces(line: str, start: int, spans: Sequence[Range]) -> Iterator[Piece]:
    at, end = start, start + len(line)
    for first, last in spans:
        first, last = max(first, at), min(last, end)
        if first >= last:
            continue
        if first > at:
            yield line[at - start : first - start], False
        yield line[first - start : last - start], True
        at = last
    if at < end or not line:
        yield line[at - start :], False
