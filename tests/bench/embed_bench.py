"""How fast records become vectors, and how much of that is the program's own work.

    python -m tests.bench.embed_bench PROJECT            # a copy of it is embedded
    python -m tests.bench.embed_bench PROJECT --embedder lite --what instruction

``null`` is an embedder that costs nothing: what is left is reading, rendering, hashing and storing.
"""

import argparse
import resource
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from deita_store.store import DATABASE, Store
from deita_tui.backends.embedders import Embedded, open_embedder
from deita_tui.steps import embedding
from deita_tui.steps.embedding import EmbedArgs


class Null:
    """Gives every text the same vector."""

    identity: Mapping[str, str] = {"backend": "null"}
    limit = 2048

    def __init__(self, dimensions: int) -> None:
        self.dimensions = dimensions
        self._one = np.ones(dimensions, np.float32)

    def embed(self, texts: Sequence[str]) -> Embedded:
        """See ``Embedder``."""
        return Embedded(np.tile(self._one, (len(texts), 1)), np.zeros(len(texts), bool))

    def close(self) -> None:
        """Nothing to give back."""


def main() -> None:
    """Embed a copy of a project, and print how it went."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0] if __doc__ else "")
    parser.add_argument("project", type=Path)
    parser.add_argument("--embedder", default="null")
    parser.add_argument("--dimensions", type=int, default=256)
    parser.add_argument("--what", default="conversation")
    parser.add_argument("--limit", type=int)
    options = parser.parse_args()
    args = EmbedArgs(
        embedder=options.embedder,
        backend="fake" if options.embedder == "null" else "auto",
        what=options.what,
        limit=options.limit,
    )
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "project"
        folder.mkdir()
        shutil.copyfile(options.project / DATABASE, folder / DATABASE)
        with Store.open(folder) as store:
            _measure(store, args, options.dimensions)


def _measure(store: Store, args: EmbedArgs, dimensions: int) -> None:
    def opened(backend: str, model: str, settings: Mapping[str, object]) -> object:
        return Null(dimensions) if model == "null" else open_embedder(backend, model, settings)

    wall, used = time.monotonic(), time.process_time()
    work = embedding.run(store, args, open_embedder=opened)  # type: ignore[arg-type]
    commits = 0
    while True:
        try:
            next(work)
            commits += 1
        except StopIteration as end:
            report = end.value
            break
    wall, used = time.monotonic() - wall, time.process_time() - used
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(
        f"{report.records:,} records, {report.embedded:,} texts: {wall:.1f} s, "
        f"{report.records / wall:,.0f} records/s; processor {used:.1f} s, "
        f"{report.records / used:,.0f} records/s; in the model {report.seconds:.1f} s; "
        f"{commits} commits; peak {peak:,.0f} MB"
    )


if __name__ == "__main__":
    main()
