"""What an embedding run is asked for, and what it reports: plain data, as JSON in a job."""

from hashlib import sha256

import msgspec

from deita_tui.embedding.presets import PRESETS, Preset
from deita_tui.embedding.rendering import Rendering, What


class EmbedArgs(msgspec.Struct, frozen=True, omit_defaults=True):
    """What to embed, and with what."""

    embedder: str = "lite"
    """``lite``, or a model: a hub id, a folder or a .gguf file. Paths are absolute, since a worker
    may start elsewhere."""
    backend: str = "auto"
    settings: dict[str, object] = {}
    """Fields of the backend's settings class."""
    pool: str | None = None
    """How tokens become one vector; None for the model's own way."""
    what: What = "conversation"
    preset: str | None = None
    name: str = ""
    """What the embedder is called in the project; empty for its model's or preset's name."""
    where: str = ""
    """A filter: which records."""
    limit: int | None = None
    """Of these, a fair sample of so many: always the same ones."""
    max_tokens: int | None = None
    """Longer texts are cut on the right; None for the model's own limit. Part of its identity."""
    retry: bool = False
    """Try again what failed before."""
    seed: int = 0
    batch_tokens: int = 65_536
    """The most tokens in a batch; backends divide it further as memory allows."""
    commit_seconds: float = 1.0
    """Between two commits, unless a batch takes longer: it is what a kill can lose."""
    patience: float = 900.0
    """Seconds without an answer after which a model is taken to hang."""
    offline: bool = False
    """Ask no hub: the model is on this disk."""
    again: bool = False
    """Find out anew what the model is, rather than as it was done before."""

    @property
    def way(self) -> Preset | None:
        """The preset; None where none is named."""
        return PRESETS[self.preset] if self.preset else None

    @property
    def rendering(self) -> Rendering:
        """How a record becomes text; parts of it are always plain."""
        return self.way.rendering if self.way and self.what == "conversation" else "plain"

    @property
    def given(self) -> dict[str, object]:
        """All that the backend is told."""
        told: dict[str, object] = {}
        if self.way:
            told = {"pool": self.way.pool, "limit": self.way.limit}
        if self.pool is not None:
            told["pool"] = self.pool
        if self.max_tokens is not None:
            told["limit"] = self.max_tokens
        if self.offline:
            told["offline"] = True
        return {**told, **self.settings}

    @property
    def key(self) -> str:
        """Stands for this choice of a model among the project's settings."""
        chosen = [self.embedder, self.backend, self.given, self.preset]
        return sha256(msgspec.json.encode(chosen, order="deterministic")).hexdigest()[:16]


class EmbedReport(msgspec.Struct, frozen=True):
    """What an embedding run came to."""

    embedder_id: int
    name: str
    model: str
    dimensions: int
    records: int
    """Records that were asked for."""
    embedded: int
    """Texts that got a vector in this run."""
    failed: int
    """Texts that got none in this run."""
    empty: int
    """Records that hold nothing to embed."""
    reused: int
    """Records whose text was embedded already, here or elsewhere in the project."""
    shortened: int
    """Texts that were cut in this run."""
    seconds: float
    """Spent in the model."""
    ready: int = 0
    """Records that were finished before this run."""
    reasons: dict[str, int] = {}
    """Why texts failed in this run, the commonest first."""
    notes: tuple[str, ...] = ()
    """What a user should know about the model; sentences."""
