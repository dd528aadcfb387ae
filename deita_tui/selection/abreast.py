"""Two conversations side by side: which message goes with which, and which words differ."""

import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher

import msgspec

from deita_tui.selection.diffs import WORDS

_HAN = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff"
_WORD = re.compile(rf"\s*(?:[^\W_{_HAN}]+|\S)")
"""A word with the white space before it. A punctuation mark is a word of its own, and so is a
character of the scripts that are written without spaces."""


Range = tuple[int, int]
"""Where characters of a text begin and end."""


class Lit(msgspec.Struct, frozen=True):
    """Which words of two texts differ, each side in its own characters, white space and all."""

    first: tuple[Range, ...] = ()
    """Of the first text, in order; what touches is one range."""
    second: tuple[Range, ...] = ()
    unlike: bool = False
    """Whether the shorter one shares less than half of its words: nothing is lit then."""
    cut: bool = False
    """Whether something at the end of long texts was not compared."""


def lit(first: str, second: str, words: int = WORDS) -> Lit:
    """Which words of two texts differ, to be lit in either.

    Method: as ``differing``, behind what both begin with and before what both end with.

    Args:
        first: one text.
        second: the other.
        words: so many of either are compared, beyond what both begin with.
    """
    a, b = list(_WORD.finditer(first)), list(_WORD.finditer(second))
    one, other = ([match.group().lstrip() for match in each] for each in (a, b))
    start = _common(one, other)
    end = _common(one[start:][::-1], other[start:][::-1])
    one, other = one[start : len(one) - end], other[start : len(other) - end]
    cut = max(len(one), len(other)) > words
    one, other = one[:words], other[:words]
    # No matching has more in it than the words that both have, in whatever order.
    shared = (Counter(one) & Counter(other)).total() + start + end
    least = min(len(one), len(other)) + start + end
    if shared * 2 < least:
        return Lit(unlike=True, cut=cut)
    matcher = SequenceMatcher(None, one, other, autojunk=False)
    found = [each for each in matcher.get_opcodes() if each[0] != "equal"]
    alike = start + end + len(one) - sum(a1 - a0 for _, a0, a1, _, _ in found)
    if alike * 2 < least:
        return Lit(unlike=True, cut=cut)
    return Lit(
        tuple(_range(a, start + a0, start + a1) for _, a0, a1, _, _ in found if a1 > a0),
        tuple(_range(b, start + b0, start + b1) for _, _, _, b0, b1 in found if b1 > b0),
        cut=cut,
    )


def _common(one: Sequence[str], other: Sequence[str]) -> int:
    """With how many words both begin."""
    count = 0
    for here, there in zip(one, other, strict=False):
        if here != there:
            break
        count += 1
    return count


def _range(words: Sequence[re.Match[str]], start: int, end: int) -> Range:
    first = words[start]
    return first.end() - len(first.group().lstrip()), words[end - 1].end()


_SOME = 200
"""So many words of a message say which other one it resembles."""

_PAIRS = 2_500
"""Longer conversations are paired in order: the time grows with this."""


Pair = tuple[int | None, int | None]


def aligned(first: Sequence[tuple[str, str]], second: Sequence[tuple[str, str]]) -> list[Pair]:
    """Which message of one conversation stands beside which of another.

    Whole turns go together, and in order: of all such pairings the one that shares most words, and
    of equal ones the one that pairs earlier turns. Within two turns the same holds for messages,
    of which only those of one role go together.

    Args:
        first: (role, text) of each message.
        second: of the other.

    Returns:
        Pairs of places, None where nothing goes with a message; each place once, in order.
    """
    ours, theirs = _turns(first), _turns(second)
    one, other = ([_bag(text) for _, text in each] for each in (first, second))
    found: list[Pair] = []
    for i, j in _paired(
        [("turn" if first[each[0]][0] == "user" else "before", _sum(one, each)) for each in ours],
        [
            ("turn" if second[each[0]][0] == "user" else "before", _sum(other, each))
            for each in theirs
        ],
    ):
        here, there = [] if i is None else ours[i], [] if j is None else theirs[j]
        for a, b in _paired(
            [(first[place][0], one[place]) for place in here],
            [(second[place][0], other[place]) for place in there],
        ):
            found.append((None if a is None else here[a], None if b is None else there[b]))
    return found


def _turns(messages: Sequence[tuple[str, str]]) -> list[list[int]]:
    """The places of each turn; what comes before the first question is one of its own."""
    found: list[list[int]] = []
    before = ""
    for place, (role, _) in enumerate(messages):
        if not found or (role == "user" and before != "user"):
            found.append([])
        found[-1].append(place)
        before = role
    return found


Item = tuple[str, Counter[str]]
"""What may stand beside what, and its words."""


def _paired(first: Sequence[Item], second: Sequence[Item]) -> list[Pair]:
    """Pair what is of one kind, in order, so that most words are shared.

    Method: the alignment of Needleman and Wunsch, where a gap costs nothing and a pair is worth
    the share of its words that both have, and a little for being one.
    """
    if len(first) * len(second) > _PAIRS:
        return _in_order(first, second)
    worth = [[0.0] * (len(second) + 1) for _ in range(len(first) + 1)]
    pair: dict[tuple[int, int], float] = {}
    for i in reversed(range(len(first))):
        for j in reversed(range(len(second))):
            worth[i][j] = max(worth[i + 1][j], worth[i][j + 1])
            if first[i][0] == second[j][0]:
                pair[i, j] = 0.05 + _shared(first[i][1], second[j][1]) + worth[i + 1][j + 1]
                worth[i][j] = max(worth[i][j], pair[i, j])
    found: list[Pair] = []
    i = j = 0
    while i < len(first) and j < len(second):
        if pair.get((i, j), -1.0) >= worth[i][j]:
            found.append((i, j))
            i, j = i + 1, j + 1
        elif worth[i + 1][j] >= worth[i][j + 1]:
            found.append((i, None))
            i += 1
        else:
            found.append((None, j))
            j += 1
    found += [(rest, None) for rest in range(i, len(first))]
    return [*found, *((None, rest) for rest in range(j, len(second)))]


def _in_order(first: Sequence[Item], second: Sequence[Item]) -> list[Pair]:
    found: list[Pair] = []
    for place in range(max(len(first), len(second))):
        one = place if place < len(first) else None
        other = place if place < len(second) else None
        if one is not None and other is not None and first[one][0] != second[other][0]:
            found += [(one, None), (None, other)]
        else:
            found.append((one, other))
    return found


def _sum(bags: Sequence[Counter[str]], places: Sequence[int]) -> Counter[str]:
    whole: Counter[str] = Counter()
    for place in places:
        whole.update(bags[place])
    return whole


def _bag(text: str) -> Counter[str]:
    # A word of fifty letters is still one: so much text holds that many, and more is not read.
    words = _WORD.findall(text[: 50 * _SOME])
    return Counter(word.lstrip() for word in words[:_SOME])


def _shared(one: Counter[str], other: Counter[str]) -> float:
    most = max(one.total(), other.total())
    return (one & other).total() / most if most else 1.0
