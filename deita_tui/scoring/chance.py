"""A number by lot, which every other method must beat: the same for the same text and seed."""

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b

SEED = 0


@dataclass(frozen=True, slots=True)
class Chance:
    """Uniform between 0 and 1, by a hash of the text: no state, and no order to keep."""

    seed: int = SEED

    def config(self) -> dict[str, object]:
        """See ``methods.TextMethod``."""
        return {"method": "random/1", "seed": self.seed}

    def measure(self, fields: Sequence[str]) -> float:
        """The lot of a text."""
        key = self.seed.to_bytes(8, signed=True)
        lot = blake2b("\0".join(fields).encode(), digest_size=7, key=key).digest()
        # 53 bits are what a float holds.
        return (int.from_bytes(lot) >> 3) / 2**53


def make(name: str) -> Chance:
    """There is one."""
    return Chance()
