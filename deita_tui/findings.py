"""What ``doctor`` says of one thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at."""

    name: str
    value: str
    advice: str = ""
    """What to do about it; empty when all is well or nothing need be done."""
    ok: bool = True
