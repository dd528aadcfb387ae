"""A project whose records have made-up vectors, for tests of what comes after embedding."""

import json
from collections.abc import Generator
from hashlib import blake2b
from pathlib import Path
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from deita_store import vectors
from deita_store.store import Store
from deita_store.vectors import Vector
from deita_tui.project import Project

NAME = "made"
Result = TypeVar("Result")


def pool(folder: Path, made: NDArray[np.float16]) -> int:
    """A project with one record a vector, and the embedder's id."""
    source = folder.with_suffix(".jsonl")
    rows = (
        {"prompt": f"What is {number}?", "completion": "A number."} for number in range(len(made))
    )
    source.write_text("\n".join(json.dumps(row) for row in rows))
    with Project.create(folder) as project:
        project.import_(source)
        return give(project.store, made)


def give(store: Store, made: NDArray[np.float16], above: int = 0) -> int:
    """Give the records after ``above`` their vectors, in the order of their ids."""
    embedder = vectors.ensure_embedder(store, NAME, made.shape[1], {"name": NAME})
    ids = [
        id_ for (id_,) in store.db.execute("select id from conversations order by id").fetchall()
    ]
    with store.transaction():
        some = list(zip(ids[above : above + len(made)], made, strict=True))
        add(store, embedder, made, ids[above : above + len(made)])
        vectors.link(store, embedder, [(number, key(number)) for number, _ in some])
    return embedder


def add(store: Store, embedder: int, made: NDArray[np.float16], numbers: list[int]) -> None:
    """Store vectors; call it in a transaction."""
    vectors.add(
        store,
        embedder,
        [Vector(key(number), row.tobytes()) for number, row in zip(numbers, made, strict=True)],
    )


def key(number: int) -> bytes:
    """The hash of a text."""
    return blake2b(str(number).encode(), digest_size=16).digest()


def result(steps: Generator[object, None, Result]) -> Result:
    """Run something long to its end."""
    while True:
        try:
            next(steps)
        except StopIteration as end:
            found: Result = end.value
            return found
