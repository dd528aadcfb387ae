"""Driving an embedding run in a test, with embedders that can be looked at afterwards."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from deita_store.store import Store
from deita_tui.backends.fake_embedder import FakeEmbedder, FakeSettings
from deita_tui.steps import embedding
from deita_tui.steps.embedding import EmbedArgs, EmbedReport
from deita_tui.steps.progress import Progress
from tests.scoring.small_project import Pair, project

FAKE = EmbedArgs(embedder="m", backend="fake")


class Embedders:
    """Opens fake embedders, and keeps them."""

    def __init__(self) -> None:
        self.opened: list[FakeEmbedder] = []

    def __call__(self, backend: str, model: str, settings: Mapping[str, object]) -> FakeEmbedder:
        known: Any = settings
        self.opened.append(FakeEmbedder(model, FakeSettings(**known)))
        return self.opened[-1]

    @property
    def texts(self) -> Counter[str]:
        """How often each text was embedded."""
        return Counter(text for each in self.opened for text in each.texts)


def run(store: Store, args: EmbedArgs, embedders: Embedders | None = None) -> EmbedReport:
    """Run to the end."""
    work = embedding.run(store, args, open_embedder=embedders or Embedders())
    while True:
        try:
            next(work)
        except StopIteration as end:
            report: EmbedReport = end.value
            return report


def follow(store: Store, args: EmbedArgs) -> list[Progress]:
    """Everything that a run tells on its way."""
    return list(embedding.run(store, args, open_embedder=Embedders()))


def rows(store: Store) -> set[tuple[object, ...]]:
    """Every version's vector, apart from the ids."""
    return set(
        store.db.execute(
            "select e.name, x.conversation_id, v.text, v.vector, v.reason, v.shortened "
            "from record_vectors x join vectors v on v.id = x.vector_id "
            "join embedders e on e.id = x.embedder_id"
        ).fetchall()
    )


def made(folder: Path, conversations: Sequence[Sequence[Pair]]) -> Store:
    """A project of ``conversations``."""
    return project(folder, conversations)
