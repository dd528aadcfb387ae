"""What a cascade is asked for, and what it reports: plain data, as JSON in a job."""

import msgspec

from deita_tui.selection.params import Params
from deita_tui.steps.scoring_args import ScoreArgs


class CascadeArgs(msgspec.Struct, frozen=True, omit_defaults=True):
    """A cheap score that is there, an expensive one that is not, and the selection it is for."""

    score: ScoreArgs
    """The expensive scorers. Which records they score is not said in it."""
    by: str
    """The cheap scorers' name."""
    params: Params
    """The selection. Its scorers are those that are there already and stay in their parts."""
    goal: float = 0.98
    """The share of the full selection that is to be found."""
    most: float | None = None
    """The most records that may be scored, as a share of all."""
    sample: int = 0
    """Records of the first sample; 0: as many as seem right."""
    check: int = 0
    """Records of the check at the end; 0: likewise."""
    seed: int = 0


class CascadeReport(msgspec.Struct, frozen=True):
    """What a cascade came to: the certificate."""

    scorer: str
    by: str
    scorer_ids: list[int]
    records: int
    """Records that could be selected, had they a score."""
    scored: int
    """Of these, so many have the expensive scores now."""
    asked: int
    """Of these, so many were not scored before the cascade began."""
    size: int
    """Of the selection."""
    goal: float
    end: str
    """``reached``; ``no saving``: nearly all would have to be scored, and only the sample was;
    ``limit``: the most that was allowed is scored, or checks disagree with the model; ``all``."""
    correlation: float | None
    """Rank correlation of the cheap and the expensive scores, on the sample."""
    told: float | None
    """The same of the expensive scores and what a model makes of the cheap ones and the vectors."""
    expected: float
    """The share of the full selection that is found, by the model and what checks found."""
    model_low: float
    model_high: float
    """Two standard deviations, if the model is right."""
    curve: list[tuple[float, float]]
    """What share of all, scored, was expected to find what share, after the sample."""
    checked: int
    """Skipped records that were drawn at random and scored at the end; 0: there was no check."""
    skipped: int
    """Out of so many."""
    found: int
    """Of these, so many came into the selection."""
    overlap: float | None
    """The share found, by the check alone; and its interval, which rests on the draw alone."""
    low: float | None
    high: float | None
    confidence: float
    seconds: float
    """In the models."""

    @property
    def saved(self) -> float:
        """The share of the expensive calls that were not needed."""
        return 1 - self.scored / self.records if self.records else 0.0
