"""Vectors that tests give to the records of a project."""

import hashlib
from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from deita_store import vectors
from deita_store.vectors import Vector
from deita_tui.project import Project

Stored = dict[int, NDArray[np.float16]]


def embed(project: Project, given: Mapping[int, NDArray[np.float64]] | None = None) -> Stored:
    """Give every record a vector, by its id or by chance; returns them as they are stored."""
    store = project.store
    rows = store.db.execute("select id, conversation_id from records order by id").fetchall()
    made = {}
    for id_, _ in rows:
        chance = np.random.default_rng(id_).normal(size=8)
        vector = given[id_] if given else chance
        made[id_] = (vector / np.linalg.norm(vector)).astype("<f2")
    number = vectors.ensure_embedder(store, "made", len(made[rows[0][0]]), {"made": "by hand"})
    with store.transaction():
        keys = {id_: hashlib.blake2b(str(id_).encode(), digest_size=16).digest() for id_ in made}
        vectors.add(
            store, number, [Vector(keys[id_], each.tobytes()) for id_, each in made.items()]
        )
        vectors.link(store, number, [(version, keys[id_]) for id_, version in rows])
    return made
