"""What a scoring run is asked for, and what it reports: plain data, as JSON in a job."""

from hashlib import sha256

import msgspec

from deita_tui.scoring.health import Health
from deita_tui.steps.probing_args import Probing

LITE = "lite"
"""The backend, and the model, that stand for the draft scorers that ship."""


class JudgeSpec(msgspec.Struct, frozen=True, omit_defaults=True):
    """A model and how to run it."""

    model: str
    """A hub id, a folder or a .gguf file; paths absolute, since a worker may start elsewhere."""
    backend: str = "auto"
    settings: dict[str, object] = {}
    """Fields of the backend's settings class."""

    @property
    def key(self) -> str:
        """Stands for this choice among the project's settings."""
        return sha256(msgspec.json.encode(self, order="deterministic")).hexdigest()[:16]


class ScoreArgs(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to score, and with what."""

    complexity: JudgeSpec | None = None
    quality: JudgeSpec | None = None
    methods: tuple[str, ...] = ()
    """Instead of judges: methods by their names, which the scorers get as well."""
    model: JudgeSpec | None = None
    """The language model that these ask, if any does."""
    probing: Probing = Probing()
    """What they look at beside a text, if they do."""
    name: str = "deita"
    """What the scorers are called in the project."""
    where: str = ""
    """A filter: which records."""
    top: int | None = None
    """Of these, the so many that ``by`` puts highest."""
    by: str | None = None
    limit: int | None = None
    """Of these, a fair sample of so many: always the same ones, for both scorers."""
    force: bool = False
    """Go on where the pilot says that the model is no good."""
    retry: bool = False
    """Ask again for what failed before."""
    max_tokens: int = 2048
    """Longer prompts are shortened; part of a scorer's identity."""
    seed: int = 0
    batch_tokens: int = 65_536
    """The most tokens in a batch; backends divide it further as memory allows."""
    patience: float = 900.0
    """Seconds without an answer after which a model is taken to hang."""
    offline: bool = False
    """Ask no hub: models are on this disk."""
    cache: int = 0
    """Megabytes that the user's cache of scores may grow to; 0: it is not used."""
    again: bool = False
    """Find out anew how to run the models, rather than as it was done before."""

    @property
    def draft(self) -> bool:
        """Is it about the draft scorers that ship?"""
        return any(spec and spec.backend == LITE for spec in (self.complexity, self.quality))

    def covers(self, other: "ScoreArgs") -> bool:
        """Does a run of this, once it is done, leave nothing to do of ``other``?"""
        same = self.max_tokens == other.max_tokens and set(other.methods) <= set(self.methods)
        same = same and other.model in (None, self.model) and other.probing == self.probing
        for mine, its in ((self.complexity, other.complexity), (self.quality, other.quality)):
            same = same and its in (None, mine)
        if not same or other.retry > self.retry or other.again > self.again:
            return False
        if not self.where and self.top is None and self.limit is None:
            return True
        if (self.where, self.top, self.by, self.seed) != (
            *(other.where, other.top, other.by, other.seed),
        ):
            return False
        return self.limit is None or (other.limit is not None and other.limit <= self.limit)


class StageReport(msgspec.Struct, frozen=True):
    """What one scorer came to, in this run."""

    scorer_id: int
    measures: str
    model: str
    records: int
    """Records that were asked for."""
    scored: int
    """Texts that got a value in this run."""
    failed: int
    """Texts that got none in this run."""
    reused: int
    """Turns that were done already, here or elsewhere in the project."""
    seconds: float
    """Spent in the model."""
    health: Health | None
    ready: int = 0
    """Records that were finished before this run."""
    shared: int = 0
    """Texts whose score another project had got, by the same scorer."""
    told: str = ""
    """What ``auto`` picked and why; empty where there was nothing to choose."""
    notes: tuple[str, ...] = ()
    """What a user should know about the model; sentences."""


class ScoreReport(msgspec.Struct, frozen=True):
    """What a scoring run came to."""

    stages: list[StageReport]
