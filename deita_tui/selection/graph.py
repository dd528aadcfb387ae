"""The first maximal independent set of a graph, by whole-array operations.

Nodes are numbered in rank order, and an edge says that two are too similar. The greedy walk keeps a
node unless an earlier neighbour is kept; what it keeps is the lexicographically first maximal
independent set. A round keeps every undecided node without an undecided earlier neighbour, and
drops the neighbours of what was kept (Blelloch, Fineman, Shun: Greedy sequential maximal
independent set and matching are parallel on average, SPAA 2012).
"""

import numpy as np
from numpy.typing import NDArray

Nodes = NDArray[np.int32]

_ROUNDS = 24
"""A long chain needs a round for each link; the rest is decided one by one."""


def first_independent(
    alive: NDArray[np.bool_], later: Nodes, earlier: Nodes, rounds: int = _ROUNDS
) -> NDArray[np.bool_]:
    """Which nodes the greedy walk keeps.

    Args:
        alive: (n,) which nodes take part.
        later: (e,) the later node of each edge.
        earlier: (e,) the earlier one.
        rounds: after so many, the rest is decided one by one.
    """
    undecided = alive.copy()
    kept = np.zeros(len(alive), np.bool_)
    later, earlier = _between(undecided, later, earlier)
    for _ in range(rounds):
        if not len(later):
            break
        waits = np.zeros(len(alive), np.bool_)
        waits[later] = True
        kept |= undecided & ~waits
        undecided &= waits
        undecided[later.take(np.flatnonzero(kept.take(earlier)))] = False
        later, earlier = _between(undecided, later, earlier)
    if len(later):
        _one_by_one(undecided, later, earlier)
    return kept | undecided


def _between(undecided: NDArray[np.bool_], later: Nodes, earlier: Nodes) -> tuple[Nodes, Nodes]:
    open_ = np.flatnonzero(undecided.take(later) & undecided.take(earlier))
    return later.take(open_), earlier.take(open_)


def _one_by_one(undecided: NDArray[np.bool_], later: Nodes, earlier: Nodes) -> None:
    """Leave of the undecided those that are kept."""
    order = np.argsort(later, kind="stable")
    later, earlier = later[order], earlier[order]
    first = np.flatnonzero(np.diff(later, prepend=-1))
    for node, before in zip(later[first].tolist(), np.split(earlier, first[1:]), strict=True):
        if undecided[before].any():
            undecided[node] = False
