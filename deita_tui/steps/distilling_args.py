"""What learning from a scorer is asked for, and what it reports: plain data, as JSON in a job."""

from typing import ClassVar

import msgspec

from deita_tui.lite.distilling import Errors, Overlap


class DistillArgs(msgspec.Struct, frozen=True, omit_defaults=True):
    """Whom to learn from, and what for."""

    scorer: str
    """The name of the scorers that are learned from."""
    name: str = ""
    """What the learned scorers are called; empty: the teacher's name and ``-distilled``."""
    limit: int = 10_000
    """The most records that are learned from: a fair sample, always the same."""
    budget: int = 0
    """Records that are to be selected, for the expected overlap; 0: as the working selection has
    it, or else ``FRACTION`` of the pool."""
    seed: int = 0
    """Of folds and resampling."""

    FRACTION: ClassVar[float] = 0.06
    """DEITA's own: 6,000 of about 100,000."""
    FEWEST: ClassVar[int] = 200
    """Records that must be scored before there is anything to learn."""

    @property
    def called(self) -> str:
        """What the learned scorers are called."""
        return self.name or f"{self.scorer}-distilled"


class Learned(msgspec.Struct, frozen=True):
    """One scorer that was learned."""

    scorer_id: int
    measures: str
    teacher_id: int
    errors: Errors
    """On texts that the judging model had not seen: what to expect of the rest of the pool."""
    unlike: Errors
    """On texts like whose prompt it had seen none: what to expect of other data."""
    scored: int = 0
    """Texts that got a value in this run."""


class DistillReport(msgspec.Struct, frozen=True):
    """What learning came to."""

    name: str
    teacher: str
    records: int
    """Records that were learned from."""
    learned: list[Learned]
    overlap: Overlap
    pool: int
    """Records of the project that can have a score."""
    budget: int
    fair: bool
    """Are the records of the estimate a fair sample of the pool?"""
    seconds: float
