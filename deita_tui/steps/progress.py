"""How far a step has come."""

import msgspec


class Progress(msgspec.Struct, frozen=True):
    """What a step yields after each batch that is committed."""

    done: int
    total: int | None
    """None while unknown; where a file does not tell its rows, an estimate from its bytes."""
    unit: str
    stage: str
