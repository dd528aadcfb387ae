"""Selectors that go by tags.

``growth`` is what DEITA compares itself with as InsTag diversity (paper §2.5): down the ranking,
and a record is kept if it brings a tag that nothing kept has. ``sweeps`` is InsTag's own
complexity-first diverse sampling (Lu et al., arXiv 2308.07074, Algorithm 1): the records with the
most tags first, the same rule, and what the tags are compared with is emptied for each new sweep
over what is left.
"""

import numpy as np
from numpy.typing import NDArray

from deita_tui.errors import UsageError
from deita_tui.selection.ordered import take
from deita_tui.selection.pool import Tags
from deita_tui.selection.result import NO_NEW_TAG
from deita_tui.selection.task import Task
from deita_tui.selection.walk import Walk


def growth(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """Keep what brings a new tag, in rank order."""
    tags, room, done = _tags(task), task.room, Walk()
    known = {tag for record in already.tolist() for tag in tags[record]}
    kept, skipped, redundant = [], [], []
    for number, record in enumerate(candidates.tolist()):
        if room.full:
            break
        one = candidates[number : number + 1]
        if not room.admits(record):
            skipped.append(number)
        elif known.issuperset(tags[record]):
            redundant.append(number)
        elif room.fitting(one):
            room.take(one)
            kept.append(number)
            known.update(tags[record])
        else:
            break
        done.examined = number + 1
    done.kept.append(candidates[kept])
    done.skipped.append(candidates[skipped])
    done.redundant.append((candidates[redundant], NO_NEW_TAG))
    return done


def sweeps(task: Task, candidates: NDArray[np.int32], already: NDArray[np.int32]) -> Walk:
    """Keep whole sweeps, one after the other.

    A record belongs to the first sweep that lacks one of its tags, given the records before it;
    so one pass finds the sweep of every record, and sweep and order are the order of keeping.
    """
    tags = _tags(task)
    number_of_tags = np.array([len(set(tags[record])) for record in candidates.tolist()], np.int64)
    ordered = candidates[np.argsort(-number_of_tags, kind="stable")]
    holding: dict[str, set[int]] = {}  # the sweeps that have a tag
    lacking: dict[str, int] = {}  # the first sweep that does not
    sweep = np.empty(len(ordered), np.int64)
    for place, record in enumerate(ordered.tolist()):
        own = set(tags[record])
        mine = min(lacking.get(tag, 0) for tag in own)
        sweep[place] = mine
        for tag in own:
            having = holding.setdefault(tag, set())
            having.add(mine)
            first = lacking.get(tag, 0)
            while first in having:
                having.remove(first)
                first += 1
            lacking[tag] = first
    return take(ordered[np.argsort(sweep, kind="stable")], task.room)


def _tags(task: Task) -> Tags:
    if task.pool.tags is None:
        raise UsageError(
            f"The selector {task.params.selector!r} goes by tags, and there are none.",
            "Add some with decide --tag, or name the files' column that holds them: --tags.",
        )
    return task.pool.tags
