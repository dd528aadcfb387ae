"""From the rows that a reader finds to the columns that the store takes."""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from deita_store.arrivals import Batch
from deita_tui import formats, records
from deita_tui.formats import Plan, Row

ROWS = 8192
BYTES = 8 << 20
"""A batch is as big as commits pay off, and small enough that several fit in memory."""


_encode = msgspec.json.Encoder().encode


class Read(NamedTuple):
    """A batch, and how far into the files it reaches."""

    batch: Batch
    position: int | None
    """Bytes of the files that were read for it; None where that cannot be told."""
    refused: str | None = None
    """Under ``strict``: what was wrong with the row that ended the reading."""


def batches(plan: Plan, skip: int, strict: bool, size: int = ROWS) -> Iterator[Read]:
    """Read ``plan`` from row ``skip`` on in batches of at most ``size`` rows.

    With ``strict``, reading ends before the first row that is refused. A row may have 50 MB: what
    is handed over is held no longer.
    """
    batch, room = Batch(rows_done=skip), BYTES
    for row in formats.read(plan, skip):
        if row.refusal is not None:
            if strict:
                yield Read(batch, _position(plan.files), f"{row.place}: {row.refusal.message}")
                return
            refusal = row.refusal
            batch.refusals.append(
                (row.number, row.place, refusal.reason, refusal.message, refusal.excerpt)
            )
        else:
            room -= _append(batch, row)
        batch.rows_done = row.number + 1
        if len(batch.rows) + len(batch.refusals) >= size or room <= 0:
            full = [Read(batch, _position(plan.files))]
            batch, room = Batch(rows_done=batch.rows_done), BYTES
            del row
            yield full.pop()
    yield Read(batch, sum(file.stat().st_size for file in plan.files))


def _append(batch: Batch, row: Row) -> int:
    """Add the records of one row; return the bytes of their bodies."""
    size = 0
    for part, found in enumerate(row.found):
        messages = found.record.messages
        body = records.body(found.record)
        size += len(body)
        batch.rows.append(row.number)
        batch.parts.append(part)
        batch.uids.append(records.uid(body))
        batch.bodies.append(body)
        batch.turns.append(records.count_turns(messages))
        batch.chars.append(sum([len(message.content) for message in messages]))
        batch.sources.append(found.source)
        batch.external_ids.append(found.external_id)
        batch.extras.append(_json(found.extras) if found.extras else None)
        batch.layouts.append(_json(found.layout) if found.layout else None)
    return size


def _json(value: dict[str, object]) -> str:
    return _encode(value).decode()


def _position(files: tuple[Path, ...]) -> int | None:
    """How many bytes of ``files`` this process has read, by the place of its open descriptors.

    The kernel knows it whatever reader, decompressor and buffer stand in between.
    """
    done = 0
    places = _open_files()
    if places is None:
        return None
    for file in files:
        place = places.get(str(file.resolve()))
        if place is not None:
            return done + place
        done += file.stat().st_size
    return None


def _open_files() -> dict[str, int] | None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.is_dir():
        return None
    places = {}
    for descriptor in os.listdir(descriptors):
        try:
            target = os.readlink(descriptors / descriptor)
            places[target] = os.lseek(int(descriptor), 0, os.SEEK_CUR)
        except OSError:
            continue
    return places
