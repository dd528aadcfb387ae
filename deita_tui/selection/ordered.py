"""Taking records in a given order until there is no more room."""

import numpy as np
from numpy.typing import NDArray

from deita_tui.selection.room import Room
from deita_tui.selection.walk import Walk


def take(candidates: NDArray[np.int32], room: Room) -> Walk:
    """Keep the candidates in order; only the room and the shares hold one off."""
    done = Walk()
    if room.by_source:
        return _one_by_one(candidates, room, done)
    if not room.full:
        fitting = room.fitting(candidates)
        done.kept.append(candidates[:fitting])
        done.examined = fitting
        room.take(candidates[:fitting])
    return done


def _one_by_one(candidates: NDArray[np.int32], room: Room, done: Walk) -> Walk:
    kept, skipped = [], []
    for number in range(len(candidates)):
        one = candidates[number : number + 1]
        if room.full:
            break
        if not room.admits(int(one[0])):
            skipped.append(number)
        elif room.fitting(one):
            room.take(one)
            kept.append(number)
        else:
            break
        done.examined = number + 1
    done.kept.append(candidates[kept])
    done.skipped.append(candidates[skipped])
    return done
