"""What an indexing run is asked for, and what it reports: plain data, as JSON in a job."""

import msgspec

from deita_tui.neighbours.certificate import SAMPLE, Recall
from deita_tui.neighbours.hnsw import Graph

K = 32


class IndexArgs(msgspec.Struct, frozen=True, omit_defaults=True):
    """Which vectors, and how."""

    embedder: int | None = None
    """The embedder's id; the one in use without."""
    k: int = K
    """Neighbours that are listed of every record."""
    exact: bool = False
    """Look at every pair, however many there are."""
    graph: Graph = Graph()
    sample: int = SAMPLE
    """Rows that the recall is measured on."""
    seed: int = 0


class IndexReport(msgspec.Struct, frozen=True):
    """What there is now."""

    embedder: str
    rows: int
    """Vectors."""
    distinct: int | None
    """Of these, such as differ; None where nothing had to be done."""
    added: int
    """Vectors that had no list before this run."""
    k: int
    exact: bool
    """Every pair was looked at."""
    seconds: float
    sampled: int
    recall: tuple[Recall, ...]
    ready: bool
    """There was nothing to do."""
