"""Report cards of scorers: what they say beside what a labelled file, or the user, says."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from deita_store import labels as tables
from deita_store import pool, scores
from deita_store.scores import Scorer
from deita_store.store import Store
from deita_tui import formats, records
from deita_tui.errors import InputError, JobError, UsageError
from deita_tui.steps import batches, lessons, loading
from deita_tui.trust.report_card import FEWEST, Card, card
from deita_tui.trust.resampling import numbered

ALTERNATIVES = ("pair_id",)
"""Fields whose equal values mark alternatives, where nobody names one."""

_CHUNK = 512


class ReportCard(msgspec.Struct, frozen=True):
    """What judging scorers by labels came to."""

    sets: list[Card]
    labelled: int
    """Records with a label."""
    absent: int
    """Of these, so many that are not in the project."""
    unscored: dict[str, int]
    """Of those that are, how many a scorer gave no score, by its name and measure."""
    small: list[str]
    """Sets that have too few records, or one label only."""


@dataclass(slots=True)
class Labels:
    """Labels of records, as they were read."""

    ids: list[int] = field(default_factory=list)
    values: list[float] = field(default_factory=list)
    sets: list[str] = field(default_factory=list)
    alternatives: list[str | None] = field(default_factory=list)
    absent: int = 0

    def add(self, id_: int, value: float, name: str, alternative: object = None) -> None:
        """Take one more."""
        self.ids.append(id_)
        self.values.append(value)
        self.sets.append(name)
        self.alternatives.append(None if alternative is None else str(alternative))


def of_files(store: Store, files: Sequence[Path], label: str, within: str | None = None) -> Labels:
    """The labels in files, of the records that the project has too.

    Args:
        store: the project.
        files: in any format that can be imported.
        label: the field that holds the label, a number.
        within: the field whose equal values mark alternatives; None: one of ``ALTERNATIVES``.

    Raises:
        InputError: a file cannot be read, or has no such field.
    """
    found, seen = Labels(), 0
    for file in files:
        plan = formats.plan(file)
        for batch in (read.batch for read in batches.batches(plan, 0, False)):
            known = tables.by_uid(store, batch.uids)
            for uid, source, text in zip(batch.uids, batch.sources, batch.extras, strict=True):
                extras = json.loads(text) if text else {}
                value = _number(extras.get(label))
                if value is None:
                    continue
                seen += 1
                if uid not in known:
                    found.absent += 1
                    continue
                found.add(known[uid], value, source or file.stem, _same(extras, within))
    if not seen:
        raise InputError(
            f"No record of {', '.join(file.name for file in files)} has a number in a field "
            f"{label!r}.",
            "Name the field that holds the label with --label.",
        )
    return found


def of_field(store: Store, label: str, within: str | None = None) -> Labels:
    """The labels in a field of the files that were imported.

    Raises:
        UsageError: no record has a number there.
    """
    values = pool.fields(store, label)
    same: Mapping[int, object] = {}
    for name in (within,) if within else ALTERNATIVES:
        same = same or pool.fields(store, name)
    members = pool.members(store)
    found = Labels()
    for id_, source in zip(members.ids, members.sources, strict=True):
        if (value := _number(values.get(id_))) is not None:
            found.add(id_, value, members.names[source], same.get(id_))
    if not found.ids:
        raise UsageError(
            f"No record has a number in a field {label!r}.",
            "Name the field that holds the label with --label, or a file with --labels.",
        )
    return found


def of_user(store: Store) -> Labels:
    """What was kept and rejected, and how records were rated: two sets.

    Raises:
        UsageError: nothing was.
    """
    found = Labels()
    said = pool.decisions(store)
    for ids, value in ((said.kept, 1.0), (said.rejected, 0.0)):
        for id_ in ids:
            found.add(id_, value, "kept or rejected")
    for id_, rating in tables.ratings(store).items():
        found.add(id_, float(rating), "your ratings")
    if not found.ids:
        raise UsageError(
            "Nothing is kept, rejected or rated yet, so there is nothing to judge by.",
            "Decide on some records, or name a labelled file with --labels.",
        )
    return found


def evaluate(store: Store, names: Sequence[str], labels: Labels, seed: int = 0) -> ReportCard:
    """Judge scorers by labels.

    Args:
        store: the project.
        names: of scorers; none: all.
        labels: what they are judged by.
        seed: of resampling and of chance.

    Raises:
        UsageError: nobody is called so.
        JobError: none of the labelled records is in the project, or has a score.
    """
    judged = _judged(store, names)
    if not labels.ids:
        raise JobError(
            f"None of the {labels.absent:,} labelled records is in the project.",
            "Import the labelled file into a project of its own, and score that.",
        )
    ids = np.array(labels.ids, np.int64)
    versions = _versions(store, ids)
    said = {who: loading.means(store, each.id, versions) for who, each in judged.items()}
    scored = np.isfinite(np.column_stack(list(said.values())))
    unscored = {who: int(lost) for who, lost in zip(said, (~scored).sum(axis=0), strict=True)}
    if not scored.all(axis=1).any():
        told = ", ".join(f"{who}: {len(ids) - lost:,} scored" for who, lost in unscored.items())
        raise JobError(
            f"None of the {len(ids):,} labelled records has a score by all of these ({told}).",
            "Score them first, or name fewer scorers.",
        )
    lengths, prompts = _read(store, versions)
    usable = scored.all(axis=1) & (versions > 0)
    sets, small = [], []
    for name in dict.fromkeys(labels.sets):
        mine = np.flatnonzero(usable & (np.array(labels.sets, object) == name))
        found = _card(name, mine, labels, said, lengths, prompts, seed) if len(mine) else None
        if found is None:
            small.append(name)
        else:
            sets.append(found)
    return ReportCard(sets, len(ids) + labels.absent, labels.absent, unscored, small)


def _card(
    name: str, mine: NDArray[np.int64], labels: Labels, said: Mapping[str, NDArray[np.float64]],
    lengths: Mapping[str, NDArray[np.float64]], prompts: Sequence[str], seed: int,
) -> Card | None:  # fmt: skip
    alternative = [labels.alternatives[at] for at in mine.tolist()]
    # Alternatives share a prompt, or ought to: what is drawn together is the wider of the two.
    keys = [{("prompt", prompts[at])} for at in mine.tolist()]
    for key, same in zip(keys, alternative, strict=True):
        if same is not None:
            key.add(("same", same))
    from deita_tui.lite.distilling import groups

    pairs = None
    if any(same is not None for same in alternative):
        pairs = numbered(list(alternative))
        pairs[np.array([same is None for same in alternative])] = -1
    return card(
        name,
        np.array(labels.values)[mine],
        {who: values[mine] for who, values in said.items()},
        {who: values[mine] for who, values in lengths.items()},
        groups(keys),
        pairs,
        seed,
    )


def _judged(store: Store, names: Sequence[str]) -> dict[str, Scorer]:
    known = scores.scorers(store)
    wanted = [each.lower() for each in names]
    found = {
        f"{each.name} ({each.measures})": each
        for each in known
        if not wanted or each.name.lower() in wanted
    }
    missing = set(wanted) - {each.name.lower() for each in found.values()}
    if missing or not found:
        told = ", ".join(sorted({each.name for each in known}))
        raise UsageError(
            f"No scorer called {min(missing)!r} has scored this project." if missing
            else "Nothing is scored yet.",
            f"There are: {told}." if told else f"Score first: deita-tui score {store.folder}",
        )  # fmt: skip
    return found


def _versions(store: Store, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of each record the version in force; 0 where it is out of sight."""
    members = pool.members(store)
    at = loading.places(loading.wrapped(members.ids), ids)
    known = loading.wrapped(members.versions)
    return np.where(at >= 0, known[at], 0) if len(known) else np.zeros(len(ids), np.int64)


def _read(
    store: Store, versions: NDArray[np.int64]
) -> tuple[dict[str, NDArray[np.float64]], list[str]]:
    """How long instructions and responses are, in characters, and the first prompt of each."""
    asked, answered = np.zeros(len(versions)), np.zeros(len(versions))
    prompts = [""] * len(versions)
    for at, turns in _turns(store, versions):
        asked[at] = sum(len(turn.instruction) for turn in turns)
        answered[at] = sum(len(turn.response) for turn in turns)
        prompts[at] = lessons.prompt(turns[0].instruction) if turns else ""
    return {"instruction length": asked, "response length": answered}, prompts


def _turns(
    store: Store, versions: NDArray[np.int64]
) -> Iterator[tuple[int, Sequence[records.Turn]]]:
    for start in range(0, len(versions), _CHUNK):
        chunk = versions[start : start + _CHUNK].tolist()
        bodies = scores.bodies(store, chunk)
        for offset, version in enumerate(chunk):
            if version in bodies:
                said = records.from_body(bodies[version]).messages
                yield start + offset, records.pairs(said)


def _same(extras: Mapping[str, object], within: str | None) -> object:
    names = (within,) if within else ALTERNATIVES
    return next((extras[name] for name in names if extras.get(name) is not None), None)


def _number(value: object) -> float | None:
    """A label as a number; true and false are 1 and 0, and what is no number is no label."""
    if isinstance(value, (bool, int, float)):
        number = float(value)
    elif isinstance(value, str):
        try:
            number = float(value)
        except ValueError:
            return None
    else:
        return None
    return number if np.isfinite(number) else None


__all__ = ["FEWEST", "Labels", "ReportCard", "evaluate", "of_field", "of_files", "of_user"]
