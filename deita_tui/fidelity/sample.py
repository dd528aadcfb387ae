"""Real turns to try a model on, where there is no project to take them from: the demo's."""

import gzip
from hashlib import sha256

import msgspec

from deita_tui.demo import RECORDS
from deita_tui.records import Turn


class _Said(msgspec.Struct):
    origin: str = msgspec.field(name="from")
    value: str


class _Row(msgspec.Struct):
    id: str
    conversations: list[_Said]


def turns(count: int, longest: int = 4_000) -> list[Turn]:
    """First turns of ``count`` of the demo's records: always the same ones, in a mixed order.

    Args:
        count: how many.
        longest: characters; longer ones say nothing more of a precision, and take long.
    """
    with gzip.open(RECORDS) as file:
        rows = [msgspec.json.decode(line, type=_Row) for line in file]
    rows.sort(key=lambda row: sha256(row.id.encode()).digest())
    found = []
    for row in rows:
        said = [each for each in row.conversations if each.origin != "system"]
        if len(said) < 2 or (said[0].origin, said[1].origin) != ("human", "gpt"):
            continue
        turn = Turn(said[0].value, said[1].value)
        if turn.problem is None and len(turn.instruction) + len(turn.response) <= longest:
            found.append(turn)
        if len(found) == count:
            break
    return found
